/* support/by_jansson.h - events as jansson reads them: the whole message as a tree, the fields looked up in it.
 * Use when: a test or a benchmark wants the reading of a well-kept parser. What it accepts, the decoder must accept,
 * with the same events.   Not for: what is no JSON to it, and places beside the value.
 * Threads: one batch, one owner. */
#ifndef TOPKD_TESTS_SUPPORT_BY_JANSSON_H
#define TOPKD_TESTS_SUPPORT_BY_JANSSON_H

#include "decode/json_plan.h"
#include "event/event.h"

/* Adds the events of M, one object or an array, to B, which is empty; their raw bytes are not found. False: jansson
 * does not accept it. PLAN says where the fields stand. */
bool by_jansson_decode(const struct json_plan *plan, struct bytes m, int64_t record_time_ms, struct event_batch *b);

#endif
