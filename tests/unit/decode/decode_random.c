/* unit/decode/decode_random.c - draws messages of a grammar that is odder than any producer, and spoils them. */
#include "decode_random.h"

#include <string.h>

#include "decode_given.h"

/* A message that is LONG repeats no names: each could repeat those below it. */
enum { DEPTH_MAX = 4, LONG_BYTES = 1500 };

uint32_t decode_random_below(struct decode_random *r, uint32_t below) {
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (uint32_t)((r->state >> 16) % below);
}

static bool one_in(struct decode_random *r, uint32_t n) { return decode_random_below(r, n) == 0; }

#define PICK(r, table) (table)[decode_random_below(r, ARRAY_LEN(table))]

/* -- rules -- */

#define A5 "/a/a/a/a/a"
static const char *const event_places[] = {"video_id",
                                           "/video_id",
                                           "location",
                                           "ts",
                                           "type",
                                           "/data/id",
                                           "/data/video_id",
                                           "/data/at",
                                           "/data",
                                           "/data/items",
                                           "/data/items/0/id",
                                           "/data/items/0/at",
                                           "/data/items/1/id",
                                           "/data/items/-",
                                           "/items/0",
                                           "/items/1/0",
                                           "/items/1/2",
                                           "/items/300",
                                           "/a",
                                           "/a/b",
                                           "/a/b/c",
                                           "/a/0",
                                           "/a/0/b",
                                           "/a/00",
                                           "/0/0",
                                           "/",
                                           "//",
                                           "/a~1b",
                                           "/m~0n/x",
                                           "a.b",
                                           "/data/content_identifier",
                                           "/data/content_identifies",
                                           "content_",
                                           "content",
                                           "\xc3\xa9",
                                           A5 A5 A5 "/a"};
static const char *const wrapper_places[] = {"^/sent_at", "^/meta",  "^/meta/at", "^/batch/at", "^/0",
                                             "^/a/b",     "^/a/1/b", "^/events",  "^/",         "^/content_identifier"};
static const char *const beside_places[] = {"@key", "@topic", "@header:place", "@header:none"};
static const char *const events_places[] = {"/events", "/batch/events", "/a", "/a/0", "/meta/0/events"};

static const char *place_draw(struct decode_random *r, bool wrapped) {
    if (one_in(r, 8)) return PICK(r, beside_places);
    return wrapped && one_in(r, 4) ? PICK(r, wrapper_places) : PICK(r, event_places);
}

/* A type that changes no weight is not needed. */
void decode_random_rules(struct decode_random *r, struct event_rules *out) {
    static const char *const weights[] = {"view=1,like=4,skip=0,*=2", "view=1,like=4,skip=0,*=2", "view=3,*=3"};
    static const char *const zones[] = {"UTC", "none", "+05:30"};
    bool wrapped = one_in(r, 3);
    *out = (struct event_rules){.has_global = !one_in(r, 4), .events_at = wrapped ? PICK(r, events_places) : ""};
    out->weights = given_weights(PICK(r, weights));
    out->zone = given_zone(PICK(r, zones));
    for (size_t f = 0; f < EVENT_FIELDS; f++) out->fields[f] = place_draw(r, wrapped);
    out->fields[EVENT_FIELD_VALUE] = "";
    if (one_in(r, 2)) out->fields[EVENT_FIELD_ID] = "";
}

/* -- values -- */

static const char *const words[] = {"view",
                                    "like",
                                    "VE",
                                    "United Kingdom",
                                    "cat",
                                    "x",
                                    "",
                                    "skip",
                                    "global",
                                    "85123A",
                                    "a/b",
                                    "0123456789abcdef",
                                    "v208711",
                                    "S\xc3\xa3o Paulo",
                                    "\xe6\x9d\xb1\xe4\xba\xac",
                                    "\xf0\x9f\x98\x80",
                                    "\x7f",
                                    "{",
                                    "}",
                                    "[",
                                    "],",
                                    ":",
                                    ","};
