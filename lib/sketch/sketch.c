/* sketch/sketch.c - how a bucket counts.
 *
 * The problem. A minute of one place may hold ten items or ten million. Ten must cost a few hundred bytes and be exact;
 * ten million must fit SKETCH_KB and still name the top hundred with honest bounds.
 *
 * The idea in five lines
 *   1. A table of sets of 8 ways, hash -> set. It doubles when a set is full: exact, and small for small buckets.
 *   2. At the largest size a set keeps its 8 heaviest items, and 16 light cells for contenders.
 *   3. A contender takes over the smallest light cell (count x) only with probability w/(x+w). A long tail of items
 *      that come once cannot flush real ones, and counts stay unbiased (randomised admission).
 *   4. A contender that outweighs the smallest way changes places with it.
 *   5. Certain knowledge is kept beside the estimate: what was counted since admission, and what the set may have
 *      missed before.
 *
 *   set     128 bytes   tag[8]  count[8]  light[16]     tag = lo32(hash) | 1, 0 = free; light = fingerprint:12 count:20
 *   ids      32 bytes   where each way's item stands in the arena of names
 *   stash                items whose set was full too early (stash.h); mostly none
 *   missed    4 bytes   } only made when
 *   bounds   64 bytes   } the sketch overflows: admitted[8]  missed_at[8]
 *
 * Each kind lies in an array of its own. An add of an item that is there touches the first line of its set, its id and
 * its name, one that is not touches the second line and missed; the rest is for those few that change places. How adds
 * are done many at a time stands in path.inc, how a list is made in list.c. All arrays are powers of two and come from
 * the pool of the owner (base/pool.h), where they go back to when their minute is over.
 *
 * Names that were chosen. Whoever sends events knows the hash of a name, and finds another of the same hash in a
 * microsecond. So a tag is only a hint, and names are compared: nobody's counts go to another, and exact is exact. What
 * is left to such names is to fall into one set.
 *   - While exact, a full set doubles the table only if a quarter of the ways is used. Before that its items go to the
 *     stash, a hash table with a secret. So memory grows with the number of different items, chosen or not, and as many
 *     as a quarter of the ways of the largest table are always exact. Honest names hardly ever go there: with two a set
 *     on average, one set in 4000 gets a ninth.
 *   - Exact counts do not depend on where an item is kept, so the secret may be any process's own. When an item goes to
 *     the stash, and when it leaves, is decided by sets and by the order of adds alone. Same log, same bytes.
 *   - What is in the stash when the sketch overflows stays there, counted exactly. To move it into the sets then would
 *     have to happen between two adds of each set, but a batch has long added the hits of other sets.
 *   - An overflowed set that is flooded keeps its 8 heaviest like any other: memory and bounds hold. To push an item
 *     off its list takes at least as much weight in chosen names as it has itself.
 *
 * Measured beside hashing by a secret and trusting tags, in turns in one run (old / new, ns an add, 64 KB): one counter
 * Zipf .99 14.3 / 15.9, 1.2 8.6 / 10.5, .8 17.0 / 18.0, all distinct 19.3 / 19.9; 200 counters 33 / 41, of 256 KB 41 /
 * 53. The secret costs nothing, but it would have to be the same on every worker and after every replay, in a commit or
 * a setting, and counts would still be true only up to a collision of tags (.004 per million adds). Rejected too: names
 * of up to 15 bytes beside the ways instead of in the arena (a line less for a hit, two more for a new item: slower
 * where caches are cold, and 96 bytes a set), and a second hash by a secret of the process beside the ids (a hash more
 * each event to save one of two lines).
 *
 * Bounds. missed = all weight that hit none of the set's ways, plus what every evicted way had counted since its
 * admission. A way's lower = count - admitted, its upper = lower + missed at its admission.
 * Invariants (check.c): no light cell and no admitted is larger than missed, so lower <= count <= upper. As long as no
 * light cell is full, (sum of the light cells) + (sum of admitted) <= missed. A miss adds w to missed, and at most w to
 * one cell. When contender (cell x) and way (admitted a, lower l) change places, the cell grows to a + l while x and a
 * leave, and missed grows by l.
 *
 * Example: 512 sets (64 KB). 1024 distinct items: exact. The 1025th .. 1400th finds its set full: from there on that
 * set's eight heaviest are kept; an item with 40 counts that comes back after eviction says count 41, lower 1,
 * upper 1 + missed.
 *
 * Measured against count-min + heap and SpaceSaving on the same streams: better recall at every size (make bench
 * ARGS="--only sketch"). Rejected: a global minimum (SpaceSaving), since one heap for all sets costs four times as much
 * an update; 64-bit keys, since a set would not fit two cache lines. */
