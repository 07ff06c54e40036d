/* decode/json_token.h - the parts of a JSON text, as far as its structure goes and as they are needed.
 * Use when: a text is read from its first byte on.   Not for: what is JSON; json_decoder.h has the grammar.
 * Each function stands on the first byte of what it takes, and returns what follows it; NULL: the text does not fit the
 * grammar. VALUE is where to write what was read; NULL: nobody needs it, and it is only skipped.
 *
 * No look at a byte first asks whether the text has ended. The text is known to hold a closing bracket or brace, and
 * LAST is the last of them. It is a part of nothing but the end of an array or an object, and it ends every search in a
 * string. So every walk stops there at the latest. Only who took a closing bracket must ask json_text_ended before it
 * reads on; behind a value that is taken here there is always something.
 * Threads: one owner.   Memory: borrows the text; texts that must be decoded are copied to the arena. */
#ifndef TOPKD_DECODE_JSON_TOKEN_H
#define TOPKD_DECODE_JSON_TOKEN_H

#include <assert.h>

#include "decode/json_block.h"
#include "decode/json_number.h"
#include "event/arena.h"
#include "event/judge.h"

struct json_text {
    const char *start;
    const char *last; /* the last closing bracket or brace, at least JSON_PIECE_BYTES from the start */
    const char *end;
    struct event_arena *arena; /* borrowed */
};

/* White space, also none. */
const char *json_token_space(const char *p);
/* The rest of a string that begins with the quote P and has a byte that is not plain at STOP. */
const char *json_token_odd_string(const struct json_text *t, const char *p, const char *stop,
                                  struct event_value *value);
/* A value that is no string, and no short number. */
const char *json_token_other(const struct json_text *t, const char *p, struct event_value *value);
/* To behind the partner of the bracket or brace at P; NULL: it has none. */
const char *json_token_container(const struct json_text *t, const char *p);

/* JSON's white space: no more than these four. */
static inline bool json_is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* What holds of a text that is scanned. */
static inline void json_text_check(const struct json_text *t) {
    assert(*t->last == '}' || *t->last == ']');
    assert(t->last - t->start >= JSON_PIECE_BYTES && t->last < t->end);
}

static inline bool json_text_ended(const struct json_text *t, const char *p) { return p > t->last; }

/* The last closing bracket or brace of TEXT; NULL: it has none. */
static inline const char *json_last_bracket(struct bytes text) {
    for (const char *p = text.p + text.n; p-- > text.p;)
        if (*p == '}' || *p == ']') return p;
    return NULL;
}

ALWAYS_INLINE bool json_is_black(char c) { return (unsigned char)c > ' '; }

ALWAYS_INLINE const char *json_token_skip_space(const char *p) {
    if (json_is_black(*p)) return p;
    if (*p == ' ' && json_is_black(p[1])) return p + 1; /* a usual way to write */
    return json_token_space(p);
}

/* WANTED, with white space before it or without. */
ALWAYS_INLINE const char *json_token_byte(const char *p, char wanted) {
    if (*p != wanted) p = json_token_skip_space(p);
    return *p == wanted ? p + 1 : NULL;
}

/* P: the opening quote, STOP: the first stop behind it. */
ALWAYS_INLINE const char *json_token_string_to(const struct json_text *t, const char *p, const char *stop,
                                               struct event_value *value) {
    if (*stop != '"') return json_token_odd_string(t, p, stop, value);
    if (value != NULL) {
        value->kind = EVENT_STRING;
        value->plain = true;
        value->text = (struct bytes){.p = p + 1, .n = (size_t)(stop - p) - 1};
    }
    return stop + 1;
}

/* A value that is no string. */
ALWAYS_INLINE const char *json_token_plain_value(const struct json_text *t, const char *p, struct event_value *value) {
    const char *next = NULL;
    if ((unsigned char)(*p - '0') <= 9) next = json_number_take_short(p, t->last, value);
    return next != NULL ? next : json_token_other(t, p, value);
}

ALWAYS_INLINE const char *json_token_value(const struct json_text *t, const char *p, struct event_value *value) {
    return *p == '"' ? json_token_string_to(t, p, json_stop(p + 1, t->last), value)
                     : json_token_plain_value(t, p, value);
}

#endif
