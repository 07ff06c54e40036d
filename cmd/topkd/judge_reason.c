/* topkd/judge_reason.c - one way of telling for each outcome.
 * Most are about a field: it is not there, or it is something else than was expected. */
#include "judge_reason.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "judge_paths.h"
#include "judge_show.h"

enum { NAMES_SHOWN_MAX = 10, ID_NUMBER_AT = 1, ID_NUMBER_BYTES = 4 };

/* What a person needs to know of a field. */
static const struct {
    const char *setting, *expected, *remedy;
} field_rows[EVENT_FIELDS] = {
    [EVENT_FIELD_ITEM] = {"TOPKD_FIELD_ITEM", "a string of 1 to 256 bytes, or an integer",
                          "set TOPKD_FIELD_ITEM to a field that is one"},
    [EVENT_FIELD_LOCATION] = {"TOPKD_FIELD_LOCATION",
                              "a string of up to 64 bytes without control characters, or an integer",
                              "set TOPKD_FIELD_LOCATION to a field that is one"},
    [EVENT_FIELD_TIME] = {"TOPKD_FIELD_TIME", "unix time, or a date with a time of day like 2026-11-27T17:00:00Z",
                          "set TOPKD_FIELD_TIME to a field that is one, or change the producer"},
    [EVENT_FIELD_TYPE] = {"TOPKD_FIELD_TYPE", "a string of up to 256 bytes, or an integer",
                          "set TOPKD_FIELD_TYPE to a field that is one"},
    [EVENT_FIELD_VALUE] = {"TOPKD_FIELD_VALUE", "a number from 0 up", "set TOPKD_FIELD_VALUE to a field that is one"},
    [EVENT_FIELD_ID] = {"TOPKD_FIELD_ID", "a string of 1 to 256 bytes, or an integer",
                        "set TOPKD_FIELD_ID to a field that is one"},
};

const char *judge_field_setting(enum event_field field) { return field_rows[field].setting; }

struct look { /* at one field of the case */
    const struct judge_case *of;
    struct judge_scene scene;
    const struct place *place;
    const char *place_text; /* as the user wrote it */
    struct judge_found found;
    struct event_value value;
};

static struct look look_at(const struct judge_case *c, enum event_field field) {
    struct look l = {
        .of = c, .scene = c->scene, .place = &c->places->fields[field], .place_text = c->rules->fields[field]};
    l.found = judge_find(&l.scene, l.place);
    l.value = judge_value_of(&l.found, c->texts);
    return l;
}

static void text_show(struct buf *out, const char *text) { judge_show_text(out, (struct bytes){text, strlen(text)}); }

/* -- what is there instead ----------------------------------------------------------------------- */

static void names_write(struct buf *out, const struct judge_node *object) {
    size_t n = 0;
    for (const struct judge_node *m = object->first; m != NULL; m = m->next) {
        if (m->name.p == NULL) continue;
        if (n < NAMES_SHOWN_MAX) {
            if (n > 0) buf_add_str(out, ", ");
            judge_show_word(out, m->name);
        }
        n++;
    }
    if (n > NAMES_SHOWN_MAX) buf_addf(out, " and %zu more", n - NAMES_SHOWN_MAX);
}

/* A member of that name, deeper down. */
static const struct judge_node *namesake_find(const struct judge_node *from, const struct place_token *token) {
    for (const struct judge_node *n = from->first; n != NULL; n = n->next) {
        bool is_it =
            n->name.p != NULL && n->name.n == token->name_bytes && memcmp(n->name.p, token->name, n->name.n) == 0;
        if (is_it) return n;
        const struct judge_node *below = namesake_find(n, token);
        if (below != NULL) return below;
    }
    return NULL;
}

/* The way to the last thing on the path that is there. */
static void nearest_name(struct buf *out, const struct look *l) {
    struct buf path = {0};
    judge_pointer_add(&path, l->place->of == PLACE_WRAPPER ? l->scene.wrapper : l->scene.event, l->found.nearest);
    text_show(out, buf_text(&path));
    buf_free(&path);
}