#include "sketch/sketch.h"

#include <assert.h>

#include "base/hash.h"
#if defined(__SSE2__)
#define SKETCH_PATH_SSE2
#endif
#include "sketch/look.h"
#include "sketch/stash.h"

_Static_assert(sizeof(struct set) == SKETCH_SET_BYTES, "a set is two cache lines");

enum { ARENA_BITS_MIN = 6 };

/* -- memory, always of the budget's pool -- */

static uint64_t table_bytes(uint32_t n) { return (uint64_t)n * (sizeof(struct set) + sizeof(struct set_ids)); }
static size_t missed_bytes(const struct sketch *s) { return sets_n(s) * sizeof(uint32_t); }
static size_t bounds_bytes(const struct sketch *s) { return sets_n(s) * sizeof(struct set_bounds); }

uint64_t sketch_bytes(const struct sketch *s) {
    uint64_t over = s->over == NULL ? 0 : pool_size(sizeof *s->over) + pool_size(missed_bytes(s)) + bounds_bytes(s);
    return pool_size(sizeof *s) + table_bytes(sets_n(s)) + over + stash_bytes(s) + arena_bytes(s);
}

/* The upper bits of a hash, as many as number N sets. */
static uint8_t shift_for(uint32_t n) { return (uint8_t)__builtin_clzll(n - 1); }

static void table_take(struct sketch *s, uint32_t n) {
    s->shift = shift_for(n);
    s->sets = pool_take_zeroed(&s->budget->pool, n * sizeof *s->sets);
    s->ids = pool_take_zeroed(&s->budget->pool, n * sizeof *s->ids);
}

static void table_give(struct sketch_budget *b, uint32_t n, struct set *sets, struct set_ids *ids) {
    pool_give(&b->pool, sets, n * sizeof *sets);
    pool_give(&b->pool, ids, n * sizeof *ids);
}

static void overflow_begin(struct sketch *s) {
    struct pool *pool = &s->budget->pool;
    if (s->over != NULL) return;
    s->over = pool_take_zeroed(pool, sizeof *s->over);
    s->over->missed = pool_take_zeroed(pool, missed_bytes(s));
    s->over->bounds = pool_take_zeroed(pool, bounds_bytes(s));
    s->budget->overflows++;
}

static void overflow_give(struct sketch *s) {
    struct pool *pool = &s->budget->pool;
    if (s->over == NULL) return;
    pool_give(pool, s->over->missed, missed_bytes(s));
    pool_give(pool, s->over->bounds, bounds_bytes(s));
    pool_give(pool, s->over, sizeof *s->over);
}

struct sketch *sketch_create(struct sketch_budget *budget, uint64_t seed, uint32_t sets_max) {
    assert(sets_max >= SKETCH_SETS_MIN && (sets_max & (sets_max - 1)) == 0);
    struct sketch *s = pool_take_zeroed(&budget->pool, sizeof *s);
    s->budget = budget;
    s->shift_last = shift_for(sets_max);
    s->rng = seed == 0 ? 1 : seed; /* xorshift stands still at 0 */
    table_take(s, SKETCH_SETS_MIN);
    s->arena_bits = ARENA_BITS_MIN;
    s->arena = pool_take_zeroed(&budget->pool, arena_bytes(s));
    sketch_check(s);
    return s;
}

void sketch_destroy(struct sketch *s) {
    if (s == NULL) return;
    sketch_check(s);
    struct sketch_budget *b = s->budget;
    overflow_give(s);
    stash_give(s);
    table_give(b, sets_n(s), s->sets, s->ids);
    pool_give(&b->pool, s->arena, arena_bytes(s));
    pool_give(&b->pool, s, sizeof *s);
}

/* -- item ids -- */

