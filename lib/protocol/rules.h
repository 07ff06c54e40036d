/* protocol/rules.h - what decides how a log is read. It is const, and the same for every partition of a worker.
 * Minutes are unix ms / 60000.   Threads: any. */
#ifndef TOPKD_PROTOCOL_RULES_H
#define TOPKD_PROTOCOL_RULES_H

#include "base/base.h"
#include "base/clock.h"
#include "protocol/words.h"

/* Record times before it are believed, but seldom meant: seconds taken for milliseconds. */
#define YEAR_2000_MS INT64_C(946684800000)

struct delivery_rules {
    int64_t lateness_ms, future_ms;
    int64_t slack_ms;        /* a minute's deadline is its end + lateness + slack */
    int64_t settle_delay_ms; /* more than Redis may lose */
    int64_t retention_ms;    /* how long what was written last lives in Redis */
    bool clock_is_event;     /* LOG_CLOCK=event */
    bool start_latest;       /* START=latest */
    struct bytes global;     /* name of the all-locations list; n = 0: none */
    uint32_t locations_max;  /* of a minute, the all-locations list not among them; > 0 */
    int64_t dedup_ms;        /* how long an id is remembered; 0: ids mean nothing */
    uint32_t dedup_ids_max;  /* how many sightings of ids are remembered; > 0 if ids mean something */
    uint32_t list_size;
    uint32_t sketch_sets;
    uint64_t meaning; /* hash of everything that changes what a log means (rule 8) */
};

static inline int64_t minute_end_ms(int64_t minute) { return (minute + 1) * MINUTE_MS; }

/* No event can change the minute any more at this log time. */
static inline bool minute_sealed(const struct delivery_rules *r, int64_t minute, int64_t log_time_ms) {
    return log_time_ms != TIME_NEVER && minute_end_ms(minute) + r->lateness_ms <= log_time_ms;
}
/* Highest minute that is sealed at this log time. */
static inline int64_t minute_horizon(const struct delivery_rules *r, int64_t log_time_ms) {
    return log_time_ms == TIME_NEVER ? NO_MINUTE : minute_of(log_time_ms - r->lateness_ms) - 1;
}
/* Could this minute come of a believed time? A setting reaches a day before or after it at most. */
static inline bool minute_is_believed(int64_t minute) {
    const int64_t days = 2 * 24 * 60;
    return minute >= -days && minute <= minute_of(TIME_END_MS) + days;
}
/* Highest minute that a record of this time may touch without being future. */
static inline int64_t minute_reach(const struct delivery_rules *r, int64_t time_ms) {
    return time_ms == TIME_NEVER ? NO_MINUTE : minute_of(time_ms + r->future_ms);
}
/* Rule 21: what is stored at NOW_MS or later is kept until then at least. An eighth of RETENTION is left for clocks
 * that differ after a failover. */
static inline int64_t retention_kept_until(const struct delivery_rules *r, int64_t now_ms) {
    return now_ms + r->retention_ms - r->retention_ms / 8;
}
static inline int64_t minute_deadline_ms(const struct delivery_rules *r, int64_t minute) {
    return minute_end_ms(minute) + r->lateness_ms + r->slack_ms;
}

#endif
