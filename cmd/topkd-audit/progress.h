/* topkd-audit/progress.h - what a person is told while the audit works.
 * On a terminal one line is written over and over; elsewhere a line comes now and then.   Threads: one owner. */
#ifndef TOPKD_AUDIT_PROGRESS_H
#define TOPKD_AUDIT_PROGRESS_H

#include <stdio.h>

#include "base/base.h"
#include "base/clock.h"

/* Elsewhere the first line comes after PROGRESS_FIRST_MS, so that what is quick stays quiet. */
enum { PROGRESS_TERMINAL_MS = 200, PROGRESS_FIRST_MS = 2000, PROGRESS_LINE_MS = 10000, PROGRESS_COLUMNS = 78 };

struct progress {
    const struct clock *clock; /* borrowed */
    FILE *to;                  /* borrowed */
    bool terminal;
    int64_t next_ms; /* monotonic: nothing is written before */
    bool on_line;    /* the terminal's line holds something */
};

void progress_init(struct progress *p, const struct clock *clock, FILE *to, bool terminal);
/* Would a line be written now? For callers whose text costs something. */
bool progress_is_due(const struct progress *p);
/* Writes one line (a terminal's is cut at PROGRESS_COLUMNS), or nothing if the last one was just now. */
void progress_say(struct progress *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Leaves a terminal's line empty. Other parts may write to it again. */
void progress_clear(struct progress *p);

#endif