static uint32_t id_append(char *arena, uint32_t *len, struct bytes item) {
    uint32_t at = *len;
    uint16_t n = (uint16_t)item.n;
    memcpy(arena + at, &n, sizeof n);
    memcpy(arena + at + sizeof n, item.p, item.n);
    *len = at + (uint32_t)sizeof n + n;
    return at;
}

/* A bit for each way in use. */
static unsigned ways_used(const struct set *set) { return set_ways(set, 0) ^ ((1u << SET_WAYS) - 1); }

static void id_move(const struct sketch *s, char *arena, uint32_t *len, uint32_t *at) {
    assert(*at < s->arena_len);
    *at = id_append(arena, len, id_get(s->arena + *at));
}

static void ids_move(struct sketch *s, char *arena, uint32_t *len) {
    for (uint32_t i = 0; i < sets_n(s); i++)
        for (unsigned ways = ways_used(&s->sets[i]); ways != 0; ways &= ways - 1)
            id_move(s, arena, len, &s->ids[i].at[__builtin_ctz(ways)]);
    for (uint32_t k = 0; s->stash != NULL && k < s->stash->n; k++) id_move(s, arena, len, &s->stash->items[k].at);
}

/* Copy the living ids into an arena with room for NEED more bytes. */
static void arena_rebuild(struct sketch *s, uint32_t need) {
    uint32_t dead = s->over == NULL ? 0 : s->over->arena_dead, live = s->arena_len - dead, len = 0;
    uint8_t bits = ARENA_BITS_MIN;
    /* A quarter stays free where items are evicted, or each eviction would rebuild it. */
    uint64_t wanted = (uint64_t)live + need + (s->over != NULL ? (live + need) / 3 : 0) + ID_WORDS;
    while (UINT64_C(1) << bits < wanted) bits++;
    char *arena = pool_take(&s->budget->pool, (size_t)1 << bits);
    if (dead > 0) {
        ids_move(s, arena, &len);
        s->over->arena_dead = 0;
    } else {
        memcpy(arena, s->arena, live);
        len = live;
    }
    pool_give(&s->budget->pool, s->arena, arena_bytes(s));
    assert(len == live);
    s->arena = arena;
    s->arena_bits = bits;
    s->arena_len = len;
}

uint32_t sketch_id_intern(struct sketch *s, struct bytes item) {
    assert(item.n > 0 && item.n <= SKETCH_ITEM_BYTES_MAX);
    uint32_t need = (uint32_t)(sizeof(uint16_t) + item.n);
    if (arena_bytes(s) - s->arena_len < need + ID_WORDS) arena_rebuild(s, need);
    return id_append(s->arena, &s->arena_len, item);
}

/* ITEM in the place of the id at *AT. Ids are mostly of one length, so it fits; else it goes to the end. */
static void id_replace(struct sketch *s, uint32_t set, unsigned way, struct bytes item) {
    assert(s->over != NULL); /* nothing is evicted while all is exact */
    uint32_t *at = &s->ids[set].at[way], begin = *at;
    size_t old = id_get(s->arena + begin).n;
    if (item.n <= old) {
        (void)id_append(s->arena, &begin, item);
        s->over->arena_dead += (uint32_t)(old - item.n);
        return;
    }
    s->over->arena_dead += (uint32_t)(sizeof(uint16_t) + old);
    s->sets[set].tag[way] = 0; /* not to be carried over by a rebuild */
    *at = sketch_id_intern(s, item);
}

/* -- ways -- */

uint32_t sketch_add_saturating(struct sketch *s, uint32_t a, uint32_t b) {
    if (a <= UINT32_MAX - b) return a + b;
    if (!s->saturated) s->budget->saturated++;
    s->saturated = true;
    overflow_begin(s);
    s->over->clipped += b - (UINT32_MAX - a);
    return UINT32_MAX;
}

void sketch_way_hit(struct sketch *s, uint32_t set, unsigned way, uint32_t w) {
    uint32_t *count = &s->sets[set].count[way];
    *count = sketch_add_saturating(s, *count, w);
}

