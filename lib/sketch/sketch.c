/* The problem: a minute of one place may hold ten items or ten million; ten must cost a few hundred bytes and be exact,
 * ten million must fit SKETCH_KB and still name the top hundred with honest bounds.
 *
 * The idea in five lines
 *   1. a table of sets of 8 ways, hash -> set; it doubles whenever a set is full: exact, and small for small buckets.
 *   2. at the largest size a set keeps its 8 heaviest items, and 16 light cells (12-bit fingerprint, 20-bit count) for
 * contenders.
 *   3. a contender takes over the smallest light cell (count x) only with probability w/(x+w): a long tail of once-seen
 * items cannot flush real ones, and counts stay unbiased (randomised admission).
 *   4. a contender that outweighs the smallest way changes places with it.
 *   5. certain knowledge is kept beside the estimate: what was counted since admission, and what the set may have
 * missed before.
 *
 *   set (128 bytes)   | tag[8] | count[8] |   light[16] = fingerprint:12 | count:20        tag = lo32(hash) | 1, 0 =
 * free ids  (32 bytes)   | where each way's item stands in the arena bounds (68 bytes) | admitted[8] | missed_at[8] |
 * missed          only made when the sketch overflows
 *
 * Bounds. missed = all weight that hit none of the set's ways, plus what every evicted way had counted since its
 * admission. way: lower = count - admitted, upper = lower + missed at admission. Invariant: (sum of the light cells) +
 * (sum of admitted) <= missed, so admitted <= missed_at and lower <= count <= upper: a miss adds w to missed and at
 * most w to one cell; when contender (cell x) and way (admitted a, lower l) change places, the cell grows to a + l
 * while x and a leave, and missed grows by l.
 *
 * Example: 512 sets (64 KB). 900 distinct items: about as many ways, exact. The 901st .. 1300th finds its set full:
 * from there on that set's eight heaviest are kept; an item with 40 counts that comes back after eviction says count
 * 41, lower 1, upper 1 + missed.
 *
 * Measured against count-min + heap, SpaceSaving, Misra-Gries and HeavyKeeper on the same streams: better recall at
 * every size. Rejected: a global minimum (SpaceSaving) - one heap for all sets costs 65 ns an update; 64-bit keys - a
 * set would not fit two cache lines. */
#include "sketch/sketch.h"

#include "base/hash.h"
#include "base/mem.h"
#include "sketch/packed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 8, CELLS = 16, CELL_COUNT_BITS = 20, CELL_COUNT_MAX = (1 << CELL_COUNT_BITS) - 1, ARENA_MIN = 64 };

struct set {
    uint32_t tag[WAYS];
    uint32_t count[WAYS];
    uint32_t light[CELLS];
};
_Static_assert(sizeof(struct set) == SKETCH_SET_BYTES, "a set is two cache lines");

struct set_ids {
    uint32_t at[WAYS]; /* offset of {u16 length, bytes} in the arena */
};

struct set_bounds {
    uint32_t admitted[WAYS];  /* count that came with the item and may be others' */
    uint32_t missed_at[WAYS]; /* the set's missed when the item was admitted */
    uint32_t missed;
};

struct sketch {
    struct sketch_budget *budget;
    struct set *sets;
    struct set_ids *ids;
    struct set_bounds *bounds; /* NULL while exact */
    uint32_t sets_n, sets_max;
    char *arena;
    uint32_t arena_len, arena_cap, arena_dead; /* dead: bytes of evicted items */
    bool saturated;                            /* some count stands still: only the total bounds anything */
    uint64_t rng;
    uint64_t total;
};

/* -- memory, always through the budget -- */

static uint64_t table_bytes(uint32_t sets_n) {
    return (uint64_t)sets_n * (sizeof(struct set) + sizeof(struct set_ids));
}

uint64_t sketch_bytes(const struct sketch *s) {
    uint64_t bounds = s->bounds == NULL ? 0 : (uint64_t)s->sets_n * sizeof(struct set_bounds);
    return sizeof *s + table_bytes(s->sets_n) + bounds + s->arena_cap;
}

static bool budget_allows(const struct sketch *s, uint64_t more) {
    return s->budget->used_bytes + more <= s->budget->limit_bytes;
}

static struct set *sets_zalloc(uint32_t n) {
    struct set *sets = aligned_alloc(SKETCH_SET_BYTES, n * sizeof *sets);
    if (sets == NULL) abort();
    return memset(sets, 0, n * sizeof *sets);
}

