/* list/merge.c - adding up packed lists.
 *
 * count = sum of counts; lower = sum of lowers; upper = sum of uppers where listed + sum of absent_upper where not.
 *
 * Example: p0 says cat 40 (exact, nothing absent); p1 says cat 10 in 8..13, dog 9, absent_upper 3. Merged: cat 50
 * in 48..53; dog 9 in 9..9 since p0 misses nothing; an item on neither list weighs at most 3.
 *
 * Sixteen parts of 400 name some 5000 items, of which 400 are kept: those are selected first and only they are sorted.
 */
#include "list/merge.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#define HEAVIEST_COUNT uint64_t
#include "list/heaviest.inc"

struct table {
    struct packed_item *items; /* upper: of the parts that list it, minus their absent_upper */
    uint32_t *named_by;        /* of each item: the list that named it last, counted from 1 */
    uint32_t *slots;           /* index + 1 into items, 0 = free */
    size_t n, slots_n;
};

static void table_init(struct table *t, uint64_t items_max) {
    t->slots_n = 16;
    while (t->slots_n < items_max * 2) t->slots_n *= 2;
    t->slots = mem_zalloc(t->slots_n, sizeof *t->slots);
    t->items = mem_zalloc(items_max == 0 ? 1 : items_max, sizeof *t->items);
    t->named_by = mem_zalloc(items_max == 0 ? 1 : items_max, sizeof *t->named_by);
    t->n = 0;
}

static void table_deinit(struct table *t) {
    mem_free(t->items);
    mem_free(t->named_by);
    mem_free(t->slots);
}

static struct packed_item *table_get(struct table *t, struct bytes item) {
    size_t i = hash_secret(item.p, item.n) & (t->slots_n - 1);
    for (; t->slots[i] != 0; i = (i + 1) & (t->slots_n - 1)) {
        struct packed_item *it = &t->items[t->slots[i] - 1];
        if (it->item.n == item.n && memcmp(it->item.p, item.p, item.n) == 0) return it;
    }
    t->items[t->n] = (struct packed_item){.item = item};
    t->slots[i] = (uint32_t)++t->n;
    return &t->items[t->n - 1];
}

/* Sums of the heads; exact only if nothing may be missing from any list of several. */
static bool heads_add(const struct bytes *lists, size_t n, struct packed_head *sum) {
    *sum = (struct packed_head){.exact = true};
    for (size_t i = 0; i < n; i++) {
        struct packed_reader r;
        struct packed_head h;
        if (!packed_open(&r, lists[i], &h) || h.items_n > lists[i].n) return false;
        sum->total += h.total;
        sum->absent_upper += h.absent_upper;
        sum->items_n += h.items_n;
        sum->exact = sum->exact && h.exact && (n == 1 || h.absent_upper == 0);
    }
    return true;
}

/* NUMBER: which list this is, from 1. False if it is broken or names an item twice. */
static bool list_add(struct table *t, struct bytes list, uint32_t number) {
    struct packed_reader r;
    struct packed_head h;
    struct packed_item it;
    int got = -1;
    if (!packed_open(&r, list, &h)) return false;
    while ((got = packed_next(&r, &it)) == 1) {
        struct packed_item *sum = table_get(t, it.item);
        uint32_t *named_by = &t->named_by[sum - t->items];
        if (*named_by == number) return false;
        *named_by = number;
        sum->count += it.count;
        sum->lower += it.lower;
        sum->upper += it.upper - h.absent_upper; /* wraps around where needed; the sum does not */
    }
    return got == 0;
}

/* -- the heaviest -- */

static struct bytes rank_text(const void *items, uint32_t place) {
    return ((const struct packed_item *)items)[place].item;
}

/* The DEPTH heaviest of ITEMS, in order. What is left out weighs at most absent_upper. */
static void keep_heaviest(struct merged *m, const struct packed_item *items, size_t n, size_t depth, uint64_t absent) {
    struct rank *ranks = mem_alloc((n + 1) * sizeof *ranks), *spare = mem_alloc((n + 1) * sizeof *spare);
    for (size_t i = 0; i < n; i++) ranks[i] = (struct rank){rank_lead(items[i].item), items[i].count, (uint32_t)i};
    const struct ranking r = {ranks, n, items};
    heaviest_select(&r, depth);
    m->head.items_n = n < depth ? n : depth;
    m->head.absent_upper = absent;
    for (size_t i = m->head.items_n; i < n; i++)
        if (items[ranks[i].place].upper > m->head.absent_upper) m->head.absent_upper = items[ranks[i].place].upper;
    const struct rank *sorted = heaviest_sort(&r, m->head.items_n, spare);
    m->items = mem_alloc((m->head.items_n + 1) * sizeof *m->items);
    for (size_t i = 0; i < m->head.items_n; i++) m->items[i] = items[sorted[i].place];
    mem_free(spare);
    mem_free(ranks);
}

/* Sums beyond 64 bits can come to bounds without their count, a list that packed_write refuses to write. */
static bool bounds_add(struct table *t, uint64_t absent) {
    for (size_t i = 0; i < t->n; i++) {
        struct packed_item *it = &t->items[i];
        it->upper += absent;
        if (it->lower > it->count || it->count > it->upper) return false;
    }
    return true;
}

bool merge_lists(const struct bytes *lists, size_t n, size_t depth, struct merged *out) {
    struct table t;
    *out = (struct merged){.head = {.exact = true}};
    if (!heads_add(lists, n, &out->head)) {
        merged_deinit(out);
        return false;
    }
    uint64_t absent = out->head.absent_upper;
    table_init(&t, out->head.items_n);
    bool good = true;
    for (size_t i = 0; i < n && good; i++) good = list_add(&t, lists[i], (uint32_t)i + 1);
    good = good && bounds_add(&t, absent);
    if (good)
        keep_heaviest(out, t.items, t.n, depth, absent);
    else
        merged_deinit(out);
    table_deinit(&t);
    return good;
}

void merged_deinit(struct merged *m) {
    mem_free(m->items);
    *m = (struct merged){0};
}
