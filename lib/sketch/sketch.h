/* sketch/sketch.h - the counter of one bucket: exact while it is small, then bounded memory with true bounds.
 * It is a growing 8-way set-associative table. When it may not grow any more, a light tail inside the same 128-byte set
 * and randomised admission decide who has a place: the unbiased SpaceSaving rule of Basat et al., "Randomized Admission
 * Policy" (INFOCOM 2017), within the set.
 *
 * Use when: items and weights of one (partition, location, minute).   Not for: sharing; counts over 2^32 - 1, which
 * stand still there, are counted, and widen the bounds to the total.
 * Bounds: lower <= true <= upper for every listed item, and exact counts are exact, whatever the items are called. A
 * quarter of the ways, 2 * sets_max different items, are exact for sure.
 * Determinism: the state is a pure function of the seed, sets_max and the sequence of adds, however it is cut into
 * batches, unless the budget refused growth.
 * Threads: none, one owner. */
#ifndef TOPKD_SKETCH_SKETCH_H
#define TOPKD_SKETCH_SKETCH_H

#include "base/base.h"
#include "base/buf.h"
#include "base/pool.h"

enum { SKETCH_SET_BYTES = 128, SKETCH_SETS_MIN = 4, SKETCH_ITEM_BYTES_MAX = 65535 };

/* What the sketches of one owner may use together, and what happened to them. Caller's storage, zeroed but for the
 * limit. The pool's used_bytes is what they use. */
struct sketch_budget {
    uint64_t limit_bytes;    /* growth beyond it is refused; a smallest sketch is always made */
    struct pool pool;        /* the owner may take from it what belongs to the same minutes */
    uint64_t growth_refused; /* sketches that stopped growing early */
    uint64_t overflows;      /* sketches that became inexact */
    uint64_t saturated;      /* sketches with a count that stands still */
};
/* All that was taken from its pool must have come back. */
void sketch_budget_deinit(struct sketch_budget *b);

struct sketch;

/* SETS_MAX: a power of two >= 4 (SKETCH_KB * 1024 / 128). SEED: a well-mixed 64-bit value (a hash): xorshift begins
 * badly with a small one. BUDGET is borrowed for the sketch's life. */
struct sketch *sketch_create(struct sketch_budget *budget, uint64_t seed, uint32_t sets_max);
void sketch_destroy(struct sketch *s); /* NULL is allowed */

/* The hash that sketch_add wants for ITEM; computed once, used for every sketch the item goes to. */
uint64_t sketch_hash(struct bytes item);
/* Add WEIGHT > 0 of ITEM (1..65535 bytes, copied when the item is admitted). */
void sketch_add(struct sketch *s, uint64_t hash, struct bytes item, uint32_t weight);

struct sketch_add {
    struct sketch *sketch;
    uint64_t hash;
    struct bytes item; /* borrowed for the call */
    uint32_t weight;
};
/* What sketch_add does for each in this order, to the byte, but faster. */
void sketch_add_all(const struct sketch_add *adds, size_t n);

uint64_t sketch_total(const struct sketch *s); /* all weight ever added */
bool sketch_exact(const struct sketch *s);     /* never overflowed: every count is the truth */
uint64_t sketch_bytes(const struct sketch *s); /* memory, as counted in the budget */

/* Append the LIMIT heaviest items as a packed list (list/packed.h): highest count first, ties by larger item bytes.
 * Takes from the pool and gives back; S does not change. */
void sketch_pack(struct sketch *s, size_t limit, struct buf *out);

#endif