static const char *const escapes[] = {"\\n",     "\\\"",    "\\\\",    "\\/",     "\\u00e9", "\\ud83d\\ude00",
                                      "\\u0000", "\\ud83d", "\\ude00", "\\u00G0", "\\x",     "\\ud83d\\u0041"};
static const char *const odd_bytes[] = {
    "\xc3", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80",
    "\n",   "\t",   "\x01"};
static const char *const numbers[] = {"0",
                                      "-0",
                                      "7",
                                      "-12",
                                      "01",
                                      "1.",
                                      ".5",
                                      "-",
                                      "1e5",
                                      "1E-7",
                                      "2e+99",
                                      "1e400",
                                      "-1.5",
                                      "-0.0",
                                      "0.25",
                                      "12345678",
                                      "123456789",
                                      "1763751600",
                                      "1763751600.5",
                                      "1763751600.123456",
                                      "1763751600.1234567",
                                      "1080000000.001",
                                      "1763751600777",
                                      "1763751600777888",
                                      "999999999999999999",
                                      "1234567890123456789",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "-9223372036854775808",
                                      "9007199254740992.0",
                                      "9007199254740993.0",
                                      "12345678901234567.1",
                                      "0.123456789012345678",
                                      "0.1234567890123456789"};
static const char *const literals[] = {"true", "false", "null", "null", "tru", "nullx", "NaN", "{}", "[]", "[1]"};
static const char *const times[] = {"\"2025-11-21T19:00:00Z\"",
                                    "\"2025-11-21T20:00:00.5+01:00\"",
                                    "\"1763751600777\"",
                                    "\"2025-11-21\"",
                                    "\"2025-11-21 19:00\"",
                                    "[2025,11,21,19,0]",
                                    "[ 2025 , 11 , 21 , 19 , 0 , 7 , 999000000 ]",
                                    "[2025,11,21,-0,0]",
                                    "1763751600777.5",
                                    "1763751600777888999"};
#define BLANKS16 "                "
static const char *const spaces[] = {
    " ", "  ", "\t", "\n", "\r\n", "\n    ", (BLANKS16 BLANKS16 BLANKS16 BLANKS16 " ")};

static void put_space(struct producer *p, struct buf *out) {
    if (!p->spaced || !one_in(&p->shape, 2)) return;
    const char *space = PICK(&p->shape, spaces);
    if (p->lf || strchr(space, '\n') == NULL) buf_add_str(out, space);
}

static void put_string(struct decode_random *r, struct buf *out) {
    buf_add_byte(out, '"');
    for (uint32_t n = one_in(r, 20) ? decode_random_below(r, 40) : 1; n > 0; n--) {
        buf_add_str(out, PICK(r, words));
        if (one_in(r, 30)) buf_add_str(out, PICK(r, escapes));
        if (one_in(r, 300)) buf_add_str(out, PICK(r, odd_bytes));
    }
    buf_add_byte(out, '"');
}

static void put_value(struct producer *p, int depth, struct buf *out);

static void put_container(struct producer *p, int depth, struct buf *out) {
    struct decode_random *r = p->random;
    bool object = one_in(r, 2);
    buf_add_byte(out, object ? '{' : '[');
    for (uint32_t i = 0, n = decode_random_below(r, 4); i < n; i++) {
        if (i > 0) buf_add_byte(out, ',');
        put_space(p, out);
        if (object) {
            put_string(r, out);
            put_space(p, out);
            buf_add_byte(out, ':');
        }
        put_value(p, depth + 1, out);
    }
    buf_add_byte(out, object ? '}' : ']');
}

/* What is drawn inside does not change how the rest of the object is written. */
static struct decode_random shape_enter(struct producer *p) {
    decode_random_below(&p->shape, 2);
    struct decode_random outer = p->shape;
    p->shape.state ^= UINT64_C(0x5555555555555555);
    if (p->shape.state == 0) p->shape.state = 1;
    return outer;
}

