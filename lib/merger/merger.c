/* merger/merger.c - one round after the other, and what follows from one that failed. A round:
 *   1. read the notes of our shards, and the progress rows if they moved
 *   2. choose: lists whose note has a new token, or whose outcome the rows have changed, or whose hash may have expired
 *   3. chunk by chunk: read, judge, merge, write, and end the notes that are done
 * A broken connection makes the merger forget what it merged: the write may not have arrived. */
#include "merger/merger.h"

#include <assert.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/testhook.h"
#include "hub/backoff.h"
#include "hub/memory.h"
#include "merger/state.h"

enum { INTERVAL_MIN_MS = 20, REST_MAX_MS = 1000 };

/* -- life -- */

static void metrics_open(struct merger_metrics *mm, struct metrics *metrics) {
    for (int s = 0; s < LIST_STATES; s++) {
        char labels[32];
        snprintf(labels, sizeof labels, "state=\"%s\"", list_state_name((enum list_state)s));
        mm->written[s] = metrics_get(metrics, METRIC_LISTS, labels);
    }
    mm->refused = metrics_get(metrics, METRIC_LISTS_REFUSED, "");
    mm->set_aside = metrics_get(metrics, METRIC_LISTS_SET_ASIDE, "");
    mm->round_seconds = metrics_get(metrics, METRIC_MERGE_SECONDS, "");
    mm->waiting_lists = metrics_get(metrics, METRIC_WAITING_LISTS, "");
    mm->waiting_bytes = metrics_get(metrics, METRIC_WAITING_LIST_BYTES, "");
    mm->forgotten = metrics_get(metrics, METRIC_WAITING_LISTS_FORGOTTEN, "");
}

struct merger *merger_create(struct hub *hub, struct store store) {
    struct merger *m = mem_zalloc(1, sizeof *m);
    m->hub = hub;
    m->store = store;
    m->waiting = waiting_create(memory_share(hub->config->memory_limit_bytes, hub->consumers_n).merger_bytes);
    m->aside = aside_create();
    m->retirer = retirer_create(hub);
    m->judge_again = true;
    pass_start(&m->pass);
    metrics_open(&m->metrics, hub->metrics);
    return m;
}

void merger_destroy(struct merger *m) {
    if (m == NULL) return;
    waiting_destroy(m->waiting);
    aside_destroy(m->aside);
    retirer_destroy(m->retirer);
    progress_deinit(&m->progress);
    held_deinit(&m->held);
    mem_free(m);
}

bool merger_check(const struct merger *m) {
    if (!pass_check(&m->pass) || m->held.n > m->held.cap) return false;
    if ((m->failures == 0) != (m->rest_ms == 0)) return false;
#ifdef TOPKD_TESTHOOKS
    if (!held_check(&m->held) || !aside_check(m->aside) || !waiting_check_all(m->waiting)) return false;
#endif
    return waiting_check(m->waiting);
}

int merger_interval_ms(const struct merger *m) {
    int64_t tenth = m->hub->config->publish_interval_ms / 10;
    return tenth > INTERVAL_MIN_MS ? (int)tenth : INTERVAL_MIN_MS;
}

/* -- a round -- */

static int round_merge(struct merger *m, const struct round *r, struct err *e) {
    int status = STORE_OK;
    for (size_t at = 0; at < r->choices_n && status == STORE_OK; at += CHUNK_LISTS_MAX) {
        size_t left = r->choices_n - at;
        status = chunk_merge(m, r, at, left < CHUNK_LISTS_MAX ? left : CHUNK_LISTS_MAX, e);
    }
    return status;
}

static int round_work(struct merger *m, struct round *r, uint32_t *shards, size_t n, struct err *e) {
    int64_t began = clock_mono_ms(m->hub->clock);
    int status = notes_read(m, r, shards, n, e);
    if (status == STORE_OK) {
        choose_lists(m, r);
        status = round_merge(m, r, e);
    }
    if (r->choices_n == 0) return status;
    m->round_ms = clock_mono_ms(m->hub->clock) - began;
    metric_observe(m->metrics.round_seconds, (double)m->round_ms / 1000);
    return status;
}

static void round_close(struct round *r) {
    store_notes_deinit(&r->notes);
    mem_free(r->choices);
}

static void idle_count(struct merger *m, bool idle) {
    if (idle)
        atomic_fetch_add(&m->hub->merge_idle, 1);
    else
        atomic_store(&m->hub->merge_idle, 0);
}

static void merger_show(struct merger *m) {
    struct merger_metrics *mm = &m->metrics;
    aside_tidy(m->aside, m->ours, clock_mono_ms(m->hub->clock));
    metric_set(mm->set_aside, (double)aside_count(m->aside));
    metric_set(mm->waiting_lists, (double)waiting_count(m->waiting));
    metric_set(mm->waiting_bytes, (double)waiting_bytes(m->waiting));
    metric_add(mm->forgotten, waiting_forgotten(m->waiting) - mm->forgotten_shown);
    mm->forgotten_shown = waiting_forgotten(m->waiting);
}

/* -- its end -- */

/* What ails the publisher too is the publisher's to log; it may take a moment to notice. */
static void failure_log(struct merger *m, const struct err *e) {
    health_edge_failed(&m->hub->health, HEALTH_MERGER, e);
    bool alone = atomic_load(&m->hub->health.store) == HEALTH_STORE_UP;
    if (++m->failures > 1 && alone && outage_is_news(&m->outage, e->text))
        log_event(LOG_WARN, "merge_failed", "why=%s", log_quote(e->text));
}

static int rest_grow(struct merger *m) {
    assert(m->failures > 0);
    m->rest_ms = (int)backoff_longer(m->rest_ms, merger_interval_ms(m), REST_MAX_MS);
    return m->rest_ms;
}

static int round_failed(struct merger *m, int status, const struct err *e) {
    assert(status != STORE_OK);
    if (status == STORE_FATAL) health_fail(&m->hub->health, e);
    if (status == STORE_BROKEN) {
        if (RULE(12, forget_on_break)) waiting_clear(m->waiting);
        pass_start(&m->pass);
    }
    failure_log(m, e);
    return rest_grow(m);
}

static int round_done(struct merger *m) {
    health_edge_works(&m->hub->health, HEALTH_MERGER);
    if (m->outage.is_on) log_event(LOG_INFO, "merge_recovered", "board=%s", m->hub->config->board);
    outage_ends(&m->outage);
    m->failures = m->rest_ms = 0;
    return merger_interval_ms(m);
}

static int step_without_shards(struct merger *m) {
    notes_disown(m);
    health_edge_works(&m->hub->health, HEALTH_MERGER);
    merger_show(m);
    idle_count(m, true);
    return merger_interval_ms(m);
}

int merger_step(struct merger *m) {
    uint32_t shards[STORE_SHARDS];
    struct round r = {.choices = NULL};
    struct err e = {0};
    assert(merger_check(m));
    size_t n = shards_here(&m->hub->shards, shards);
    if (n == 0) return step_without_shards(m);
    int status = round_work(m, &r, shards, n, &e);
    idle_count(m, status == STORE_OK && r.choices_n + r.put_off == 0 && m->pass.state == PASS_RESTING);
    round_close(&r);
    merger_show(m);
    return status == STORE_OK ? round_done(m) : round_failed(m, status, &e);
}
