/* The problem. jansson builds a tree of every message, with an allocation a value, to answer five questions; it costs
 * more than all that is done with the answers. Producers write their events in a few plain shapes, and for these the
 * answers can be read off the text.
 *
 * The idea.
 *  1. Where a string may end is found for 64 bytes at a time (event_block.h): a bit for each quote, backslash, control
 *     character and byte of UTF-8, its "stops". From stop to stop the walk is a count of trailing zeros, which
 *     waits for none of the bytes between.
 *  2. The grammar is walked once, front to back, and all of it: what is skipped is checked as closely as what is read,
 *     because a message that is malformed anywhere is malformed.
 *  3. No step asks whether the text has ended: its last bracket ends every walk (event_token.h).
 *  4. A key is compared with the names by its first eight bytes, as one number (event_names.h).
 *  5. Texts are not copied: they point into the message. Values go to the judge that jansson's go to (event_judge.c).
 *
 *         {"video_id":"v208711","ts":1763750040000,"tag":"a\"b"}
 *          |        | |       | |  |               |   | | || |
 *
 * The bars are the stops. A plain string takes two. The value of "tag" has two more, and the first of them is no quote:
 * then the slow way is taken to the string's end. Between strings only line ends and tabs are stops.
 *
 * What is handed over. jansson is the authority, and this is a translation of what it does, not of what JSON says. So
 * whatever is not plain is not judged here, but left to it, with the whole message, or the line it is in:
 *   - malformed text of any kind;
 *   - an escape in a key or in a text that is needed (in other strings escapes are checked and skipped);
 *   - a field that is needed and there twice; configured names that are equal;
 *   - numbers of more than 18 digits; where it is needed also -0, an exponent, and a real number that is negative
 *     or whose digits exceed 2^53; where it is not, an exponent of more than two digits;
 *   - NULs, of which jansson 2.14 forgets those behind a number; depth beyond 64; messages below 16 bytes.
 *
 * Measured, ns of CPU an event, the least of 9 rounds in turn (tests/bench/scan.c; gcc 12 -O2; 2.9 GHz Xeon, both of
 * its threads busy with other work, which is why jansson is slow too; "portable": with EVENT_BLOCK_PORTABLE):
 *                     bytes   scanner   portable   jansson
 *     single             91        91        160      2232
 *     lines of 100       92        81        130      2248
 *     array of 100       92        78        100      2341
 *     spaced            100        98        159      2349   blanks behind colons and commas
 *     rich              304       294        399      7070   nested values, UTF-8, escapes, a long text, a real number
 *
 * Not done. A tape of all quotes before the walk, as simdjson has it: it stores and loads what two instructions count.
 * AVX2: to find the stops is an eighth of the instructions of an event, and of that it would save half. Learning the
 * order of a producer's keys: the branches that compare them have learnt it. */
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