static void put_value(struct producer *p, int depth, struct buf *out) {
    struct decode_random *r = p->random, outer = shape_enter(p);
    put_space(p, out);
    uint32_t kind = decode_random_below(r, 16);
    if (kind < 7)
        put_string(r, out);
    else if (kind < 10)
        buf_addf(out, "%u", decode_random_below(r, 1000000));
    else if (kind < 12)
        buf_add_str(out, PICK(r, numbers));
    else if (kind < 14 || depth == DEPTH_MAX)
        buf_add_str(out, PICK(r, literals));
    else
        put_container(p, depth, out);
    put_space(p, out);
    p->shape = outer;
}

static void put_time(struct decode_random *r, struct buf *out) {
    if (one_in(r, 4))
        buf_add_str(out, PICK(r, times));
    else
        buf_addf(out, "1763750%06u", decode_random_below(r, 1000000));
}

/* As the producer of FIELD means it. */
static void put_field(struct producer *p, unsigned field, struct buf *out) {
    struct decode_random *r = p->random;
    if (one_in(r, 12))
        put_value(p, 0, out);
    else if (field == EVENT_FIELD_TIME)
        put_time(r, out);
    else if (one_in(r, 4))
        buf_addf(out, "%u", decode_random_below(r, 300000));
    else if (field == EVENT_FIELD_ITEM)
        buf_addf(out, "\"v%u\"", decode_random_below(r, 300000));
    else
        put_string(r, out);
}

/* -- names and places -- */

/* Now and then its first letter is escaped. */
static void put_name(struct producer *p, struct bytes name, struct buf *out) {
    bool escaped = name.n > 0 && (unsigned char)*name.p < 0x80 && one_in(&p->shape, 30);
    buf_add_byte(out, '"');
    if (escaped) buf_addf(out, "\\u%04x", (unsigned)(unsigned char)*name.p);
    buf_add(out, name.p + escaped, name.n - escaped);
    buf_add_byte(out, '"');
    put_space(p, out);
    buf_add_byte(out, ':');
    put_space(p, out);
}

/* Not looked for, or only elsewhere. */
static void put_foreign_member(struct producer *p, struct buf *out) {
    static const char *const foreign[] = {"user_id", "video_ix",          "t", "id", "at", "data", "0",
                                          "a",       "content_identifie", ""};
    const char *name = PICK(&p->shape, foreign);
    put_name(p, (struct bytes){name, strlen(name)}, out);
    put_value(p, 0, out);
}

static void put_node(struct producer *p, const struct json_node *node, struct buf *out);

static const struct json_node *child_draw(struct producer *p, const struct json_node *node) {
    const struct json_node *child = node->first;
    uint32_t n = 0;
    for (const struct json_node *c = node->first; c != NULL; c = c->next)
        if (one_in(&p->shape, ++n)) child = c;
    return child;
}

static void put_member(struct producer *p, const struct json_node *node, struct buf *out) {
    bool repeats = node->first != NULL && out->len < LONG_BYTES && !one_in(&p->shape, 4);
    const struct json_node *child = repeats ? child_draw(p, node) : NULL;
    if (child == NULL) {
        put_foreign_member(p, out);
        return;
    }
    put_name(p, (struct bytes){child->name, child->name_bytes}, out);
    put_node(p, child, out);
}

/* Of what is looked for each member once, in an order of its own; with others between, which may repeat them. */
static void put_object(struct producer *p, const struct json_node *node, struct buf *out) {
    const struct json_node *children[JSON_NODES_MAX];
    uint32_t n = 0, written = 0;
    for (const struct json_node *c = node->first; c != NULL; c = c->next) children[n++] = c;
    buf_add_byte(out, '{');
    put_space(p, out);
    while (n > 0 || one_in(&p->shape, 3)) {
        if (written++ > 0) buf_add_byte(out, ',');
        put_space(p, out);
        if (n == 0 || one_in(&p->shape, 4)) {
            put_member(p, node, out);
        } else {
            uint32_t i = decode_random_below(&p->shape, n);
            const struct json_node *child = children[i];
            children[i] = children[--n];
            put_name(p, (struct bytes){child->name, child->name_bytes}, out);
            put_node(p, child, out);
        }
        put_space(p, out);
    }
    buf_add_byte(out, '}');
}

