/* hub/hub.h - the one thing that the threads of a worker share.
 *
 *   mail.h, mailbox.h   what consumers and the publisher send to each other
 *   bell.h, cond.h      ends the merger's rest
 *   topics.h, shards.h  who has which partitions, and which shards the merger works
 *   health.h            whether the worker goes on, and whether its work gets done
 *   outage.h            which failures are news
 *   backoff.h           the wait before something that failed is tried again
 *   rejects.h           events that do not count, told while they outweigh those that do
 *   memory.h            how MEMORY_LIMIT is shared out
 *
 * Threads: any. What a field says of itself: const after hub_init, atomic, or with a lock of its own. */
#ifndef TOPKD_HUB_HUB_H
#define TOPKD_HUB_HUB_H

#include <stdatomic.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "config/config.h"
#include "hub/bell.h"
#include "hub/health.h"
#include "hub/mailbox.h"
#include "hub/rejects.h"
#include "hub/shards.h"
#include "protocol/rules.h"
#include "store/store.h"

enum { HUB_QUEUE_BYTES_MAX = 16 * 1024 * 1024 };

/* One consumer, as the others see it. It writes all of this itself, and the publisher fills its inbox. */
struct hub_consumer {
    struct mailbox inbox; /* answers; a lock of its own */
    /* its partitions; all atomic */
    _Atomic uint32_t owned;   /* assigned to it */
    _Atomic uint32_t waiting; /* not looked up yet */
    _Atomic uint32_t silent;  /* below their frontier */
    _Atomic uint32_t paused;
    _Atomic uint32_t quiet;              /* without traffic */
    _Atomic int64_t owned_since_mono_ms; /* since when it has partitions at all */
    _Atomic bool joined;                 /* in the group, with or without partitions */
    _Atomic bool at_end;                 /* EXIT_AT_END: everything read, stored, settled and committed */
    /* what it holds */
    _Atomic uint32_t minutes;   /* unsettled; of the partition with most of them */
    _Atomic uint32_t locations; /* of the minute of a partition with most of them */
    _Atomic uint64_t buckets, dirty, sketch_bytes;
    _Atomic uint64_t ids, id_bytes; /* remembered */
    /* how far it is */
    _Atomic uint64_t lag;   /* records behind, of all its partitions */
    _Atomic int64_t lag_ms; /* the largest of a partition */
    _Atomic int64_t committed_mono_ms;
    _Atomic int64_t turned_mono_ms; /* when the loop turned last */
};

struct hub {
    /* const after hub_init */
    const struct config *config; /* borrowed, as clock and metrics */
    const struct clock *clock;
    struct metrics *metrics; /* each metric is atomic */
    struct delivery_rules rules;
    struct topics topics;
    uint64_t (*resident_bytes)(void); /* memory_resident_bytes; a test has its own */
    uint32_t consumers_n;
    struct hub_consumer *consumers; /* owned */

    /* each with a lock of its own */
    struct mailbox outbox;   /* from consumers to the publisher */
    struct bell merger_bell; /* there are notes for the merger to see, or it is to end */
    struct shards shards;
    struct health health;
    struct rejects rejects;

    _Atomic uint64_t instances;  /* the number of the newest memory */
    _Atomic uint64_t merge_idle; /* rounds in a row in which the merger found nothing to do */
};

/* TOPICS: where it hears of them. */
void hub_init(struct hub *h, const struct config *c, const struct clock *clock, struct metrics *m,
              struct topics topics);
void hub_deinit(struct hub *h);

/* In how many pieces lists come: every partition of every topic says its part of every location at each tick, if each
 * has as many as the one here that has most. */
struct hub_spread {
    uint32_t topics, partitions, locations;
    double parts_per_second;
};
struct hub_spread hub_spread(struct hub *h);

#endif
