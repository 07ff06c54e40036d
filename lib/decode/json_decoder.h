/* decode/json_decoder.h - a JSON message: one object, an array of objects, or objects on lines.
 * Use when: decoder.c or a test has a message that is JSON.   Not for: tombstones, which hold no JSON.
 * Threads: one owner.   Memory: fixed; names and weights of the rules are borrowed. */
#ifndef TOPKD_DECODE_JSON_DECODER_H
#define TOPKD_DECODE_JSON_DECODER_H

#include "decode/json_object.h"
#include "event/event.h"

struct json_decoder {
    struct event_rules rules;
    struct json_names names; /* of these rules */
};

/* RULES are copied, what they point to is borrowed. */
void json_decoder_init(struct json_decoder *d, const struct event_rules *rules);
/* Adds the events of MESSAGE to OUT, which is empty (decode/decoder.h says what they are). */
void json_decoder_decode(struct json_decoder *d, struct bytes message, int64_t record_time_ms, struct event_batch *out);
/* The same without the fast path. Use when: a test compares the two. */
void json_decoder_decode_by_jansson(const struct json_decoder *d, struct bytes message, int64_t record_time_ms,
                                    struct event_batch *out);

#endif
