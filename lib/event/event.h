/* event/event.h - from the bytes of a Kafka message to judged events.
 * Use when: a message came in.   Not for: time decisions (future, late): the partition makes them.
 * Threads: one batch, one owner; rules are const and shared.   Memory: a batch keeps what it once needed, and how the
 * last objects were written, so one batch should see many messages; no allocation a message once it is warm, except
 * inside jansson. A message is one object, an array of objects, or objects on lines.
 * It is decoded wholly before anything is applied. */
#ifndef TOPKD_EVENT_EVENT_H
#define TOPKD_EVENT_EVENT_H

#include "base/base.h"
#include "event/weights.h"

enum { EVENT_ITEM_BYTES_MAX = 256, EVENT_LOCATION_BYTES_MAX = 64, EVENT_TYPE_BYTES_MAX = 64 };

/* What becomes of an event: the first that holds, in this order (APPLIED holds when nothing else does). */
enum event_outcome {
    EVENT_APPLIED,
    EVENT_TOMBSTONE,
    EVENT_MALFORMED,
    EVENT_NO_ITEM,
    EVENT_BAD_ITEM,
    EVENT_NO_LOCATION,
    EVENT_BAD_LOCATION,
    EVENT_BAD_TIME,
    EVENT_BAD_TYPE,
    EVENT_BAD_VALUE,
    EVENT_WEIGHTLESS,
    EVENT_FUTURE, /* this and what follows is decided by the partition */
    EVENT_LATE,
    EVENT_MANY_LOCATIONS, /* counted in the all-locations list, not in its own */
    EVENT_OUTCOMES
};

/* "applied", "no_item", ...: the metric's label and the dead letter's topkd.reason. */
const char *event_outcome_name(enum event_outcome o);
/* Everything but applied, tombstone and weightless goes to the dead letters. */
bool event_outcome_rejected(enum event_outcome o);

struct event {
    struct bytes item;     /* 1..256 bytes */
    struct bytes location; /* 1..64 bytes; p == NULL: counted in the global list only */
    int64_t time_ms;       /* unix ms; set whenever it could be read, also when WEIGHTLESS; else -1 */
    uint32_t weight;       /* > 0 when APPLIED */
    enum event_outcome outcome;
    struct bytes
        raw; /* the bytes of this one event: the whole message, the array's element, or the line without its line end */
};

/* Borrowed configuration; strings stay the caller's. A batch knows a name again by its address, so what is written at
 * the address of a name must stay the same as long as a batch lives that saw it. */
struct event_rules {
    const char *field_item, *field_location, *field_type, *field_time, *field_user, *field_value;
    const struct weights *weights;
    bool has_global; /* false: an event without location is NO_LOCATION */
};

struct event_batch {
    struct event
        *events; /* owned; valid until the next decode; texts point into the message or the batch's own arena */
    size_t n;
    /* private from here on */
    size_t cap;
    struct event_arena *arena;
    struct event_names *names;
};

void event_batch_init(struct event_batch *b);
void event_batch_deinit(struct event_batch *b);

/* Decode the message P[0..N) into B (at least one event, except for a message that is an empty array: none).
 * P == NULL is a tombstone; N == 0 is MALFORMED. RECORD_TIME_MS stands in for an absent time (negative: the record has
 * none, the event is BAD_TIME). Never fails: what is wrong is in the outcomes. P must stay valid while B is used. */
void event_decode(const struct event_rules *r, const char *p, size_t n, int64_t record_time_ms, struct event_batch *b);

#endif