static void table_alloc(struct sketch *s, uint32_t sets_n) {
    s->sets_n = sets_n;
    s->sets = sets_zalloc(sets_n);
    s->ids = mem_zalloc(sets_n, sizeof *s->ids);
}

struct sketch *sketch_create(struct sketch_budget *budget, uint64_t seed, uint32_t sets_max) {
    assert(sets_max >= SKETCH_SETS_MIN && (sets_max & (sets_max - 1)) == 0);
    struct sketch *s = mem_zalloc(1, sizeof *s);
    s->budget = budget;
    s->sets_max = sets_max;
    s->rng = seed == 0 ? 1 : seed; /* xorshift stands still at 0 */
    table_alloc(s, SKETCH_SETS_MIN);
    budget->used_bytes += sketch_bytes(s);
    return s;
}

void sketch_destroy(struct sketch *s) {
    if (s == NULL) return;
    s->budget->used_bytes -= sketch_bytes(s);
    free(s->sets);
    mem_free(s->ids);
    mem_free(s->bounds);
    mem_free(s->arena);
    mem_free(s);
}

/* -- item ids -- */

static struct bytes id_get(const struct sketch *s, uint32_t at) {
    uint16_t len;
    memcpy(&len, s->arena + at, sizeof len);
    return (struct bytes){s->arena + at + sizeof len, len};
}

static uint32_t id_append(char *arena, uint32_t *len, struct bytes item) {
    uint32_t at = *len;
    uint16_t n = (uint16_t)item.n;
    memcpy(arena + at, &n, sizeof n);
    memcpy(arena + at + sizeof n, item.p, item.n);
    *len = at + (uint32_t)sizeof n + n;
    return at;
}

/* Copy the living ids into an arena with room for NEED more bytes. */
static void arena_rebuild(struct sketch *s, uint32_t need) {
    uint32_t live = s->arena_len - s->arena_dead, cap = ARENA_MIN, len = 0;
    while (cap - cap / 4 < live + need) cap *= 2; /* a quarter free, so that evictions do not rebuild it each time */
    char *arena = mem_alloc(cap);
    for (uint32_t i = 0; i < s->sets_n; i++)
        for (int way = 0; way < WAYS; way++)
            if (s->sets[i].tag[way] != 0) s->ids[i].at[way] = id_append(arena, &len, id_get(s, s->ids[i].at[way]));
    mem_free(s->arena);
    s->budget->used_bytes += cap;
    s->budget->used_bytes -= s->arena_cap;
    s->arena = arena;
    s->arena_cap = cap;
    s->arena_len = len;
    s->arena_dead = 0;
}

static uint32_t id_intern(struct sketch *s, struct bytes item) {
    uint32_t need = (uint32_t)(sizeof(uint16_t) + item.n);
    if (s->arena_cap - s->arena_len < need) arena_rebuild(s, need);
    return id_append(s->arena, &s->arena_len, item);
}

static void id_drop(struct sketch *s, uint32_t at) { s->arena_dead += (uint32_t)(sizeof(uint16_t) + id_get(s, at).n); }

/* -- sets -- */

static uint32_t set_of(uint64_t hash, uint32_t sets_n) { return (uint32_t)(((hash >> 32) * sets_n) >> 32); }
static uint32_t tag_of(uint64_t hash) { return (uint32_t)hash | 1; }
static uint32_t fingerprint_of(uint32_t tag) { return tag >> CELL_COUNT_BITS; }
static uint32_t cell_make(uint32_t fingerprint, uint64_t count) {
    return fingerprint << CELL_COUNT_BITS | (uint32_t)(count < CELL_COUNT_MAX ? count : CELL_COUNT_MAX);
}
static uint32_t cell_count(uint32_t cell) { return cell & CELL_COUNT_MAX; }

/* The way with TAG (0: a free way), or -1. */
static int way_find(const struct set *set, uint32_t tag) {
    for (int way = 0; way < WAYS; way++)
        if (set->tag[way] == tag) return way;
    return -1;
}

static int way_smallest(const struct set *set) {
    int least = 0;
    for (int way = 1; way < WAYS; way++)
        if (set->count[way] < set->count[least]) least = way;
    return least;
}

