/* hub/health.c - who said last how it goes. */
#include "hub/health.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

void health_init(struct health *h, const struct clock *clock, uint32_t consumers) {
    memset(h, 0, sizeof *h);
    h->clock = clock;
    h->consumers_n = consumers;
    h->still = mem_zalloc(consumers, sizeof *h->still);
    pthread_mutex_init(&h->lock, NULL);
    for (int i = 0; i < HEALTH_EDGES; i++) h->edges[i].answered_mono_ms = clock_mono_ms(clock);
}

void health_deinit(struct health *h) {
    mem_free(h->still);
    pthread_mutex_destroy(&h->lock);
}

/* -- whether it goes on -- */

void health_fail(struct health *h, const struct err *e) {
    pthread_mutex_lock(&h->lock);
    bool first = atomic_load(&h->run) != HEALTH_FAILED;
    if (first) h->failure = *e;
    atomic_store(&h->run, HEALTH_FAILED);
    pthread_mutex_unlock(&h->lock);
    if (first) log_event(LOG_ERROR, "worker_failed", "why=%s", log_quote(e->text));
}

void health_stop(struct health *h) {
    enum health_run going_on = HEALTH_GOING_ON;
    atomic_compare_exchange_strong(&h->run, &going_on, HEALTH_STOPPING);
}

bool health_goes_on(const struct health *h) { return atomic_load(&h->run) == HEALTH_GOING_ON; }

bool health_failed(struct health *h, struct err *why) {
    if (atomic_load(&h->run) != HEALTH_FAILED) return false;
    if (why == NULL) return true;
    pthread_mutex_lock(&h->lock);
    *why = h->failure;
    pthread_mutex_unlock(&h->lock);
    return true;
}

/* -- edges -- */

void health_edge_failed(struct health *h, enum health_edge edge, const struct err *why) {
    pthread_mutex_lock(&h->lock);
    h->edges[edge].why = *why;
    pthread_mutex_unlock(&h->lock);
    atomic_store(&h->edges[edge].failing, true);
}

void health_edge_is_open(struct health *h, enum health_edge edge) { atomic_store(&h->edges[edge].failing, false); }

void health_edge_works(struct health *h, enum health_edge edge) {
    atomic_store(&h->edges[edge].answered_mono_ms, clock_mono_ms(h->clock));
    health_edge_is_open(h, edge);
}

bool health_edge_is_failing(struct health *h, enum health_edge edge, char why[ERR_TEXT_MAX]) {
    if (!atomic_load(&h->edges[edge].failing)) return false;
    pthread_mutex_lock(&h->lock);
    snprintf(why, ERR_TEXT_MAX, "%s", h->edges[edge].why.text);
    pthread_mutex_unlock(&h->lock);
    return true;
}

/* -- partitions that stand still -- */

void health_tell_still(struct health *h, uint32_t number, uint32_t n, const char *why) {
    struct health_still *s = &h->still[number];
    assert(number < h->consumers_n);
    pthread_mutex_lock(&h->lock);
    snprintf(s->why, sizeof s->why, "%s", why);
    pthread_mutex_unlock(&h->lock);
    atomic_store(&s->partitions, n);
}

bool health_stands_still(struct health *h, char why[ERR_TEXT_MAX]) {
    for (uint32_t i = 0; i < h->consumers_n; i++) {
        if (atomic_load(&h->still[i].partitions) == 0) continue;
        pthread_mutex_lock(&h->lock);
        memcpy(why, h->still[i].why, ERR_TEXT_MAX);
        pthread_mutex_unlock(&h->lock);
        return true;
    }
    return false;
}
