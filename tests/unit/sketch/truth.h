/* unit/sketch/truth.h - the plain exact counter that lists are held against. It shares nothing with the sketch but
 * the bytes of the items.   Threads: none, one owner. */
#ifndef TOPKD_UNIT_SKETCH_TRUTH_H
#define TOPKD_UNIT_SKETCH_TRUTH_H

#include "base/base.h"
#include "base/buf.h"

struct truth {
    struct truth_item {
        size_t at, len; /* the item's bytes, in names */
        uint64_t count;
        bool listed; /* by the list that is being looked at */
    } * items;
    uint32_t *slots; /* index + 1 into items, 0 = free */
    size_t n, cap, slots_n;
    struct buf names;
    uint64_t total;
};

void truth_add(struct truth *r, struct bytes item, uint64_t weight);
uint64_t truth_of(const struct truth *r, struct bytes item); /* 0: never added */
void truth_deinit(struct truth *r);

/* The first thing the packed LIST says that is not so, in words (valid until the next call), or NULL: broken, out of
 * order, twice the same item, lower <= true <= upper or true <= absent_upper violated, exact but not the truth, another
 * total. */
const char *list_contradiction(struct truth *r, struct bytes list);

/* The list's first K against the true first K, as the sketch's goals are stated: recall counts a listed item whose true
 * count is at least that of the true Kth; errors are relative, over the true K, and an item that the list does not
 * hold at all has error 1. */
struct accuracy {
    double recall, mean_error, max_error;
};
struct accuracy list_accuracy(const struct truth *r, struct bytes list, size_t k);

#endif
