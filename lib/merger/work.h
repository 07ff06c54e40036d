/* merger/work.h - from what Redis holds of a list to what is written of it: judged and merged, no request made.
 * Threads: none, one owner.   Ownership: a work points into the hash it was made of. */
#ifndef TOPKD_MERGER_WORK_H
#define TOPKD_MERGER_WORK_H

#include "hub/hub.h"
#include "list/merge.h"
#include "protocol/judge.h"

/* Adds the partitions of the topics that are read, as metadata and progress rows know them; a topic of which no
 * partition is known, as such. */
void merge_sources(const struct hub *hub, const struct store_progress *progress, struct progress *out);
/* Is SOURCE a partition of a topic that is read, beyond those that the metadata know? */
bool merge_source_is_gone(const struct hub *hub, const char *source);

struct merge_work {
    struct list_part *parts; /* owned */
    size_t parts_n;
    struct merged merged;
    struct buf packed;           /* the merged list, LIST_SIZE deep */
    struct store_list_item *top; /* the same as items; owned */
    enum list_state state;
    bool mergeable; /* false: a contribution is broken; nothing is written */
};

/* Judge the parts of H and merge those that count. */
void merge_work_make(const struct hub *hub, struct progress *sources, const struct store_hash *h,
                     struct merge_work *out);
void merge_work_deinit(struct merge_work *w);

/* The list to write; borrows H and W. */
struct store_list merge_work_list(const struct hub *hub, const struct store_hash *h, const struct merge_work *w,
                                  int64_t log_time_ms);

#endif
