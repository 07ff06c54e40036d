/* hub/shards.h - which partitions this process has, and so which shards of the locations its merger works.
 * Threads: any; it has a lock.   Ownership: borrows the topics. */
#ifndef TOPKD_HUB_SHARDS_H
#define TOPKD_HUB_SHARDS_H

#include <pthread.h>

#include "hub/topics.h"
#include "store/keys.h"

enum { SHARDS_TOPICS_MAX = 64, SHARDS_PARTITIONS_MAX = 65536 /* of a topic; others have no owner */ };

struct shards {
    const struct topics *topics; /* const */
    pthread_mutex_t lock;        /* of the rest */
    /* By topic and partition: 1 + the number of our consumer that has it; 0: none. Owned. */
    uint16_t *owners[SHARDS_TOPICS_MAX];
};

void shards_init(struct shards *s, const struct topics *topics);
void shards_deinit(struct shards *s);

/* The partition of a topic of ours is (no longer) that of consumer NUMBER, who may hear of its loss when another of
 * ours has it already. */
void shards_own(struct shards *s, uint32_t number, const char *topic, int32_t partition, bool owns);
/* The shards that are worked here now, ascending. Returns how many.
 * All known partitions of all topics that are there stand in a row, topics by name. A shard is worked by the owner of
 * the partition at its number modulo the length of the row. */
size_t shards_here(struct shards *s, uint32_t shards[STORE_SHARDS]);

#endif
