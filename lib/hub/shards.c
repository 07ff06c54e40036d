/* hub/shards.c - owners of partitions, and the row that makes shards of them. */
#include "hub/shards.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

void shards_init(struct shards *s, const struct topics *topics) {
    assert(topics->n <= SHARDS_TOPICS_MAX);
    memset(s, 0, sizeof *s);
    s->topics = topics;
    for (uint32_t t = 0; t < topics->n; t++) s->owners[t] = mem_zalloc(SHARDS_PARTITIONS_MAX, sizeof *s->owners[t]);
    pthread_mutex_init(&s->lock, NULL);
}

void shards_deinit(struct shards *s) {
    for (uint32_t t = 0; t < SHARDS_TOPICS_MAX; t++) mem_free(s->owners[t]);
    pthread_mutex_destroy(&s->lock);
}

void shards_own(struct shards *s, uint32_t number, const char *topic, int32_t partition, bool owns) {
    uint16_t self = (uint16_t)(number + 1);
    if (partition < 0 || partition >= SHARDS_PARTITIONS_MAX) return;
    pthread_mutex_lock(&s->lock);
    for (uint32_t t = 0; t < s->topics->n; t++) {
        if (strcmp(s->topics->names[t], topic) != 0) continue;
        uint16_t *owner = &s->owners[t][partition];
        if (owns || *owner == self) *owner = owns ? self : 0;
    }
    pthread_mutex_unlock(&s->lock);
}

/* Locked. Is the partition at place AT of the row of all partitions ours? COUNTS: of each topic. */
static bool owns_at(const struct shards *s, const uint32_t *counts, uint32_t at) {
    uint32_t t = 0;
    for (; at >= counts[t]; t++) at -= counts[t];
    return s->owners[t][at] != 0;
}

size_t shards_here(struct shards *s, uint32_t shards[STORE_SHARDS]) {
    uint32_t counts[SHARDS_TOPICS_MAX], all = 0;
    size_t n = 0;
    for (uint32_t t = 0; t < s->topics->n; t++) {
        uint32_t there = topics_partitions_there(s->topics, t);
        counts[t] = there < SHARDS_PARTITIONS_MAX ? there : SHARDS_PARTITIONS_MAX;
        all += counts[t];
    }
    if (all == 0) return 0;
    pthread_mutex_lock(&s->lock);
    for (uint32_t i = 0; i < STORE_SHARDS; i++)
        if (owns_at(s, counts, i % all)) shards[n++] = i;
    pthread_mutex_unlock(&s->lock);
    return n;
}
