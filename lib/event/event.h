/* event/event.h - what an event is, by which rules it counts, and what becomes of it.
 * Use when: events are decoded, applied or reported.   Not for: how events are written (decode/).
 * Threads: one batch, one owner; rules are const and may be shared. */
#ifndef TOPKD_EVENT_EVENT_H
#define TOPKD_EVENT_EVENT_H

#include "base/base.h"
#include "event/weights.h"
#include "event/zone.h"

enum {
    EVENT_ITEM_BYTES_MAX = 256,
    EVENT_LOCATION_BYTES_MAX = 64,
    EVENT_TYPE_BYTES_MAX = WEIGHT_TYPE_BYTES_MAX,
    EVENT_ID_BYTES_MAX = 256
};

/* What is looked for in an event, and judged. The user is not yet. */
enum event_field {
    EVENT_FIELD_ITEM,
    EVENT_FIELD_LOCATION,
    EVENT_FIELD_TIME,
    EVENT_FIELD_TYPE,
    EVENT_FIELD_VALUE,
    EVENT_FIELD_ID,
    EVENT_FIELDS
};

/* What becomes of an event. Several may hold: the first in this order counts. APPLIED holds when nothing else does. */
enum event_outcome {
    EVENT_APPLIED,
    EVENT_TOMBSTONE,
    EVENT_MALFORMED,
    EVENT_FRAMED,    /* it begins with byte 0 and is no JSON: Avro, Protobuf or UTF-16 */
    EVENT_NO_EVENTS, /* a wrapper in which no events stand at EVENTS_AT */
    EVENT_NO_ITEM,
    EVENT_BAD_ITEM,
    EVENT_NO_LOCATION,
    EVENT_BAD_LOCATION,
    EVENT_BAD_TIME,
    EVENT_BAD_TYPE,
    EVENT_BAD_VALUE,
    EVENT_WEIGHTLESS,
    EVENT_FUTURE, /* the partition decides this and what follows */
    EVENT_LATE,
    EVENT_DUPLICATE,      /* its id was seen a little while ago */
    EVENT_MANY_LOCATIONS, /* counted in the all-locations list, not in its own */
    EVENT_OUTCOMES
};

/* "applied", "no_item", ...: the metric's label and the dead letter's topkd.reason. */
const char *event_outcome_name(enum event_outcome o);
/* Everything but applied, tombstone, weightless and duplicate goes to the dead letters. */
bool event_outcome_rejected(enum event_outcome o);

struct event {
    struct bytes item;     /* 1..256 bytes */
    struct bytes location; /* 1..64 bytes; p == NULL: counted in the global list only */
    int64_t time_ms;       /* unix ms; set whenever it could be read, also when WEIGHTLESS; else -1 */
    uint32_t weight;       /* > 0 when APPLIED */
    enum event_outcome outcome;
    uint64_t id_hash; /* of its id; 0: it has none */
    /* The bytes of this one event: the whole message, the array's element, or the line without its line end. */
    struct bytes raw;
};

/* Everything in it is borrowed. */
struct event_rules {
    const char *fields[EVENT_FIELDS]; /* where each stands, as FIELD_* says it; NULL or "": there is no such field */
    const char *events_at;            /* JSON pointer to the events in a wrapper; NULL or "": there is none */
    const struct weights *weights;
    const struct time_zone *zone; /* of texts that say none */
    bool has_global;              /* false: an event without location is NO_LOCATION */
    bool adds_value;              /* somebody adds up the values, so they are judged */
};

/* The events of one message. A batch keeps the memory that it once needed, so one batch should serve many messages. */
struct event_batch {
    /* Owned; valid until the next message is decoded. Texts point into the message or into the batch's own arena. */
    struct event *events;
    size_t n;
    /* private from here on */
    size_t cap;
    struct event_arena *arena; /* owned */
};

void event_batch_init(struct event_batch *b);
void event_batch_deinit(struct event_batch *b);

#endif
