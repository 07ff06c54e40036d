/* support/fake_redis.h - the data of one Redis in memory: key -> field -> value, as lib/store lays it out.
 * A hash is its fields; a sorted set is member -> score as decimal text. Every change goes into a journal with the time
 * the test's clock says, so that a fail-over can take back the last of it. Requests whose connection broke may wait
 * here as ghosts and happen later. Keys expire when the clock says so. Deterministic.   Threads: none. */
#ifndef TOPKD_TESTS_FAKE_REDIS_H
#define TOPKD_TESTS_FAKE_REDIS_H

#include "store/store.h"

struct fake_op; /* one deferred request */

struct fake_field {
    struct buf name, value;
};

struct fake_key {
    struct buf name;
    struct fake_field *fields; /* sorted by name */
    size_t n, cap;             /* n == 0: the key does not exist */
    int64_t expires_ms;        /* 0: never */
};

/* A change that can be taken back. */
struct fake_change {
    int64_t at_ms;
    struct fake_key *key; /* keys live as long as the server */
    struct buf name, old;
    bool existed;
};

/* What a reader sees of one (location, minute), with what lies behind it. Owned by the struct (fake_list_deinit). */
struct fake_list {
    struct buf location;
    int64_t minute;
    char state[8];               /* "": no list was written yet */
    struct store_list_item *top; /* higher count first, then larger item bytes */
    size_t top_n;
    struct buf merged, item_bytes;
    size_t parts_n;
    int64_t writes;        /* accepted contributions */
    int64_t merged_writes; /* the writes that were merged; -1: none yet */
    bool exists;           /* the hash of contributions is there */
    bool closed;
    bool lost; /* a contribution was refused by its key */
};
void fake_list_deinit(struct fake_list *l);

struct fake_redis {
    char board[32];
    int64_t retention_ms;
    int64_t (*now_ms)(void *ctx); /* stamps the journal; NULL: 0 */
    void *now_ctx;
    /* Called at every list write with the list before and after it; NULL: none. */
    void (*on_list)(void *ctx, const struct fake_list *before, const struct fake_list *after);
    void *on_list_ctx;

    struct fake_key **keys; /* sorted by name */
    size_t keys_n, keys_cap;
    struct fake_change *journal;
    size_t journal_n, journal_cap;
    struct fake_op **ghosts;
    size_t ghosts_n, ghosts_cap;
    uint64_t epoch;         /* connections made before the last fake_redis_break_all have a lower one */
    uint64_t tokens;        /* how many hashes got one */
    int64_t next_expiry_ms; /* no key expires before; INT64_MAX: none does */
    int64_t script_now_ms;  /* one time for all changes of a script: a fail-over takes back whole scripts */
};

struct fake_redis *fake_redis_create(const char *board, int64_t retention_ms);
void fake_redis_destroy(struct fake_redis *r);

/* -- faults -- */

/* Another server takes over that never saw the last BACK_MS (changes stamped later than now - BACK_MS are undone). */
void fake_redis_failover(struct fake_redis *r, int64_t back_ms);
/* Everything is gone; with BROKEN the connections notice. */
void fake_redis_flush(struct fake_redis *r, bool broken);
/* Each old connection's next call returns STORE_BROKEN once; nothing still on its way arrives. */
void fake_redis_break_all(struct fake_redis *r);
/* A request that was sent long ago is executed now; INDEX < ghosts_n. */
void fake_redis_run_ghost(struct fake_redis *r, size_t index);
void fake_redis_run_ghosts(struct fake_redis *r);

/* -- for the verdict -- */

/* Fills OUT with the list of (LOCATION, MINUTE), there or not. */
void fake_redis_list(struct fake_redis *r, struct bytes location, int64_t minute, struct fake_list *out);
/* Every (location, minute) that has a hash, by key. */
void fake_redis_each_list(struct fake_redis *r, void (*fn)(void *ctx, const struct fake_list *l), void *ctx);
void fake_redis_each_note(struct fake_redis *r,
                          void (*fn)(void *ctx, uint32_t shard, bool waiting, struct bytes location, int64_t minute,
                                     const char *token),
                          void *ctx);
/* The life and the rows; the caller deinits OUT. */
void fake_redis_progress(struct fake_redis *r, struct store_progress *out);
/* Every field of every key as `key <tab> field <tab> value <newline>`, bytes outside printable ASCII and '\' as \xNN.
 */
void fake_redis_dump(struct fake_redis *r, struct buf *out);
/* One line of that form: for dumps of other servers. */
void fake_dump_line(struct buf *out, struct bytes key, struct bytes field, struct bytes value);

/* -- data, for the scripts -- */

struct fake_key *fake_key(struct fake_redis *r, struct bytes name); /* made if missing: empty */
/* Borrowed until the next fake_key; an empty key if there is none. */
const struct fake_key *fake_look(const struct fake_redis *r, struct bytes name);
/* Borrowed until the next change of the key; p == NULL: no such field. */
struct bytes fake_get(const struct fake_key *k, struct bytes field);
void fake_set(struct fake_redis *r, struct fake_key *k, struct bytes field, struct bytes value);
void fake_del(struct fake_redis *r, struct fake_key *k, struct bytes field);
void fake_del_key(struct fake_redis *r, struct fake_key *k);
void fake_expire(struct fake_redis *r, struct fake_key *k, int64_t ttl_ms); /* from the clock of the script */
void fake_redis_expire_due(struct fake_redis *r);

static inline struct bytes fake_bytes(const struct buf *b) { return (struct bytes){b->data, b->len}; }
struct bytes fake_text(const char *s);
bool fake_eq(struct bytes a, struct bytes b);
int fake_cmp(struct bytes a, struct bytes b); /* by bytes, then by length */
int64_t fake_int(struct bytes text, int64_t missing);

#endif
