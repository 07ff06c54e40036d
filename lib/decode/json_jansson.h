/* decode/json_jansson.h - jansson, the authority on what an event is: with its default flags it decides what is JSON and
 * which of a repeated key counts; the rules for the fields are ours.   Threads: as event/event.h. */
#ifndef TOPKD_DECODE_JSON_JANSSON_H
#define TOPKD_DECODE_JSON_JANSSON_H

#include "event/event.h"

/* Judge TEXT as one event and add it to B: MALFORMED unless it is one object. Returns what became of it. */
enum event_outcome event_json_add(const struct event_rules *r, struct bytes text, int64_t record_time_ms,
                                  struct event_batch *b);
/* Add the elements of TEXT, an array, one by one; one MALFORMED event if it is none. */
void event_json_add_array(const struct event_rules *r, struct bytes text, int64_t record_time_ms,
                          struct event_batch *b);

#endif