/* About as long as what is looked for is far. */
static void put_array(struct producer *p, const struct json_node *node, struct buf *out) {
    uint32_t n = decode_random_below(p->random, one_in(p->random, 10) ? 4 : 3);
    for (const struct json_node *c = node->first; c != NULL; c = c->next)
        if (c->index >= (int32_t)n && (c->index < 8 || one_in(&p->shape, 8)) && !one_in(p->random, 6))
            n = (uint32_t)c->index + 1;
    buf_add_byte(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        const struct json_node *child = json_node_element(node, i);
        if (i > 0) buf_add_byte(out, ',');
        put_space(p, out);
        if (child != NULL)
            put_node(p, child, out);
        else if (i < 8)
            put_value(p, 2, out);
        else
            buf_add_byte(out, '7');
        put_space(p, out);
    }
    put_space(p, out);
    buf_add_byte(out, ']');
}

static void put_events(struct producer *p, struct buf *out);

static bool has_index(const struct json_node *node) {
    for (const struct json_node *c = node->first; c != NULL; c = c->next)
        if (c->index >= 0) return true;
    return false;
}

/* The value that stands at NODE. */
static void put_node(struct producer *p, const struct json_node *node, struct buf *out) {
    struct decode_random outer = shape_enter(p);
    if (node->slot == JSON_SLOT_EVENTS && !one_in(p->random, 20))
        put_events(p, out);
    else if (node->first == NULL || one_in(p->random, 30))
        put_field(p, node->slot, out);
    else if (has_index(node) && one_in(&p->shape, 2))
        put_array(p, node, out);
    else
        put_object(p, node, out);
    p->shape = outer;
}

/* -- events and messages -- */

/* In a way that was drawn before, mostly. */
static void put_shaped(struct producer *p, const struct json_shape *shape, uint64_t *seeds, struct buf *out) {
    uint64_t *seed = &seeds[decode_random_below(p->random, PRODUCER_SHAPES)];
    struct decode_random outer = p->shape;
    if (*seed == 0 || one_in(p->random, 20)) *seed = p->random->state | 1;
    p->shape.state = *seed;
    put_object(p, shape->tree.nodes, out);
    p->shape = outer;
}

static void put_event(struct producer *p, struct buf *out) { put_shaped(p, &p->plan.event, p->events, out); }

/* What is no array of events by a byte or two. */
static void put_broken_array(struct producer *p, struct buf *out) {
    static const char *const breaks[] = {",", "1 2", "]", "}", "[}", "{\"a\"}", ",{"};
    buf_add_byte(out, '[');
    put_event(p, out);
    buf_add_str(out, PICK(p->random, breaks));
    buf_add_byte(out, ']');
}

static void put_events(struct producer *p, struct buf *out) {
    uint32_t form = decode_random_below(p->random, 20);
    if (form == 0) {
        put_event(p, out);
        return;
    }
    if (form == 1) {
        put_broken_array(p, out);
        return;
    }
    buf_add_byte(out, '[');
    for (uint32_t i = 0, n = decode_random_below(p->random, 4); i < n; i++) {
        if (i > 0) buf_add_byte(out, ',');
        put_space(p, out);
        if (one_in(p->random, 20))
            put_value(p, 2, out);
        else
            put_event(p, out);
        put_space(p, out);
    }
    buf_add_byte(out, ']');
}

static void put_top(struct producer *p, struct buf *out) {
    if (json_plan_has_wrappers(&p->plan))
        put_shaped(p, &p->plan.wrapper, p->wrappers, out);
    else
        put_event(p, out);
}

