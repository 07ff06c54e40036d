/* hub/topics.h - the topics that are read, and how many partitions each has, as Kafka's metadata said last.
 * A topic goes by its number in TOPICS. Threads: any; const after hub_init. */
#ifndef TOPKD_HUB_TOPICS_H
#define TOPKD_HUB_TOPICS_H

#include "base/base.h"

struct topics {
    char *const *names; /* borrowed */
    uint32_t n;
    uint32_t (*partitions)(void *self, uint32_t topic); /* 0: unknown */
    /* Is a topic whose partitions were known not there now? Then nobody has them. NULL: never. */
    bool (*is_away)(void *self, uint32_t topic);
    void *self; /* of both */
};

uint32_t topics_partitions(const struct topics *t, uint32_t topic);
/* Those that somebody may have now. */
uint32_t topics_partitions_there(const struct topics *t, uint32_t topic);
/* A hash of how many partitions they all have. */
uint64_t topics_sizes(const struct topics *t);
/* Has no topic that is read this partition ("topic/partition")? False while its topic has no known partition. */
bool topics_lack(const struct topics *t, const char *partition_name);

#endif
