/* decode/json_elements.h - where the elements of a JSON array lie in its text.
 * Use when: a parser has accepted the whole text, but does not tell positions.   Not for: judging a text; of one that
 * no parser accepted it finds something, inside its bounds, but nothing that means anything.   Threads: one owner. */
#ifndef TOPKD_DECODE_JSON_ELEMENTS_H
#define TOPKD_DECODE_JSON_ELEMENTS_H

#include "base/base.h"

struct event_elements {
    const char *p, *end; /* borrowed: what was not looked at yet */
};

/* ARRAY: the text of an array, with white space around it or without. */
void event_elements_init(struct event_elements *it, struct bytes array);
/* The next element, without the white space around it; n == 0 when there is none left. */
struct bytes event_elements_next(struct event_elements *it);

/* JSON's white space, which is also jansson's: no more than these four. */
static inline bool event_is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

#endif
