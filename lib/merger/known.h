/* merger/known.h - the progress of all partitions that have a say in lists.
 * They are those of the topics that are read, as their metadata know them, and those that have a row.
 * Threads: none.   Ownership: borrows for the call; names are copied. */
#ifndef TOPKD_MERGER_KNOWN_H
#define TOPKD_MERGER_KNOWN_H

#include "hub/topics.h"
#include "protocol/progress.h"
#include "store/store.h"

/* Adds them all to OUT, with what ROWS say of them; a topic of which no partition is known, as such, and so topics that
 * nobody has heard of yet. */
void known_progress(const struct topics_view *topics, const struct store_progress *rows, struct progress *out);

#endif
