/* Messages as producers send them and as nobody should, from a seed: the same seed, the same messages. */
#ifndef TOPKD_TESTS_UNIT_DECODE_DECODE_RANDOM_H
#define TOPKD_TESTS_UNIT_DECODE_DECODE_RANDOM_H

#include "base/buf.h"

struct event_random {
    uint64_t state; /* the seed, at first; any but 0 */
};

uint32_t event_random_below(struct event_random *r, uint32_t below);
/* A well-formed message, added to OUT: one object, an array or lines; keys in any order, with white space or without,
 * with foreign fields of all kinds, ids as strings and numbers, and now and then a value that is wrong or odd. */
void event_random_message(struct event_random *r, struct buf *out);
/* Do to the message what a broken producer might: cut it, flip, insert, repeat or remove bytes, up to four times. */
void event_random_spoil(struct event_random *r, struct buf *message);

#endif
