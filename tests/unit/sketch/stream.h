/* unit/sketch/stream.h - made-up traffic that repeats from its seed: which item comes next, with which weight.
 * Each seed has its own item names, so each falls into the sketch's sets in its own way.   Threads: none. */
#ifndef TOPKD_UNIT_SKETCH_STREAM_H
#define TOPKD_UNIT_SKETCH_STREAM_H

#include "base/base.h"
#include "loadgen/rng.h"
#include "loadgen/zipf.h"

struct stream_kind {
    const char *name;
    double exponent;   /* Zipf's exponent, 0: uniform */
    uint32_t universe; /* 0: every event another item */
    bool shifts;       /* at half time all items are replaced */
    uint32_t weight_max;
};

struct stream {
    struct stream_kind kind;
    struct rng rng;
    struct zipf zipf;
    uint64_t seed;
    uint32_t drawn, events; /* so far, and of all */
    char name[12];          /* of the current item: seed and number, in binary */
};

void stream_init(struct stream *s, const struct stream_kind *kind, uint64_t seed, uint32_t events);
/* The next event, or false at the end. ITEM is valid until the next call. */
bool stream_next(struct stream *s, struct bytes *item, uint32_t *weight);

/* Item NUMBER of the items of SEED, written to NAME. */
struct bytes stream_item(uint64_t seed, uint32_t number, char name[12]);

#endif
