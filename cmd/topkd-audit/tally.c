/* topkd-audit/tally.c - a table of (location, minute), each with a table of its items. */
#include "tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

void tally_deinit(struct tally *t) {
    for (uint32_t i = 0; i < t->n; i++) {
        mem_free(t->groups[i]->items);
        mem_free(t->groups[i]->counts);
        mem_free(t->groups[i]);
    }
    mem_free(t->groups);
    mem_free(t->slots);
    names_deinit(&t->locations);
    names_deinit(&t->items);
    *t = (struct tally){0};
}

static uint32_t group_hash(uint32_t location, int64_t minute) {
    int64_t key[2] = {location, minute};
    return (uint32_t)hash64(key, sizeof key, 0);
}

static uint32_t group_slot(const struct tally *t, uint32_t location, int64_t minute) {
    uint32_t mask = t->slots_n - 1, i = group_hash(location, minute) & mask;
    for (; t->slots[i] != 0; i = (i + 1) & mask) {
        const struct group *g = t->groups[t->slots[i] - 1];
        if (g->location == location && g->minute == minute) break;
    }
    return i;
}

static void tally_grow(struct tally *t) {
    t->slots_n = t->slots_n ? t->slots_n * 2 : 64;
    mem_free(t->slots);
    t->slots = mem_zalloc(t->slots_n, sizeof *t->slots);
    for (uint32_t i = 0; i < t->n; i++) t->slots[group_slot(t, t->groups[i]->location, t->groups[i]->minute)] = i + 1;
}

static struct group *group_get(struct tally *t, uint32_t location, int64_t minute) {
    if (t->n >= t->slots_n / 4 * 3) tally_grow(t);
    uint32_t slot = group_slot(t, location, minute);
    if (t->slots[slot]) return t->groups[t->slots[slot] - 1];
    t->groups = mem_grow(t->groups, &t->cap, (size_t)t->n + 1, sizeof *t->groups);
    struct group *g = mem_zalloc(1, sizeof *g);
    g->location = location;
    g->minute = minute;
    t->groups[t->n] = g;
    t->slots[slot] = ++t->n;
    return g;
}

/* Numbers are given in order of first sight; a multiplication spreads neighbours. */
static uint32_t group_place(const uint32_t *items, uint32_t cap, uint32_t number) {
    uint32_t i = (number * UINT32_C(2654435769)) >> 7 & (cap - 1);
    while (items[i] != 0 && items[i] != number + 1) i = (i + 1) & (cap - 1);
    return i;
}

static void group_grow(struct group *g) {
    uint32_t cap = g->cap ? g->cap * 2 : 4;
    assert(cap != 0);
    uint32_t *items = mem_zalloc(cap, sizeof *items);
    uint64_t *counts = mem_zalloc(cap, sizeof *counts);
    for (uint32_t i = 0; i < g->cap; i++) {
        if (g->items[i] == 0) continue;
        uint32_t place = group_place(items, cap, g->items[i] - 1);
        items[place] = g->items[i];
        counts[place] = g->counts[i];
    }
    mem_free(g->items);
    mem_free(g->counts);
    g->items = items;
    g->counts = counts;
    g->cap = cap;
}

void tally_add(struct tally *t, struct bytes location, int64_t minute, struct bytes item, uint32_t weight) {
    struct group *g = group_get(t, names_add(&t->locations, location), minute);
    uint32_t number = names_add(&t->items, item);
    if (g->n >= g->cap / 4 * 3) group_grow(g);
    uint32_t place = group_place(g->items, g->cap, number);
    if (g->items[place] == 0) {
        g->items[place] = number + 1;
        g->n++;
    }
    g->counts[place] += weight;
    g->total += weight;
}

const struct group *tally_find(const struct tally *t, struct bytes location, int64_t minute) {
    uint32_t number = names_find(&t->locations, location);
    if (number == NAME_NONE || t->slots_n == 0) return NULL;
    uint32_t slot = group_slot(t, number, minute);
    return t->slots[slot] ? t->groups[t->slots[slot] - 1] : NULL;
}

uint64_t group_count(const struct group *g, uint32_t item_number) {
    if (g == NULL || item_number == NAME_NONE) return 0;
    uint32_t place = group_place(g->items, g->cap, item_number);
    return g->items[place] ? g->counts[place] : 0;
}

int bytes_order(struct bytes a, struct bytes b) {
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

int ranked_order(const void *pa, const void *pb) {
    const struct ranked *a = pa, *b = pb;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    return bytes_order(b->item, a->item);
}

struct ranked *group_rank(const struct tally *t, const struct group *g) {
    if (g == NULL) return NULL;
    struct ranked *out = mem_zalloc(g->n, sizeof *out);
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->cap; i++) {
        if (g->items[i] == 0) continue;
        uint32_t number = g->items[i] - 1;
        out[n++] = (struct ranked){names_get(&t->items, number), number, g->counts[i]};
    }
    qsort(out, n, sizeof *out, ranked_order);
    return out;
}
