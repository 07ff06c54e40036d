/* loadgen/badevent.h - events that break one rule each, in the vocabulary of event/event.h.
 * Threads: any; the buffer is the caller's. */
#ifndef TOPKD_LOADGEN_BADEVENT_H
#define TOPKD_LOADGEN_BADEVENT_H

#include "base/buf.h"
#include "event/event.h"

/* The parts of the good event that it would have been, as JSON values. */
struct badevent_parts {
    const char *item, *location, *time, *user;
};

/* Sets of outcomes, one bit each. Those of DEFAULT break a rule under any configuration of the worker. The others do
 * not: NO_LOCATION is an applied event where there is a global list, BAD_TYPE where WEIGHTS tells no types apart, and
 * WEIGHTLESS (its type is "weightless") where WEIGHTS gives that type a weight. */
enum {
    BADEVENT_ALL = 1u << EVENT_TOMBSTONE | 1u << EVENT_MALFORMED | 1u << EVENT_NO_ITEM | 1u << EVENT_BAD_ITEM |
                   1u << EVENT_NO_LOCATION | 1u << EVENT_BAD_LOCATION | 1u << EVENT_BAD_TIME | 1u << EVENT_BAD_TYPE |
                   1u << EVENT_WEIGHTLESS,
    BADEVENT_DEFAULT = BADEVENT_ALL & ~(1u << EVENT_NO_LOCATION | 1u << EVENT_BAD_TYPE | 1u << EVENT_WEIGHTLESS),
};

/* A comma list of outcome names, or "all". */
bool badevent_parse(const char *text, uint32_t *set) MUST_CHECK;

/* Appends an event of class O to OUT. O is in BADEVENT_ALL, but not TOMBSTONE, which has no text. Each class has a few
 * variants, and VARIANT counts through them. */
void badevent_write(enum event_outcome o, uint64_t variant, const struct badevent_parts *parts, struct buf *out);

#endif
