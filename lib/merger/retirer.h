/* merger/retirer.h - retires the rows of partitions that are no longer there (rule 24).
 * A topic made again with fewer partitions would leave its lists unfinished for ever. Metadata may be wrong for a
 * while. So a row is retired only when two things have been true for RETIRE_AFTER_MS: the topic has fewer partitions
 * (or is not read, or was deleted and was read because of a pattern), and the row says the same. What its partition may
 * have touched is not vouched for from then on. Should the partition come back, it joins the board anew.
 * Threads: the merger's.   Ownership: borrows the hub. */
#ifndef TOPKD_MERGER_RETIRER_H
#define TOPKD_MERGER_RETIRER_H

#include "hub/hub.h"

enum { RETIRE_AFTER_MS = 120000 }; /* a dozen refreshes of the metadata */

struct retirer;

struct retirer *retirer_create(struct hub *hub);
void retirer_destroy(struct retirer *r);
/* Looks at all ROWS and retires those that are due; TOPICS as they are now. Returns a store_status. */
int retirer_look(struct retirer *r, struct store store, const struct topics_view *topics,
                 const struct store_progress *rows, struct err *e);

#endif
