/* decode/decoder.h - from the bytes of a Kafka message to judged events.
 * Use when: a message came in.   Not for: time decisions (future, late): the partition makes them.
 * A message is decoded wholly before anything is applied. A decoder remembers how producers write their events, so one
 * decoder should see many messages.
 * Threads: one owner.   Memory: fixed. Once the batch is warm a message allocates nothing, except inside jansson. */
#ifndef TOPKD_DECODE_DECODER_H
#define TOPKD_DECODE_DECODER_H

#include "event/event.h"

struct decoder;

/* A record of the log. Everything is borrowed. */
struct message {
    struct bytes value; /* p == NULL: a tombstone */
    struct bytes key;   /* p == NULL: none */
    const char *topic;
    int64_t time_ms; /* stands in for an absent time; negative: there is none, and such an event is BAD_TIME */
    /* The message's last header of that NAME, valid until the message goes; p == NULL: it has none. May be NULL, then
     * there are no headers. */
    struct bytes (*header)(void *self, const char *name);
    void *self; /* of header */
};

/* A decoder for RULES, which are copied. What they point to is borrowed: it must not change while the decoder lives. */
struct decoder *decoder_create(const struct event_rules *rules);
void decoder_destroy(struct decoder *d); /* NULL is allowed */

/* Decodes M into OUT, whose former events are forgotten. There is at least one event, except for an array without
 * elements: none. Never fails: what is wrong stands in the outcomes. OUT's texts point into the message or lie in OUT,
 * where they stay until the next call. */
void decoder_decode(struct decoder *d, const struct message *m, struct event_batch *out);

#endif
