#include "hub/hub.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "hub/memory.h"

static struct delivery_rules rules_of(const struct config *c) {
    return (struct delivery_rules){.lateness_ms = c->lateness_ms,
                                   .future_ms = c->future_ms,
                                   .slack_ms = c->slack_ms,
                                   .settle_delay_ms = c->settle_delay_ms,
                                   .retention_ms = c->retention_ms,
                                   .clock_is_event = c->log_clock == CONFIG_LOG_CLOCK_EVENT,
                                   .start_latest = c->start == CONFIG_START_LATEST,
                                   .global = {c->global, strlen(c->global)},
                                   .locations_max = c->locations_max,
                                   .list_size = c->list_size,
                                   .sketch_sets = c->sketch_kb * 1024 / SKETCH_SET_BYTES,
                                   .meaning = config_meaning_hash(c)};
}

void hub_init(struct hub *h, const struct config *c, const struct clock *clock, struct metrics *m,
              uint32_t (*partitions)(void *self, uint32_t topic), void *partitions_self) {
    memset(h, 0, sizeof *h);
    h->config = c;
    h->rules = rules_of(c);
    h->clock = clock;
    h->metrics = m;
    h->resident_bytes = memory_resident_bytes;
    h->partitions = partitions;
    h->partitions_self = partitions_self;
    h->consumers_n = c->threads;
    h->consumers = mem_zalloc(h->consumers_n, sizeof *h->consumers);
    for (uint32_t i = 0; i < h->consumers_n; i++) mailbox_init(&h->consumers[i].inbox, 0);
    mailbox_init(&h->outbox, HUB_QUEUE_BYTES_MAX);
    mailbox_init(&h->bell, 0);
    for (uint32_t t = 0; t < c->topics_n; t++) h->owners[t] = mem_zalloc(HUB_PARTITIONS_MAX, sizeof *h->owners[t]);
    rejects_init(&h->rejects);
    pthread_mutex_init(&h->lock, NULL);
    for (int i = 0; i < HUB_EDGES; i++) h->edges[i].answered_mono_ms = clock_mono_ms(clock);
}

void hub_deinit(struct hub *h) {
    for (uint32_t i = 0; i < h->consumers_n; i++) mailbox_deinit(&h->consumers[i].inbox);
    mem_free(h->consumers);
    mailbox_deinit(&h->outbox);
    mailbox_deinit(&h->bell);
    for (uint32_t t = 0; t < CONFIG_TOPICS_MAX; t++) mem_free(h->owners[t]);
    rejects_deinit(&h->rejects);
    pthread_mutex_destroy(&h->lock);
}

void hub_fail(struct hub *h, const struct err *e) {
    pthread_mutex_lock(&h->lock);
    bool first = !atomic_load(&h->fatal);
    if (first) h->fatal_error = *e;
    atomic_store(&h->fatal, true);
    pthread_mutex_unlock(&h->lock);
    if (first) log_event(LOG_ERROR, "worker_failed", "why=%s", log_quote(e->text));
    atomic_store(&h->stopping, true);
}

struct hub_spread hub_spread(struct hub *h) {
    struct hub_spread spread = {0};
    for (uint32_t t = 0; t < h->config->topics_n; t++) spread.partitions += h->partitions(h->partitions_self, t);
    for (uint32_t i = 0; i < h->consumers_n; i++) {
        uint32_t locations = atomic_load(&h->consumers[i].locations);
        if (locations > spread.locations) spread.locations = locations;
    }
    spread.parts_per_second =
        (double)spread.partitions * spread.locations * 1000 / (double)h->config->publish_interval_ms;
    return spread;
}

void hub_edge_failed(struct hub *h, enum hub_edge edge, const struct err *why) {
    pthread_mutex_lock(&h->lock);
    h->edges[edge].why = *why;
    pthread_mutex_unlock(&h->lock);
    atomic_store(&h->edges[edge].failing, true);
}

void hub_edge_is_open(struct hub *h, enum hub_edge edge) { atomic_store(&h->edges[edge].failing, false); }

void hub_edge_works(struct hub *h, enum hub_edge edge) {
    atomic_store(&h->edges[edge].answered_mono_ms, clock_mono_ms(h->clock));
    hub_edge_is_open(h, edge);
}

bool hub_edge_is_failing(struct hub *h, enum hub_edge edge, char why[ERR_TEXT_MAX]) {
    if (!atomic_load(&h->edges[edge].failing)) return false;
    pthread_mutex_lock(&h->lock);
    snprintf(why, ERR_TEXT_MAX, "%s", h->edges[edge].why.text);
    pthread_mutex_unlock(&h->lock);
    return true;
}

void hub_tell_still(struct hub *h, uint32_t number, uint32_t n, const char *why) {
    struct hub_consumer *c = &h->consumers[number];
    pthread_mutex_lock(&h->lock);
    snprintf(c->still_why, sizeof c->still_why, "%s", why);
    pthread_mutex_unlock(&h->lock);
    atomic_store(&c->still, n);
}

bool hub_stands_still(struct hub *h, char why[ERR_TEXT_MAX]) {
    for (uint32_t i = 0; i < h->consumers_n; i++) {
        if (atomic_load(&h->consumers[i].still) == 0) continue;
        pthread_mutex_lock(&h->lock);
        memcpy(why, h->consumers[i].still_why, ERR_TEXT_MAX);
        pthread_mutex_unlock(&h->lock);
        return true;
    }
    return false;
}

void hub_rest(struct hub *h, int ms) { mail_free_all(mailbox_take(&h->bell, 0, ms)); }

void hub_ring(struct hub *h) { mailbox_wake(&h->bell); }

void hub_own(struct hub *h, uint32_t number, const char *topic, int32_t partition, bool owns) {
    if (partition < 0 || partition >= HUB_PARTITIONS_MAX) return;
    pthread_mutex_lock(&h->lock);
    for (uint32_t t = 0; t < h->config->topics_n; t++) {
        if (strcmp(h->config->topics[t], topic) != 0) continue;
        uint16_t *owner = &h->owners[t][partition], self = (uint16_t)(number + 1);
        if (owns || *owner == self) *owner = owns ? self : 0;
    }
    pthread_mutex_unlock(&h->lock);
}

/* Locked. Is the partition at place AT of the row of all partitions ours? COUNTS: of each topic. */
static bool owns_at(const struct hub *h, const uint32_t *counts, uint32_t at) {
    uint32_t t = 0;
    for (; at >= counts[t]; t++) at -= counts[t];
    return h->owners[t][at] != 0;
}

size_t hub_shards(struct hub *h, uint32_t shards[STORE_SHARDS]) {
    uint32_t counts[CONFIG_TOPICS_MAX], all = 0;
    size_t n = 0;
    for (uint32_t t = 0; t < h->config->topics_n; t++) {
        uint32_t known = h->partitions(h->partitions_self, t);
        bool away = h->topic_is_away != NULL && h->topic_is_away(h->partitions_self, t);
        counts[t] = away ? 0 : known < HUB_PARTITIONS_MAX ? known : HUB_PARTITIONS_MAX;
        all += counts[t];
    }
    if (all == 0) return 0;
    pthread_mutex_lock(&h->lock);
    for (uint32_t s = 0; s < STORE_SHARDS; s++)
        if (owns_at(h, counts, s % all)) shards[n++] = s;
    pthread_mutex_unlock(&h->lock);
    return n;
}
