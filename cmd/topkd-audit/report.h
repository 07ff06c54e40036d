/* report.h - what people read, and what programs read.   Threads: one. */
#ifndef TOPKD_AUDIT_REPORT_H
#define TOPKD_AUDIT_REPORT_H

#include "summary.h"

struct report {
    const struct summary_input *in;
    const struct summary *summary;
    const struct recount *recount;
    int64_t read_ms, compare_ms;
};

void report_table(const struct report *r, struct buf *out);
void report_json(const struct report *r, struct buf *out);
/* The last line: `verdict: exact - 312 lists of 24 locations, 1 204 331 events, every count equal`. */
void report_verdict(const struct report *r, struct buf *out);
const char *report_verdict_word(const struct report *r);
/* The JSON of a run that did not get far enough for a report. */
void report_json_unfinished(const char *why, struct buf *out);

/* Calls SHOW with the faulty lists, at most options->show of them. */
void report_each_fault(const struct report *r, void (*show)(void *self, const struct entry *e, const char *what),
                       void *self);

#endif
