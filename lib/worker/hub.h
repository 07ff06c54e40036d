/* worker/hub.h - the one thing that the threads of a worker share: mailboxes, who owns what, the health of each part.
 * Everything in it is either const after hub_init, a mailbox, an atomic, or behind its lock.   Threads: any. */
#ifndef TOPKD_WORKER_HUB_H
#define TOPKD_WORKER_HUB_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "config/config.h"
#include "partition/rules.h"
#include "store/store.h"
#include "worker/mail.h"

enum { HUB_PARTITIONS_MAX = 65536, HUB_QUEUE_BYTES_MAX = 16 * 1024 * 1024 };

/* Who speaks with Redis. */
enum hub_edge { HUB_PUBLISHER, HUB_MERGER, HUB_EDGES };

struct hub_consumer {
    struct mailbox inbox;
    /* partitions: assigned, not yet looked up, below the frontier, paused, without traffic; minutes: most unsettled
     * ones of a partition */
    _Atomic uint32_t owned, waiting, silent, paused, quiet, minutes;
    _Atomic uint64_t buckets, dirty, sketch_bytes;
    _Atomic int64_t committed_mono_ms;
    _Atomic int64_t turned_mono_ms; /* when the loop turned last */
    _Atomic bool at_end;            /* EXIT_AT_END: everything read, stored, settled and committed */
};

struct hub {
    const struct config *config;
    struct part_rules rules;
    const struct clock *clock;
    struct metrics *metrics;
    uint32_t consumers_n;
    struct hub_consumer *consumers;
    struct mailbox outbox;      /* to the publisher */
    struct mailbox bell;        /* always empty: waking it ends the merger's rest */
    _Atomic uint64_t instances; /* the number of the newest memory */

    _Atomic bool stopping;       /* asked to stop: consumers say and commit what they have, then end */
    _Atomic bool fatal;          /* something cannot go on; fatal_error says what */
    _Atomic bool store_up;       /* the publisher's last call was answered */
    _Atomic bool store_full;     /* ... with out of memory */
    _Atomic bool merger_up;      /* the merger's last call was answered */
    _Atomic uint64_t merge_idle; /* rounds in a row in which the merger found nothing to do */

    /* Partitions of the topics, as last heard: (self, topic number) -> count, 0 = unknown. */
    uint32_t (*partitions)(void *self, uint32_t topic);
    void *partitions_self;

    pthread_mutex_t lock; /* of the rest */
    struct err fatal_error;
    char store_said[HUB_EDGES][sizeof((struct err){0}.text)]; /* why Redis does not serve this edge; "": it does */
    uint8_t *shard_owners; /* per partition of the first topic: does a consumer of ours own it? */
};

void hub_init(struct hub *h, const struct config *c, const struct clock *clock, struct metrics *m,
              uint32_t (*partitions)(void *self, uint32_t topic), void *partitions_self);
void hub_deinit(struct hub *h);

/* Remember the first reason why this process cannot go on, and stop. CODE: of the error; ERR_INVALID is a matter of
 * configuration. */
void hub_fail(struct hub *h, const struct err *e);

/* Why Redis does not serve EDGE, with the remedy; "" when it does again. */
void hub_say_store(struct hub *h, enum hub_edge edge, const char *why);
/* The same copied to WHY, cut at SIZE; false if there is nothing to say. */
bool hub_store_said(struct hub *h, enum hub_edge edge, char *why, size_t size);

/* The merger's rest: MS, but no longer than until somebody rings. */
void hub_rest(struct hub *h, int ms);
/* There are notes for the merger to see, or it is to end. */
void hub_ring(struct hub *h);

/* Partition P of the first topic is (no longer) ours. */
void hub_own(struct hub *h, int32_t partition, bool ours);
/* Shards worked here now, at most STORE_SHARDS of them: those of whose number modulo P we own the partition. */
size_t hub_shards(struct hub *h, uint32_t shards[STORE_SHARDS]);

#endif
