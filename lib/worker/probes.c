/* worker/probes.c - sums over consumers, and the first thing that is wrong. */
#include "worker/probes.h"

#include <inttypes.h>
#include <stdio.h>

#include "hub/memory.h"

enum {
    TURNS_MS = 10000,
    QUIET_TICKS = 3 /* without an answered write, however short READY_AGE is */
};

static int64_t now_ms(const struct hub *h) { return clock_mono_ms(h->clock); }

/* -- does it turn -- */

bool probe_turns(struct hub *h, char why[WHY_MAX]) {
    int64_t now = now_ms(h);
    for (uint32_t i = 0; i < h->consumers_n; i++) {
        int64_t turned = atomic_load(&h->consumers[i].turned_mono_ms);
        if (turned == 0 || now - turned <= TURNS_MS) continue;
        snprintf(why, WHY_MAX, "consumer %" PRIu32 " has not turned for %" PRId64 " ms", i, now - turned);
        return false;
    }
    return true;
}

/* -- is it ready -- */

bool probe_group(struct hub *h, struct kafka_shared *kafka, char why[WHY_MAX]) {
    char last[200];
    if (kafka_shared_why(kafka, why)) return false;
    for (uint32_t i = 0; i < h->consumers_n; i++) {
        if (atomic_load(&h->consumers[i].joined)) continue;
        kafka_shared_last_error(kafka, last);
        snprintf(why, WHY_MAX, "kafka: member %" PRIu32 " is not in the group%s%s", i, last[0] ? ": " : "", last);
        return false;
    }
    return true;
}

static bool redis_is_up(struct hub *h, char why[WHY_MAX]) {
    char redis_said[ERR_TEXT_MAX] = "no answer yet";
    if (atomic_load(&h->health.store) == HEALTH_STORE_UP) return true;
    (void)health_edge_is_failing(&h->health, HEALTH_PUBLISHER, redis_said);
    snprintf(why, WHY_MAX, "redis: %s", redis_said);
    return false;
}

static bool edges_work(struct hub *h, char why[WHY_MAX]) {
    char redis_said[ERR_TEXT_MAX];
    if (health_edge_is_failing(&h->health, HEALTH_PUBLISHER, redis_said))
        snprintf(why, WHY_MAX, "redis: does not take writes: %s", redis_said);
    else if (health_edge_is_failing(&h->health, HEALTH_MERGER, redis_said))
        snprintf(why, WHY_MAX, "redis: lists are not merged: %s", redis_said);
    else
        return true;
    return false;
}

/* Since when there are partitions here; INT64_MAX: there are none. */
static int64_t owning_since_ms(struct hub *h) {
    int64_t since = INT64_MAX;
    for (uint32_t i = 0; i < h->consumers_n; i++)
        if (atomic_load(&h->consumers[i].owned) > 0)
            since = i64_smaller(since, atomic_load(&h->consumers[i].owned_since_mono_ms));
    return since;
}

static bool partitions_are_at_frontier(struct hub *h, char why[WHY_MAX]) {
    for (uint32_t i = 0; i < h->consumers_n; i++) {
        uint32_t waiting = atomic_load(&h->consumers[i].waiting), silent = atomic_load(&h->consumers[i].silent);
        if (waiting + silent == 0) continue;
        snprintf(why, WHY_MAX, "rewinding: %" PRIu32 " partitions not yet at their frontier", waiting + silent);
        return false;
    }
    return true;
}

/* Of the consumer whose last commit is the oldest. */
static int64_t commit_age_ms(struct hub *h) {
    int64_t age = 0, now = now_ms(h);
    for (uint32_t i = 0; i < h->consumers_n; i++) {
        struct hub_consumer *c = &h->consumers[i];
        if (atomic_load(&c->owned) == 0) continue;
        int64_t since = i64_larger(atomic_load(&c->committed_mono_ms), atomic_load(&c->owned_since_mono_ms));
        age = i64_larger(age, now - since);
    }
    return age;
}