/* Only of a path is the event itself not the last thing that is there. */
static void nearest_write(struct buf *out, const struct look *l) {
    const struct judge_node *nearest = l->found.nearest;
    bool has_names = nearest->kind == JUDGE_OBJECT && nearest->n > 0;
    buf_add_str(out, "; ");
    if (l->found.steps > 0) {
        if (has_names) buf_add_str(out, "at ");
        nearest_name(out, l);
        buf_add_byte(out, ' ');
    } else if (!has_names) {
        buf_add_str(out, "the event ");
    }
    if (has_names) {
        buf_add_str(out, "there are ");
        names_write(out, nearest);
    } else if (nearest->opaque) {
        buf_add_str(out, "is broken or too deep");
    } else if (nearest->kind == JUDGE_OBJECT) {
        buf_add_str(out, "is an empty object");
    } else if (nearest->kind == JUDGE_ARRAY) {
        buf_addf(out, "is an array of %zu", nearest->n);
    } else {
        buf_add_str(out, "is ");
        judge_show_raw(out, nearest->raw);
    }
}

/* True: it stands somewhere else, which is said. */
static bool namesake_write(struct buf *out, const struct look *l, const char *setting) {
    const struct judge_node *top = l->scene.event;
    if (l->place->of != PLACE_EVENT || top == NULL) return false;
    const struct judge_node *node = namesake_find(top, &l->place->tokens[l->place->tokens_n - 1]);
    if (node == NULL || node == l->found.node) return false;
    struct buf path = {0}, shown = {0};
    judge_pointer_add(&path, top, node);
    judge_show_word(&shown, (struct bytes){path.data, path.len});
    buf_addf(out, "; it stands at %s: set %s=%s", buf_text(&shown), setting, buf_text(&shown));
    buf_free(&path);
    buf_free(&shown);
    return true;
}

/* `a.b`, `$.a.b` and `a/b` are how others write /a/b. */
static void pointer_write(struct buf *out, const char *text) {
    if (*text == '$') text++;
    for (text += *text == '.'; *text != '\0'; text++) {
        if (out->len == 0) buf_add_byte(out, '/');
        if (*text == '~')
            buf_add_str(out, "~0");
        else
            buf_add_byte(out, *text == '.' ? '/' : (unsigned char)*text);
    }
}

/* True: the name was meant as a path, and at MEANT there is something. */
static bool pointer_is_meant(const struct look *l, struct buf *meant) {
    struct place place;
    struct err e = {0};
    bool is_path = strchr("/^@", *l->place_text) != NULL;
    if (l->place->of != PLACE_EVENT || is_path || l->scene.event == NULL || l->found.node != NULL) return false;
    pointer_write(meant, l->place_text);
    return place_parse(buf_text(meant), &place, &e) == 0 && place.of == PLACE_EVENT &&
           judge_find(&l->scene, &place).node != NULL;
}

/* What follows BEFORE it, if a path was meant. */
static bool meant_write(struct buf *out, const char *before, const struct look *l) {
    struct buf meant = {0};
    bool is_meant = pointer_is_meant(l, &meant);
    if (is_meant) {
        buf_addf(out, "%swrite ", before);
        judge_show_word(out, (struct bytes){meant.data, meant.len});
    }
    buf_free(&meant);
    return is_meant;
}

/* -- a field that is absent ---------------------------------------------------------------------- */

static bool is_beside(const struct place *place) { return place->of == PLACE_KEY || place->of == PLACE_HEADER; }

/* Lines have no keys and headers. */
static bool is_unseen(const struct look *l) { return is_beside(l->place) && l->of->header_name == NULL; }

static void headers_write(struct buf *out, const struct judge_case *c) {
    const char *name = c->header_name(c->message->self, 0);
    buf_add_str(out, name == NULL ? ", and no other" : ", but ");
    for (size_t i = 0; name != NULL && i < NAMES_SHOWN_MAX; name = c->header_name(c->message->self, ++i)) {
        if (i > 0) buf_add_str(out, ", ");
        judge_show_word(out, (struct bytes){name, strlen(name)});
    }
    if (name != NULL) buf_add_str(out, ", ...");
}

