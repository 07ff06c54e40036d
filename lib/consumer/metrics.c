/* consumer/metrics.c - a consumer's numbers. Hot loops count in plain variables; a tick adds what came since the last
 * one. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "consumer/state.h"

struct consumer_metrics {
    struct metric *events[EVENT_OUTCOMES];
    struct metric *messages, *replayed, *stale, *holes, *hole_records, *steps_back, *lost_records;
    struct metric *no_time, *old_time;
    struct metric *ids_forgotten_early, *without_id;
    struct metric *growth_refused, *overflows, *saturated;
    struct metric *queue_full, *restore_seconds, *restore_records, *commits_ok, *commits_failed;
    struct sketch_budget shown;        /* what of the budget they already have */
    uint64_t outcomes[EVENT_OUTCOMES]; /* since they were last told */
};

struct assignment_metrics {
    struct metric *lag, *committed_lag, *lag_seconds, *high, *start, *position, *committed, *rewind, *headroom,
        *log_time, *time_ahead, *settled, *incarnation;
};

static struct metric *metric_plain(struct consumer *c, enum metric_id id) {
    return metrics_get(c->hub->metrics, id, "");
}

static struct metric *metric_labelled(struct consumer *c, enum metric_id id, const char *name, const char *value) {
    char labels[128];
    snprintf(labels, sizeof labels, "%s=\"%s\"", name, value);
    return metrics_get(c->hub->metrics, id, labels);
}

void consumer_metrics_create(struct consumer *c) {
    struct consumer_metrics *m = c->metrics = mem_zalloc(1, sizeof *m);
    for (int o = 0; o < EVENT_OUTCOMES; o++)
        m->events[o] = metric_labelled(c, METRIC_EVENTS, "outcome", event_outcome_name((enum event_outcome)o));
    m->messages = metric_plain(c, METRIC_MESSAGES);
    m->replayed = metric_plain(c, METRIC_REPLAYED_MESSAGES);
    m->stale = metric_plain(c, METRIC_STALE_MESSAGES);
    m->holes = metric_plain(c, METRIC_OFFSET_HOLES);
    m->hole_records = metric_plain(c, METRIC_OFFSET_HOLE_RECORDS);
    m->steps_back = metric_plain(c, METRIC_LOG_TIME_STEPS_BACK);
    m->lost_records = metric_plain(c, METRIC_LOG_LOST_RECORDS);
    m->no_time = metric_labelled(c, METRIC_ODD_RECORD_TIMES, "kind", "none");
    m->old_time = metric_labelled(c, METRIC_ODD_RECORD_TIMES, "kind", "before_2000");
    m->ids_forgotten_early = metric_plain(c, METRIC_IDS_FORGOTTEN_EARLY);
    m->without_id = metric_plain(c, METRIC_EVENTS_WITHOUT_ID);
    m->growth_refused = metric_plain(c, METRIC_SKETCH_GROWTH_REFUSED);
    m->overflows = metric_plain(c, METRIC_SKETCH_OVERFLOWS);
    m->saturated = metric_plain(c, METRIC_SKETCH_SATURATED);
    m->queue_full = metric_plain(c, METRIC_QUEUE_FULL);
    m->restore_seconds = metric_plain(c, METRIC_RESTORE_SECONDS);
    m->restore_records = metric_plain(c, METRIC_RESTORE_RECORDS);
    m->commits_ok = metric_labelled(c, METRIC_COMMITS, "result", "ok");
    m->commits_failed = metric_labelled(c, METRIC_COMMITS, "result", "failed");
}

void consumer_metrics_destroy(struct consumer *c) { mem_free(c->metrics); }

void assignment_metrics_open(struct consumer *c, struct assignment *a) {
    struct metrics *all = c->hub->metrics;
    struct assignment_metrics *m = a->metrics = mem_zalloc(1, sizeof *m);
    m->lag = metrics_get(all, METRIC_LAG_RECORDS, a->labels);
    m->committed_lag = metrics_get(all, METRIC_COMMITTED_LAG_RECORDS, a->labels);
    m->lag_seconds = metrics_get(all, METRIC_LAG_SECONDS, a->labels);
    m->high = metrics_get(all, METRIC_HIGH_WATERMARK, a->labels);
    m->start = metrics_get(all, METRIC_LOG_START, a->labels);
    m->position = metrics_get(all, METRIC_POSITION, a->labels);
    m->committed = metrics_get(all, METRIC_COMMITTED, a->labels);
    m->rewind = metrics_get(all, METRIC_REWIND, a->labels);
    m->headroom = metrics_get(all, METRIC_RETENTION_HEADROOM, a->labels);
    m->log_time = metrics_get(all, METRIC_LOG_TIME, a->labels);
    m->time_ahead = metrics_get(all, METRIC_LOG_TIME_AHEAD, a->labels);
    m->settled = metrics_get(all, METRIC_SETTLED_MINUTE, a->labels);
    m->incarnation = metrics_get(all, METRIC_INCARNATION, a->labels);
}

