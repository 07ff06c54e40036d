/* topkd-audit/audit.h - one audit from the first look at the log to the report.   Threads: one. */
#ifndef TOPKD_AUDIT_AUDIT_H
#define TOPKD_AUDIT_AUDIT_H

#include "config/config.h"
#include "options.h"

/* Writes the report to OUT. 0: the verdict is good; ERR_REFUSED: it is not (OUT says why); ERR_INVALID: the settings do
 * not fit what is there; else it could not finish, *E says why. */
int audit_run(const struct config *c, const struct options *o, struct buf *out, struct err *e) MUST_CHECK;

#endif
