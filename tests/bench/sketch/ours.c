/* bench/sketch/ours.c - lib/sketch as a contestant. */
#include "ours.h"

#include <stdlib.h>

#include "base/mem.h"
#include "contestant.h"
#include "list/packed.h"
#include "loadgen/rng.h"
#include "sketch/sketch.h"

static struct sketch_budget budget = {.limit_bytes = UINT64_MAX};

static void *create(size_t budget_bytes, uint64_t seed) {
    return sketch_create(&budget, rng_mix(seed), (uint32_t)(budget_bytes / SKETCH_SET_BYTES));
}

static void destroy(void *counter) { sketch_destroy(counter); }
static size_t bytes(const void *counter) { return sketch_bytes(counter); }

static void add_singly(void *const *counters, const struct key *keys, size_t n) {
    for (size_t i = 0; i < n; i++)
        sketch_add(counters[keys[i].counter], keys[i].hash, key_text(&keys[i]), keys[i].weight);
}

static void add(void *const *counters, const struct key *keys, size_t n) {
    struct sketch_add adds[BATCH];
    for (size_t i = 0; i < n; i++)
        adds[i] = (struct sketch_add){counters[keys[i].counter], keys[i].hash, key_text(&keys[i]), keys[i].weight};
    sketch_add_all(adds, n);
}

bool claims_read(const struct stream *s, struct bytes packed, struct claims *out) {
    struct packed_reader r;
    struct packed_head head;
    struct packed_item item;
    int got;
    if (!packed_open(&r, packed, &head)) return false;
    *out = (struct claims){mem_zalloc(head.items_n + 1, sizeof *out->all), 0, head.absent_upper};
    while ((got = packed_next(&r, &item)) == 1) {
        uint32_t number = stream_find(s, item.item);
        if (number == UINT32_MAX) return false;
        out->all[out->n++] = (struct claim){number, item.count, item.lower, item.upper};
    }
    return got == 0;
}

static void list(void *counter, const struct stream *s, struct claims *out) {
    struct buf packed = {0};
    sketch_pack(counter, SIZE_MAX, &packed);
    if (!claims_read(s, (struct bytes){packed.data, packed.len}, out)) abort();
    buf_free(&packed);
}

const struct contestant contestant_ours = {"topkd", false, true, create, add, list, bytes, destroy};
const struct contestant contestant_ours_singly = {"topkd, one by one", false, true,  create,
                                                  add_singly,          list,  bytes, destroy};
