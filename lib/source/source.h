/* source/source.h - one member of the consumer group, as the consumer loop sees it.
 * Two implementations: source/kafka.h (librdkafka) and the property test's. Nothing here blocks longer than poll's
 * timeout: look-ups run on a thread of the implementation and come back as events.
 * Threads: all calls from the one consumer thread.   Ownership: an event's pointers are borrowed, valid until the next
 * poll. */
#ifndef TOPKD_SOURCE_SOURCE_H
#define TOPKD_SOURCE_SOURCE_H

#include "base/base.h"
#include "base/err.h"

enum {
    SOURCE_METADATA_BYTES_MAX = 512,
    /* Of one event. A quarter of a megabyte stays in the cache between its decompression and us. */
    SOURCE_RECORDS_MAX = 256,
    SOURCE_RECORD_BYTES_MAX = 256 * 1024 /* keys and values; the record that reaches it is the last */
};

struct source_tp {
    const char *topic; /* borrowed from the implementation, same pointer for the same topic for its whole life */
    int32_t partition;
};

static inline bool source_tp_equal(struct source_tp a, struct source_tp b) {
    return a.partition == b.partition && a.topic == b.topic;
}

enum source_event_type {
    SOURCE_NOTHING, /* timeout */
    SOURCE_RECORDS, /* .records: at least one; of each partition in the order of its log */
    SOURCE_EOF,     /* .tp reached its end; .offset = the next fetch offset (steps over transaction markers) */
    SOURCE_ASSIGN,  /* .tps: the whole new assignment; answer with ops->assign, now or later */
    /* .tps: everything goes (eager protocol); .lost = it is gone already. The implementation assigns nothing when poll
     * is called again, and not before, so a commit that is sent until then still counts. */
    SOURCE_REVOKE,
    SOURCE_COMMITTED, /* .commits: answers to ops->commit */
    SOURCE_LOOKUP,    /* .lookups: answers to ops->lookup */
    SOURCE_ENDS,      /* .ends: answers to ops->ask_ends */
    /* .tp, .error: the broker says that the position is outside the log. The partition stands still until it is
     * assigned again. */
    SOURCE_RESET,
    /* .error: informational, the library retries; the implementation has counted and logged it. .tp, .offset: of the
     * partition that it is about; topic NULL: of none. Code ERR_INVALID: what lies there is damaged. */
    SOURCE_ERROR,
    SOURCE_FATAL /* .error: this member cannot go on */
};

struct source_record {
    struct source_tp tp;
    int64_t offset;
    int64_t time_ms;    /* record timestamp; negative: none */
    struct bytes key;   /* p == NULL: no key */
    struct bytes value; /* p == NULL: tombstone */
};

struct source_commit { /* to commit, or what became of it */
    struct source_tp tp;
    int64_t offset;
    char metadata[SOURCE_METADATA_BYTES_MAX];
    bool ok; /* in the answer */
};

enum source_commit_state { SOURCE_COMMIT_FOUND, SOURCE_COMMIT_NONE, SOURCE_COMMIT_FAILED };

struct source_lookup {
    struct source_tp tp;
    enum source_commit_state state;           /* FAILED: any of the look-ups of tp failed, ask again */
    int64_t offset;                           /* when FOUND */
    char metadata[SOURCE_METADATA_BYTES_MAX]; /* when FOUND; "" if none */
    bool topic_has_commits;                   /* when NONE: has any partition of the topic a commit in the group? */
    bool topic_came_later; /* when NONE, and no other has one either: was the topic made after the group began? */
    int64_t log_start, log_end;
};

struct source_end {
    struct source_tp tp;
    bool ok;
    int64_t wall_ms; /* taken before the query was sent */
    int64_t log_start;
    int64_t log_end;        /* where a consumer of our isolation level would stand at the end (last stable offset) */
    int64_t high_watermark; /* what Kafka's tools show */
};

struct source_assign {
    struct source_tp tp;
    int64_t offset; /* absolute */
};

struct source_dead_letter {
    struct source_tp tp;
    int64_t offset;
    uint32_t index; /* of the event in its message */
    const char *reason;
    struct bytes key, value;
};

struct source_event {
    enum source_event_type type;
    struct source_tp tp;
    int64_t offset;
    bool lost;
    const struct source_record *records;
    const struct source_tp *tps;
    const struct source_commit *commits;
    const struct source_lookup *lookups;
    const struct source_end *ends;
    size_t n; /* of the array above that is in use */
    struct err error;
};

struct source_ops {
    /* Wait up to TIMEOUT_MS for the next event. */
    void (*poll)(void *self, int timeout_ms, struct source_event *ev);
    /* The last header called NAME of a record of the last poll, valid as long as that; p == NULL: there is none, or it
     * is null. */
    struct bytes (*header)(void *self, const struct source_record *r, const char *name);
    /* Consume exactly these, from these absolute offsets (eager: replaces the assignment; N = 0 is allowed). Pauses are
     * forgotten. */
    int (*assign)(void *self, const struct source_assign *a, size_t n, struct err *e);
    int (*pause)(void *self, const struct source_tp *tps, size_t n, struct err *e);
    int (*resume)(void *self, const struct source_tp *tps, size_t n, struct err *e);
    /* Send a commit; its answer is a SOURCE_COMMITTED event. WAIT_MS > 0: wait for the answer at most so long (revoke,
     * shutdown), and still deliver the event. Non-zero: not sent (no event will come). */
    int (*commit)(void *self, const struct source_commit *c, size_t n, int wait_ms, struct err *e);
    /* Ask for commits and log bounds; the answer is one SOURCE_LOOKUP event. At most one at a time. */
    int (*lookup)(void *self, const struct source_tp *tps, size_t n, struct err *e);
    /* Ask where the logs end; the answer is one SOURCE_ENDS event. At most one at a time (ERR_REFUSED while one is
     * out). */
    int (*ask_ends)(void *self, const struct source_tp *tps, size_t n, struct err *e);
    /* Copy and queue a dead letter. ERR_REFUSED: the queue is full; pause and try again. */
    int (*dead_letter)(void *self, const struct source_dead_letter *d, struct err *e);
    /* Tickets count dead letters: every one that was queued so far has a ticket <= issued(). All with a ticket <=
     * settled() were delivered, or failed for good, which is counted and logged. */
    uint64_t (*dead_letters_issued)(void *self);
    uint64_t (*dead_letters_settled)(void *self);
};

struct source {
    const struct source_ops *ops;
    void *self;
};

#endif
