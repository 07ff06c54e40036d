/* loadgen/replay.h - the lines of an NDJSON file, gzipped or not, with their event time.
 * A line comes out byte by byte as it is in the file, without the line end, or with its time rewritten.
 * Threads: one owner. */
#ifndef TOPKD_LOADGEN_REPLAY_H
#define TOPKD_LOADGEN_REPLAY_H

#include "base/buf.h"
#include "base/err.h"

enum { REPLAY_LINE_BYTES_MAX = 900000 }; /* what fits into a message under Kafka's default limit */

struct replay_line {
    struct bytes text;       /* valid until the next call */
    struct bytes time_value; /* where in text the time stands; n == 0: nowhere, or unreadable */
    int64_t time_ms;         /* without one: that of the line before, 0 at the start */
};

struct replay;

/* TIME_FIELD is borrowed. */
int replay_open(const char *path, const char *time_field, struct replay **out, struct err *e) MUST_CHECK;
void replay_close(struct replay *r);
/* 1 and the next line that is not blank, 0 at the end, ERR_IO, or ERR_INVALID for a line that is too long. */
int replay_next(struct replay *r, struct replay_line *out, struct err *e) MUST_CHECK;
/* Writes LINE to OUT (cleared first) with TIME_MS as its time: in the unit that it had, or ms if it was no integer. */
void replay_rewrite(const struct replay_line *line, int64_t time_ms, struct buf *out);

#endif
