/* unit/decode/decode_random.h - messages as producers send them, and as nobody should, from a seed.
 * The same seed makes the same messages. */
#ifndef TOPKD_TESTS_UNIT_DECODE_DECODE_RANDOM_H
#define TOPKD_TESTS_UNIT_DECODE_DECODE_RANDOM_H

#include "base/buf.h"

struct decode_random {
    uint64_t state; /* the seed, at first; any but 0 */
};

uint32_t decode_random_below(struct decode_random *r, uint32_t below);
/* A well-formed message, added to OUT: one object, an array or lines; keys in any order, with white space or without,
 * with foreign fields of all kinds, ids as strings and numbers, and now and then a value that is wrong or odd. */
void decode_random_message(struct decode_random *r, struct buf *out);
/* Do to the message what a broken producer might: cut it, flip, insert, repeat or remove bytes, up to four times. */
void decode_random_spoil(struct decode_random *r, struct buf *message);

#endif
