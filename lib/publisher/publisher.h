/* publisher/publisher.h - takes the consumers' copies to Redis and brings back what was answered.
 * Rules 9, 11 to 13 and 19. One step is one batch: contributions, then notes, then answers, then rows.
 * Threads: one; a store of its own. */
#ifndef TOPKD_PUBLISHER_PUBLISHER_H
#define TOPKD_PUBLISHER_PUBLISHER_H

#include "hub/hub.h"

struct publisher;

struct publisher *publisher_create(struct hub *hub, struct store store); /* borrows both */
void publisher_destroy(struct publisher *p);
/* Works one batch, waiting at most TIMEOUT_MS for it. Returns how long to rest before the next step, in ms (0: none):
 * the store is away. */
int publisher_step(struct publisher *p, int timeout_ms);

#endif
