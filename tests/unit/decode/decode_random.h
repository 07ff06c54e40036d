/* unit/decode/decode_random.h - rules as nobody sets them, and messages as producers send them and as nobody should,
 * from a seed. The same seed makes the same. */
#ifndef TOPKD_TESTS_UNIT_DECODE_DECODE_RANDOM_H
#define TOPKD_TESTS_UNIT_DECODE_DECODE_RANDOM_H

#include "base/buf.h"
#include "decode/decoder.h"
#include "decode/json_plan.h"

struct decode_random {
    uint64_t state; /* the seed, at first; any but 0 */
};

uint32_t decode_random_below(struct decode_random *r, uint32_t below);

/* Fields by names and by paths, which may have a part or all in common, in the event, the wrapper or beside the value.
 * What OUT points to is for ever valid. */
void decode_random_rules(struct decode_random *r, struct event_rules *out);

/* A producer remembers a few ways to write an event, and mostly keeps to them. */
enum { PRODUCER_SHAPES = 4 };
struct producer {
    struct decode_random *random;                                /* borrowed */
    struct json_plan plan;                                       /* where values are looked for */
    struct decode_random shape;                                  /* draws how the object at hand is written */
    uint64_t events[PRODUCER_SHAPES], wrappers[PRODUCER_SHAPES]; /* seeds of SHAPE */
    bool spaced, lf; /* of the message at hand: white space, also line ends */
};

void producer_init(struct producer *p, struct decode_random *r, const struct event_rules *rules);
/* A message, added to OUT: one object, glued ones, lines or an array, of events or of wrappers; keys in any order,
 * foreign fields of all kinds, now and then a value that is wrong or odd, a name twice, a mark or a frame before it
 * all. */
void producer_write(struct producer *p, struct buf *out);
/* Does to the message what a broken producer might: cuts it, flips, inserts, repeats or removes bytes, up to four
   times. */
void decode_random_spoil(struct decode_random *r, struct buf *message);
/* VALUE with a key, a topic and headers, which are valid until the next call. */
struct message decode_random_message(struct decode_random *r, struct bytes value);

#endif
