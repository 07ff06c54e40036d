/* bench/sketch/space_saving.c - SpaceSaving (Metwally, Agrawal, El Abbadi, ICDT 2005) with a heap: an item that
 * is not counted takes over the smallest counter, count and all. */
#include "base/mem.h"
#include "heap.h"

struct space_saving {
    struct heap heap;
    size_t bytes;
};

static void *create(size_t budget_bytes, uint64_t seed) {
    (void)seed;
    struct space_saving *s = mem_zalloc(1, sizeof *s);
    s->bytes = rival_bytes(budget_bytes);
    heap_init(&s->heap, (uint32_t)(s->bytes / HEAP_ITEM_BYTES));
    return s;
}

static void destroy(void *counter) {
    struct space_saving *s = counter;
    heap_deinit(&s->heap);
    mem_free(s);
}

static size_t bytes(const void *counter) { return ((const struct space_saving *)counter)->bytes; }

static void add_one(struct heap *h, const struct key *k) {
    uint32_t at = heap_find(h, k->hash);
    if (at < h->n)
        heap_raise(h, at, h->items[at].count + k->weight);
    else if (h->n < h->max)
        heap_insert(h, (struct heap_item){k->hash, k->weight, k->number});
    else
        heap_replace_least(h, (struct heap_item){k->hash, h->items[0].count + k->weight, k->number});
}

static void add(void *const *counters, const struct key *keys, size_t n) {
    for (size_t i = 0; i < n; i++) add_one(&((struct space_saving *)counters[keys[i].counter])->heap, &keys[i]);
}

static void list(void *counter, const struct stream *s, struct claims *out) {
    (void)s;
    heap_list(&((struct space_saving *)counter)->heap, out);
}

const struct contestant contestant_space_saving = {"SpaceSaving", true, false, create, add, list, bytes, destroy};
