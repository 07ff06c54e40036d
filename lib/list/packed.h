/* list/packed.h - a ranked list as bytes: what a partition contributes, and what a merged list is kept as.
 *
 *   byte    version, 1
 *   byte    flags: bit 0 is set if counts are exact
 *   varint  total: all weight of the bucket
 *   varint  absent_upper: no item that is not listed weighs more
 *   varint  n, how many items there are
 *   varint  count of the first item, 0 if there is none
 *   n times, in list_order (list/heaviest.h):
 *     varint  how much less it counts than the item before, 0 for the first
 *     varint  count - lower   } unless counts
 *     varint  upper - count   } are exact
 *     varint  length of the item
 *     bytes   the item
 *
 * Varints are unsigned LEB128.   Threads: none.   Ownership: a reader borrows the bytes; items point into them. */
#ifndef TOPKD_LIST_PACKED_H
#define TOPKD_LIST_PACKED_H

#include "base/base.h"
#include "base/buf.h"

struct packed_head {
    bool exact; /* counts are the truth: lower = count = upper, not stored */
    uint64_t total, absent_upper;
    uint64_t items_n;
};

struct packed_item {
    struct bytes item;
    uint64_t count, lower, upper; /* lower <= count <= upper */
};

/* Append a list. ITEMS must be in list_order (list/heaviest.h). */
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
