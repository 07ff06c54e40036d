/* list/packed.h - a ranked list as bytes: what a partition contributes and what a merged list is kept as.
 *
 *   byte version = 1 | byte flags (bit 0: exact) | varint total | varint absent_upper | varint n | varint first count
 *   (0 if n = 0)
 *   n times, highest count first, ties by larger item bytes first:
 *     varint previous count - count (0 for the first) | unless exact: varint count - lower, varint upper - count |
 *     varint length | item
 *
 * total: all weight of the bucket. absent_upper: no item that is not listed weighs more. Varints are unsigned LEB128.
 * Threads: none.   Ownership: a reader borrows the bytes; items point into them. */
#ifndef TOPKD_LIST_PACKED_H
#define TOPKD_LIST_PACKED_H

#include "base/base.h"
#include "base/buf.h"

#include <string.h>

struct packed_head {
    bool exact; /* counts are the truth: lower = count = upper, not stored */
    uint64_t total, absent_upper;
    uint64_t n;
};

struct packed_item {
    struct bytes item;
    uint64_t count, lower, upper; /* lower <= count <= upper */
};

/* The first eight bytes of an item as a number that orders as they do: it nearly always tells without the text. */
static inline uint64_t packed_lead(struct bytes item) {
    uint64_t lead = 0;
    memcpy(&lead, item.p, item.n < sizeof lead ? item.n : sizeof lead);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    lead = __builtin_bswap64(lead);
#endif
    return lead;
}

/* The order of every list: higher count first, then larger bytes first (as ZREVRANGE answers). <0: A comes first. */
int packed_order(uint64_t count_a, struct bytes a, uint64_t count_b, struct bytes b);

/* Append a list. ITEMS must be in packed_order. */
void packed_write(struct buf *out, const struct packed_head *head, const struct packed_item *items);

struct packed_reader {
    const char *p, *end;
    uint64_t left, count;
    bool exact;
};

/* False if the bytes do not begin like a list of a version we know. */
bool packed_open(struct packed_reader *r, struct bytes list, struct packed_head *head) MUST_CHECK;
/* 1 and *ITEM, 0 at the end, -1 if the bytes are broken. */
int packed_next(struct packed_reader *r, struct packed_item *item) MUST_CHECK;

#endif
