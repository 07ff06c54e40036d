/* decode/json_token.h - the parts of a JSON text, for a scanner that gives up where anything is unusual.
 * Each function stands on the first byte of what it takes and returns what follows it, or NULL: not recognised, which
 * says nothing about the text. What is taken, jansson takes too, with the same meaning. VALUE: where to write what was
 * read; NULL: the value is not needed, and may then be written in more ways.
 *
 * No look at a byte asks first whether the text has ended: LAST is a closing bracket, which is a part of nothing but
 * the end of an array or an object, and counts as a stop in strings, so that every walk stops there. Only who took a
 * closing bracket must ask (event_text_ended) before it reads on; the values taken here have something behind them.
 * Threads: one owner.   Memory: borrows the text. */
#ifndef TOPKD_DECODE_JSON_TOKEN_H
#define TOPKD_DECODE_JSON_TOKEN_H

#include "decode/json_block.h"
#include "event/judge.h"

#define EVENT_INLINE static inline __attribute__((always_inline))

struct event_text {
    const char *start;
    const char *last; /* the last closing bracket or brace, at least EVENT_PIECE_BYTES from the start */
    const char *end;
    const char *lf; /* the last LF skipped as white space, or NULL */
    unsigned depth; /* how many arrays and objects that are no events we are in */
};

/* Deeper values are left to jansson, whose own bound is 2048. */
enum { EVENT_TOKEN_DEPTH_MAX = 64 };
/* What an int64_t holds whatever they are. */
enum { EVENT_TOKEN_DIGITS_MAX = 18 };

extern const uint64_t event_powers_of_ten[EVENT_TOKEN_DIGITS_MAX + 1];

/* White space, also none. */
const char *event_token_space(struct event_text *t, const char *p);
/* A number, of any kind. END: of the text, eight bytes of which are before it; a number does not go up to it. */
const char *event_token_number(const char *p, const char *end, struct event_value *value);
/* From STOP in a string to behind its closing quote: UTF-8 is checked as jansson does, and escapes too, which are
 * recognised only where the string is not NEEDED. */
const char *event_token_odd_string(const struct event_text *t, const char *stop, bool needed);
/* Whatever begins with neither a quote, a digit nor a minus: true, false, null, arrays, objects. */
const char *event_token_other(struct event_text *t, const char *p, struct event_value *value);

static inline bool event_text_ended(const struct event_text *t, const char *p) { return p > t->last; }

/* False if TEXT holds no closing bracket or brace, or only in its first bytes. */
static inline bool event_text_init(struct event_text *t, struct bytes text) {
    const char *last = text.p + text.n;
    do {
        if (last - text.p <= EVENT_PIECE_BYTES) return false;
        last--;
    } while (*last != '}' && *last != ']');
    *t = (struct event_text){.start = text.p, .last = last, .end = text.p + text.n};
    return true;
}

EVENT_INLINE bool event_is_black(char c) { return (unsigned char)c > ' '; }

EVENT_INLINE const char *event_token_skip_space(struct event_text *t, const char *p) {
    if (event_is_black(*p)) return p;
    if (*p == ' ' && event_is_black(p[1])) return p + 1; /* as those write who like it spaced */
    return event_token_space(t, p);
}

/* WANTED, with white space before it or without. */
EVENT_INLINE const char *event_token_byte(struct event_text *t, const char *p, char wanted) {
    if (*p != wanted) p = event_token_skip_space(t, p);
    return *p == wanted ? p + 1 : NULL;
}

/* What follows the string that has no stop before STOP; *PLAIN: it holds no control character, not even 0x7f, which
 * JSON allows. */
EVENT_INLINE const char *event_token_string_to(const struct event_text *t, const char *stop, bool needed, bool *plain) {
    *plain = *stop == '"';
    return *plain ? stop + 1 : event_token_odd_string(t, stop, needed);
}

/* P: the opening quote. */
EVENT_INLINE const char *event_token_string(const struct event_text *t, const char *p, bool needed) {
    bool plain;
    return event_token_string_to(t, event_stop(p + 1, t->last), needed, &plain);
}

/* P: the opening quote, STOP: the first stop behind it. */
EVENT_INLINE const char *event_token_string_value(const struct event_text *t, const char *p, const char *stop,
                                                  struct event_value *value) {
    bool plain;
    const char *next = event_token_string_to(t, stop, value != NULL, &plain);
    if (value == NULL || next == NULL) return next;
    value->kind = EVENT_STRING;
    value->plain = plain;
    value->text = (struct bytes){.p = p + 1, .n = (size_t)(next - p) - 2};
    return next;
}

/* The same for what times and ids mostly are: up to 15 digits, and a comma or a brace behind them. NULL here only means
 * that event_token_number must be asked. */
EVENT_INLINE const char *event_token_integer(const char *p, const char *end, struct event_value *value) {
    if (end - p < 16) return NULL;
    uint64_t first = event_load8(p) ^ EVENT_EACH_BYTE('0'), second = event_load8(p + 8) ^ EVENT_EACH_BYTE('0');
    unsigned n = event_digits_count(first), more = n == 8 ? event_digits_count(second) : 0;
    const char *next = p + n + more;
    if (n == 0 || more == 8 || *p == '0' || (*next != ',' && *next != '}')) return NULL;
    if (value == NULL) return next;
    uint64_t whole = event_digits_value(first << 8 * (8 - n));
    if (n == 8) whole = whole * event_powers_of_ten[more] + event_digits_value(second << 8 * (7 - more) << 8);
    value->kind = EVENT_INTEGER;
    value->integer = (int64_t)whole;
    value->text = (struct bytes){.p = p, .n = n + more};
    return next;
}

/* A value that is no string. */
EVENT_INLINE const char *event_token_plain_value(struct event_text *t, const char *p, struct event_value *value) {
    if (*p == '-' || (unsigned char)(*p - '0') <= 9) {
        const char *next = event_token_integer(p, t->last, value);
        return next != NULL ? next : event_token_number(p, t->last, value);
    }
    const char *next = event_token_other(t, p, value);
    return next == NULL || event_text_ended(t, next) ? NULL : next;
}

EVENT_INLINE const char *event_token_value(struct event_text *t, const char *p, struct event_value *value) {
    return *p == '"' ? event_token_string_value(t, p, event_stop(p + 1, t->last), value)
                     : event_token_plain_value(t, p, value);
}

#endif