static void put_head(struct producer *p, struct buf *out) {
    static const char *const heads[] = {"\xef\xbb\xbf", "\xef\xbb", "\xef\xbb\xbf\xef\xbb\xbf"};
    uint32_t head = decode_random_below(p->random, 40);
    if (head < ARRAY_LEN(heads)) buf_add_str(out, heads[head]);
    if (head == ARRAY_LEN(heads)) buf_add(out, "\0\0\0\1\5", 5);
}

static const char *between_draw(struct producer *p, bool array) {
    static const char *const betweens[] = {"\n", "\n", "\n", "\r\n", "", " ", "\nrubbish\n", " , ", "\r"};
    if (array) return one_in(p->random, 100) ? "" : ",";
    return PICK(p->random, betweens);
}

void producer_init(struct producer *p, struct decode_random *r, const struct event_rules *rules) {
    *p = (struct producer){.random = r, .shape = {r->state | 1}};
    json_plan_init(&p->plan, rules);
}

void producer_write(struct producer *p, struct buf *out) {
    struct decode_random *r = p->random;
    uint32_t form = decode_random_below(r, 4), n = form < 2 ? 1 : decode_random_below(r, 6);
    bool array = form == 2;
    p->spaced = one_in(r, 3);
    p->lf = form < 3 || one_in(r, 10);
    put_head(p, out);
    put_space(p, out);
    if (array) buf_add_byte(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) buf_add_str(out, between_draw(p, array));
        if (array && one_in(r, 20))
            put_value(p, 0, out);
        else
            put_top(p, out);
        put_space(p, out);
    }
    if (array) buf_add_byte(out, ']');
    put_space(p, out);
}

static struct bytes header_given(void *self, const char *name) {
    static const char *const places[] = {"Paris", "", "\xff", "S\xc3\xa3o Paulo"};
    const char *text = places[*(uint32_t *)self % ARRAY_LEN(places)];
    return strcmp(name, "place") == 0 ? (struct bytes){text, strlen(text)} : (struct bytes){NULL, 0};
}

struct message decode_random_message(struct decode_random *r, struct bytes value) {
    static const struct bytes keys[] = {{"key", 3}, {"1763751600", 10}, {NULL, 0}, {"a\0b", 3},
                                        {"", 0},    {"\xc3\xa9", 2}};
    static uint32_t draw;
    draw = decode_random_below(r, 16);
    return (struct message){.value = value,
                            .key = PICK(r, keys),
                            .topic = "events",
                            .time_ms = one_in(r, 4) ? -1 : RECORD_TIME_MS,
                            .header = one_in(r, 8) ? NULL : header_given,
                            .self = &draw};
}

/* -- what goes wrong -- */

static void insert(struct buf *b, size_t at, const char *text) {
    size_t n = strlen(text);
    buf_reserve(b, n);
    memmove(b->data + at + n, b->data + at, b->len - at);
    memcpy(b->data + at, text, n);
    b->len += n;
}

static void spoil_once(struct decode_random *r, struct buf *b) {
    static const char *const pieces[] = {"\"",       "\\",   "{",    "}",         "[",    "]",   ",",  ":",
                                         "0",        "-",    ".",    "e",         " ",    "\n",  "\r", "t",
                                         "\xc3\xa9", "\xa9", "null", "\"ts\":7,", "\x7f", "\x1f"};
    size_t at = decode_random_below(r, (uint32_t)b->len);
    switch (decode_random_below(r, 6)) {
    case 0:
        b->len = at;
        break;
    case 1:
        b->data[at] = (char)(b->data[at] ^ 1 << decode_random_below(r, 8));
        break;
    case 2:
        b->data[at] = (char)decode_random_below(r, 256);
        break;
    case 3:
        insert(b, at, PICK(r, pieces));
        break;
    case 4:
        memmove(b->data + at, b->data + at + 1, b->len - at - 1);
        b->len--;
        break;
    default:
        b->data[at] = b->data[decode_random_below(r, (uint32_t)b->len)];
    }
}

void decode_random_spoil(struct decode_random *r, struct buf *message) {
    for (uint32_t n = 1 + decode_random_below(r, 4); n > 0 && message->len > 0; n--) spoil_once(r, message);
}
