/* merger/topics.h - which partitions have a say in lists.
 * They are those of the topics that are read, as their metadata know them, and those that have a row.
 * Threads: the merger's.   Ownership: borrows the hub for the call. */
#ifndef TOPKD_MERGER_TOPICS_H
#define TOPKD_MERGER_TOPICS_H

#include "hub/hub.h"
#include "protocol/progress.h"

/* Adds them all to OUT with what ROWS say of them; a topic of which no partition is known, as such. */
void topics_progress(const struct hub *hub, const struct store_progress *rows, struct progress *out);
/* Is this partition none of those that the metadata know? False while its topic is read and has no known partition. */
bool topics_lack(const struct hub *hub, const char *partition_name);
/* A hash of how many partitions the topics have. */
uint64_t topics_sizes(const struct hub *hub);

#endif
