#include "worker/hub.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static struct part_rules rules_of(const struct config *c) {
    return (struct part_rules){.lateness_ms = c->lateness_ms,
                               .future_ms = c->future_ms,
                               .slack_ms = c->slack_ms,
                               .settle_delay_ms = c->settle_delay_ms,
                               .clock_is_event = c->log_clock == CONFIG_LOG_CLOCK_EVENT,
                               .start_latest = c->start == CONFIG_START_LATEST,
                               .global = {c->global, strlen(c->global)},
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
    h->partitions = partitions;
    h->partitions_self = partitions_self;
    h->consumers_n = c->threads;
    h->consumers = mem_zalloc(h->consumers_n, sizeof *h->consumers);
    for (uint32_t i = 0; i < h->consumers_n; i++) mailbox_init(&h->consumers[i].inbox, 0);
    mailbox_init(&h->outbox, HUB_QUEUE_BYTES_MAX);
    mailbox_init(&h->bell, 0);
    h->shard_owners = mem_zalloc(HUB_PARTITIONS_MAX, 1);
    pthread_mutex_init(&h->lock, NULL);
}

void hub_deinit(struct hub *h) {
    for (uint32_t i = 0; i < h->consumers_n; i++) mailbox_deinit(&h->consumers[i].inbox);
    mem_free(h->consumers);
    mailbox_deinit(&h->outbox);
    mailbox_deinit(&h->bell);
    mem_free(h->shard_owners);
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

void hub_say_store(struct hub *h, enum hub_edge edge, const char *why) {
    pthread_mutex_lock(&h->lock);
    snprintf(h->store_said[edge], sizeof h->store_said[edge], "%s", why);
    pthread_mutex_unlock(&h->lock);
}

bool hub_store_said(struct hub *h, enum hub_edge edge, char *why, size_t size) {
    pthread_mutex_lock(&h->lock);
    snprintf(why, size, "%s", h->store_said[edge]);
    pthread_mutex_unlock(&h->lock);
    return why[0] != '\0';
}

void hub_rest(struct hub *h, int ms) { mail_free_all(mailbox_take(&h->bell, 0, ms)); }

void hub_ring(struct hub *h) { mailbox_wake(&h->bell); }

void hub_own(struct hub *h, int32_t partition, bool ours) {
    if (partition < 0 || partition >= HUB_PARTITIONS_MAX) return;
    pthread_mutex_lock(&h->lock);
    h->shard_owners[partition] = ours;
    pthread_mutex_unlock(&h->lock);
}

size_t hub_shards(struct hub *h, uint32_t shards[STORE_SHARDS]) {
    uint32_t partitions = h->partitions(h->partitions_self, 0);
    size_t n = 0;
    if (partitions == 0 || partitions > HUB_PARTITIONS_MAX) return 0;
    pthread_mutex_lock(&h->lock);
    for (uint32_t s = 0; s < STORE_SHARDS; s++)
        if (h->shard_owners[s % partitions]) shards[n++] = s;
    pthread_mutex_unlock(&h->lock);
    return n;
}
