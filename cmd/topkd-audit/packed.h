/* topkd-audit/packed.h - the audit's own reader of a merged list, format 1.
 *   byte     version, 1
 *   byte     flags; bit 0: every count is exact, so that no bounds follow
 *   varints  total, absent_upper, n, first count
 *   then n items, the highest count first; of equal counts the larger bytes first:
 *     varint   previous count - count; 0 for the first item
 *     varints  count - lower, upper - count; absent when every count is exact
 *     varint   length, and as many bytes: the item
 * Threads: one owner. */
#ifndef TOPKD_AUDIT_PACKED_H
#define TOPKD_AUDIT_PACKED_H

#include "base/base.h"

struct packed_item {
    struct bytes item; /* inside the bytes that were read */
    uint64_t count, lower, upper;
};

struct packed {
    bool exact;
    uint64_t total;            /* weight of the whole list */
    uint64_t absent_upper;     /* no item that is not listed has more */
    struct packed_item *items; /* owned; kept from read to read */
    size_t n, cap;
};

void packed_deinit(struct packed *p); /* zero-initialised is empty */
/* False if BYTES are not exactly one well-formed list in its order; WHY is then a constant text. */
bool packed_read(struct packed *p, struct bytes bytes, const char **why) MUST_CHECK;

#endif
