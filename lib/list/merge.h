/* list/merge.h - several packed lists of one (location, minute) become one: counts add up, and so do the bounds.
 * An item that a part does not list may still weigh up to that part's absent_upper.   Threads: none. */
#ifndef TOPKD_LIST_MERGE_H
#define TOPKD_LIST_MERGE_H

#include "list/packed.h"

struct merged {
    struct packed_head head;
    struct packed_item *items; /* owned; in list_order; texts point into the parts */
};

/* Merge N lists, the DEPTH heaviest items are kept. False if one of them is broken or contradicts
 * itself (*OUT is empty then). */
bool merge_lists(const struct bytes *lists, size_t n, size_t depth, struct merged *out) MUST_CHECK;
void merged_deinit(struct merged *m);

#endif
