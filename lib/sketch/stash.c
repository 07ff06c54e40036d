/* sketch/stash.c - where items wait whose set is full while the table is not: stash.h says why, sketch.c when. Items
 * never leave it by weight, so each is counted exactly for as long as the sketch lives: what was exact stays so. */
#include "sketch/stash.h"

#include <assert.h>

#include "base/hash.h"
#if defined(__SSE2__)
#define SKETCH_PATH_SSE2
#endif
#include "sketch/look.h"

enum { SLOTS_MIN = 8, WORD_BITS = 64 };

/* -- memory: what is taken just fits powers of two -- */

static uint32_t items_max(uint32_t slots_n) { return slots_n / 4 * 3; }

static size_t block_bytes(uint32_t slots_n) {
    return sizeof(struct stash) + items_max(slots_n) * sizeof(struct stash_item) + slots_n * sizeof(uint32_t);
}

/* 0: they are in the block. */
static size_t many_bytes(uint32_t sets) { return sets <= STASH_SETS_FEW ? 0 : sets / WORD_BITS * sizeof(uint64_t); }

static uint32_t *slots_of(struct stash *t) { return (uint32_t *)(void *)&t->items[items_max(t->slots_n)]; }

static uint64_t blocks_size(uint32_t slots_n, uint32_t sets) {
    return pool_size(block_bytes(slots_n)) + (many_bytes(sets) == 0 ? 0 : pool_size(many_bytes(sets)));
}

uint64_t stash_bytes(const struct sketch *s) {
    return s->stash == NULL ? 0 : blocks_size(s->stash->slots_n, sets_n(s));
}

static struct stash *block_take(struct sketch *s, uint32_t slots_n) {
    struct stash *t = pool_take_zeroed(&s->budget->pool, block_bytes(slots_n));
    t->slots_n = slots_n;
    return t;
}

static void block_give(struct sketch *s, struct stash *t) { pool_give(&s->budget->pool, t, block_bytes(t->slots_n)); }

static void sets_take(struct sketch *s, struct stash *t) {
    t->sets.few = 0;
    if (many_bytes(sets_n(s)) > 0) t->sets.many = pool_take_zeroed(&s->budget->pool, many_bytes(sets_n(s)));
}

static void sets_give(struct sketch *s, struct stash *t, uint32_t sets) {
    if (many_bytes(sets) > 0) pool_give(&s->budget->pool, t->sets.many, many_bytes(sets));
}

static void sets_mark(struct sketch *s, uint32_t i) {
    stash_sets(s->stash, sets_n(s))[i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
}

void stash_give(struct sketch *s) {
    if (s->stash == NULL) return;
    sets_give(s, s->stash, sets_n(s));
    block_give(s, s->stash);
    s->stash = NULL;
}

/* -- slots: index + 1 of an item, 0 = free -- */

static void slot_put(struct stash *t, uint32_t key, uint32_t index) {
    assert(t->n < t->slots_n); /* a free slot ends the search */
    uint32_t *slots = slots_of(t), k = key & (t->slots_n - 1);
    while (slots[k] != 0) k = (k + 1) & (t->slots_n - 1);
    slots[k] = index + 1;
}

static uint32_t key_of(struct bytes item) { return (uint32_t)(hash_secret(item.p, item.n) >> 32); }

struct stash_item *stash_find(const struct sketch *s, uint32_t i, struct bytes item) {
    if (!stash_has_of(s, i)) return NULL;
    struct stash *t = s->stash;
    uint32_t key = key_of(item), *slots = slots_of(t);
    for (uint32_t k = key & (t->slots_n - 1); slots[k] != 0; k = (k + 1) & (t->slots_n - 1)) {
        struct stash_item *it = &t->items[slots[k] - 1];
        if (it->key == key && id_is(s->arena + it->at, item)) return it;
    }
    return NULL;
}

/* -- in -- */

static uint32_t ways_counted(const struct sketch *s) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < sets_n(s); i++) n += SET_WAYS - (uint32_t)__builtin_popcount(set_ways(&s->sets[i], 0));
    return n;
}

uint32_t ways_in_use(const struct sketch *s) { return s->stash != NULL ? s->stash->ways_n : ways_counted(s); }

static bool stash_begin(struct sketch *s) {
    assert(s->stash == NULL);
    if (!budget_allows(s, blocks_size(SLOTS_MIN, sets_n(s)))) return false;
    struct stash *t = block_take(s, SLOTS_MIN);
    sets_take(s, t);
    t->ways_n = ways_in_use(s);
    s->stash = t;
    return true;
}

static bool stash_grow(struct sketch *s) {
    struct stash *old = s->stash;
    uint32_t slots_n = old->slots_n * 2;
    if (!budget_allows(s, pool_size(block_bytes(slots_n)) - pool_size(block_bytes(old->slots_n)))) return false;
    struct stash *t = s->stash = block_take(s, slots_n);
    t->n = old->n;
    t->ways_n = old->ways_n;
    t->sets = old->sets;
    memcpy(t->items, old->items, old->n * sizeof *old->items);
    for (uint32_t k = 0; k < t->n; k++) slot_put(t, t->items[k].key, k);
    block_give(s, old);
    return true;
}

static bool has_room(struct sketch *s) {
    if (s->stash == NULL) return stash_begin(s);
    return s->stash->n < items_max(s->stash->slots_n) || stash_grow(s);
}

bool stash_take(struct sketch *s, uint32_t i, const struct sketch_add *a) {
    uint32_t different = ways_in_use(s) + (s->stash == NULL ? 0 : s->stash->n);
    if (different >= items_exact(s->shift_last)) return false;
    if (!has_room(s)) {
        s->budget->growth_refused++;
        return false;
    }
    struct stash *t = s->stash;
    assert(t->n < items_max(t->slots_n));
    uint32_t key = key_of(a->item), at = sketch_id_intern(s, a->item);
    slot_put(t, key, t->n);
    t->items[t->n++] = (struct stash_item){at, a->weight, key};
    sets_mark(s, i);
    return true;
}

/* -- out -- */

/* False if its set is full. */
static bool settle_one(struct sketch *s, const struct stash_item *it) {
    uint64_t hash = sketch_hash(id_get(s->arena + it->at));
    uint32_t i = set_of(s, hash);
    unsigned free_ways = set_ways(&s->sets[i], 0);
    if (free_ways == 0) {
        sets_mark(s, i);
        return false;
    }
    unsigned way = (unsigned)__builtin_ctz(free_ways);
    s->sets[i].tag[way] = tag_of(hash);
    s->sets[i].count[way] = it->count;
    s->ids[i].at[way] = it->at;
    s->stash->ways_n++;
    return true;
}

void stash_settle(struct sketch *s, uint32_t n) {
    struct stash *t = s->stash;
    if (t == NULL) return;
    uint32_t before = t->n;
    sets_give(s, t, n);
    sets_take(s, t);
    memset(slots_of(t), 0, t->slots_n * sizeof(uint32_t));
    t->n = 0;
    for (uint32_t k = 0; k < before; k++) {
        struct stash_item it = t->items[k];
        if (settle_one(s, &it)) continue;
        slot_put(t, it.key, t->n);
        t->items[t->n++] = it;
    }
    assert(t->ways_n == ways_counted(s)); /* all sets were looked at anyway */
    if (t->n == 0) stash_give(s);
}