/* -- what a partition counted since the last tick -- */

static void counters_show(struct consumer_metrics *m, struct partition_view *shown, const struct partition_view *v) {
    for (int o = 0; o < EVENT_OUTCOMES; o++) {
        uint64_t n = v->outcomes[o] - shown->outcomes[o];
        metric_add(m->events[o], n);
        m->outcomes[o] += n;
    }
    metric_add(m->messages, v->messages - shown->messages);
    metric_add(m->replayed, v->replayed + v->rebuilt - shown->replayed - shown->rebuilt);
    metric_add(m->holes, v->holes - shown->holes);
    metric_add(m->hole_records, v->hole_records - shown->hole_records);
    metric_add(m->steps_back, v->steps_back - shown->steps_back);
    metric_add(m->lost_records, v->lost_records - shown->lost_records);
    metric_add(m->no_time, v->untimed - shown->untimed);
    metric_add(m->old_time, v->before_2000 - shown->before_2000);
    metric_add(m->ids_forgotten_early, v->ids_forgotten_early - shown->ids_forgotten_early);
    metric_add(m->without_id, v->without_id - shown->without_id);
    *shown = *v;
}

void assignment_metrics_close(struct consumer *c, struct assignment *a) {
    if (a->metrics == NULL) return;
    struct partition_view v;
    partition_look(a->memory, &v);
    counters_show(c->metrics, &a->shown, &v);
    metrics_hide(c->hub->metrics, a->labels);
    mem_free(a->metrics);
    a->metrics = NULL;
}

static double positive_of(int64_t v) { return v > 0 ? (double)v : 0; }
static double unix_seconds(int64_t ms) { return ms == TIME_NEVER ? 0 : (double)ms / 1000; }

/* Past records that are behind may be read only when the end of the log is known; when Kafka does not answer for it any
 * more, something is taken to be behind. */
static double lag_seconds(const struct consumer *c, const struct assignment *a, const struct partition_view *v,
                          int64_t wall_ms) {
    bool known = wall_ms - a->log.asked_wall_ms <= c->hub->config->ready_age_ms;
    if (known && a->log.high_watermark <= v->next) return 0;
    bool sane = v->last_time_ms >= 0 && v->last_time_ms <= wall_ms; /* a producer's clock may be ahead */
    int64_t since = sane ? i64_larger(a->log.caught_up_wall_ms, v->last_time_ms) : a->log.caught_up_wall_ms;
    return positive_of(wall_ms - (since == TIME_NEVER ? a->assigned_wall_ms : since)) / 1000;
}

static void position_show(const struct consumer *c, const struct assignment *a, const struct partition_view *v,
                          int64_t wall_ms) {
    const struct assignment_metrics *m = a->metrics;
    metric_set(m->position, (double)v->next);
    metric_set(m->rewind, (double)v->rewind);
    metric_set(m->log_time, unix_seconds(v->log_time_ms));
    metric_set(m->time_ahead, v->log_time_ms == TIME_NEVER ? 0 : positive_of(v->log_time_ms - wall_ms) / 1000);
    metric_set(m->settled, v->settled == NO_MINUTE ? 0 : (double)v->settled * 60);
    metric_set(m->incarnation, (double)v->incarnation);
    if (v->committed >= 0) metric_set(m->committed, (double)v->committed);
    metric_set(m->lag_seconds, lag_seconds(c, a, v, wall_ms));
    if (a->log.high_watermark < 0) return;
    int64_t lag = a->log.high_watermark - v->next;
    metric_set(m->high, (double)a->log.high_watermark);
    metric_set(m->start, (double)a->log.start);
    metric_set(m->headroom, (double)(v->rewind - a->log.start));
    metric_set(m->lag, positive_of(lag));
    metric_set(m->committed_lag,
               positive_of(a->log.high_watermark - (v->committed >= 0 ? v->committed : a->log.start)));
}

/* -- sums over this consumer's partitions; the hub adds the consumers up -- */

