/* sketch/check.c - what is true of a sketch between two calls, as sketch.c says it. */
#include <assert.h>

#include "sketch/stash.h"

#ifdef TOPKD_TESTHOOKS
static void id_check(const struct sketch *s, uint32_t at) {
    struct bytes item = id_get(s->arena + at);
    assert(item.n > 0 && at + sizeof(uint16_t) + item.n <= s->arena_len);
}

/* A way is in use, with a count and a name, or it is free. */
static void ways_check(const struct sketch *s, uint32_t i) {
    for (int way = 0; way < SET_WAYS; way++) {
        assert((s->sets[i].tag[way] == 0) == (s->sets[i].count[way] == 0));
        if (s->sets[i].tag[way] != 0) id_check(s, s->ids[i].at[way]);
    }
}

/* What makes the bounds true; counts that stand still have none of their own. */
static void bounds_check(const struct sketch *s, uint32_t i) {
    const struct set_bounds *b = &s->over->bounds[i];
    uint64_t missed = s->over->missed[i], uncertain = 0;
    for (int cell = 0; cell < SET_CELLS; cell++) {
        assert(cell_count(s->sets[i].light[cell]) <= missed);
        uncertain += cell_count(s->sets[i].light[cell]);
    }
    for (int way = 0; way < SET_WAYS; way++) {
        assert(b->admitted[way] <= s->sets[i].count[way]);
        assert(b->admitted[way] <= b->missed_at[way] && b->missed_at[way] <= missed);
        uncertain += b->admitted[way];
    }
    assert(uncertain <= missed || missed >= CELL_COUNT_MAX);
}

static void stash_check(const struct sketch *s) {
    for (uint32_t k = 0; k < s->stash->n; k++) {
        assert(s->stash->items[k].count > 0);
        id_check(s, s->stash->items[k].at);
    }
}

static void all_check(const struct sketch *s) {
    for (uint32_t i = 0; i < sets_n(s); i++) {
        ways_check(s, i);
        if (s->over != NULL && !s->saturated) bounds_check(s, i);
    }
    if (s->stash != NULL) stash_check(s);
}
#else
static void all_check(const struct sketch *s) { (void)s; }
#endif

void sketch_check(const struct sketch *s) {
    assert(s->shift >= s->shift_last);                           /* it grows up to its largest size */
    assert(s->arena_len + ID_WORDS <= arena_bytes(s));           /* an id may be read as if it had ID_WORDS bytes */
    assert(!s->saturated || s->over != NULL);                    /* a count that stands still is not exact */
    assert(s->stash == NULL || s->stash->n < s->stash->slots_n); /* a search of the stash ends */
    all_check(s);
}
