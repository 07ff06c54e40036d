/* sketch/stash.h - the items of a sketch that found their set full before half of the ways were used.
 * Their names fell together by chance, of which there are few, or by design, of which there may be any number. It is a
 * hash table by name in insertion order: items in an array, slots beside it. Its hash has a secret of the process, so
 * that nobody can choose names that fall together here too. The secret decides in which slot an item is looked for, and
 * nothing that shows.
 * Threads: none, as the sketch.   Inside of lib/sketch only. */
#ifndef TOPKD_SKETCH_STASH_H
#define TOPKD_SKETCH_STASH_H

#include "sketch/state.h"

struct stash_item {
    uint32_t at; /* of its id */
    uint32_t count;
    uint32_t key; /* of the name, by the secret */
};

/* One block of the budget's pool: this, the items, the slots. A second block the bits of many sets. */
struct stash {
    uint32_t n;      /* items */
    uint32_t ways_n; /* used ways of the sets beside it */
    uint32_t slots_n;
    union { /* a bit for each set that has an item here */
        uint64_t few;
        uint64_t *many; /* where there are more than STASH_SETS_FEW */
    } sets;
    struct stash_item items[];
};

enum { STASH_SETS_FEW = 64 };

static inline uint64_t *stash_sets(struct stash *t, uint32_t sets) {
    return sets <= STASH_SETS_FEW ? &t->sets.few : t->sets.many;
}

/* May set I have items here? Then it is full: an item leaves when its set has room. */
static inline bool stash_has_of(const struct sketch *s, uint32_t i) {
    return s->stash != NULL && stash_sets(s->stash, sets_n(s))[i / 64] >> i % 64 & 1;
}

/* ITEM of set I, or NULL. */
struct stash_item *stash_find(const struct sketch *s, uint32_t i, struct bytes item);
/* The item of A, which is not here, of set I, which is full. False if there are too many different items, or no memory
 * for it: nothing was done. */
bool stash_take(struct sketch *s, uint32_t i, const struct sketch_add *a) MUST_CHECK;
/* The sets have doubled, from N: items whose set has room leave, in the order in which they came. */
void stash_settle(struct sketch *s, uint32_t n);
/* Kept while there is a stash; without one it looks at all sets. */
uint32_t ways_in_use(const struct sketch *s);
void stash_give(struct sketch *s);
uint64_t stash_bytes(const struct sketch *s);

#endif
