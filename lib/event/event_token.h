/* event/event_token.h - the parts of a JSON text, for a scanner that gives up where anything is unusual.
 * Each function stands on the first byte of what it takes and moves the cursor behind it, or returns false: not
 * recognised, which says nothing about the text, and the cursor may not be used until it is placed again. What is
 * taken, jansson takes too, with the same meaning. VALUE: where to write what was read; NULL: the value is not needed,
 * and may then be written in more ways.
 *
 * No look at a byte asks first whether the text has ended: LAST is a closing bracket, which is a part of nothing but
 * the end of an array or an object, so that every walk stops there. Only who took a closing bracket must ask
 * (event_text_ended) before it reads on; the values taken here have something behind them.
 *
 * The inline functions want a cursor that is a local variable whose address goes nowhere else, so that it lives in
 * registers; what is rare gets a copy of it.   Threads: one owner.   Memory: borrows the text. */
#ifndef TOPKD_EVENT_EVENT_TOKEN_H
#define TOPKD_EVENT_EVENT_TOKEN_H

#include "event/event_block.h"
#include "event/event_judge.h"

#define EVENT_INLINE static inline __attribute__((always_inline))

/* The order keeps apart what gcc would else move in pairs through vector registers. */
struct event_cursor {
    const char *p;     /* what comes next */
    uint64_t stops;    /* of the block those not passed: bit i is block[i]; LAST and all behind it are stops */
    const char *block; /* the block whose stops are known */
};

struct event_text {
    const char *last; /* the last closing bracket or brace */
    const char *end;
    size_t n;
    const char *lf; /* the last LF skipped as white space, or NULL */
    unsigned depth; /* how many arrays and objects that are no events we are in */
};

/* Deeper values are left to jansson, whose own bound is 2048. */
enum { EVENT_TOKEN_DEPTH_MAX = 64 };

/* White space, also none. */
void event_token_space(struct event_text *t, struct event_cursor *c);
/* Number at P; returns what follows, or NULL. */
const char *event_token_number(const char *p, const char *end, struct event_value *value);
/* From STOP in a string to behind its closing quote: UTF-8 is checked as jansson does, and escapes too, which are
 * recognised only where the string is not NEEDED. */
bool event_token_odd_string(struct event_text *t, struct event_cursor *c, const char *stop, bool needed);
/* Whatever begins with neither a quote, a digit nor a minus: true, false, null, arrays, objects. */
bool event_token_other(struct event_text *t, struct event_cursor *c, struct event_value *value);

static inline bool event_text_ended(const struct event_text *t, const char *p) { return p > t->last; }

static inline uint64_t event_text_stops(const struct event_text *t, const char *block) {
    uint64_t stops =
        t->end - block >= EVENT_BLOCK_BYTES ? event_stops64(block) : event_stops_before(block, t->end, t->n);
    return t->last - block < EVENT_BLOCK_BYTES ? stops | UINT64_MAX << (t->last - block) : stops;
}

/* False if TEXT is shorter than EVENT_PIECE_BYTES or holds no closing bracket or brace. */
static inline bool event_text_init(struct event_text *t, struct bytes text) {
    const char *last = text.p + text.n;
    if (text.n < EVENT_PIECE_BYTES) return false;
    do {
        if (last == text.p) return false;
        last--;
    } while (*last != '}' && *last != ']');
    *t = (struct event_text){.last = last, .end = text.p + text.n, .n = text.n};
    return true;
}

/* Go on at P, which is not behind LAST. */
static inline void event_cursor_place(struct event_text *t, struct event_cursor *c, const char *p) {
    *c = (struct event_cursor){.p = p, .stops = event_text_stops(t, p), .block = p};
    t->lf = NULL;
    t->depth = 0;
}

/* Go on to the next block with stops, unless there are some left. */
EVENT_INLINE void event_cursor_refill(struct event_text *t, struct event_cursor *c) {
    while (c->stops == 0) {
        c->block += EVENT_BLOCK_BYTES;
        c->stops = event_text_stops(t, c->block);
    }
}

/* The first stop not passed, which is passed now. */
EVENT_INLINE const char *event_cursor_stop(struct event_text *t, struct event_cursor *c) {
    event_cursor_refill(t, c);
    const char *stop = c->block + (unsigned)__builtin_ctzll(c->stops);
    c->stops &= c->stops - 1;
    return stop;
}

EVENT_INLINE bool event_is_black(char c) { return (unsigned char)c > ' '; }

EVENT_INLINE void event_token_skip_space(struct event_text *t, struct event_cursor *c) {
    if (event_is_black(*c->p)) return;
    if (*c->p == ' ' && event_is_black(c->p[1])) { /* as those write who like it spaced */
        c->p++;
        return;
    }
    struct event_cursor copy = *c;
    event_token_space(t, &copy);
    *c = copy;
}

/* Whether WANTED comes next, with white space before it, which is taken, or none. */
EVENT_INLINE bool event_token_at(struct event_text *t, struct event_cursor *c, char wanted) {
    if (*c->p == wanted) return true;
    event_token_skip_space(t, c);
    return *c->p == wanted;
}

EVENT_INLINE bool event_token_byte(struct event_text *t, struct event_cursor *c, char wanted) {
    if (!event_token_at(t, c, wanted)) return false;
    c->p++;
    return true;
}

/* TEXT: what stands between the quotes. */
EVENT_INLINE bool event_token_string(struct event_text *t, struct event_cursor *c, bool needed, struct bytes *text) {
    const char *first = c->p + 1;
    event_cursor_refill(t, c);
    c->stops &= c->stops - 1; /* the opening quote */
    const char *stop = event_cursor_stop(t, c);
    if (*stop == '"')
        c->p = stop + 1;
    else {
        struct event_cursor copy = *c;
        if (!event_token_odd_string(t, &copy, stop, needed)) return false;
        *c = copy;
    }
    *text = (struct bytes){.p = first, .n = (size_t)(c->p - first) - 1};
    return true;
}

EVENT_INLINE bool event_token_string_value(struct event_text *t, struct event_cursor *c, struct event_value *value) {
    struct bytes text;
    if (!event_token_string(t, c, value != NULL, &text)) return false;
    if (value == NULL) return true;
    value->kind = EVENT_STRING;
    value->text = text;
    return true;
}

EVENT_INLINE bool event_token_rare_value(struct event_text *t, struct event_cursor *c, struct event_value *value) {
    struct event_cursor copy = *c;
    if (!event_token_other(t, &copy, value) || event_text_ended(t, copy.p)) return false;
    *c = copy;
    return true;
}

EVENT_INLINE bool event_token_value(struct event_text *t, struct event_cursor *c, struct event_value *value) {
    if (*c->p == '"') return event_token_string_value(t, c, value);
    if (*c->p != '-' && (unsigned char)(*c->p - '0') > 9) return event_token_rare_value(t, c, value);
    const char *next = event_token_number(c->p, t->end, value);
    if (next == NULL) return false;
    c->p = next;
    return true;
}

#endif
