/* A consumer's numbers. Hot loops count in plain variables; a tick adds what came since the last one. */
#include "base/mem.h"
#include "consumer/state.h"

#include <stdio.h>
#include <string.h>

struct consumer_metrics {
    struct metric *events[EVENT_OUTCOMES];
    struct metric *messages, *replayed, *stale, *holes, *hole_records, *steps_back, *lost_records;
    struct metric *no_time, *old_time;
    struct metric *growth_refused, *overflows, *saturated;
    struct metric *queue_full, *restore_seconds, *restore_records, *commits_ok, *commits_failed;
    struct sketch_budget shown;
    uint64_t outcomes[EVENT_OUTCOMES]; /* since they were last told */
};

struct assignment_metrics {
    struct metric *lag, *committed_lag, *lag_seconds, *high, *start, *position, *committed, *rewind, *headroom,
        *log_time, *time_ahead, *settled, *incarnation;
};

static struct metric *plain(struct consumer *c, enum metric_id id) { return metrics_get(c->hub->metrics, id, ""); }

static struct metric *labelled(struct consumer *c, enum metric_id id, const char *name, const char *value) {
    char labels[128];
    snprintf(labels, sizeof labels, "%s=\"%s\"", name, value);
    return metrics_get(c->hub->metrics, id, labels);
}

void consumer_metrics_create(struct consumer *c) {
    struct consumer_metrics *m = c->metrics = mem_zalloc(1, sizeof *m);
    for (int o = 0; o < EVENT_OUTCOMES; o++)
        m->events[o] = labelled(c, METRIC_EVENTS, "outcome", event_outcome_name((enum event_outcome)o));
    m->messages = plain(c, METRIC_MESSAGES);
    m->replayed = plain(c, METRIC_REPLAYED_MESSAGES);
    m->stale = plain(c, METRIC_STALE_MESSAGES);
    m->holes = plain(c, METRIC_OFFSET_HOLES);
    m->hole_records = plain(c, METRIC_OFFSET_HOLE_RECORDS);
    m->steps_back = plain(c, METRIC_LOG_TIME_STEPS_BACK);
    m->lost_records = plain(c, METRIC_LOG_LOST_RECORDS);
    m->no_time = labelled(c, METRIC_ODD_RECORD_TIMES, "kind", "none");
    m->old_time = labelled(c, METRIC_ODD_RECORD_TIMES, "kind", "before_2000");
    m->growth_refused = plain(c, METRIC_SKETCH_GROWTH_REFUSED);
    m->overflows = plain(c, METRIC_SKETCH_OVERFLOWS);
    m->saturated = plain(c, METRIC_SKETCH_SATURATED);
    m->queue_full = plain(c, METRIC_QUEUE_FULL);
    m->restore_seconds = plain(c, METRIC_RESTORE_SECONDS);
    m->restore_records = plain(c, METRIC_RESTORE_RECORDS);
    m->commits_ok = labelled(c, METRIC_COMMITS, "result", "ok");
    m->commits_failed = labelled(c, METRIC_COMMITS, "result", "failed");
}

void consumer_metrics_destroy(struct consumer *c) { mem_free(c->metrics); }

void assignment_metrics_open(struct consumer *c, struct assignment *s) {
    struct metrics *all = c->hub->metrics;
    struct assignment_metrics *m = s->metrics = mem_zalloc(1, sizeof *m);
    m->lag = metrics_get(all, METRIC_LAG_RECORDS, s->labels);
    m->committed_lag = metrics_get(all, METRIC_COMMITTED_LAG_RECORDS, s->labels);
    m->lag_seconds = metrics_get(all, METRIC_LAG_SECONDS, s->labels);
    m->high = metrics_get(all, METRIC_HIGH_WATERMARK, s->labels);
    m->start = metrics_get(all, METRIC_LOG_START, s->labels);
    m->position = metrics_get(all, METRIC_POSITION, s->labels);
    m->committed = metrics_get(all, METRIC_COMMITTED, s->labels);
    m->rewind = metrics_get(all, METRIC_REWIND, s->labels);
    m->headroom = metrics_get(all, METRIC_RETENTION_HEADROOM, s->labels);
    m->log_time = metrics_get(all, METRIC_LOG_TIME, s->labels);
    m->time_ahead = metrics_get(all, METRIC_LOG_TIME_AHEAD, s->labels);
    m->settled = metrics_get(all, METRIC_SETTLED_MINUTE, s->labels);
    m->incarnation = metrics_get(all, METRIC_INCARNATION, s->labels);
}

/* -- what a partition counted since the last tick -- */

static void show_counters(struct consumer_metrics *m, struct partition_view *shown, const struct partition_view *v) {
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
    *shown = *v;
}

void assignment_metrics_close(struct consumer *c, struct assignment *s) {
    if (s->metrics == NULL) return;
    struct partition_view v;
    partition_look(s->memory, &v);
    show_counters(c->metrics, &s->shown, &v);
    metrics_hide(c->hub->metrics, s->labels);
    mem_free(s->metrics);
    s->metrics = NULL;
}

static double positive(int64_t v) { return v > 0 ? (double)v : 0; }
static double unix_seconds(int64_t ms) { return ms == TIME_NEVER ? 0 : (double)ms / 1000; }

/* Past records that are behind may be read only when the end of the log is known; when Kafka does not answer for it any
 * more, something is taken to be behind. */
