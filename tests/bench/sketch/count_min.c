/* bench/sketch/count_min.c - a count-min sketch (Cormode and Muthukrishnan, J. Algorithms 2005) with conservative
 * update (Estan and Varghese, SIGCOMM 2002) and a heap of the heaviest. */
#include "base/mem.h"
#include "heap.h"
#include "loadgen/rng.h"

enum { ROWS = 4, CANDIDATES = 128 };

struct count_min {
    struct heap heap;
    uint32_t *cells[ROWS];
    uint32_t width;
    size_t bytes;
};

static void *create(size_t budget_bytes, uint64_t seed) {
    (void)seed;
    struct count_min *c = mem_zalloc(1, sizeof *c);
    c->bytes = rival_bytes(budget_bytes);
    c->width = (uint32_t)((c->bytes - CANDIDATES * HEAP_ITEM_BYTES) / ROWS / sizeof(uint32_t));
    c->cells[0] = mem_zalloc((size_t)c->width * ROWS, sizeof(uint32_t));
    for (int row = 1; row < ROWS; row++) c->cells[row] = c->cells[row - 1] + c->width;
    heap_init(&c->heap, CANDIDATES);
    return c;
}

static void destroy(void *counter) {
    struct count_min *c = counter;
    heap_deinit(&c->heap);
    mem_free(c->cells[0]);
    mem_free(c);
}

static size_t bytes(const void *counter) { return ((const struct count_min *)counter)->bytes; }

/* Rows must be independent: two words give four half-words, and h1 + i * h2 would let whole items coincide. */
static uint32_t count_up(struct count_min *c, uint64_t hash, uint32_t weight) {
    uint64_t other = rng_mix(hash);
    uint32_t words[ROWS] = {(uint32_t)hash, (uint32_t)(hash >> 32), (uint32_t)other, (uint32_t)(other >> 32)};
    uint32_t *cell[ROWS], least = UINT32_MAX;
    for (int row = 0; row < ROWS; row++) {
        cell[row] = &c->cells[row][((uint64_t)words[row] * c->width) >> 32];
        if (*cell[row] < least) least = *cell[row];
    }
    for (int row = 0; row < ROWS; row++)
        if (*cell[row] < least + weight) *cell[row] = least + weight;
    return least + weight;
}

static void add_one(struct count_min *c, const struct key *k) {
    struct heap *h = &c->heap;
    uint32_t count = count_up(c, k->hash, k->weight);
    if (h->n == h->max && count <= h->items[0].count) return; /* lighter than every candidate, so it is none */
    uint32_t at = heap_find(h, k->hash);
    struct heap_item item = {k->hash, count, k->number};
    if (at < h->n)
        heap_raise(h, at, count);
    else if (h->n < h->max)
        heap_insert(h, item);
    else
        heap_replace_least(h, item);
}

static void add(void *const *counters, const struct key *keys, size_t n) {
    for (size_t i = 0; i < n; i++) add_one(counters[keys[i].counter], &keys[i]);
}

static void list(void *counter, const struct stream *s, struct claims *out) {
    (void)s;
    heap_list(&((struct count_min *)counter)->heap, out);
}

const struct contestant contestant_count_min = {"count-min + heap", true, false, create, add, list, bytes, destroy};
