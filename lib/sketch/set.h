/* sketch/set.h - one set of a sketch: two cache lines.   Threads: none; plain values. */
#ifndef TOPKD_SKETCH_SET_H
#define TOPKD_SKETCH_SET_H

#include "base/base.h"

enum { SET_WAYS = 8, SET_CELLS = 16, CELL_COUNT_BITS = 20, CELL_COUNT_MAX = (1 << CELL_COUNT_BITS) - 1 };

struct set {
    uint32_t tag[SET_WAYS]; /* 0 = free */
    uint32_t count[SET_WAYS];
    uint32_t light[SET_CELLS]; /* fingerprint:12 | count:20; 0 = free, and no other has count 0 */
};

/* A light cell: the one with a fingerprint, else the smallest. */
struct cell {
    unsigned at;
    bool found;
};

static inline uint32_t cell_count(uint32_t cell) { return cell & CELL_COUNT_MAX; }
static inline uint32_t cell_make(uint32_t fingerprint, uint64_t count) {
    return fingerprint << CELL_COUNT_BITS | (uint32_t)(count < CELL_COUNT_MAX ? count : CELL_COUNT_MAX);
}

#endif