static void beside_name(struct buf *out, const struct look *l) {
    bool is_key = l->place->of == PLACE_KEY;
    buf_add_str(out, is_key ? "no key" : "no header ");
    if (!is_key) text_show(out, l->place->text);
    if (is_unseen(l))
        buf_add_str(out, " on standard input, for only --topic sees keys and headers");
    else if (!is_key)
        headers_write(out, l->of);
}

static void absent_name(struct buf *out, const struct look *l) {
    if (l->found.node != NULL) {
        text_show(out, l->place_text);
        buf_add_str(out, " is null");
    } else if (is_beside(l->place)) {
        beside_name(out, l);
    } else {
        buf_add_str(out, *l->place_text == '/' || *l->place_text == '^' ? "nothing at " : "no field ");
        text_show(out, l->place_text);
    }
}

/* The case says that FIELD is not there; REMEDY follows. */
static void absent_write(const struct look *l, const char *setting, const char *remedy, struct buf *out) {
    absent_name(out, l);
    if (meant_write(out, ": ", l) || namesake_write(out, l, setting)) return;
    if (l->found.node == NULL && l->found.nearest != NULL) nearest_write(out, l);
    buf_addf(out, ": %s%s", is_unseen(l) ? "use --topic, or " : "", remedy);
}

static void no_item_write(const struct judge_case *c, struct buf *out) {
    struct look l = look_at(c, EVENT_FIELD_ITEM);
    absent_write(&l, "TOPKD_FIELD_ITEM", "set TOPKD_FIELD_ITEM", out);
}

static void no_location_write(const struct judge_case *c, struct buf *out) {
    struct look l = look_at(c, EVENT_FIELD_LOCATION);
    buf_add_str(out, "TOPKD_GLOBAL is empty, and ");
    if (l.value.kind == EVENT_STRING)
        buf_addf(out, "\"%s\" is empty: set TOPKD_GLOBAL", l.place_text);
    else
        absent_write(&l, "TOPKD_FIELD_LOCATION", "set TOPKD_FIELD_LOCATION or TOPKD_GLOBAL", out);
}

/* -- a field that is something else -------------------------------------------------------------- */

static void value_show(struct buf *out, const struct look *l) {
    bool is_string = l->found.node == NULL || l->found.node->kind == JUDGE_STRING;
    text_show(out, l->place_text);
    buf_add_str(out, " is ");
    if (l->found.node != NULL)
        judge_show_raw(out, l->found.node->raw);
    else
        judge_show_text(out, l->found.text);
    if (l->value.kind == EVENT_OTHER && is_string) buf_add_str(out, ", which is no valid text");
}

static void bad_write(const struct judge_case *c, enum event_field field, struct buf *out) {
    struct look l = look_at(c, field);
    value_show(out, &l);
    buf_addf(out, ": expected %s: %s", field_rows[field].expected, field_rows[field].remedy);
}

static void bad_item_write(const struct judge_case *c, struct buf *out) { bad_write(c, EVENT_FIELD_ITEM, out); }
static void bad_location_write(const struct judge_case *c, struct buf *out) { bad_write(c, EVENT_FIELD_LOCATION, out); }
static void bad_type_write(const struct judge_case *c, struct buf *out) { bad_write(c, EVENT_FIELD_TYPE, out); }
static void bad_value_write(const struct judge_case *c, struct buf *out) { bad_write(c, EVENT_FIELD_VALUE, out); }

/* -- times --------------------------------------------------------------------------------------- */

static void bad_time_write(const struct judge_case *c, struct buf *out) {
    struct look l = look_at(c, EVENT_FIELD_TIME);
    if (l.value.kind == EVENT_ABSENT) {
        absent_name(out, &l);
        buf_add_str(out, ", and the record has no time of the years 1970 to 9999: set TOPKD_FIELD_TIME");
        return;
    }
    value_show(out, &l);
    if (c->rules->zone->kind == TIME_ZONE_REFUSED && judge_time_has_no_zone(&l.value))
        buf_add_str(out,
                    ": expected a zone, because TOPKD_TIME_ZONE is none: set TOPKD_TIME_ZONE to that of the times");
    else
        buf_addf(out, ": expected %s: %s", field_rows[EVENT_FIELD_TIME].expected, field_rows[EVENT_FIELD_TIME].remedy);
}

