/* partition/minutes.h - the open minutes of a partition and their buckets: a container, no rules.
 * Threads: none, one owner.   Pointers to minutes and buckets are valid until that minute is removed. */
#ifndef TOPKD_PARTITION_MINUTES_H
#define TOPKD_PARTITION_MINUTES_H

#include "protocol/commit.h"
#include "sketch/sketch.h"

/* What of a bucket Redis is known to have. dirty.h draws the arrows. */
enum bucket_state {
    BUCKET_CLEAN, /* all of it, or there is nothing in it yet */
    BUCKET_DIRTY, /* something is missing: it is in the queue */
    BUCKET_COPIED /* a copy is on its way, or was answered before the bucket changed last */
};

/* CHANGED and ACKED are offsets: what the next offset of the partition was. */
struct bucket { /* of the pool; with a location of up to 12 bytes one cache line */
    struct minute *minute;
    struct sketch *sketch;
    int64_t changed;           /* after the last change; -1: never */
    int64_t acked;             /* when the newest answered copy was made; -1: none, or none that is still believed */
    struct bucket *next_dirty; /* the one behind it in the queue */
    uint64_t location_hash;
    uint16_t location_len;
    uint8_t state;   /* enum bucket_state */
    char location[]; /* location_len bytes */
};

struct minute {
    int64_t minute;
    struct rewind rewind;  /* who reads from there has all of it: the record that opened it, or one before */
    bool sealed;           /* its buckets were made dirty for their final copies */
    struct bucket *global; /* the bucket of the all-locations list, once there is one */
    struct bucket **table; /* open addressing by location_hash, a power of two; of the pool */
    uint32_t table_n, buckets_n;
    uint32_t unclean_n; /* buckets that are not BUCKET_CLEAN */
    struct pool *pool;
    int64_t acked_mono_ms;     /* when the last answer for one of its buckets came */
    int64_t stored_mono_ms;    /* when all that it holds was known to be stored; TIME_NEVER: an event came since */
    int64_t first_row;         /* count of the first row that was stored after all of it; 0: none yet */
    int64_t first_row_mono_ms; /* when that was known */
};

struct minutes {
    struct minute **all; /* ascending */
    size_t n, cap;
    struct minute *last; /* the one found last: events come in runs */
    struct pool *pool;   /* of buckets and tables; borrowed */
};

/* Places of their own: the all-locations list is none. */
static inline uint32_t minute_locations(const struct minute *m) { return m->buckets_n - (m->global != NULL); }

void minutes_init(struct minutes *ms, struct pool *pool);
/* All minutes go; the pool stays, so it may be used again. */
void minutes_deinit(struct minutes *ms);
struct minute *minutes_find(struct minutes *ms, int64_t minute); /* NULL if there is none */
struct minute *minutes_add(struct minutes *ms, int64_t minute);  /* must not exist */
void minutes_remove_first(struct minutes *ms);                   /* the lowest, with its buckets */

/* What the functions below want for a location. It differs from process to process: locations are chosen by strangers,
 * who are not to choose where they are looked for. */
uint64_t location_hash(struct bytes location);
/* Where a search for this hash begins: to be asked for ahead of time. */
static inline struct bucket **minute_place(const struct minute *m, uint64_t hash) {
    return &m->table[(uint32_t)hash & (m->table_n - 1)];
}
struct bucket *minute_find(const struct minute *m, struct bytes location, uint64_t hash);
/* Takes SKETCH. There must be no bucket of that location. */
struct bucket *minute_add(struct minute *m, struct bytes location, uint64_t hash, struct sketch *sketch);

/* Asserts what is true of them between two calls. */
void minutes_check(const struct minutes *ms);

#endif
