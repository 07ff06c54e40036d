/* hub/shards.h - which partitions this process has, and so which shards of the locations its merger works.
 * Threads: any; it has a lock.   Ownership: borrows the topics.   Memory: 16 bytes for each partition that it has. */
#ifndef TOPKD_HUB_SHARDS_H
#define TOPKD_HUB_SHARDS_H

#include <pthread.h>

#include "hub/topics.h"
#include "store/keys.h"

struct shard_owner {
    const char *topic; /* borrowed; valid as long as the hub */
    int32_t partition;
    uint32_t consumer; /* its number */
};

struct shards {
    const struct topics *topics; /* const */
    pthread_mutex_t lock;        /* of the rest */
    struct shard_owner *owners;  /* by topic, then partition: those that one of our consumers has; owned */
    size_t n, cap;
};

void shards_init(struct shards *s, const struct topics *topics);
void shards_deinit(struct shards *s);

/* The partition is (no longer) that of consumer NUMBER, who may hear of its loss when another of ours has it already.
 */
void shards_own(struct shards *s, uint32_t number, const char *topic, int32_t partition, bool owns);
/* The shards that are worked here now, ascending. Returns how many.
 * All known partitions of all topics that are there stand in a row, topics by name. A shard is worked by the owner of
 * the partition at its number modulo the length of the row. */
size_t shards_here(struct shards *s, uint32_t shards[STORE_SHARDS]);

#endif
