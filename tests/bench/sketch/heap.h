/* bench/sketch/heap.h - a min-heap of counted items with an index by hash: the candidates of the rivals.
 * Every operation takes O(log n); the index is a table of four times as many slots as items (linear probing). */
#ifndef TOPKD_BENCH_SKETCH_HEAP_H
#define TOPKD_BENCH_SKETCH_HEAP_H

#include "contestant.h"

enum { HEAP_ITEM_BYTES = 16 };

struct heap_item {
    uint64_t hash;
    uint32_t count;
    uint32_t number;
};

struct heap {
    struct heap_item *items; /* items[0] has the smallest count */
    uint32_t *slot_of;       /* of each item: its slot in the index */
    uint32_t *slots;         /* position + 1, 0 = free */
    uint32_t n, max, mask;
};

void heap_init(struct heap *h, uint32_t max);
void heap_deinit(struct heap *h);
/* The position of HASH, or h->n. */
uint32_t heap_find(const struct heap *h, uint64_t hash);
/* The count of the item at AT becomes COUNT, which is not smaller. */
void heap_raise(struct heap *h, uint32_t at, uint32_t count);
/* Room must be there. */
void heap_insert(struct heap *h, struct heap_item item);
/* ITEM takes the place of the smallest, whose count is not larger. */
void heap_replace_least(struct heap *h, struct heap_item item);
void heap_list(const struct heap *h, struct claims *out);

#endif
