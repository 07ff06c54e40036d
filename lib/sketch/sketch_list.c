/* The heaviest items of a sketch as a packed list.
 *
 * A list is made of every changed bucket at every tick, out of up to thousands of ways for hundreds of items, so most
 * ways are only counted: a histogram of the counts, in bins that are exact up to 64 and then 1/32 of a power of two
 * wide, tells from which bin on there are enough of them. Texts are looked at only from there up. */
#include "base/pool.h"
#include "sketch/packed.h"
#include "sketch/sketch_state.h"

#include <stdlib.h>

enum { BIN_EXACT_BITS = 6, BIN_PART_BITS = 5, BINS = (1 << BIN_EXACT_BITS) + ((32 - BIN_EXACT_BITS) << BIN_PART_BITS) };

/* An item that may be on the list. Texts are compared by their first eight bytes as a number, as far as that tells. */
struct pick {
    uint64_t head;
    uint32_t count;
    uint32_t place; /* set * SET_WAYS + way */
};

struct picks {
    struct pick *all;
    size_t n;
    uint64_t absent_upper; /* of all that are not among them */
};

static uint64_t head_of(struct bytes text) {
    uint64_t head = 0;
    memcpy(&head, text.p, text.n < sizeof head ? text.n : sizeof head);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    head = __builtin_bswap64(head);
#endif
    return head;
}

static struct bytes text_of(const struct sketch *s, uint32_t place) {
    return id_get(s, s->ids[place / SET_WAYS].at[place % SET_WAYS]);
}

/* -- the order of lists -- */

static int pick_order(const void *a, const void *b, void *sketch) {
    const struct pick *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    if (x->head != y->head) return x->head > y->head ? -1 : 1;
    return packed_order(0, text_of(sketch, x->place), 0, text_of(sketch, y->place));
}

/* Move the LIMIT first of P to the front, in any order (selection by partitioning, Hoare 1961). */
static void picks_select(struct sketch *s, struct picks *p, size_t limit) {
    if (limit == 0 || limit >= p->n) return;
    ptrdiff_t lo = 0, hi = (ptrdiff_t)p->n - 1, last = (ptrdiff_t)limit - 1;
    while (lo < hi) {
        struct pick pivot = p->all[last];
        ptrdiff_t i = lo, j = hi;
        while (i <= j) {
            while (pick_order(&p->all[i], &pivot, s) < 0) i++;
            while (pick_order(&pivot, &p->all[j], s) < 0) j--;
            if (i > j) break;
            struct pick t = p->all[i];
            p->all[i++] = p->all[j];
            p->all[j--] = t;
        }
        if (j < last) lo = i;
        if (last < i) hi = j;
    }
}

/* -- bins -- */

static unsigned bin_of(uint32_t count) {
    if (count < 1u << BIN_EXACT_BITS) return count;
    unsigned power = 31 - (unsigned)__builtin_clz(count);
    unsigned part = count >> (power - BIN_PART_BITS) & ((1u << BIN_PART_BITS) - 1);
    return (1u << BIN_EXACT_BITS) + ((power - BIN_EXACT_BITS) << BIN_PART_BITS) + part;
}

/* The lowest bin that a list of LIMIT items needs. Every way that is in use counts something. */
static unsigned lowest_bin(const struct sketch *s, size_t limit) {
    uint32_t bins[BINS] = {0};
    for (uint32_t i = 0; i < sets_n(s); i++)
        for (int way = 0; way < SET_WAYS; way++) bins[bin_of(s->sets[i].count[way])]++;
    size_t n = 0;
    unsigned bin = BINS;
    while (bin > 1 && n < limit) n += bins[--bin];
    return bin;
}

/* -- picking -- */

static uint64_t upper_of(const struct sketch *s, uint32_t place, uint32_t count) {
    if (s->over == NULL) return count;
    const struct set_bounds *b = &s->over->bounds[place / SET_WAYS];
    return (uint64_t)count - b->admitted[place % SET_WAYS] + b->missed_at[place % SET_WAYS];
}

static void leave_out(const struct sketch *s, struct picks *p, uint32_t place, uint32_t count) {
    uint64_t upper = upper_of(s, place, count);
    if (upper > p->absent_upper) p->absent_upper = upper;
}

static void picks_collect(const struct sketch *s, struct picks *p, unsigned lowest) {
    for (uint32_t place = 0; place < sets_n(s) * SET_WAYS; place++) {
        uint32_t count = s->sets[place / SET_WAYS].count[place % SET_WAYS];
        if (count == 0) continue;
        if (bin_of(count) < lowest)
            leave_out(s, p, place, count);
        else
            p->all[p->n++] = (struct pick){head_of(text_of(s, place)), count, place};
    }
}

static uint64_t most_missed(const struct sketch *s) {
    uint64_t most = 0;
    for (uint32_t i = 0; s->over != NULL && i < sets_n(s); i++)
        if (s->over->missed[i] > most) most = s->over->missed[i];
    return most;
}

/* The LIMIT heaviest, in order. */
static void picks_make(struct sketch *s, struct picks *p, size_t limit) {
    p->absent_upper = most_missed(s);
    picks_collect(s, p, lowest_bin(s, limit));
    picks_select(s, p, limit);
    for (; p->n > limit; p->n--) leave_out(s, p, p->all[p->n - 1].place, p->all[p->n - 1].count);
    qsort_r(p->all, p->n, sizeof *p->all, pick_order, s);
}

static struct packed_item item_of(const struct sketch *s, const struct pick *pick) {
    uint32_t set = pick->place / SET_WAYS, way = pick->place % SET_WAYS, count = pick->count;
    struct packed_item it = {text_of(s, pick->place), count, count, upper_of(s, pick->place, count)};
    if (s->over != NULL) it.lower = count - s->over->bounds[set].admitted[way];
    return it;
}

/* Where a count stands still only the total bounds anything. */
static void widen(struct packed_head *head, struct packed_item *items) {
    head->absent_upper = head->total;
    for (size_t i = 0; i < head->n; i++) items[i].upper = head->total > items[i].count ? head->total : items[i].count;
}

void sketch_pack(struct sketch *s, size_t limit, struct buf *out) {
    struct pool *pool = &s->budget->pool;
    size_t places = (size_t)sets_n(s) * SET_WAYS;
    struct picks p = {.all = pool_take(pool, places * sizeof *p.all)};
    picks_make(s, &p, limit);
    struct packed_head head = {
        .exact = sketch_exact(s), .total = sketch_total(s), .absent_upper = p.absent_upper, .n = p.n};
    struct packed_item *items = pool_take(pool, (p.n + 1) * sizeof *items);
    for (size_t i = 0; i < p.n; i++) items[i] = item_of(s, &p.all[i]);
    if (s->saturated) widen(&head, items);
    packed_write(out, &head, items);
    pool_give(pool, items, (head.n + 1) * sizeof *items);
    pool_give(pool, p.all, places * sizeof *p.all);
}
