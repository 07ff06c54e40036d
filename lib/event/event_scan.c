/* ESSAY */
#include "event/event_scan.h"

#include "event/event_batch.h"
#include "event/event_elements.h"
#include "event/event_names.h"

/* What the members of one object said. */
struct found {
    struct event_value values[EVENT_FIELDS];
};

/* Only the kinds: what an absent value holds besides is never looked at. */
static void found_clear(struct found *f) {
    for (size_t i = 0; i < EVENT_FIELDS; i++) f->values[i].kind = EVENT_ABSENT;
}

EVENT_INLINE enum event_field field_of(const struct event_names *names, struct bytes key, const char *end) {
    return event_names_find(names, key, event_names_head(event_load8_before(key.p, end), key.n));
}

/* Of a repeated field the last counts, but who repeats one is left to jansson; null, which says nothing, may come
 * first. */
EVENT_INLINE bool take_value_of(struct event_text *t, struct event_cursor *c, enum event_field field, struct found *f) {
    if (field == EVENT_FIELDS) return event_token_value(t, c, NULL);
    struct event_value *value = &f->values[field];
    return value->kind == EVENT_ABSENT && event_token_value(t, c, value);
}

/* "key": value */
EVENT_INLINE bool take_member(const struct event_names *names, struct event_text *t, struct event_cursor *c,
                              struct found *f) {
    struct bytes key;
    if (!event_token_at(t, c, '"') || !event_token_string(t, c, true, &key) || !event_token_byte(t, c, ':'))
        return false;
    event_token_skip_space(t, c);
    return take_value_of(t, c, field_of(names, key, t->end), f);
}

/* P stands on the brace. The cursor lives in registers here. */
static bool take_object(const struct event_names *names, struct event_text *t, struct event_cursor *cursor,
                        struct found *f) {
    struct event_cursor c = *cursor;
    found_clear(f);
    c.p++;
    bool more = !event_token_byte(t, &c, '}');
    while (more) {
        if (!take_member(names, t, &c, f)) return false;
        more = event_token_byte(t, &c, ',');
        if (!more && !event_token_byte(t, &c, '}')) return false;
    }
    *cursor = c;
    return true;
}

static void add_event(struct event_scan *s, struct bytes raw, const struct found *f) {
    event_judge(s->rules, f->values, s->record_time_ms, event_batch_add(s->batch, raw));
}

bool event_scan_start(struct event_scan *s) {
    struct event_names *names = s->batch->names;
    if (!event_names_are(names, s->rules)) event_names_set(names, s->rules);
    if (!names->distinct || !event_text_init(&s->text, s->message)) return false;
    event_cursor_place(&s->text, &s->cursor, s->message.p);
    return true;
}

static const char *behind_space(const char *p, const char *end) {
    while (p < end && event_is_space(*p)) p++;
    return p;
}

enum event_scanned event_scan_object(struct event_scan *s) {
    struct event_text *t = &s->text;
    struct event_cursor *c = &s->cursor;
    struct found f;
    event_token_skip_space(t, c);
    if (*c->p != '{' || !take_object(s->batch->names, t, c, &f)) return EVENT_SCAN_UNKNOWN;
    if (behind_space(c->p, t->end) != t->end) return EVENT_SCAN_FIRST;
    add_event(s, s->message, &f);
    return EVENT_SCAN_WHOLE;
}

/* What is not an object is malformed, as it is added. */
static bool take_element(struct event_scan *s) {
    struct event_text *t = &s->text;
    struct event_cursor *c = &s->cursor;
    struct found f;
    event_token_skip_space(t, c);
    const char *start = c->p;
    bool object = *start == '{';
    if (!(object ? take_object(s->batch->names, t, c, &f) : event_token_value(t, c, NULL))) return false;
    struct bytes raw = {.p = start, .n = (size_t)(c->p - start)};
    if (object)
        add_event(s, raw, &f);
    else
        event_batch_add(s->batch, raw);
    return true;
}

bool event_scan_array(struct event_scan *s) {
    struct event_text *t = &s->text;
    struct event_cursor *c = &s->cursor;
    if (!event_token_byte(t, c, '[')) return false;
    bool more = !event_token_byte(t, c, ']');
    while (more) {
        if (!take_element(s) || event_text_ended(t, c->p)) return false;
        more = event_token_byte(t, c, ',');
        if (!more && !event_token_byte(t, c, ']')) return false;
    }
    return behind_space(c->p, t->end) == t->end;
}

/* The LF of the line that goes on at P, or the text's end, if there is only white space up to it; else NULL. */
static const char *line_end(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) p++;
    return p == end || *p == '\n' ? p : NULL;
}

bool event_scan_line(struct event_scan *s, struct bytes *rest) {
    struct event_text *t = &s->text;
    struct event_cursor *c = &s->cursor;
    struct found f;
    if (rest->p > t->last) return false;
    event_cursor_place(t, c, rest->p);
    event_token_skip_space(t, c);
    if (*c->p != '{' || !take_object(s->batch->names, t, c, &f) || t->lf != NULL) return false;
    const char *end = line_end(c->p, t->end);
    if (end == NULL) return false;
    add_event(s, (struct bytes){.p = rest->p, .n = (size_t)(end - rest->p) - (end[-1] == '\r')}, &f);
    const char *next = end < t->end ? end + 1 : end;
    *rest = (struct bytes){.p = next, .n = (size_t)(t->end - next)};
    return true;
}