static void minute_write(struct buf *out, int64_t ms) {
    char text[MINUTE_TEXT_LEN + 1];
    minute_format(minute_of(ms), text);
    buf_add_str(out, text);
}

static void future_write(const struct judge_case *c, struct buf *out) {
    buf_add_str(out, "its time is ");
    minute_write(out, c->event->time_ms);
    buf_add_str(out, ", but its record came at ");
    minute_write(out, c->message->time_ms);
    buf_addf(out, ", and TOPKD_FUTURE is %s: check TOPKD_TIME_ZONE, or raise TOPKD_FUTURE", c->future_text);
}

static void late_write(const struct judge_case *c, struct buf *out) {
    buf_add_str(out, "its minute ");
    minute_write(out, c->event->time_ms);
    buf_add_str(out, " was closed, for records of ");
    minute_write(out, c->log_ms);
    buf_addf(out, " stand before it and TOPKD_LATENESS is %s: check TOPKD_TIME_ZONE, or raise TOPKD_LATENESS",
             c->lateness_text);
}

/* -- bytes that are no event --------------------------------------------------------------------- */

static const struct {
    const char *magic;
    size_t n;
    const char *what;
} magics[] = {
    {"\xff\xfe", 2, "UTF-16, not UTF-8"},
    {"\xfe\xff", 2, "UTF-16, not UTF-8"},
    {"{\0", 2, "UTF-16, not UTF-8"},
    {"[\0", 2, "UTF-16, not UTF-8"},
    {"\x1f\x8b", 2, "gzip"},
    {"\x28\xb5\x2f\xfd", 4, "zstd"},
    {"Obj\x01", 4, "an Avro file"},
};

static const char *magic_of(struct bytes raw) {
    for (size_t i = 0; i < ARRAY_LEN(magics); i++)
        if (raw.n >= magics[i].n && memcmp(raw.p, magics[i].magic, magics[i].n) == 0) return magics[i].what;
    return NULL;
}

static void break_write(const struct judge_break *b, struct bytes raw, struct buf *out) {
    enum { BYTES_SHOWN = 12 };
    size_t at = (size_t)(b->at - raw.p), left = raw.n - at;
    if (left > 0)
        buf_addf(out, "at byte %zu of %zu: ", at + 1, raw.n);
    else
        buf_addf(out, "behind byte %zu: ", raw.n);
    buf_addf(out, "expected %s", b->expected);
    if (b->since != NULL) buf_addf(out, " that begins at byte %zu", (size_t)(b->since - raw.p) + 1);
    buf_add_str(out, ", got ");
    if (left > 0)
        judge_show_raw(out, (struct bytes){b->at, left < BYTES_SHOWN ? left : BYTES_SHOWN});
    else
        buf_add_str(out, "nothing more");
    buf_add_str(out, ": change the producer");
}

static bool place_break(const struct judge_case *c, const struct judge_scene *s, const struct place *place,
                        struct judge_break *out) {
    const struct judge_node *nearest = judge_find(s, place).nearest;
    return nearest != NULL && nearest->opaque && judge_node_break(c->tree, nearest, out);
}

/* A container that lies on the way to a field must be right inside, too. */
static bool fields_break(const struct judge_case *c, const struct judge_scene *s, struct judge_break *out) {
    for (int f = 0; f < EVENT_FIELDS; f++)
        if (place_break(c, s, &c->places->fields[f], out)) return true;
    return false;
}

/* So must the array of events, and the events in it. */
static bool wrapper_break(const struct judge_case *c, const struct judge_node *root, struct judge_break *out) {
    struct judge_scene s = {.message = c->message, .event = root, .wrapper = root};
    const struct judge_node *array = judge_find(&s, &c->places->events_at).node;
    if (place_break(c, &s, &c->places->events_at, out)) return true;
    if (array == NULL || array->kind != JUDGE_ARRAY) return fields_break(c, &s, out);
    s.event = NULL;
    if (judge_node_break(c->tree, array, out) || fields_break(c, &s, out)) return true;
    for (s.event = array->first; s.event != NULL; s.event = s.event->next)
        if (fields_break(c, &s, out)) return true;
    return false;
}

