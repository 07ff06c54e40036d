/* decode/json_token.h - the parts of a JSON text, for a scanner that gives up where anything is unusual.
 * Use when: a text is read from its first byte on.   Not for: verdicts; NULL only says "not recognised".
 * Each function stands on the first byte of what it takes, and returns what follows it. What is taken, jansson takes
 * too, with the same meaning. VALUE is where to write what was read. Where it is NULL, the value is not needed; then it
 * may be written in more ways.
 *
 * No look at a byte first asks whether the text has ended. The text is known to hold a closing bracket or brace, and
 * LAST is the last of them. It is a part of nothing but the end of an array or an object, and it counts as a stop in
 * strings. So every walk stops there at the latest. Only who took a closing bracket must ask json_text_ended before it
 * reads on; behind a value that is taken here there is always something.
 * Threads: one owner.   Memory: borrows the text. */
#ifndef TOPKD_DECODE_JSON_TOKEN_H
#define TOPKD_DECODE_JSON_TOKEN_H

#include <assert.h>

#include "decode/json_block.h"
#include "decode/json_number.h"
#include "event/judge.h"

struct json_text {
    const char *start;
    const char *last; /* the last closing bracket or brace, at least JSON_PIECE_BYTES from the start */
    const char *end;
    const char *lf; /* the last LF skipped as white space, or NULL */
    unsigned depth; /* how many arrays and objects that are no events we are in */
};

/* Deeper values are left to jansson, whose own bound is 2048. */
enum { JSON_TOKEN_DEPTH_MAX = 64 };

/* White space, also none. */
const char *json_token_space(struct json_text *t, const char *p);
/* From STOP in a string to behind its closing quote. UTF-8 and escapes are checked as jansson does it. Escapes are
 * recognised only where the string is not NEEDED. */
const char *json_token_odd_string(const struct json_text *t, const char *stop, bool needed);
/* A value that begins with neither a quote, a digit nor a minus: true, false, null, an array, an object. */
const char *json_token_other(struct json_text *t, const char *p, struct event_value *value);

/* JSON's white space, which is also jansson's: no more than these four. */
static inline bool json_is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* What holds of a text that is scanned. */
static inline void json_text_check(const struct json_text *t) {
    assert(*t->last == '}' || *t->last == ']');
    assert(t->last - t->start >= JSON_PIECE_BYTES && t->last < t->end);
    assert(t->depth == 0);
}

static inline bool json_text_ended(const struct json_text *t, const char *p) { return p > t->last; }

/* False: TEXT holds no closing bracket or brace, or only among its first bytes, and cannot be scanned. */
static inline bool json_text_init(struct json_text *t, struct bytes text) {
    const char *last = text.p + text.n;
    do {
        if (last - text.p <= JSON_PIECE_BYTES) return false;
        last--;
    } while (*last != '}' && *last != ']');
    *t = (struct json_text){.start = text.p, .last = last, .end = text.p + text.n};
    return true;
}

ALWAYS_INLINE bool json_is_black(char c) { return (unsigned char)c > ' '; }

ALWAYS_INLINE const char *json_token_skip_space(struct json_text *t, const char *p) {
    if (json_is_black(*p)) return p;
    if (*p == ' ' && json_is_black(p[1])) return p + 1; /* a usual way to write */
    return json_token_space(t, p);
}

/* WANTED, with white space before it or without. */
ALWAYS_INLINE const char *json_token_byte(struct json_text *t, const char *p, char wanted) {
    if (*p != wanted) p = json_token_skip_space(t, p);
    return *p == wanted ? p + 1 : NULL;
}

/* What follows the string that has no stop before STOP. *PLAIN: the string holds no control character, not even 0x7f,
 * which JSON allows. */
ALWAYS_INLINE const char *json_token_string_to(const struct json_text *t, const char *stop, bool needed, bool *plain) {
    *plain = *stop == '"';
    return *plain ? stop + 1 : json_token_odd_string(t, stop, needed);
}

/* P: the opening quote. */
ALWAYS_INLINE const char *json_token_string(const struct json_text *t, const char *p, bool needed) {
    bool plain;
    return json_token_string_to(t, json_stop(p + 1, t->last), needed, &plain);
}

/* P: the opening quote, STOP: the first stop behind it. */
ALWAYS_INLINE const char *json_token_string_value(const struct json_text *t, const char *p, const char *stop,
                                                  struct event_value *value) {
    bool plain;
    const char *next = json_token_string_to(t, stop, value != NULL, &plain);
    if (value == NULL || next == NULL) return next;
    value->kind = EVENT_STRING;
    value->plain = plain;
    value->text = (struct bytes){.p = p + 1, .n = (size_t)(next - p) - 2};
    return next;
}

/* A value that is no string. */
ALWAYS_INLINE const char *json_token_plain_value(struct json_text *t, const char *p, struct event_value *value) {
    if (*p == '-' || (unsigned char)(*p - '0') <= 9) {
        const char *next = json_number_take_short(p, t->last, value);
        return next != NULL ? next : json_number_take(p, t->last, value);
    }
    const char *next = json_token_other(t, p, value);
    return next == NULL || json_text_ended(t, next) ? NULL : next;
}

ALWAYS_INLINE const char *json_token_value(struct json_text *t, const char *p, struct event_value *value) {
    return *p == '"' ? json_token_string_value(t, p, json_stop(p + 1, t->last), value)
                     : json_token_plain_value(t, p, value);
}

#endif
