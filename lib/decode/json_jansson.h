/* decode/json_jansson.h - jansson, the authority: with its default flags it decides what is JSON, and which of a
 * repeated key counts. The rules for the fields are ours (event/judge.h).
 * Threads: any, with a batch of their own.   Memory: texts are copied to the batch's arena. */
#ifndef TOPKD_DECODE_JSON_JANSSON_H
#define TOPKD_DECODE_JSON_JANSSON_H

#include "event/event.h"

/* Judges TEXT as one event and adds it to B: MALFORMED unless it is one object. Returns what became of it. */
enum event_outcome json_jansson_add(const struct event_rules *r, struct bytes text, int64_t record_time_ms,
                                    struct event_batch *b);
/* Adds the elements of TEXT, an array, one by one; one MALFORMED event if it is none. */
void json_jansson_add_array(const struct event_rules *r, struct bytes text, int64_t record_time_ms,
                            struct event_batch *b);

/* Where the elements of an array lie in its text, because jansson does not tell. Of a text that jansson did not accept
 * the walk finds something: it stays inside the text, but it means nothing. */
struct json_elements {
    const char *p, *end; /* borrowed: what was not looked at yet */
};

/* ARRAY: the text of an array, with white space around it or without. */
void json_elements_init(struct json_elements *it, struct bytes array);
/* The next element, without the white space around it; n == 0: there is none left. */
struct bytes json_elements_next(struct json_elements *it);

#endif
