/* base/clock.h - time as a value that is passed in, so that tests own it.
 * wall_ms: unix milliseconds, may jump; shown to people and compared with record timestamps at the end of the log.
 * mono_ms: never goes back; every interval and timeout is measured with it.   Threads: any. */
#ifndef TOPKD_BASE_CLOCK_H
#define TOPKD_BASE_CLOCK_H

#include "base/base.h"

struct clock {
    int64_t (*wall_ms)(void *self);
    int64_t (*mono_ms)(void *self);
    void *self;
};

extern const struct clock clock_system;

static inline int64_t clock_wall_ms(const struct clock *c) { return c->wall_ms(c->self); }
static inline int64_t clock_mono_ms(const struct clock *c) { return c->mono_ms(c->self); }

enum { MINUTE_MS = 60000, MINUTE_TEXT_LEN = 16 };

/* The times that are believed: the years 1970 to 9999. Every time that comes from outside (a record's timestamp, an
 * event's time, what a commit says, the wall clock) is checked where it comes in. So no sum of a time and a setting
 * overflows. */
#define TIME_END_MS INT64_C(253402300800000) /* the first millisecond of the year 10000 */
static inline bool time_is_believed(int64_t ms) { return (uint64_t)ms < (uint64_t)TIME_END_MS; }

/* Minute number (unix ms / 60000, floor) <-> "2026-11-21T19:08" (UTC, 16 characters and a NUL). */
static inline int64_t minute_of(int64_t ms) { return ms / MINUTE_MS - (ms % MINUTE_MS < 0); }
void minute_format(int64_t minute, char out[MINUTE_TEXT_LEN + 1]); /* years 0000..9999, else "----------------" */
bool minute_parse(struct bytes text, int64_t *minute) MUST_CHECK;  /* exactly that form */

#endif
