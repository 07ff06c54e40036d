/* topkd-loadgen/drive.h - makes each event when it is due and hands it to the batcher. */
#ifndef TOPKD_LOADGEN_DRIVE_H
#define TOPKD_LOADGEN_DRIVE_H

#include "base/clock.h"
#include "sink.h"

struct drive {
    const struct options *options;
    const struct clock *clock;
    struct sink *sink;
    const struct totals *totals;
    struct batcher *batcher;
    int64_t started_ms;  /* mono */
    int64_t deadline_ms; /* mono; INT64_MAX: none */
    int64_t stats_ms;    /* mono: the next line of progress */
    uint64_t events;     /* handed to the batcher */
};

/* Both end when all events are made, at the deadline, at a signal, or when the sink has failed. The last batch is out
 * then. */
void drive_traffic(struct drive *d);
int drive_replay(struct drive *d, struct err *e) MUST_CHECK;

/* To be called between two portions of events: serves the sink and logs the progress. False: stop. */
bool drive_on(struct drive *d);
/* Waits up to MS, in which no event is due. Messages that would wait too long for their next event go out. */
void drive_pause(struct drive *d, int64_t ms);

#endif