static void budget_show(struct consumer *c) {
    struct consumer_metrics *m = c->metrics;
    metric_add(m->growth_refused, c->budget.growth_refused - m->shown.growth_refused);
    metric_add(m->overflows, c->budget.overflows - m->shown.overflows);
    metric_add(m->saturated, c->budget.saturated - m->shown.saturated);
    m->shown = c->budget;
}

struct totals {
    uint64_t buckets, dirty, lag, ids, id_bytes;
    double lag_seconds; /* the largest; so are minutes and locations */
    uint32_t silent, quiet, minutes, locations;
};

static void totals_add(struct totals *t, const struct assignment *a, const struct partition_view *v) {
    t->lag += (uint64_t)metric_value(a->metrics->lag);
    if (metric_value(a->metrics->lag_seconds) > t->lag_seconds) t->lag_seconds = metric_value(a->metrics->lag_seconds);
    t->buckets += v->live_buckets;
    t->dirty += v->dirty_buckets;
    t->ids += v->ids_remembered;
    t->id_bytes += v->ids_bytes;
    t->silent += !v->restored;
    t->quiet += !a->had_traffic;
    if (v->live_minutes > t->minutes) t->minutes = v->live_minutes;
    if (v->locations > t->locations) t->locations = v->locations;
}

static void totals_tell(const struct consumer *c, const struct totals *t) {
    struct hub_consumer *me = &c->hub->consumers[c->number];
    atomic_store(&me->silent, t->silent);
    atomic_store(&me->lag, t->lag);
    atomic_store(&me->lag_ms, (int64_t)(t->lag_seconds * 1000));
    atomic_store(&me->buckets, t->buckets);
    atomic_store(&me->dirty, t->dirty);
    atomic_store(&me->minutes, t->minutes);
    atomic_store(&me->quiet, t->quiet);
    atomic_store(&me->locations, t->locations);
    atomic_store(&me->sketch_bytes, c->budget.pool.used_bytes - t->id_bytes);
    atomic_store(&me->ids, t->ids);
    atomic_store(&me->id_bytes, t->id_bytes);
    atomic_store(&me->paused, c->pausing.paused ? atomic_load(&me->owned) : 0);
    atomic_store(&me->committed_mono_ms, c->commit.acknowledged_mono_ms);
}

static void assignment_show(struct consumer *c, struct assignment *a, int64_t wall_ms, struct totals *totals) {
    struct partition_view v;
    partition_look(a->memory, &v);
    consumer_warn_of_times(c, a, &v, wall_ms);
    consumer_warn_of_ids(c, a, &v);
    counters_show(c->metrics, &a->shown, &v);
    position_show(c, a, &v, wall_ms);
    totals_add(totals, a, &v);
}

void consumer_metrics_show(struct consumer *c) {
    int64_t wall_ms = clock_wall_ms(c->hub->clock);
    struct totals totals = {0};
    for (size_t i = 0; i < c->assignments_n; i++)
        if (assignment_runs(c->assignments[i])) assignment_show(c, c->assignments[i], wall_ms, &totals);
    budget_show(c);
    consumer_tell_rejects(c, c->metrics->outcomes);
    memset(c->metrics->outcomes, 0, sizeof c->metrics->outcomes);
    totals_tell(c, &totals);
    c->pausing.id_bytes = totals.id_bytes;
    consumer_warn_of_spread(c);
}

/* -- rare events -- */

void consumer_count_restore(struct consumer *c, enum partition_origin origin, int64_t records) {
    metric_add(metric_labelled(c, METRIC_RESTORES, "source", partition_origin_name(origin)), 1);
    metric_add(c->metrics->restore_records, (uint64_t)records);
    if (origin == ORIGIN_NEW_LOG) metric_add(metric_plain(c, METRIC_LOG_REPLACED), 1);
}

void consumer_count_restored(struct consumer *c, int64_t took_ms) {
    metric_observe(c->metrics->restore_seconds, (double)took_ms / 1000);
}

void consumer_count_rebalance(struct consumer *c, const char *event) {
    metric_add(metric_labelled(c, METRIC_REBALANCES, "event", event), 1);
}

void consumer_count_stale(struct consumer *c) { metric_add(c->metrics->stale, 1); }

void consumer_count_commits(struct consumer *c, uint64_t ok, uint64_t failed) {
    metric_add(c->metrics->commits_ok, ok);
    metric_add(c->metrics->commits_failed, failed);
}

void consumer_count_queue_full(struct consumer *c) { metric_add(c->metrics->queue_full, 1); }
