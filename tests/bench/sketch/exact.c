/* bench/sketch/exact.c - every item counted: a table with linear probing, doubled when half full. Its budget is
 * the machine's memory. */
#include "base/mem.h"
#include "contestant.h"

struct entry {
    uint64_t hash;
    uint32_t count; /* 0 = free */
    uint32_t number;
};

struct exact {
    struct entry *entries;
    size_t n, mask;
};

static void *create(size_t budget_bytes, uint64_t seed) {
    (void)budget_bytes, (void)seed;
    struct exact *e = mem_zalloc(1, sizeof *e);
    e->mask = 31;
    e->entries = mem_zalloc(e->mask + 1, sizeof *e->entries);
    return e;
}

static void destroy(void *counter) {
    struct exact *e = counter;
    mem_free(e->entries);
    mem_free(e);
}

static size_t bytes(const void *counter) {
    const struct exact *e = counter;
    return sizeof *e + (e->mask + 1) * sizeof *e->entries;
}

static struct entry *entry_of(const struct exact *e, uint64_t hash) {
    size_t i = hash & e->mask;
    while (e->entries[i].count != 0 && e->entries[i].hash != hash) i = (i + 1) & e->mask;
    return &e->entries[i];
}

static void grow(struct exact *e) {
    struct exact old = *e;
    e->mask = old.mask * 2 + 1;
    e->entries = mem_zalloc(e->mask + 1, sizeof *e->entries);
    for (size_t i = 0; i <= old.mask; i++)
        if (old.entries[i].count != 0) *entry_of(e, old.entries[i].hash) = old.entries[i];
    mem_free(old.entries);
}

static void add_one(struct exact *e, const struct key *k) {
    struct entry *entry = entry_of(e, k->hash);
    bool known = entry->count != 0;
    entry->count += k->weight;
    if (known) return;
    entry->hash = k->hash;
    entry->number = k->number;
    if (++e->n * 2 > e->mask) grow(e);
}

static void add(void *const *counters, const struct key *keys, size_t n) {
    for (size_t i = 0; i < n; i++) add_one(counters[keys[i].counter], &keys[i]);
}

static void list(void *counter, const struct stream *s, struct claims *out) {
    (void)s;
    const struct exact *e = counter;
    *out = (struct claims){.all = mem_alloc((e->n + 1) * sizeof *out->all)};
    for (size_t i = 0; i <= e->mask; i++) {
        const struct entry *x = &e->entries[i];
        if (x->count != 0) out->all[out->n++] = (struct claim){x->number, x->count, x->count, x->count};
    }
    claims_sort(out);
}

const struct contestant contestant_exact = {"exact map", false, true, create, add, list, bytes, destroy};
