/* worker/worker.h - the threads of one topkd process: N consumers, a publisher, a merger.
 * Threads: worker_run and worker_end are called once, by main; the probes by any thread.
 * Ownership: borrows everything in the parts. */
#ifndef TOPKD_WORKER_WORKER_H
#define TOPKD_WORKER_WORKER_H

#include "base/clock.h"
#include "base/err.h"
#include "base/metrics.h"
#include "source/kafka.h"

struct config;
struct worker;

int worker_create(const struct config *c, const struct clock *clock, struct metrics *m, struct kafka_shared *kafka,
                  struct worker **out, struct err *e) MUST_CHECK;
void worker_destroy(struct worker *w);

/* Runs until asked to stop, finished (EXIT_AT_END) or failed. */
void worker_run(struct worker *w);
/* Says the last words, leaves the group, ends the threads. Returns the exit code: 0 if everything was stored and
 * committed, 1 if not, 2 if the configuration of the other side forbids to go on. WHY names cause and remedy of what is
 * not 0. It asks for no more than SHUTDOWN_TIMEOUT, but a library may hang: who must keep the time has to be ready to
 * end the process. */
int worker_end(struct worker *w, char why[WHY_MAX]);
/* Asks it to stop: from a signal's thread.   Threads: any. */
void worker_stop(struct worker *w);

bool worker_healthy(void *self, char why[WHY_MAX]); /* the loops turned within the last ten seconds */
bool worker_ready(void *self, char why[WHY_MAX]);   /* in the group, at its frontier, and work gets done */
void worker_show(void *self);                       /* refreshes the gauges of the whole process */

#endif
