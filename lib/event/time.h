/* event/time.h - what producers write as a time, as unix milliseconds.
 * Threads: any; pure.   Guarantee: *MS is within the years 1970..9999, and untouched where false is returned. */
#ifndef TOPKD_EVENT_TIME_H
#define TOPKD_EVENT_TIME_H

#include "base/base.h"
#include "base/clock.h"

/* Milliseconds as they are: the record's timestamp. */
static inline bool event_time_from_ms(int64_t v, int64_t *ms) {
    if (!time_is_believed(v)) return false;
    *ms = v;
    return true;
}

/* Microseconds from 10^14 up, milliseconds from 10^11 up, else seconds; a negative one is before 1970 in any unit. */
static inline bool event_time_from_integer(int64_t v, int64_t *ms) {
    if (v >= INT64_C(100000000000000)) return event_time_from_ms(v / 1000, ms);
    return event_time_from_ms(v >= INT64_C(100000000000) || v < 0 ? v : v * 1000, ms);
}

/* Seconds. */
bool event_time_from_real(double seconds, int64_t *ms) MUST_CHECK;
/* RFC 3339 with an offset, or digits only, which are read as the integer. */
bool event_time_from_text(struct bytes text, int64_t *ms) MUST_CHECK;
#endif
