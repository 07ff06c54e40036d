/* decode/message.h - event_decode's twin without the fast path (event/event.h says what both do).
 * Use when: a test compares the two.   Threads: as event/event.h. */
#ifndef TOPKD_DECODE_MESSAGE_H
#define TOPKD_DECODE_MESSAGE_H

#include "event/event.h"

void event_decode_json_only(const struct event_rules *r, const char *p, size_t n, int64_t record_time_ms,
                            struct event_batch *b);

#endif
