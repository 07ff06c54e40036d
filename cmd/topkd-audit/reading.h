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
    /* Nobody can recount the minutes up to here. They may hold events of records that the log no longer has, or that
     * lie before the offset at which a partition was told to begin. Where events have ids, records that are gone may
     * make later ones duplicates, for DEDUP. INT64_MIN: there are no such minutes. */
    int64_t unknowable_until;
    struct progress *progress;          /* borrowed; it tells how much is read */
    uint64_t records_read, records_all; /* private; of all only about how many */
};

int reading_run(struct reading *r, struct kafka_log *log, struct recount *recount, struct err *e) MUST_CHECK;
void reading_deinit(struct reading *r); /* zero-initialised is empty */
/* Lists of minutes above this may still change for a good reason. ENDS_NOW tells which partitions have grown since, and
 * the minutes above were not sealed in all of these. INT64_MAX: none has grown. */
int64_t reading_settled_until(const struct reading *r, const struct config *c, const int64_t *ends_now);

#endif
