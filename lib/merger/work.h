/* merger/work.h - from what Redis holds of a list to what is written of it: judged and merged, no request made.
 * Threads: none, one owner.   Ownership: a work points into the hash it was made of. */
#ifndef TOPKD_MERGER_WORK_H
#define TOPKD_MERGER_WORK_H

#include "list/merge.h"
#include "protocol/judge.h"
#include "store/store.h"

/* Zero-initialised: nothing was made. */
struct work {
    struct list_part *parts; /* owned; judged, in the order of the hash */
    size_t parts_n;
    struct merged merged;
    struct buf packed;           /* the merged list, LIST_SIZE deep */
    struct store_list_item *top; /* the same as items; owned */
    enum list_state state;
};

/* Judges the parts of H and merges those that count. False if one of them is broken: there is no list then. */
bool work_make(const struct delivery_rules *rules, struct progress *progress, const struct store_hash *h,
               struct work *out) MUST_CHECK;
void work_deinit(struct work *w);

/* The list of K items to write, but for what the rows say; borrows H and W. */
struct store_list work_list(size_t k, const struct store_hash *h, const struct work *w);

#endif
