/* topkd-audit/reading.h - the whole log through the recount: every partition's own clock, and how far back the log
 * can tell.
 * Threads: one owner. */
#ifndef TOPKD_AUDIT_READING_H
#define TOPKD_AUDIT_READING_H

#include "kafka_log.h"
#include "progress.h"
#include "recount.h"

struct reading {
    struct recount *recount;
    const struct span *spans; /* borrowed from the log */
    struct track *tracks;     /* one a span; owned */
    size_t n;
    /* Minutes up to here may hold events of records that are not in the log any more, or that lie before where a
     * partition was told to begin: nobody can recount them. INT64_MIN: none. */
    int64_t unknowable_until;
    struct progress *progress; /* borrowed: how much is read is told there */
    uint64_t seen, of;         /* private: records so far, and about how many there are */
};

int reading_run(struct reading *r, struct kafka_log *log, struct recount *recount, struct err *e) MUST_CHECK;
void reading_deinit(struct reading *r); /* zero-initialised is empty */
/* Lists of minutes above this may still change for good reasons: ENDS_NOW says which partitions grew since, and their
 * minutes were not sealed. INT64_MAX: none grew. */
int64_t reading_settled_until(const struct reading *r, const struct config *c, const int64_t *ends_now);

#endif