/* Of the objects that the event's bytes are, or that stand in them. */
static bool way_break(const struct judge_case *c, struct bytes raw, struct judge_break *out) {
    for (const struct judge_node *root = c->root; root != NULL && root->raw.p < raw.p + raw.n; root = root->next) {
        struct judge_scene s = {.message = c->message, .event = root};
        if (root->raw.p < raw.p) continue;
        bool has_wrapper = c->places->events_at.of != PLACE_NOWHERE;
        if (has_wrapper ? wrapper_break(c, root, out) : fields_break(c, &s, out)) return true;
    }
    return false;
}

static void malformed_write(const struct judge_case *c, struct buf *out) {
    struct bytes raw = c->event->raw;
    bool begins = raw.p == c->message->value.p; /* only there may be a frame */
    struct bytes text = begins ? judge_tree_unframed(raw) : raw;
    const char *magic = magic_of(raw);
    struct judge_break b;
    if (judge_tree_is_empty(text))
        buf_add_str(out, "it is empty: change the producer");
    else if (magic != NULL)
        buf_addf(out, "it begins like %s: send JSON in UTF-8", magic);
    else if (judge_tree_break(c->tree, text, &b) || way_break(c, raw, &b))
        break_write(&b, raw, out);
    else
        buf_add_str(out, "it is a JSON value, but no object: change the producer"); /* an array in an array */
}

static void framed_write(const struct judge_case *c, struct buf *out) {
    struct bytes raw = c->event->raw;
    uint32_t id = 0;
    buf_add_str(out, "it begins with byte 0 and is no JSON: ");
    if (raw.n > 1 && (raw.p[1] == '{' || raw.p[1] == '[')) {
        buf_add_str(out, "UTF-16: send UTF-8");
        return;
    }
    for (size_t i = 0; i < ID_NUMBER_BYTES && ID_NUMBER_AT + i < raw.n; i++)
        id = id << 8 | (unsigned char)raw.p[ID_NUMBER_AT + i];
    if (raw.n >= ID_NUMBER_AT + ID_NUMBER_BYTES) buf_addf(out, "Avro or Protobuf with schema id %" PRIu32 ": ", id);
    buf_add_str(out, "use a JSON serializer, because topkd reads JSON");
}

static void no_events_write(const struct judge_case *c, struct buf *out) {
    struct look l = {.of = c,
                     .scene = {.message = c->message, .event = c->root},
                     .place = &c->places->events_at,
                     .place_text = c->rules->events_at};
    l.found = judge_find(&l.scene, l.place);
    if (l.found.node != NULL && !judge_node_is(l.found.node, "null")) {
        value_show(out, &l);
        buf_add_str(out, ": expected an array of events: set TOPKD_EVENTS_AT");
        return;
    }
    absent_write(&l, "TOPKD_EVENTS_AT", "set TOPKD_EVENTS_AT, or leave it empty if an event comes alone", out);
}

static void tombstone_write(const struct judge_case *c, struct buf *out) {
    (void)c;
    buf_add_str(out, "the message has no value: nothing is counted");
}

static void weightless_write(const struct judge_case *c, struct buf *out) {
    struct look l = look_at(c, EVENT_FIELD_TYPE);
    if (!weights_differ(c->rules->weights)) {
        buf_add_str(out, "every type weighs 0");
    } else if (l.value.kind == EVENT_ABSENT) {
        buf_add_str(out, "it has no type, so it is a \"view\", which weighs 0");
    } else {
        buf_add_str(out, "its type ");
        judge_show_text(out, l.value.text);
        buf_add_str(out, " weighs 0");
    }
    buf_add_str(out, ": see TOPKD_WEIGHTS");
}

/* -- applied ------------------------------------------------------------------------------------- */

