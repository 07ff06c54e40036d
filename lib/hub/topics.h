/* hub/topics.h - the topics that are read, and how many partitions each has, as Kafka's metadata said last.
 * They come and go while the worker runs, if TOPICS has patterns. So whoever needs them looks, and works with what was
 * seen then: a view is that one moment. Workers hear of a new topic at different times, as they do of a new partition;
 * what follows from their views is harmless if it differs for a while (shards.h, rules 14, 23 and 24).
 * Threads: any may look; a view has one owner.   Names: valid as long as the hub. */
#ifndef TOPKD_HUB_TOPICS_H
#define TOPKD_HUB_TOPICS_H

#include "base/base.h"

enum { TOPICS_MAX = 64 + 1024 }; /* entries of TOPICS, and topics that patterns among them fit */

struct topic_seen {
    const char *name;
    uint32_t partitions; /* 0: unknown. Of one that is away: as many as it had */
    bool is_away;        /* it does not exist now: nobody has its partitions */
    bool may_go;         /* a pattern fits it: once it is away nobody waits for its return */
};

struct topics_view {
    struct topic_seen all[TOPICS_MAX]; /* by name (strcmp) */
    size_t n;
    bool incomplete; /* there may be more topics: nobody was asked yet which ones the patterns fit */
};

/* Where the hub hears of topics. LOOK calls topics_add for each, by name. */
struct topics {
    void (*look)(void *self, struct topics_view *out);
    void *self;
};

void topics_look(const struct topics *t, struct topics_view *out);
/* For LOOK: T comes behind those that were added, by its name. */
void topics_add(struct topics_view *v, struct topic_seen t);

/* How many partitions somebody may have now. */
uint32_t topic_partitions_there(const struct topic_seen *t);
/* A hash of which topics there are, and how many partitions each has. */
uint64_t topics_digest(const struct topics_view *v);
/* Has no topic that is read this partition ("topic/partition")? False while that is not known. */
bool topics_lack(const struct topics_view *v, const char *partition_name);

#endif
