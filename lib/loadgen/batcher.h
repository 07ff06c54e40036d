/* loadgen/batcher.h - events into messages: one each, or many as lines or as an array.
 * A message goes out when it is full, when the event clock has moved on by wait_ms since its first event, or when the
 * next event has another key. Its time is the largest clock of its events. A tombstone goes alone. So does a malformed
 * event where messages are arrays, because it would spoil its neighbours.   Threads: one owner. */
#ifndef TOPKD_LOADGEN_BATCHER_H
#define TOPKD_LOADGEN_BATCHER_H

#include "event/event.h"

enum {
    BATCHER_EVENTS_MAX = 100000,
    BATCHER_MESSAGE_BYTES = 900000 /* Kafka's default limit is 1 MB, headers included */
};

/* What a message holds, by class. */
struct tally {
    uint32_t outcomes[EVENT_OUTCOMES];
    uint32_t copies; /* of them, second copies */
};

struct message {
    struct bytes key;   /* p == NULL: none */
    struct bytes value; /* p == NULL: tombstone */
    int64_t time_ms;
    struct tally tally;
};

/* Where messages go. A message is borrowed until send returns. */
struct outlet {
    void (*send)(void *self, const struct message *m);
    void *self;
};

enum batch_shape { BATCH_LINES, BATCH_ARRAY };

struct batcher_config {
    uint32_t events; /* in a full message, 1..BATCHER_EVENTS_MAX */
    uint32_t slots;  /* messages being filled at once, >= 1; the event names its slot */
    int64_t wait_ms; /* of the event clock */
    enum batch_shape shape;
    bool random_keys; /* each message gets a key of its own, from SEED */
    uint64_t seed;
};

struct batch_event {
    struct bytes text; /* p == NULL: tombstone */
    struct bytes key;  /* p == NULL: none */
    uint32_t slot;
    int64_t clock_ms;
    enum event_outcome outcome;
    bool copy;
};

struct batcher;

struct batcher *batcher_create(const struct batcher_config *config, struct outlet outlet);
void batcher_destroy(struct batcher *b); /* what was not flushed is gone */
void batcher_add(struct batcher *b, const struct batch_event *ev);
void batcher_flush(struct batcher *b);

#endif
