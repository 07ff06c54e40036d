/* base/findings.h - what a check found out: a line each, printed at once, since the next one may take seconds.
 * The text of a problem reads "expected X, got Y: do Z".   Threads: one owner. */
#ifndef TOPKD_BASE_FINDINGS_H
#define TOPKD_BASE_FINDINGS_H

#include <stdio.h>

#include "base/base.h"

enum finding { FINDING_GOOD, FINDING_WARNING, FINDING_PROBLEM };

struct findings {
    FILE *out; /* borrowed */
    unsigned warnings_n, problems_n;
};

/* "problem  kafka     expected ..., got ...: ...\n"; ABOUT: settings, kafka, redis. */
void findings_add(struct findings *f, enum finding kind, const char *about, const char *fmt, ...) PRINTF_LIKE(4, 5);

#endif