/* Since Redis last answered a write: each owned partition has something to write at every tick. */
static int64_t write_age_ms(struct hub *h) {
    int64_t owning = owning_since_ms(h);
    if (owning == INT64_MAX) return 0;
    return now_ms(h) - i64_larger(owning, atomic_load(&h->health.edges[HEALTH_PUBLISHER].answered_mono_ms));
}

static bool work_gets_done(struct hub *h, char why[WHY_MAX]) {
    const struct config *c = h->config;
    char kafka_said[ERR_TEXT_MAX];
    int64_t age_ms = write_age_ms(h);
    if (health_stands_still(&h->health, kafka_said)) {
        snprintf(why, WHY_MAX, "kafka: %s", kafka_said);
        return false;
    }
    if (age_ms <= i64_larger(c->ready_age_ms, QUIET_TICKS * c->publish_interval_ms)) return true;
    snprintf(why, WHY_MAX, "redis: no write was answered for %" PRId64 " s; commits are %" PRId64 " s old",
             age_ms / 1000, commit_age_ms(h) / 1000);
    return false;
}

bool probe_work(struct hub *h, char why[WHY_MAX]) {
    if (!redis_is_up(h, why)) return false;
    if (owning_since_ms(h) != INT64_MAX && !edges_work(h, why)) return false;
    return partitions_are_at_frontier(h, why) && work_gets_done(h, why);
}

/* -- gauges -- */

struct totals {
    double owned, silent, paused, still, quiet, minutes, buckets, dirty, sketch_bytes, ids, id_bytes;
};

static struct totals totals_of(struct hub *h) {
    struct totals t = {0};
    for (uint32_t i = 0; i < h->consumers_n; i++) {
        struct hub_consumer *c = &h->consumers[i];
        double minutes = atomic_load(&c->minutes);
        t.owned += atomic_load(&c->owned);
        t.silent += atomic_load(&c->waiting) + atomic_load(&c->silent);
        t.paused += atomic_load(&c->paused);
        t.still += atomic_load(&h->health.still[i].partitions);
        t.quiet += atomic_load(&c->quiet);
        t.buckets += (double)atomic_load(&c->buckets);
        t.dirty += (double)atomic_load(&c->dirty);
        t.sketch_bytes += (double)atomic_load(&c->sketch_bytes);
        t.ids += (double)atomic_load(&c->ids);
        t.id_bytes += (double)atomic_load(&c->id_bytes);
        if (minutes > t.minutes) t.minutes = minutes;
    }
    return t;
}

static void gauge_set(struct hub *h, enum metric_id id, double v) { metric_set(metrics_get(h->metrics, id, ""), v); }

void probe_show(struct hub *h) {
    struct totals t = totals_of(h);
    struct hub_spread spread = hub_spread(h);
    struct memory_shares share = memory_share(h->config->memory_limit_bytes, h->consumers_n);
    gauge_set(h, METRIC_ASSIGNED_PARTITIONS, t.owned);
    gauge_set(h, METRIC_SILENT_PARTITIONS, t.silent);
    gauge_set(h, METRIC_PAUSED_PARTITIONS, t.paused);
    gauge_set(h, METRIC_STILL_PARTITIONS, t.still);
    gauge_set(h, METRIC_NO_TRAFFIC_PARTITIONS, t.quiet);
    gauge_set(h, METRIC_LIVE_MINUTES, t.minutes);
    gauge_set(h, METRIC_LOCATIONS, spread.locations);
    gauge_set(h, METRIC_IDS_REMEMBERED, t.ids);
    gauge_set(h, METRIC_ID_BYTES, t.id_bytes);
    gauge_set(h, METRIC_PARTS_PER_SECOND, spread.parts_per_second);
    gauge_set(h, METRIC_LIVE_BUCKETS, t.buckets);
    gauge_set(h, METRIC_DIRTY_BUCKETS, t.dirty);
    gauge_set(h, METRIC_SKETCH_BYTES, t.sketch_bytes);
    gauge_set(h, METRIC_SKETCH_LIMIT_BYTES, (double)share.sketch_bytes * h->consumers_n);
    gauge_set(h, METRIC_COMMIT_AGE, (double)commit_age_ms(h) / 1000);
    gauge_set(h, METRIC_PUBLISH_AGE, (double)write_age_ms(h) / 1000);
}