void sketch_way_take(struct sketch *s, uint32_t set, unsigned way, uint32_t tag, uint32_t count, struct bytes item) {
    assert(s->sets[set].tag[way] == 0 && count > 0);
    /* Interning may rebuild the arena from the tags: the new way must not be among them yet. */
    s->ids[set].at[way] = sketch_id_intern(s, item);
    s->sets[set].tag[way] = tag;
    s->sets[set].count[way] = count;
    if (s->stash != NULL) s->stash->ways_n++;
}

void sketch_way_replace(struct sketch *s, uint32_t set, unsigned way, uint32_t tag, uint32_t count, struct bytes item) {
    assert(s->sets[set].tag[way] != 0 && count > 0);
    id_replace(s, set, way, item);
    s->sets[set].tag[way] = tag;
    s->sets[set].count[way] = count;
}

/* -- growth: set j splits into 2j and 2j + 1 -- */

static void way_move(struct sketch *s, const struct set *from, const struct set_ids *ids, int way) {
    uint32_t to = set_of(s, sketch_hash(id_get(s->arena + ids->at[way])));
    unsigned free_ways = set_ways(&s->sets[to], 0);
    assert(free_ways != 0); /* a set of eight splits in two */
    int free_way = __builtin_ctz(free_ways);
    s->sets[to].tag[free_way] = from->tag[way];
    s->sets[to].count[free_way] = from->count[way];
    s->ids[to].at[free_way] = ids->at[way];
}

static bool sketch_grow(struct sketch *s) {
    assert(s->over == NULL); /* what was estimated cannot be split */
    uint32_t n = sets_n(s);
    if (s->shift == s->shift_last || ways_in_use(s) <= items_exact(s->shift)) return false;
    if (!budget_allows(s, table_bytes(n))) {
        s->budget->growth_refused++;
        s->shift_last = s->shift;
        return false;
    }
    struct set *sets = s->sets;
    struct set_ids *ids = s->ids;
    table_take(s, n * 2);
    for (uint32_t i = 0; i < n; i++)
        for (unsigned ways = ways_used(&sets[i]); ways != 0; ways &= ways - 1)
            way_move(s, &sets[i], &ids[i], __builtin_ctz(ways));
    table_give(s->budget, n, sets, ids);
    stash_settle(s, n);
    return true;
}

bool sketch_add_to_full(const struct sketch_add *a) {
    struct sketch *s = a->sketch;
    struct stash_item *it = stash_find(s, set_of(s, a->hash), a->item);
    if (it != NULL) {
        it->count = sketch_add_saturating(s, it->count, a->weight);
        return true;
    }
    if (s->over != NULL) return false; /* it cannot be split cleanly any more */
    while (sketch_grow(s)) {
        uint32_t i = set_of(s, a->hash);
        unsigned free_ways = set_ways(&s->sets[i], 0);
        if (free_ways == 0) continue;
        sketch_way_take(s, i, (unsigned)__builtin_ctz(free_ways), tag_of(a->hash), a->weight, a->item);
        return true;
    }
    if (stash_take(s, set_of(s, a->hash), a)) return true;
    overflow_begin(s);
    return false;
}

/* -- public -- */

void sketch_budget_deinit(struct sketch_budget *b) { pool_deinit(&b->pool); }

uint64_t sketch_hash(struct bytes item) { return hash64(item.p, item.n, 0); }

void sketch_add(struct sketch *s, uint64_t hash, struct bytes item, uint32_t weight) {
    sketch_add_all(&(struct sketch_add){s, hash, item, weight}, 1);
}

/* Every weight added was a hit of a way that is still there (its count less what it was admitted with), or is in some
 * missed, or was clipped. */
uint64_t sketch_total(const struct sketch *s) {
    assert(s->over != NULL || !s->saturated);
    uint64_t total = s->over == NULL ? 0 : s->over->clipped;
    for (uint32_t i = 0; i < sets_n(s); i++) {
        if (s->over != NULL) total += s->over->missed[i];
        for (int way = 0; way < SET_WAYS; way++)
            total += s->sets[i].count[way] - (s->over == NULL ? 0 : s->over->bounds[i].admitted[way]);
    }
    for (uint32_t k = 0; s->stash != NULL && k < s->stash->n; k++) total += s->stash->items[k].count;
    return total;
}

bool sketch_exact(const struct sketch *s) { return s->over == NULL; }
