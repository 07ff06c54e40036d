/* bench/sketch/heap.c - moves items up and down, and keeps the index beside them. */
#include "heap.h"

#include <assert.h>

#include "base/mem.h"

void heap_init(struct heap *h, uint32_t max) {
    uint32_t slots_n = 16;
    while (slots_n < max * 4) slots_n *= 2;
    *h = (struct heap){mem_alloc(max * sizeof *h->items),
                       mem_alloc(max * sizeof *h->slot_of),
                       mem_zalloc(slots_n, sizeof *h->slots),
                       0,
                       max,
                       slots_n - 1};
    static_assert(sizeof *h->items == HEAP_ITEM_BYTES, "as the budget counts it");
}

void heap_deinit(struct heap *h) {
    mem_free(h->items);
    mem_free(h->slot_of);
    mem_free(h->slots);
}

/* -- index -- */

static uint32_t home(const struct heap *h, uint64_t hash) { return (uint32_t)(hash >> 20) & h->mask; }

uint32_t heap_find(const struct heap *h, uint64_t hash) {
    for (uint32_t i = home(h, hash); h->slots[i] != 0; i = (i + 1) & h->mask)
        if (h->items[h->slots[i] - 1].hash == hash) return h->slots[i] - 1;
    return h->n;
}

static uint32_t index_add(struct heap *h, uint64_t hash) {
    uint32_t i = home(h, hash);
    while (h->slots[i] != 0) i = (i + 1) & h->mask;
    return i;
}

/* Closes the gap at slot I: what probed past it moves back (Knuth 6.4, algorithm R). */
static void index_remove(struct heap *h, uint32_t i) {
    uint32_t gap = i;
    h->slots[gap] = 0;
    for (i = (i + 1) & h->mask; h->slots[i] != 0; i = (i + 1) & h->mask) {
        uint32_t at = h->slots[i] - 1;
        uint32_t from_home = (i - home(h, h->items[at].hash)) & h->mask;
        if (from_home < ((i - gap) & h->mask)) continue;
        h->slots[gap] = at + 1;
        h->slot_of[at] = gap;
        h->slots[i] = 0;
        gap = i;
    }
}

/* -- heap -- */

static void place(struct heap *h, uint32_t at, struct heap_item item, uint32_t slot) {
    h->items[at] = item;
    h->slot_of[at] = slot;
    h->slots[slot] = at + 1;
}

static void sift_down(struct heap *h, uint32_t at) {
    struct heap_item item = h->items[at];
    uint32_t slot = h->slot_of[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= h->n) break;
        if (child + 1 < h->n && h->items[child + 1].count < h->items[child].count) child++;
        if (h->items[child].count >= item.count) break;
        place(h, at, h->items[child], h->slot_of[child]);
        at = child;
    }
    place(h, at, item, slot);
}

static void sift_up(struct heap *h, uint32_t at) {
    struct heap_item item = h->items[at];
    uint32_t slot = h->slot_of[at];
    for (; at > 0 && h->items[(at - 1) / 2].count > item.count; at = (at - 1) / 2)
        place(h, at, h->items[(at - 1) / 2], h->slot_of[(at - 1) / 2]);
    place(h, at, item, slot);
}

void heap_raise(struct heap *h, uint32_t at, uint32_t count) {
    h->items[at].count = count;
    sift_down(h, at);
}

void heap_insert(struct heap *h, struct heap_item item) {
    assert(h->n < h->max);
    place(h, h->n, item, index_add(h, item.hash));
    sift_up(h, h->n++);
}

void heap_replace_least(struct heap *h, struct heap_item item) {
    index_remove(h, h->slot_of[0]);
    place(h, 0, item, index_add(h, item.hash));
    sift_down(h, 0);
}

void heap_list(const struct heap *h, struct claims *out) {
    *out = (struct claims){mem_zalloc(h->n + 1, sizeof *out->all), h->n, UINT64_MAX};
    for (uint32_t i = 0; i < h->n; i++)
        out->all[i] = (struct claim){h->items[i].number, h->items[i].count, 0, UINT64_MAX};
    claims_sort(out);
}