static void id_write(const struct judge_case *c, struct buf *out) {
    const char *place = c->rules->fields[EVENT_FIELD_ID];
    if (place == NULL || *place == '\0') return;
    struct look l = look_at(c, EVENT_FIELD_ID);
    buf_add_str(out, " id=");
    if (c->event->id_hash == 0)
        buf_add_byte(out, '-');
    else
        judge_show_word(out, l.value.text);
}

static void remark_begin(struct buf *remarks) { buf_add_str(remarks, remarks->len == 0 ? " (" : "; "); }

static void location_remark(const struct judge_case *c, struct buf *remarks) {
    if (c->event->location.p != NULL) return;
    struct look l = look_at(c, EVENT_FIELD_LOCATION);
    remark_begin(remarks);
    if (l.value.kind == EVENT_ABSENT)
        absent_name(remarks, &l);
    else
        buf_add_str(remarks, "an empty location");
    buf_add_str(remarks, ": counts in TOPKD_GLOBAL only");
    meant_write(remarks, ", ", &l);
}

static void time_remark(const struct judge_case *c, struct buf *remarks) {
    struct look l = look_at(c, EVENT_FIELD_TIME);
    bool no_zone = l.value.kind != EVENT_ABSENT && judge_time_has_no_zone(&l.value);
    if (l.value.kind != EVENT_ABSENT && !no_zone) return;
    remark_begin(remarks);
    if (no_zone)
        buf_addf(remarks, "no zone: read as %s", c->rules->zone->name);
    else
        buf_add_str(remarks, "time from the record");
    meant_write(remarks, ", ", &l);
}

#ifdef TOPKD_TESTHOOKS
static bool bytes_equal(struct bytes a, struct bytes b) { return a.n == b.n && memcmp(a.p, b.p, a.n) == 0; }

/* What is told of an event is what the decoder saw. */
static void applied_check(const struct judge_case *c) {
    struct look item = look_at(c, EVENT_FIELD_ITEM), location = look_at(c, EVENT_FIELD_LOCATION);
    assert(bytes_equal(item.value.text, c->event->item));
    assert(c->event->location.p == NULL || bytes_equal(location.value.text, c->event->location));
}
#endif

static void applied_write(const struct judge_case *c, struct buf *out) {
    struct buf remarks = {0};
#ifdef TOPKD_TESTHOOKS
    applied_check(c);
#endif
    buf_add_str(out, " item=");
    judge_show_word(out, c->event->item);
    buf_add_str(out, " location=");
    if (c->event->location.p == NULL)
        buf_add_byte(out, '-');
    else
        judge_show_word(out, c->event->location);
    buf_add_str(out, " minute=");
    minute_write(out, c->event->time_ms);
    buf_addf(out, " weight=%" PRIu32, c->event->weight);
    id_write(c, out);
    location_remark(c, &remarks);
    time_remark(c, &remarks);
    if (remarks.len > 0) buf_addf(out, "%s)", buf_text(&remarks));
    buf_free(&remarks);
}

/* -- all of them --------------------------------------------------------------------------------- */

void judge_reason_write(const struct judge_case *c, struct buf *out) {
    static void (*const writers[EVENT_OUTCOMES])(const struct judge_case *, struct buf *) = {
        [EVENT_TOMBSTONE] = tombstone_write,     [EVENT_MALFORMED] = malformed_write,
        [EVENT_FRAMED] = framed_write,           [EVENT_NO_EVENTS] = no_events_write,
        [EVENT_NO_ITEM] = no_item_write,         [EVENT_BAD_ITEM] = bad_item_write,
        [EVENT_NO_LOCATION] = no_location_write, [EVENT_BAD_LOCATION] = bad_location_write,
        [EVENT_BAD_TIME] = bad_time_write,       [EVENT_BAD_TYPE] = bad_type_write,
        [EVENT_BAD_VALUE] = bad_value_write,     [EVENT_WEIGHTLESS] = weightless_write,
        [EVENT_FUTURE] = future_write,           [EVENT_LATE] = late_write,
    };
    if (c->event->outcome == EVENT_APPLIED) {
        applied_write(c, out);
        return;
    }
    assert(writers[c->event->outcome] != NULL); /* what only a log decides is not asked here */
    buf_add_str(out, ": ");
    writers[c->event->outcome](c, out);
}
