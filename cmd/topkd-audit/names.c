/* topkd-audit/names.c - a hash table with open addressing beside the list of all names. */
#include "names.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

void names_deinit(struct names *t) {
    mem_free(t->list);
    mem_free(t->slots);
    buf_free(&t->bytes);
    *t = (struct names){0};
}

struct bytes names_get(const struct names *t, uint32_t number) {
    assert(number < t->n);
    return (struct bytes){t->bytes.data + t->list[number].at, t->list[number].bytes_n};
}

static bool is_at(const struct names *t, uint32_t number, uint32_t hash, struct bytes text) {
    const struct name *name = &t->list[number];
    return name->hash == hash && name->bytes_n == text.n && memcmp(t->bytes.data + name->at, text.p, text.n) == 0;
}

/* The slot that holds TEXT, or the free one where it belongs. */
static uint32_t names_slot(const struct names *t, uint32_t hash, struct bytes text) {
    uint32_t mask = t->slots_n - 1, i = hash & mask;
    while (t->slots[i] != 0 && !is_at(t, t->slots[i] - 1, hash, text)) i = (i + 1) & mask;
    return i;
}

static void names_grow(struct names *t) {
    uint32_t n = t->slots_n ? t->slots_n * 2 : 64, mask = n - 1;
    assert(n != 0);
    mem_free(t->slots);
    t->slots = mem_zalloc(n, sizeof *t->slots);
    t->slots_n = n;
    for (uint32_t number = 0; number < t->n; number++) {
        uint32_t i = t->list[number].hash & mask;
        while (t->slots[i] != 0) i = (i + 1) & mask;
        t->slots[i] = number + 1;
    }
}

/* Names come from strangers: by a hash that they know they would make every search a long one. */
static uint32_t name_hash(struct bytes text) { return (uint32_t)hash_secret(text.p, text.n); }

uint32_t names_find(const struct names *t, struct bytes text) {
    if (t->slots_n == 0) return NAME_NONE;
    uint32_t slot = names_slot(t, name_hash(text), text);
    return t->slots[slot] ? t->slots[slot] - 1 : NAME_NONE;
}

uint32_t names_add(struct names *t, struct bytes text) {
    uint32_t hash = name_hash(text);
    if (t->n >= t->slots_n / 4 * 3) names_grow(t);
    uint32_t slot = names_slot(t, hash, text);
    if (t->slots[slot]) return t->slots[slot] - 1;
    t->list = mem_grow(t->list, &t->cap, (size_t)t->n + 1, sizeof *t->list);
    t->list[t->n] = (struct name){t->bytes.len, (uint32_t)text.n, hash};
    buf_add(&t->bytes, text.p, text.n);
    t->slots[slot] = ++t->n;
    return t->n - 1;
}
