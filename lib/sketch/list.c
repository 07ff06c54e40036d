/* sketch/list.c - the heaviest items of a sketch as a packed list.
 *
 * A list is made of every changed bucket at every tick, out of up to thousands of ways for hundreds of items. So most
 * ways are only counted: a histogram tells from which count on there are enough of them, and texts are looked at only
 * from there up. Its bins are exact up to 64, and from there on 1/32 of a power of two wide. */
#include <assert.h>

#include "base/pool.h"
#define HEAVIEST_COUNT uint32_t
#include "list/heaviest.inc"
#include "list/packed.h"
#include "sketch/stash.h"

enum { BIN_EXACT_BITS = 6, BIN_PART_BITS = 5, BINS = (1 << BIN_EXACT_BITS) + ((32 - BIN_EXACT_BITS) << BIN_PART_BITS) };

/* Items that may be on the list. A place is set * SET_WAYS + way; behind all of these, the items of the stash. */
struct picks {
    struct ranking ranking;
    uint64_t absent_upper; /* of all that are not among them */
};

static uint32_t ways_n(const struct sketch *s) { return sets_n(s) * SET_WAYS; }
static uint32_t stash_n(const struct sketch *s) { return s->stash == NULL ? 0 : s->stash->n; }

static struct bytes rank_text(const void *sketch, uint32_t place) {
    const struct sketch *s = sketch;
    if (place >= ways_n(s)) return id_get(s->arena + s->stash->items[place - ways_n(s)].at);
    return id_get(s->arena + s->ids[place / SET_WAYS].at[place % SET_WAYS]);
}

/* -- bins -- */

static unsigned bin_of(uint32_t count) {
    if (count < 1u << BIN_EXACT_BITS) return count;
    unsigned power = 31 - (unsigned)__builtin_clz(count);
    unsigned part = count >> (power - BIN_PART_BITS) & ((1u << BIN_PART_BITS) - 1);
    return (1u << BIN_EXACT_BITS) + ((power - BIN_EXACT_BITS) << BIN_PART_BITS) + part;
}

/* The smallest count of a bin. */
static uint32_t bin_floor(unsigned bin) {
    if (bin < 1u << BIN_EXACT_BITS) return bin;
    unsigned wide = bin - (1u << BIN_EXACT_BITS), power = BIN_EXACT_BITS + (wide >> BIN_PART_BITS);
    uint32_t part = wide & ((1u << BIN_PART_BITS) - 1);
    return UINT32_C(1) << power | part << (power - BIN_PART_BITS);
}

/* Items that count less are not needed for a list of LIMIT: ways alone are enough, and all the more with the stash.
 * Every way that is in use counts something. Neighbours go to different histograms, because equal counts in a row would
 * wait for each other. */
static uint32_t lowest_count(const struct sketch *s, size_t limit) {
    uint32_t bins[2][BINS] = {{0}};
    for (uint32_t i = 0; i < sets_n(s); i++)
        for (int way = 0; way < SET_WAYS; way++) bins[way % 2][bin_of(s->sets[i].count[way])]++;
    size_t n = 0;
    unsigned bin = BINS;
    while (bin > 1 && n < limit) {
        bin--;
        n += bins[0][bin] + bins[1][bin];
    }
    return bin == BINS ? UINT32_MAX : bin_floor(bin); /* BINS: of a list of nothing */
}

/* -- picking -- */

struct bounds {
    uint64_t lower, upper;
};

static struct bounds bounds_of(const struct sketch *s, uint32_t place, uint32_t count) {
    if (s->over == NULL || place >= ways_n(s)) return (struct bounds){count, count};
    const struct set_bounds *b = &s->over->bounds[place / SET_WAYS];
    uint64_t lower = count - b->admitted[place % SET_WAYS];
    return (struct bounds){lower, lower + b->missed_at[place % SET_WAYS]};
}

static void leave_out(const struct sketch *s, struct picks *p, uint32_t place, uint32_t count) {
    uint64_t upper = bounds_of(s, place, count).upper;
    if (upper > p->absent_upper) p->absent_upper = upper;
}

static inline void pick(const struct sketch *s, struct picks *p, uint32_t lowest, uint32_t place, uint32_t count) {
    if (count < lowest)
        leave_out(s, p, place, count);
    else
        p->ranking.all[p->ranking.n++] = (struct rank){rank_lead(rank_text(s, place)), count, place};
}

static void picks_collect(const struct sketch *s, struct picks *p, uint32_t lowest) {
    for (uint32_t place = 0; place < ways_n(s); place++) {
        uint32_t count = s->sets[place / SET_WAYS].count[place % SET_WAYS];
        if (count > 0) pick(s, p, lowest, place, count);
    }
    for (uint32_t k = 0; k < stash_n(s); k++) pick(s, p, lowest, ways_n(s) + k, s->stash->items[k].count);
}

static uint64_t most_missed(const struct sketch *s) {
    uint64_t most = 0;
    for (uint32_t i = 0; s->over != NULL && i < sets_n(s); i++)
        if (s->over->missed[i] > most) most = s->over->missed[i];
    return most;
}

/* The LIMIT heaviest, in any order. */
static void picks_make(const struct sketch *s, struct picks *p, size_t limit) {
    struct ranking *r = &p->ranking;
    p->absent_upper = most_missed(s);
    picks_collect(s, p, limit < (size_t)ways_n(s) + stash_n(s) ? lowest_count(s, limit) : 1);
    heaviest_select(r, limit);
    for (; r->n > limit; r->n--) leave_out(s, p, r->all[r->n - 1].place, r->all[r->n - 1].count);
}

static struct packed_item item_of(const struct sketch *s, const struct rank *rank) {
    struct bounds b = bounds_of(s, rank->place, rank->count);
    return (struct packed_item){rank_text(s, rank->place), rank->count, b.lower, b.upper};
}

/* Where a count stands still only the total bounds anything. */
static void widen(struct packed_head *head, struct packed_item *items) {
    head->absent_upper = head->total;
    for (size_t i = 0; i < head->items_n; i++)
        items[i].upper = head->total > items[i].count ? head->total : items[i].count;
}

static void list_write(struct sketch *s, const struct rank *ranks, struct packed_head *head, struct buf *out) {
    struct pool *pool = &s->budget->pool;
    size_t bytes = (head->items_n + 1) * sizeof(struct packed_item);
    struct packed_item *items = pool_take(pool, bytes);
    for (size_t i = 0; i < head->items_n; i++) items[i] = item_of(s, &ranks[i]);
    if (s->saturated) widen(head, items);
    packed_write(out, head, items);
    pool_give(pool, items, bytes);
}

void sketch_pack(struct sketch *s, size_t limit, struct buf *out) {
    sketch_check(s);
    struct pool *pool = &s->budget->pool;
    size_t bytes = ((size_t)ways_n(s) + stash_n(s)) * sizeof(struct rank);
    struct rank *all = pool_take(pool, bytes), *spare = pool_take(pool, bytes);
    struct picks p = {.ranking = {all, 0, s}};
    picks_make(s, &p, limit);
    size_t n = p.ranking.n;
    struct packed_head head = {
        .exact = sketch_exact(s), .total = sketch_total(s), .absent_upper = p.absent_upper, .items_n = n};
    list_write(s, heaviest_sort(&p.ranking, n, spare), &head, out);
    pool_give(pool, spare, bytes);
    pool_give(pool, all, bytes);
}
