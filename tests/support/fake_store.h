/* support/fake_store.h - the second implementation of store_ops: one connection to a fake Redis.
 * Use when: the delivery rules are tested without a server, with every fault at every step.
 * A call is made of elements that are atomic each (one list, one note, all rows, one hash read ...), as a pipeline of
 * scripts is. Before each element the hook runs: it may let other actors act, and says what becomes of this one.
 * Threads: none; deterministic. */
#ifndef TOPKD_TESTS_FAKE_STORE_H
#define TOPKD_TESTS_FAKE_STORE_H

#include "support/fake_redis.h"

enum fake_call {
    FAKE_HELLO,
    FAKE_CONTRIBUTE, /* one list */
    FAKE_NOTE,       /* one note */
    FAKE_ROWS_WRITE, /* all rows */
    FAKE_JOIN,       /* all partitions */
    FAKE_CLOSE,
    FAKE_RETIRE, /* one row */
    FAKE_PROGRESS_READ,
    FAKE_NOTES_READ,    /* one hash of a shard */
    FAKE_READ_PROGRESS, /* the steps of lists_read, in this order */
    FAKE_READ_HASH,     /* one hash */
    FAKE_READ_LIFE,
    FAKE_LIST_WRITE, /* one list */
    FAKE_LIST_LOSE,  /* one list */
    FAKE_NOTE_END,   /* one note */
    FAKE_LOCATIONS   /* all locations */
};

/* What becomes of an element. After a drop the rest of the call does not happen. */
enum fake_fate {
    FAKE_DO,
    /* The connection broke first: STORE_BROKEN. */
    FAKE_DROP_BEFORE,
    /* It happened, but the answer was lost: STORE_BROKEN. */
    FAKE_DROP_AFTER,
    /* STORE_BROKEN now. This element and the rest of the call become ghosts of the server, one each. */
    FAKE_LATE,
    /* Its key is of another type, and it does not happen. For what has no such key: FAKE_DO. */
    FAKE_ODD,
    /* The server said no to it: STORE_BROKEN. */
    FAKE_REFUSE,
    /* No memory: STORE_FULL. This write does not happen, the others do, and reads too. */
    FAKE_FULL
};

struct fake_store {
    struct fake_redis *redis; /* borrowed; a test may point it to another server */
    char group[64];
    uint64_t epoch;                               /* of the server when this connection was made */
    int (*before_call)(void *ctx, int call_kind); /* enum fake_call -> enum fake_fate; NULL: FAKE_DO */
    void *hook_ctx;
};

struct fake_store *fake_store_create(struct fake_redis *redis, const char *group);
void fake_store_destroy(struct fake_store *s);
/* What the code under test is given; valid as long as S. */
struct store fake_store_ops(struct fake_store *s);

#endif
