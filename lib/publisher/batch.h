/* publisher/batch.h - the order in which the publisher works what it took.
 * It goes list by list. So all parts of a list that this process has travel in one call, whoever counted them.
 * Threads: none.   Ownership: lists of mails come in and go out, nothing is made or freed. */
#ifndef TOPKD_PUBLISHER_BATCH_H
#define TOPKD_PUBLISHER_BATCH_H

#include "hub/mail.h"

/* TAKEN in the order of work: copies by minute and location, of one partition the newer last; behind them everything
 * else, as it came. */
struct mail *batch_order(struct mail *taken);
/* Cuts the first mails off *BATCH, which is in order: at most BYTES_MAX of them, but never less than one list. */
struct mail *batch_cut(struct mail **batch, size_t bytes_max);
/* Do both belong to the same list? */
bool batch_same_list(const struct mail *a, const struct mail *b);
/* Is it as batch_order leaves it? Looks at every mail. */
bool batch_is_in_order(const struct mail *batch);

#endif
