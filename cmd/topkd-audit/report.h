/* topkd-audit/report.h - what people read, and what programs read.   Threads: one. */
#ifndef TOPKD_AUDIT_REPORT_H
#define TOPKD_AUDIT_REPORT_H

#include "faults.h"

struct report {
    const struct summary_input *in;
    const struct summary *summary;
    const struct recount *recount;
    const struct faults *faults;
    int64_t read_ms, compare_ms;
};

void report_table(const struct report *r, struct buf *out);
void report_json(const struct report *r, struct buf *out);
/* The last line: `verdict: exact - 312 lists of 24 locations, 1 204 331 events, every count equal`, and
 * the events that are not applied, where any is rejected. */
void report_verdict(const struct report *r, struct buf *out);
const char *report_verdict_word(const struct report *r);
/* The JSON of a run that did not get far enough for a report. */
void report_json_unfinished(const char *why, struct buf *out);

size_t report_shown(const struct report *r); /* how many of the faults are shown */

#endif
