/* sketch/sketch_state.h - the inside of a sketch, shared by the files of this folder and by nobody else. */
#ifndef TOPKD_SKETCH_SKETCH_STATE_H
#define TOPKD_SKETCH_SKETCH_STATE_H

#include "sketch/sketch.h"
#include "sketch/sketch_set.h"

#include <string.h>

struct set_ids {
    uint32_t at[SET_WAYS]; /* offset of {u16 length, bytes} in the arena */
};

struct set_bounds {
    uint32_t admitted[SET_WAYS];  /* count that came with the item and may be others' */
    uint32_t missed_at[SET_WAYS]; /* the set's missed when the item was admitted */
};

/* What only an inexact sketch needs; a number a set. */
struct overflow {
    uint32_t *missed;
    struct set_bounds *bounds;
    uint64_t clipped; /* weight that counts which stand still did not take */
};

/* One cache line, all of the budget's pool. */
struct sketch {
    struct set *sets;
    struct set_ids *ids;
    char *arena;
    struct overflow *over; /* NULL while exact */
    struct sketch_budget *budget;
    uint64_t rng;
    uint32_t arena_len, arena_dead; /* dead: bytes of evicted items */
    uint8_t shift;                  /* a hash's set: hash >> shift */
    uint8_t shift_last;             /* at the largest size */
    uint8_t arena_bits;             /* of 2^n bytes; 0 = none yet */
    bool saturated;                 /* some count stands still: only the total bounds anything */
};
_Static_assert(sizeof(struct sketch) <= 64, "a sketch is one cache line beside its sets");

static inline uint32_t sets_n(const struct sketch *s) { return UINT32_C(1) << (64 - s->shift); }
static inline uint32_t set_of(const struct sketch *s, uint64_t hash) { return (uint32_t)(hash >> s->shift); }
static inline uint32_t tag_of(uint64_t hash) { return (uint32_t)hash | 1; }

static inline struct bytes id_get(const struct sketch *s, uint32_t at) {
    uint16_t len;
    memcpy(&len, s->arena + at, sizeof len);
    return (struct bytes){s->arena + at + sizeof len, len};
}

/* sketch.c: the parts of an add that are not hot. */
uint32_t sketch_add_saturating(struct sketch *s, uint32_t a, uint32_t b);
void sketch_way_hit(struct sketch *s, uint32_t set, unsigned way, uint32_t w);
void sketch_way_take(struct sketch *s, uint32_t set, unsigned way, uint32_t tag, uint32_t count, struct bytes item);
/* The same of a way that another item has. */
void sketch_way_replace(struct sketch *s, uint32_t set, unsigned way, uint32_t tag, uint32_t count, struct bytes item);
/* A finds its set full, and the sketch exact: grow until there is room, and add. False if it may not grow: nothing was
 * done, but from now on the sketch is inexact. */
bool sketch_add_growing(const struct sketch_add *a) MUST_CHECK;

/* sketch_overflow.c */
/* MISSED of set I went over by adding W. */
void sketch_missed_clip(struct sketch *s, uint32_t i, uint32_t w);
/* The contender A with ADMITTED counts behind it takes WAY; what stood there goes to the light CELL. */
void sketch_change_places(struct sketch *s, uint32_t i, unsigned way, unsigned cell, uint32_t admitted,
                          const struct sketch_add *a);

#endif
