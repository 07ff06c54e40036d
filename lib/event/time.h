/* event/time.h - what producers write as a time, as unix milliseconds.
 * Threads: any; pure.   Guarantee: *MS is within the years 1970..9999, and untouched where false is returned. */
#ifndef TOPKD_EVENT_TIME_H
#define TOPKD_EVENT_TIME_H

#include "base/base.h"
#include "base/clock.h"
#include "event/zone.h"

/* Milliseconds as they are: the record's timestamp. */
static inline bool event_time_from_ms(int64_t v, int64_t *ms) {
    if (!time_is_believed(v)) return false;
    *ms = v;
    return true;
}

/* From which number on it is of which unit; below that, seconds. */
#define TIME_MS_FROM INT64_C(100000000000)       /* 10^11 */
#define TIME_US_FROM INT64_C(100000000000000)    /* 10^14 */
#define TIME_NS_FROM INT64_C(100000000000000000) /* 10^17 */

/* A negative one is before 1970 in any unit. */
static inline bool event_time_from_integer(int64_t v, int64_t *ms) {
    if (v >= TIME_NS_FROM) return event_time_from_ms(v / 1000000, ms);
    if (v >= TIME_US_FROM) return event_time_from_ms(v / 1000, ms);
    return event_time_from_ms(v >= TIME_MS_FROM || v < 0 ? v : v * 1000, ms);
}

/* In the units of integers, by size. */
bool event_time_from_real(double v, int64_t *ms) MUST_CHECK;
/* A number, or a date with a time of day (time.c says which spellings). ZONE: of a text that says none. */
bool event_time_from_text(struct bytes text, const struct time_zone *zone, int64_t *ms) MUST_CHECK;
/* JSON: [year, month, day, hour, minute, second, nanosecond], where the last one or two may be missing. It never says a
 * zone. */
bool event_time_from_array(struct bytes json, const struct time_zone *zone, int64_t *ms) MUST_CHECK;
#endif
