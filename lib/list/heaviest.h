/* list/heaviest.h - the order of every list, and the heaviest of many items in that order.
 * Use when: some hundred of up to thousands of items are to be kept.   Not for: deciding what an item weighs.
 *
 * Items are ordered by count, and equal counts by their bytes, larger bytes first, as ZREVRANGE answers. What is moved
 * about is not the item but its rank: the count, and the item's first eight bytes as a number. Two ranks nearly always
 * tell the order by themselves; only if both numbers are equal are the owner's texts looked at.
 *
 * Threads: none.   Ownership: arrays and texts are borrowed for the call. */
#ifndef TOPKD_LIST_HEAVIEST_H
#define TOPKD_LIST_HEAVIEST_H

#include <string.h>

#include "base/base.h"

struct rank {
    uint64_t count;
    uint64_t lead;  /* rank_lead of the item */
    uint32_t place; /* where its owner has the item */
};

/* The first eight bytes of an item as a number that orders as they do. */
static inline uint64_t rank_lead(struct bytes item) {
    uint64_t lead = 0;
    memcpy(&lead, item.p, item.n < sizeof lead ? item.n : sizeof lead);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    lead = __builtin_bswap64(lead);
#endif
    return lead;
}

/* The item at PLACE. */
typedef struct bytes rank_text(const void *owner, uint32_t place);

struct ranking {
    struct rank *all;
    size_t n;
    rank_text *text;
    const void *owner; /* handed to TEXT */
};

/* The order of every list: higher count first, then larger bytes first. <0: A comes first. */
int list_order(uint64_t count_a, struct bytes a, uint64_t count_b, struct bytes b);

/* Moves the LIMIT heaviest (all, if there are fewer) in front of the others; neither part is in order then. Items are
 * all different. Selection by partitioning (Hoare, "Algorithm 65: Find", 1961). */
void heaviest_select(const struct ranking *r, size_t limit);
/* Sorts the first N of R. SPARE has room for N. Returns where the result is: R's array or SPARE; the other one holds
 * anything. */
struct rank *heaviest_sort(const struct ranking *r, size_t n, struct rank *spare) MUST_CHECK;

#endif
