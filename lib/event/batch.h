/* event/batch.h - how a decoder fills a batch (event/event.h).   Threads: one owner. */
#ifndef TOPKD_EVENT_BATCH_H
#define TOPKD_EVENT_BATCH_H

#include "event/event.h"

/* No events and no texts; the memory stays. */
void event_batch_clear(struct event_batch *b);
/* Room for one more. */
void event_batch_grow(struct event_batch *b);

/* One more event, of the bytes RAW: MALFORMED and without anything read (time_ms -1) until a decoder says more.
 * Borrowed: valid until the next add. */
static inline struct event *event_batch_add(struct event_batch *b, struct bytes raw) {
    if (b->n == b->cap) event_batch_grow(b);
    struct event *ev = &b->events[b->n++];
    *ev = (struct event){.outcome = EVENT_MALFORMED, .time_ms = -1, .raw = raw};
    return ev;
}

#endif
