/* source/kafka_events.h - the events of a member that were not handed out yet, oldest first.
 * Threads: none of its own; the member's. */
#ifndef TOPKD_SOURCE_KAFKA_EVENTS_H
#define TOPKD_SOURCE_KAFKA_EVENTS_H

#include "source/source.h"

struct kafka_event { /* an event on its way to poll */
    struct kafka_event *next;
    struct source_event ev;
    void *owned; /* the array that ev points to */
};

/* Takes OWNED, which holds N things. The caller sets the pointer in ev. */
struct kafka_event *kafka_event_create(enum source_event_type type, void *owned, size_t n);
void kafka_event_destroy(struct kafka_event *k); /* NULL is allowed */

struct kafka_events {
    struct kafka_event *first, **tail;
};

void kafka_events_init(struct kafka_events *q);
void kafka_events_deinit(struct kafka_events *q);
static inline bool kafka_events_wait(const struct kafka_events *q) { return q->first != NULL; }
/* Behind those that wait. Takes K. */
void kafka_events_push(struct kafka_events *q, struct kafka_event *k);
/* The oldest; the caller owns it. NULL: none waits. */
struct kafka_event *kafka_events_take(struct kafka_events *q);
/* Forgets those that speak of positions: the assignment that they mean is over. */
void kafka_events_drop_positions(struct kafka_events *q);

#endif
