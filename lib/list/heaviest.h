/* list/heaviest.h - the order of every list: by count, and equal counts by their bytes, larger bytes first, as
 * ZREVRANGE answers. heaviest.inc selects and sorts by it.   Threads: any; pure. */
#ifndef TOPKD_LIST_HEAVIEST_H
#define TOPKD_LIST_HEAVIEST_H

#include <string.h>

#include "base/base.h"

/* <0: A comes first. */
int list_order(uint64_t count_a, struct bytes a, uint64_t count_b, struct bytes b);

/* The first eight bytes of an item as a number that orders as they do. */
static inline uint64_t rank_lead(struct bytes item) {
    uint64_t lead = 0;
    memcpy(&lead, item.p, item.n < sizeof lead ? item.n : sizeof lead);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    lead = __builtin_bswap64(lead);
#endif
    return lead;
}

#endif
