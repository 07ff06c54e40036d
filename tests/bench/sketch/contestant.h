/* bench/sketch/contestant.h - what counts a stream in bounded memory: ours and its rivals, behind one face.
 *
 * A budget means the same for all: what SKETCH_KB buys us. Our sets take 160 bytes each of which SKETCH_KB counts 128,
 * so that rivals get 5/4 of it. Texts are in nobody's budget; rivals are spared copying them (they keep the item's
 * number in its stream), and their indices are not counted either, nor the bounds that we keep for each item and they
 * do not. bytes() is what each takes in truth: ours with bounds and texts, theirs as if texts cost nothing. */
#ifndef TOPKD_BENCH_SKETCH_CONTESTANT_H
#define TOPKD_BENCH_SKETCH_CONTESTANT_H

#include "stream.h"

/* What a contestant says of an item. */
struct claim {
    uint32_t number;
    uint64_t count, lower, upper;
};

struct claims {
    struct claim *all; /* highest count first; owned */
    size_t n;
    uint64_t absent_upper; /* no item that is not here weighs more */
};

enum { BATCH = 64 }; /* keys an add, about what a message or a poll brings */

struct contestant {
    const char *name;
    bool fixed;   /* takes its whole budget at once, however little it counts */
    bool bounded; /* says between which counts the truth lies */
    void *(*create)(size_t budget_bytes, uint64_t seed);
    /* Adds key i to counters[keys[i].counter], for the first N <= BATCH. */
    void (*add)(void *const *counters, const struct key *keys, size_t n);
    void (*list)(void *counter, const struct stream *s, struct claims *out);
    size_t (*bytes)(const void *counter);
    void (*destroy)(void *counter);
};

extern const struct contestant contestant_ours, contestant_ours_singly, contestant_count_min, contestant_space_saving,
    contestant_exact;

static inline size_t rival_bytes(size_t budget_bytes) { return budget_bytes / 4 * 5; }

/* Into the order of lists. */
void claims_sort(struct claims *c);
void claims_deinit(struct claims *c);

#endif