static double lag_seconds(const struct consumer *c, const struct assignment *s, const struct partition_view *v,
                          int64_t wall_ms) {
    bool known = wall_ms - s->asked_wall_ms <= c->hub->config->ready_age_ms;
    if (known && s->high_watermark <= v->next) return 0;
    bool sane = v->last_time_ms >= 0 && v->last_time_ms <= wall_ms; /* a producer's clock may be ahead */
    int64_t since = sane ? i64_larger(s->end_wall_ms, v->last_time_ms) : s->end_wall_ms;
    return positive(wall_ms - (since == TIME_NEVER ? s->assigned_wall_ms : since)) / 1000;
}

static void show_position(const struct consumer *c, const struct assignment *s, const struct partition_view *v,
                          int64_t wall_ms) {
    const struct assignment_metrics *m = s->metrics;
    metric_set(m->position, (double)v->next);
    metric_set(m->rewind, (double)v->rewind);
    metric_set(m->log_time, unix_seconds(v->log_time_ms));
    metric_set(m->time_ahead, v->log_time_ms == TIME_NEVER ? 0 : positive(v->log_time_ms - wall_ms) / 1000);
    metric_set(m->settled, v->settled == NO_MINUTE ? 0 : (double)v->settled * 60);
    metric_set(m->incarnation, (double)v->incarnation);
    if (v->committed >= 0) metric_set(m->committed, (double)v->committed);
    metric_set(m->lag_seconds, lag_seconds(c, s, v, wall_ms));
    if (s->high_watermark < 0) return;
    int64_t lag = s->high_watermark - v->next;
    metric_set(m->high, (double)s->high_watermark);
    metric_set(m->start, (double)s->log_start);
    metric_set(m->headroom, (double)(v->rewind - s->log_start));
    metric_set(m->lag, positive(lag));
    metric_set(m->committed_lag, positive(s->high_watermark - (v->committed >= 0 ? v->committed : s->log_start)));
}

/* -- sums over this consumer's partitions; the hub adds the consumers up -- */

static void show_budget(struct consumer *c) {
    struct consumer_metrics *m = c->metrics;
    metric_add(m->growth_refused, c->budget.growth_refused - m->shown.growth_refused);
    metric_add(m->overflows, c->budget.overflows - m->shown.overflows);
    metric_add(m->saturated, c->budget.saturated - m->shown.saturated);
    m->shown = c->budget;
}

void consumer_metrics_show(struct consumer *c) {
    struct hub_consumer *me = &c->hub->consumers[c->number];
    int64_t wall = clock_wall_ms(c->hub->clock);
    uint64_t buckets = 0, dirty = 0, lag = 0;
    double lag_s = 0;
    uint32_t silent = 0, minutes = 0, quiet = 0, locations = 0;
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct assignment *s = c->assignments[i];
        struct partition_view v;
        if (s->state != ASSIGNMENT_RUNNING) continue;
        partition_look(s->memory, &v);
        consumer_warn_of_times(c, s, &v, wall);
        show_counters(c->metrics, &s->shown, &v);
        show_position(c, s, &v, wall);
        lag += (uint64_t)metric_value(s->metrics->lag);
        if (metric_value(s->metrics->lag_seconds) > lag_s) lag_s = metric_value(s->metrics->lag_seconds);
        buckets += v.live_buckets;
        dirty += v.dirty_buckets;
        silent += !v.restored;
        quiet += !s->had_traffic;
        if (v.live_minutes > minutes) minutes = v.live_minutes;
        if (v.locations > locations) locations = v.locations;
    }
    show_budget(c);
    consumer_tell_rejects(c, c->metrics->outcomes);
    memset(c->metrics->outcomes, 0, sizeof c->metrics->outcomes);
    atomic_store(&me->silent, silent);
    atomic_store(&me->lag, lag);
    atomic_store(&me->lag_ms, (int64_t)(lag_s * 1000));
    atomic_store(&me->buckets, buckets);
    atomic_store(&me->dirty, dirty);
    atomic_store(&me->minutes, minutes);
    atomic_store(&me->quiet, quiet);
    atomic_store(&me->locations, locations);
    atomic_store(&me->sketch_bytes, c->budget.pool.used_bytes);
    atomic_store(&me->paused, c->paused ? atomic_load(&me->owned) : 0);
    atomic_store(&me->committed_mono_ms, c->committed_mono_ms);
    consumer_warn_of_spread(c);
}

/* -- rare events -- */

void consumer_count_restore(struct consumer *c, enum partition_origin origin, int64_t records) {
    metric_add(labelled(c, METRIC_RESTORES, "source", partition_origin_name(origin)), 1);
    metric_add(c->metrics->restore_records, (uint64_t)records);
    if (origin == ORIGIN_NEW_LOG) metric_add(plain(c, METRIC_LOG_REPLACED), 1);
}

void consumer_count_restored(struct consumer *c, int64_t took_ms) {
    metric_observe(c->metrics->restore_seconds, (double)took_ms / 1000);
}

void consumer_count_rebalance(struct consumer *c, const char *event) {
    metric_add(labelled(c, METRIC_REBALANCES, "event", event), 1);
}

void consumer_count_stale(struct consumer *c) { metric_add(c->metrics->stale, 1); }

void consumer_count_commits(struct consumer *c, uint64_t ok, uint64_t failed) {
    metric_add(c->metrics->commits_ok, ok);
    metric_add(c->metrics->commits_failed, failed);
}

void consumer_count_queue_full(struct consumer *c) { metric_add(c->metrics->queue_full, 1); }
