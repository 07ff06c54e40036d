/* topkd-audit/tally.h - plain exact counts: (location, minute) -> item -> weight. No estimate, no limit but memory.
 * Memory: 12 bytes a place, at most 3/4 full: 16 to 32 a distinct (location, minute, item).   Threads: one owner. */
#ifndef TOPKD_AUDIT_TALLY_H
#define TOPKD_AUDIT_TALLY_H

#include "names.h"

struct bucket { /* one (location, minute) */
    uint32_t location;
    int64_t minute;
    uint64_t total;   /* weight of all of it */
    uint32_t n, cap;  /* distinct items; places, a power of two */
    uint32_t *items;  /* item number + 1, 0 = free */
    uint64_t *counts; /* of the items; an array of its own, because both in a struct would take 16 bytes a place */
};

struct tally {
    struct names locations, items;
    struct bucket **buckets; /* in order of first sight */
    uint32_t n;
    size_t cap;
    uint32_t *slots; /* bucket number + 1 */
    uint32_t slots_n;
};

/* One item of a bucket, for ranking. */
struct ranked {
    struct bytes item;
    uint32_t number;
    uint64_t count;
};

void tally_deinit(struct tally *t); /* zero-initialised is empty */
void tally_add(struct tally *t, struct bytes location, int64_t minute, struct bytes item, uint32_t weight);
const struct bucket *tally_find(const struct tally *t, struct bytes location, int64_t minute); /* NULL: no event */
uint64_t bucket_count(const struct bucket *b, uint32_t item_number);                           /* 0: no event */
/* All of B, the larger count first, of equal counts the larger bytes first (the order of ZREVRANGE). The caller frees
 * it with mem_free; NULL for B == NULL. */
struct ranked *bucket_rank(const struct tally *t, const struct bucket *b) MUST_CHECK;
/* The order itself: below 0 if A comes first. */
int ranked_order(const void *a, const void *b);
int bytes_order(struct bytes a, struct bytes b); /* as memcmp, a prefix is smaller */

#endif
