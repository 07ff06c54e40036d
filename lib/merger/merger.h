/* merger/merger.h - turns contributions into lists for the shards that this process works (rules 13 to 18).
 * Threads: one; a store of its own.   Two mergers of one shard at once are harmless. */
#ifndef TOPKD_MERGER_MERGER_H
#define TOPKD_MERGER_MERGER_H

#include "hub/hub.h"

struct merger;

struct merger *merger_create(struct hub *hub, struct store store); /* borrows both */
void merger_destroy(struct merger *m);
/* One round over the shards of this process. Returns how long to rest before the next, in ms. */
int merger_step(struct merger *m);
/* How often to look: max(20 ms, PUBLISH_INTERVAL / 10). */
int merger_interval_ms(const struct merger *m);

#endif
