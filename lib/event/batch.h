/* event/batch.h - how a decoder fills a batch (event/event.h).   Threads: one owner. */
#ifndef TOPKD_EVENT_BATCH_H
#define TOPKD_EVENT_BATCH_H

#include <assert.h>

#include "event/event.h"

/* Removes all events and texts; the memory stays. */
void event_batch_clear(struct event_batch *b);
/* Makes room for one more. */
void event_batch_grow(struct event_batch *b);

/* What holds between any two calls. */
static inline void event_batch_check(const struct event_batch *b) {
    assert(b->arena != NULL); /* else it was never made */
    assert(b->n <= b->cap);
}

/* One more event, of the bytes RAW. It is MALFORMED and has nothing read (time_ms -1) until a decoder says more.
 * Borrowed: valid until the next add. */
static inline struct event *event_batch_add(struct event_batch *b, struct bytes raw) {
    if (b->n == b->cap) event_batch_grow(b);
    struct event *ev = &b->events[b->n++];
    *ev = (struct event){.outcome = EVENT_MALFORMED, .time_ms = -1, .raw = raw};
    return ev;
}

#endif
