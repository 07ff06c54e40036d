/* worker/state_line.h - one line of log a minute that says what the worker does, so that silence is never all there is:
 *   event=working events=812345 rate=13539 rejected=12 lists=5400 lag=0 lag_s=0.0 partitions=8
 * Counts are of the time since the line before; lag is the sum over partitions, lag_s the largest.
 * Threads: one owner.   Ownership: borrows the hub. */
#ifndef TOPKD_WORKER_STATE_LINE_H
#define TOPKD_WORKER_STATE_LINE_H

#include "hub/hub.h"

enum { STATE_LINE_MS = 60000 };

struct state_line;

struct state_line *state_line_create(struct hub *hub);
void state_line_destroy(struct state_line *s); /* NULL is allowed */
/* Writes the line if it is due. */
void state_line_look(struct state_line *s);

#endif