static uint32_t add_saturating(struct sketch *s, uint32_t a, uint32_t b) {
    if (a <= UINT32_MAX - b) return a + b;
    if (!s->saturated) s->budget->saturated++;
    s->saturated = true;
    return UINT32_MAX;
}

static void way_take(struct sketch *s, uint32_t set, int way, uint32_t tag, uint32_t count, struct bytes item) {
    /* Interning may rebuild the arena from the tags: the new way must not be among them yet. */
    uint32_t at = id_intern(s, item);
    s->sets[set].tag[way] = tag;
    s->sets[set].count[way] = count;
    s->ids[set].at[way] = at;
}

/* -- growth: set j splits into 2j and 2j + 1 -- */

static void way_move(struct sketch *s, const struct set *from, const struct set_ids *ids, int way) {
    uint32_t to = set_of(sketch_hash(id_get(s, ids->at[way])), s->sets_n);
    int free_way = way_find(&s->sets[to], 0);
    s->sets[to].tag[free_way] = from->tag[way];
    s->sets[to].count[free_way] = from->count[way];
    s->ids[to].at[free_way] = ids->at[way];
}

static bool sketch_grow(struct sketch *s) {
    if (s->sets_n == s->sets_max) return false;
    if (!budget_allows(s, table_bytes(s->sets_n))) {
        s->budget->growth_refused++;
        s->sets_max = s->sets_n; /* for good: a table that has overflowed cannot be split cleanly */
        return false;
    }
    struct set *sets = s->sets;
    struct set_ids *ids = s->ids;
    uint32_t n = s->sets_n;
    s->budget->used_bytes += table_bytes(n);
    table_alloc(s, n * 2);
    for (uint32_t i = 0; i < n; i++)
        for (int way = 0; way < WAYS; way++)
            if (sets[i].tag[way] != 0) way_move(s, &sets[i], &ids[i], way);
    free(sets);
    mem_free(ids);
    return true;
}

/* -- overflow: randomised admission -- */

static uint64_t rng_next(struct sketch *s) { /* xorshift64, Marsaglia 2003 */
    uint64_t x = s->rng;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return s->rng = x;
}

/* True with probability W / OF. */
static bool chance(struct sketch *s, uint32_t w, uint64_t of) { return ((rng_next(s) >> 32) * of) >> 32 < w; }

/* The light cell with FINGERPRINT, else the smallest (ties: the first). */
static int cell_find(const struct set *set, uint32_t fingerprint, bool *found) {
    int least = 0;
    for (int i = 0; i < CELLS; i++) {
        uint32_t count = cell_count(set->light[i]);
        if (count != 0 && set->light[i] >> CELL_COUNT_BITS == fingerprint) {
            *found = true;
            return i;
        }
        if (count < cell_count(set->light[least])) least = i;
    }
    *found = false;
    return least;
}

static void bounds_begin(struct sketch *s) {
    if (s->bounds != NULL) return;
    s->bounds = mem_zalloc(s->sets_n, sizeof *s->bounds);
    s->budget->used_bytes += s->sets_n * sizeof *s->bounds;
    s->budget->overflows++;
}

/* The contender with ADMITTED counts behind it and W now takes WAY; what stood there goes to the light CELL. */
static void change_places(struct sketch *s, uint32_t i, int way, int cell, uint32_t tag, uint32_t admitted,
                          struct bytes item, uint32_t w) {
    struct set *set = &s->sets[i];
    struct set_bounds *b = &s->bounds[i];
    uint32_t certain = set->count[way] - b->admitted[way];
    set->light[cell] = cell_make(fingerprint_of(set->tag[way]), set->count[way]);
    id_drop(s, s->ids[i].at[way]);
    set->tag[way] = 0; /* not to be carried over by a rebuild */
    b->admitted[way] = admitted;
    b->missed_at[way] = b->missed;
    b->missed = add_saturating(s, b->missed, certain);
    way_take(s, i, way, tag, add_saturating(s, admitted, w), item);
}

