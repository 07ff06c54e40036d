/* topkd-audit/tally.c - a table of (location, minute), each with a table of its items. */
#include "tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

void tally_deinit(struct tally *t) {
    for (uint32_t i = 0; i < t->n; i++) {
        mem_free(t->buckets[i]->items);
        mem_free(t->buckets[i]->counts);
        mem_free(t->buckets[i]);
    }
    mem_free(t->buckets);
    mem_free(t->slots);
    names_deinit(&t->locations);
    names_deinit(&t->items);
    *t = (struct tally){0};
}

static uint32_t bucket_hash(uint32_t location, int64_t minute) {
    int64_t key[2] = {location, minute};
    return (uint32_t)hash64(key, sizeof key, 0);
}

static uint32_t bucket_slot(const struct tally *t, uint32_t location, int64_t minute) {
    uint32_t mask = t->slots_n - 1, i = bucket_hash(location, minute) & mask;
    for (; t->slots[i] != 0; i = (i + 1) & mask) {
        const struct bucket *b = t->buckets[t->slots[i] - 1];
        if (b->location == location && b->minute == minute) break;
    }
    return i;
}

static void tally_grow(struct tally *t) {
    t->slots_n = t->slots_n ? t->slots_n * 2 : 64;
    mem_free(t->slots);
    t->slots = mem_zalloc(t->slots_n, sizeof *t->slots);
    for (uint32_t i = 0; i < t->n; i++)
        t->slots[bucket_slot(t, t->buckets[i]->location, t->buckets[i]->minute)] = i + 1;
}

static struct bucket *bucket_get(struct tally *t, uint32_t location, int64_t minute) {
    if (t->n >= t->slots_n / 4 * 3) tally_grow(t);
    uint32_t slot = bucket_slot(t, location, minute);
    if (t->slots[slot]) return t->buckets[t->slots[slot] - 1];
    t->buckets = mem_grow(t->buckets, &t->cap, (size_t)t->n + 1, sizeof *t->buckets);
    struct bucket *b = mem_zalloc(1, sizeof *b);
    b->location = location;
    b->minute = minute;
    t->buckets[t->n] = b;
    t->slots[slot] = ++t->n;
    return b;
}

/* Numbers are given in order of first sight; a multiplication spreads neighbours. */
static uint32_t bucket_place(const uint32_t *items, uint32_t cap, uint32_t number) {
    uint32_t i = (number * UINT32_C(2654435769)) >> 7 & (cap - 1);
    while (items[i] != 0 && items[i] != number + 1) i = (i + 1) & (cap - 1);
    return i;
}

static void bucket_grow(struct bucket *b) {
    uint32_t cap = b->cap ? b->cap * 2 : 4;
    assert(cap != 0);
    uint32_t *items = mem_zalloc(cap, sizeof *items);
    uint64_t *counts = mem_zalloc(cap, sizeof *counts);
    for (uint32_t i = 0; i < b->cap; i++) {
        if (b->items[i] == 0) continue;
        uint32_t place = bucket_place(items, cap, b->items[i] - 1);
        items[place] = b->items[i];
        counts[place] = b->counts[i];
    }
    mem_free(b->items);
    mem_free(b->counts);
    b->items = items;
    b->counts = counts;
    b->cap = cap;
}

void tally_add(struct tally *t, struct bytes location, int64_t minute, struct bytes item, uint32_t weight) {
    struct bucket *b = bucket_get(t, names_add(&t->locations, location), minute);
    uint32_t number = names_add(&t->items, item);
    if (b->n >= b->cap / 4 * 3) bucket_grow(b);
    uint32_t place = bucket_place(b->items, b->cap, number);
    if (b->items[place] == 0) {
        b->items[place] = number + 1;
        b->n++;
    }
    b->counts[place] += weight;
    b->total += weight;
}

const struct bucket *tally_find(const struct tally *t, struct bytes location, int64_t minute) {
    uint32_t number = names_find(&t->locations, location);
    if (number == NAME_NONE || t->slots_n == 0) return NULL;
    uint32_t slot = bucket_slot(t, number, minute);
    return t->slots[slot] ? t->buckets[t->slots[slot] - 1] : NULL;
}

uint64_t bucket_count(const struct bucket *b, uint32_t item_number) {
    if (b == NULL || item_number == NAME_NONE) return 0;
    uint32_t place = bucket_place(b->items, b->cap, item_number);
    return b->items[place] ? b->counts[place] : 0;
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

struct ranked *bucket_rank(const struct tally *t, const struct bucket *b) {
    if (b == NULL) return NULL;
    struct ranked *out = mem_zalloc(b->n, sizeof *out);
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->cap; i++) {
        if (b->items[i] == 0) continue;
        uint32_t number = b->items[i] - 1;
        out[n++] = (struct ranked){names_get(&t->items, number), number, b->counts[i]};
    }
    qsort(out, n, sizeof *out, ranked_order);
    return out;
}
