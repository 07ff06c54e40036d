/* hub/hub.h - the one thing that the threads of a worker share: mailboxes, who owns what, the health of each part.
 * Everything in it is either const after hub_init, a mailbox, an atomic, or behind its lock.   Threads: any. */
#ifndef TOPKD_HUB_HUB_H
#define TOPKD_HUB_HUB_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "config/config.h"
#include "hub/mail.h"
#include "hub/rejects.h"
#include "protocol/rules.h"
#include "store/store.h"

enum { HUB_PARTITIONS_MAX = 65536, HUB_QUEUE_BYTES_MAX = 16 * 1024 * 1024 };

struct hub_consumer {
    struct mailbox inbox;
    /* partitions: assigned, not yet looked up, below the frontier, paused, without traffic; minutes: most unsettled
     * ones of a partition */
    _Atomic uint32_t owned, waiting, silent, paused, quiet, minutes;
    _Atomic uint32_t locations; /* most of a minute of a partition */
    _Atomic uint64_t buckets, dirty, sketch_bytes;
    _Atomic uint64_t lag;   /* records behind, of all its partitions */
    _Atomic int64_t lag_ms; /* the largest of a partition */
    _Atomic int64_t committed_mono_ms;
    _Atomic int64_t turned_mono_ms;      /* when the loop turned last */
    _Atomic bool joined;                 /* in the group, with or without partitions */
    _Atomic bool at_end;                 /* EXIT_AT_END: everything read, stored, settled and committed */
    _Atomic int64_t owned_since_mono_ms; /* since when it has partitions at all */
    _Atomic uint32_t still;              /* partitions that neither moved nor stood at their end for READY_AGE */
    char still_why[ERR_TEXT_MAX];        /* names the worst of them; behind the hub's lock */
};

/* Those who talk to Redis, and whether it does what they ask. */
enum hub_edge { HUB_PUBLISHER, HUB_MERGER, HUB_EDGES };
struct hub_edge_health {
    _Atomic bool failing;             /* the last call was refused or not answered */
    _Atomic int64_t answered_mono_ms; /* the last one that was */
    struct err why;                   /* of failing; behind the hub's lock */
};

struct hub {
    const struct config *config;
    struct delivery_rules rules;
    const struct clock *clock;
    struct metrics *metrics;
    uint64_t (*resident_bytes)(void); /* memory_resident_bytes; a test has its own */
    uint32_t consumers_n;
    struct hub_consumer *consumers;
    struct mailbox outbox;      /* to the publisher */
    struct mailbox bell;        /* always empty: waking it ends the merger's rest */
    _Atomic uint64_t instances; /* the number of the newest memory */
    struct rejects rejects;     /* has a lock of its own */

    _Atomic bool stopping;       /* asked to stop: consumers say and commit what they have, then end */
    _Atomic bool fatal;          /* something cannot go on; fatal_error says what */
    _Atomic bool store_up;       /* the publisher's last call was answered */
    _Atomic bool store_full;     /* ... with out of memory */
    _Atomic uint64_t merge_idle; /* rounds in a row in which the merger found nothing to do */

    /* Partitions of the topics, as last heard: (self, topic number) -> count, 0 = unknown. */
    uint32_t (*partitions)(void *self, uint32_t topic);
    /* Is a topic whose partitions were known not there now? Then nobody has them. NULL: never. */
    bool (*topic_is_away)(void *self, uint32_t topic);
    void *partitions_self; /* of both */

    pthread_mutex_t lock; /* of the rest */
    struct err fatal_error;
    struct hub_edge_health edges[HUB_EDGES];
    uint16_t
        *owners[CONFIG_TOPICS_MAX]; /* by topic number: per partition, 1 + the number of our consumer that owns it */
};

void hub_init(struct hub *h, const struct config *c, const struct clock *clock, struct metrics *m,
              uint32_t (*partitions)(void *self, uint32_t topic), void *partitions_self);
void hub_deinit(struct hub *h);

/* Remember the first reason why this process cannot go on, and stop. CODE: of the error; ERR_INVALID is a matter of
 * configuration. */
void hub_fail(struct hub *h, const struct err *e);

/* In how many pieces lists come: every partition of every topic says its part of every location at each tick, if each
 * has as many as the one here that has most. */
struct hub_spread {
    uint32_t partitions, locations;
    double parts_per_second;
};
struct hub_spread hub_spread(struct hub *h);

/* Redis refused a call of EDGE, or did not answer; it did what was asked, or there was nothing to ask for. */
void hub_edge_failed(struct hub *h, enum hub_edge edge, const struct err *why);
void hub_edge_works(struct hub *h, enum hub_edge edge);
/* It lets EDGE in again; whether it does what is asked will be seen. */
void hub_edge_is_open(struct hub *h, enum hub_edge edge);
/* Is it failing? WHY then says what Redis said. */
bool hub_edge_is_failing(struct hub *h, enum hub_edge edge, char why[ERR_TEXT_MAX]);

/* Consumer NUMBER has N partitions that stand still; WHY names one of them. */
void hub_tell_still(struct hub *h, uint32_t number, uint32_t n, const char *why);
/* Does any consumer have one? */
bool hub_stands_still(struct hub *h, char why[ERR_TEXT_MAX]);

/* The merger's rest: MS, but no longer than until somebody rings. */
void hub_rest(struct hub *h, int ms);
/* There are notes for the merger to see, or it is to end. */
void hub_ring(struct hub *h);

/* The partition of a topic of ours is (no longer) that of consumer NUMBER, who may hear of its loss when another of ours
 * has it already. */
void hub_own(struct hub *h, uint32_t number, const char *topic, int32_t partition, bool owns);
/* Shards worked here now, at most STORE_SHARDS of them: all known partitions of all topics that are there stand in a
 * row, topics by name, and a shard is worked by the owner of the partition at its number modulo the length of the row.
 */
size_t hub_shards(struct hub *h, uint32_t shards[STORE_SHARDS]);

#endif
