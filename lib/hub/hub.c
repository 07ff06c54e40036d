/* hub/hub.c - made before the threads, gone after them. */
#include "hub/hub.h"

#include <string.h>

#include "base/mem.h"
#include "hub/memory.h"
#include "sketch/sketch.h"

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
                                   .dedup_ms = c->field_id[0] != '\0' ? c->dedup_ms : 0,
                                   .dedup_ids_max = c->dedup_ids_max,
                                   .list_size = c->list_size,
                                   .sketch_sets = c->sketch_kb * 1024 / SKETCH_SET_BYTES,
                                   .meaning = config_meaning_hash(c)};
}

static struct hub_consumer *consumers_create(uint32_t n) {
    struct hub_consumer *all = mem_zalloc(n, sizeof *all);
    for (uint32_t i = 0; i < n; i++) mailbox_init(&all[i].inbox, 0);
    return all;
}

void hub_init(struct hub *h, const struct config *c, const struct clock *clock, struct metrics *m,
              struct topics topics) {
    memset(h, 0, sizeof *h);
    h->config = c;
    h->clock = clock;
    h->metrics = m;
    h->rules = rules_of(c);
    h->topics = topics;
    h->resident_bytes = memory_resident_bytes;
    h->consumers_n = c->threads;
    h->consumers = consumers_create(h->consumers_n);
    mailbox_init(&h->outbox, HUB_QUEUE_BYTES_MAX);
    bell_init(&h->merger_bell);
    shards_init(&h->shards, &h->topics);
    health_init(&h->health, clock, h->consumers_n);
    rejects_init(&h->rejects);
}

void hub_deinit(struct hub *h) {
    rejects_deinit(&h->rejects);
    health_deinit(&h->health);
    shards_deinit(&h->shards);
    bell_deinit(&h->merger_bell);
    mailbox_deinit(&h->outbox);
    for (uint32_t i = 0; i < h->consumers_n; i++) mailbox_deinit(&h->consumers[i].inbox);
    mem_free(h->consumers);
}

struct hub_spread hub_spread(struct hub *h) {
    struct hub_spread spread = {0};
    struct topics_view v;
    topics_look(&h->topics, &v);
    spread.topics = (uint32_t)v.n;
    for (size_t t = 0; t < v.n; t++) spread.partitions += v.all[t].partitions;
    for (uint32_t i = 0; i < h->consumers_n; i++) {
        uint32_t locations = atomic_load(&h->consumers[i].locations);
        if (locations > spread.locations) spread.locations = locations;
    }
    spread.parts_per_second =
        (double)spread.partitions * spread.locations * 1000 / (double)h->config->publish_interval_ms;
    return spread;
}
