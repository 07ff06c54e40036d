/* consumer/warnings.c - what an operator should hear of what is read: times that are none or far off, ids that are not
 * there or do not stay, and lists in too many pieces. Each is told at most once a minute for a partition; the metrics
 * say it at any time. */
#include <inttypes.h>

#include "consumer/state.h"

enum {
    TIMES_INTERVAL_MS = 60000,
    IDS_INTERVAL_MS = 60000,
    SPREAD_INTERVAL_MS = 600000,
    SPREAD_PER_SECOND_MAX = 30000,
    PARTITIONS_MANY = 64
};

#define STAMP_REMEDY                                                                                                   \
    "let the producer stamp milliseconds, or the broker stamp (message.timestamp.type=LogAppendTime, "                 \
    "message.timestamp.before.max.ms and .after.max.ms on the topic); TOPKD_LOG_CLOCK=event goes by the events' times"

/* -- times -- */

static void warn_of_no_time(struct assignment *a, const struct partition_view *v) {
    if (v->untimed == a->shown.untimed) return;
    log_limited(
        &a->limits.missing, TIMES_INTERVAL_MS, LOG_WARN, "record_time_missing",
        "topic=%s partition=%d records=%" PRIu64 " before_offset=%" PRId64
        " means=\"a timestamp that is absent or outside the years 1970 to 9999 counts as none: its events are held "
        "against log time\" remedy=\"" STAMP_REMEDY "\"",
        a->tp.topic, (int)a->tp.partition, v->untimed, v->next);
}

static void warn_of_old_time(struct assignment *a, const struct partition_view *v) {
    if (v->before_2000 == a->shown.before_2000) return;
    log_limited(&a->limits.old, TIMES_INTERVAL_MS, LOG_WARN, "record_time_old",
                "topic=%s partition=%d records=%" PRIu64 " before_offset=%" PRId64
                " means=\"timestamps before the year 2000, as of seconds taken for milliseconds: events of today are "
                "future\" remedy=\"" STAMP_REMEDY "\"",
                a->tp.topic, (int)a->tp.partition, v->before_2000, v->next);
}

static void warn_of_time_ahead(const struct consumer *c, struct assignment *a, const struct partition_view *v,
                               int64_t wall_ms) {
    bool by_event = c->hub->rules.clock_is_event;
    if (v->log_time_ms == TIME_NEVER || v->log_time_ms - c->hub->rules.future_ms <= wall_ms) return;
    log_limited(
        &a->limits.ahead, TIMES_INTERVAL_MS, LOG_WARN, "log_time_ahead",
        "topic=%s partition=%d ahead_s=%" PRId64
        " means=\"%s with a clock ahead has closed the minutes up to there: what comes for them is late\" "
        "remedy=\"%s\"",
        a->tp.topic, (int)a->tp.partition, (v->log_time_ms - wall_ms) / 1000, by_event ? "an event" : "a record",
        by_event ? "mend the clock of its producer (TOPKD_FIELD_TIME), or TOPKD_LOG_CLOCK=record" : STAMP_REMEDY);
}

void consumer_warn_of_times(struct consumer *c, struct assignment *a, const struct partition_view *v, int64_t wall_ms) {
    warn_of_no_time(a, v);
    warn_of_old_time(a, v);
    warn_of_time_ahead(c, a, v, wall_ms);
}

/* -- ids -- */

static void warn_of_forgotten_ids(const struct consumer *c, struct assignment *a, const struct partition_view *v) {
    if (v->ids_forgotten_early == a->shown.ids_forgotten_early) return;
    int64_t dedup_s = (c->hub->rules.dedup_ms + 999) / 1000;
    uint64_t enough = v->ids_remembered * (uint64_t)dedup_s / (uint64_t)i64_larger(v->ids_age_s, 1);
    log_limited(&a->limits.forgotten, IDS_INTERVAL_MS, LOG_WARN, "ids_forgotten_early",
                "topic=%s partition=%d ids=%" PRIu64 " lived_s=%" PRId64 " dedup_s=%" PRId64
                " means=\"TOPKD_DEDUP_IDS_MAX is reached: an event that comes again later than lived_s counts again\" "
                "remedy=\"raise TOPKD_DEDUP_IDS_MAX to about %" PRIu64 ", or lower TOPKD_DEDUP\"",
                a->tp.topic, (int)a->tp.partition, v->ids_remembered, v->ids_age_s, dedup_s, enough);
}

/* Some events may well have none, and ids that were there may be forgotten. */
static void warn_of_no_ids(struct assignment *a, const struct partition_view *v) {
    if (v->without_id == a->shown.without_id || v->ids_seen > 0) return;
    log_limited(&a->limits.no_ids, IDS_INTERVAL_MS, LOG_WARN, "ids_missing",
                "topic=%s partition=%d events=%" PRIu64
                " means=\"no event has an id where TOPKD_FIELD_ID says it stands, so all of them count\" "
                "remedy=\"let TOPKD_FIELD_ID name the field of the id, or leave it empty\"",
                a->tp.topic, (int)a->tp.partition, v->without_id);
}

void consumer_warn_of_ids(struct consumer *c, struct assignment *a, const struct partition_view *v) {
    warn_of_forgotten_ids(c, a, v);
    warn_of_no_ids(a, v);
}

/* -- lists in many pieces -- */

static void warn_of_partitions(struct consumer *c, uint32_t partitions) {
    if (c->warnings.partitions_told || partitions <= PARTITIONS_MANY) return;
    c->warnings.partitions_told = true;
    log_event(LOG_WARN, "many_partitions",
              "partitions=%" PRIu32 " means=\"where the events of an item are spread over all of them, lists of flat "
              "traffic lose accuracy beyond %d\" remedy=\"32 to 64 partitions, or keys by location or item\"",
              partitions, (int)PARTITIONS_MANY);
}

/* For the whole group: one consumer of a process is enough. */
void consumer_warn_of_spread(struct consumer *c) {
    if (c->number != 0) return;
    struct hub_spread spread = hub_spread(c->hub);
    warn_of_partitions(c, spread.partitions);
    if (spread.parts_per_second <= SPREAD_PER_SECOND_MAX) return;
    log_limited(
        &c->warnings.parts_limit, SPREAD_INTERVAL_MS, LOG_WARN, "many_parts",
        "partitions=%" PRIu32 " locations=%" PRIu32 " parts_per_second=%.0f sensible=%d"
        " means=\"Redis gets a part of each list from each partition at each tick\" remedy=\"keys by location or "
        "item, fewer partitions, or a longer TOPKD_PUBLISH_INTERVAL\"",
        spread.partitions, spread.locations, spread.parts_per_second, (int)SPREAD_PER_SECOND_MAX);
}
