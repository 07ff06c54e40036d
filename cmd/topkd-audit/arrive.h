/* topkd-audit/arrive.h - waiting until the workers have said all that they can say of the log as it was read.
 * Threads: one. */
#ifndef TOPKD_AUDIT_ARRIVE_H
#define TOPKD_AUDIT_ARRIVE_H

#include "plan.h"
#include "progress.h"
#include "reading.h"

struct arrival {
    const struct config *config;
    struct kafka_log *log;
    const struct reading *reading;
    const struct tally *tally;
    const struct served *served;
    int64_t from, to;
    bool open_is_fine;
    struct progress *progress; /* it tells what is waited for */
};

/* What was found; filled in also when nobody waited. */
struct arrived {
    uint64_t behind;   /* records between what the group committed and the end that was read */
    bool any_commit;   /* the group committed some partition */
    bool settled;      /* nothing was awaited any more, and nothing moved */
    char awaited[256]; /* what the last look was waiting for */
};

/* Returns when everything is there or WAIT_MS are over (0: looks once at the commits). */
int arrive_wait(const struct arrival *a, int64_t wait_ms, struct arrived *out, struct err *e) MUST_CHECK;

#endif
