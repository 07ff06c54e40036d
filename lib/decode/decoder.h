/* decode/decoder.h - from the bytes of a Kafka message to judged events.
 * Use when: a message came in.   Not for: time decisions (future, late): the partition makes them.
 * A message is decoded wholly before anything is applied. A decoder remembers how producers write their events, so one
 * decoder should see many messages.
 * Threads: one owner.   Memory: fixed. Once the batch is warm a message allocates nothing, except inside jansson. */
#ifndef TOPKD_DECODE_DECODER_H
#define TOPKD_DECODE_DECODER_H

#include "event/event.h"

struct decoder;

/* A decoder for RULES, which are copied. The names and weights in them are borrowed: they must not change while the
 * decoder lives. */
struct decoder *decoder_create(const struct event_rules *rules);
void decoder_destroy(struct decoder *d); /* NULL is allowed */

/* Decodes MESSAGE into OUT, whose former events are forgotten. There is at least one event, except for a message that
 * is an empty array: none. Never fails: what is wrong stands in the outcomes. OUT's texts point into MESSAGE.
 *   message.p == NULL   is a tombstone
 *   message.n == 0      is MALFORMED
 *   RECORD_TIME_MS      stands in for an absent time; negative: the record has none, and such an event is BAD_TIME */
void decoder_decode(struct decoder *d, struct bytes message, int64_t record_time_ms, struct event_batch *out);

#endif