static void sketch_miss(struct sketch *s, uint32_t i, uint32_t tag, struct bytes item, uint32_t w) {
    bounds_begin(s);
    struct set *set = &s->sets[i];
    struct set_bounds *b = &s->bounds[i];
    int way = way_smallest(set);
    bool found;
    int cell = cell_find(set, fingerprint_of(tag), &found);
    uint32_t before = cell_count(set->light[cell]);
    if (!found && before > 0 && !chance(s, w, (uint64_t)before + w)) {
        b->missed = add_saturating(s, b->missed, w);
        return;
    }
    uint64_t now = (uint64_t)before + w;
    if (now > set->count[way]) {
        change_places(s, i, way, cell, tag, before, item, w);
        return;
    }
    /* A cell cannot count past 2^20 - 1. From there on the contender fights for the way itself, by the same rule. */
    if (now >= CELL_COUNT_MAX && chance(s, w, (uint64_t)set->count[way] + w)) {
        uint32_t admitted = set->count[way] < b->missed ? set->count[way] : b->missed;
        change_places(s, i, way, cell, tag, admitted, item, w);
        return;
    }
    set->light[cell] = cell_make(fingerprint_of(tag), now);
    b->missed = add_saturating(s, b->missed, w);
}

/* -- public -- */

uint64_t sketch_hash(struct bytes item) { return hash64(item.p, item.n, 0); }

void sketch_add(struct sketch *s, uint64_t hash, struct bytes item, uint32_t weight) {
    uint32_t tag = tag_of(hash);
    s->total += weight;
    for (;;) {
        uint32_t i = set_of(hash, s->sets_n);
        struct set *set = &s->sets[i];
        int way = way_find(set, tag);
        if (way >= 0) {
            set->count[way] = add_saturating(s, set->count[way], weight);
            return;
        }
        if ((way = way_find(set, 0)) >= 0) {
            way_take(s, i, way, tag, weight, item);
            return;
        }
        if (sketch_grow(s)) continue;
        sketch_miss(s, i, tag, item, weight);
        return;
    }
}

uint64_t sketch_total(const struct sketch *s) { return s->total; }
bool sketch_exact(const struct sketch *s) { return s->bounds == NULL && !s->saturated; }

/* -- the packed list -- */

static int item_order(const void *a, const void *b) {
    const struct packed_item *x = a, *y = b;
    return packed_order(x->count, x->item, y->count, y->item);
}

static struct packed_item item_of(const struct sketch *s, uint32_t i, int way) {
    uint32_t count = s->sets[i].count[way];
    struct packed_item it = {id_get(s, s->ids[i].at[way]), count, count, count};
    if (s->bounds != NULL) {
        it.lower = count - s->bounds[i].admitted[way];
        it.upper = it.lower + s->bounds[i].missed_at[way];
    }
    if (s->saturated) it.upper = s->total > count ? s->total : count;
    return it;
}

static size_t items_collect(const struct sketch *s, struct packed_item *items, uint64_t *missed) {
    size_t n = 0;
    *missed = 0;
    for (uint32_t i = 0; i < s->sets_n; i++) {
        if (s->bounds != NULL && s->bounds[i].missed > *missed) *missed = s->bounds[i].missed;
        for (int way = 0; way < WAYS; way++)
            if (s->sets[i].tag[way] != 0) items[n++] = item_of(s, i, way);
    }
    if (s->saturated) *missed = s->total;
    return n;
}

/* Move the LIMIT first of N (by item_order) to the front, in any order (selection by partitioning, Hoare 1961). */
static void items_select(struct packed_item *items, size_t n, size_t limit) {
    if (limit == 0 || limit >= n) return;
    ptrdiff_t lo = 0, hi = (ptrdiff_t)n - 1, last = (ptrdiff_t)limit - 1;
    while (lo < hi) {
        struct packed_item pivot = items[last];
        ptrdiff_t i = lo, j = hi;
        while (i <= j) {
            while (item_order(&items[i], &pivot) < 0) i++;
            while (item_order(&pivot, &items[j]) < 0) j--;
            if (i > j) break;
            struct packed_item t = items[i];
            items[i++] = items[j];
            items[j--] = t;
        }
        if (j < last) lo = i;
        if (last < i) hi = j;
    }
}

void sketch_pack(const struct sketch *s, size_t limit, struct buf *out) {
    struct packed_item *items = mem_alloc(s->sets_n * WAYS * sizeof *items);
    struct packed_head head = {.exact = sketch_exact(s), .total = s->total};
    size_t n = items_collect(s, items, &head.absent_upper);
    head.n = n < limit ? n : limit;
    items_select(items, n, head.n);
    qsort(items, head.n, sizeof *items, item_order);
    for (size_t i = head.n; i < n; i++)
        if (items[i].upper > head.absent_upper) head.absent_upper = items[i].upper;
    packed_write(out, &head, items);
    mem_free(items);
}
