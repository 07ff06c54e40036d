/* sketch/state.h - the inside of a sketch, shared by the files of this folder and by nobody else. */
#ifndef TOPKD_SKETCH_STATE_H
#define TOPKD_SKETCH_STATE_H

#include <string.h>

#include "sketch/set.h"
#include "sketch/sketch.h"

/* An item's id is {u16 length, bytes} at an offset of the arena. */
struct set_ids {
    uint32_t at[SET_WAYS]; /* of a way that was never used 0, where some id stands too */
};
enum { ID_WORDS = 16 /* an id may be read as if it had so many bytes */ };

struct set_bounds {
    uint32_t admitted[SET_WAYS];  /* count that came with the item and may be others' */
    uint32_t missed_at[SET_WAYS]; /* the set's missed when the item was admitted */
};

/* What only an inexact sketch needs; a number a set. */
struct overflow {
    uint32_t *missed;
    struct set_bounds *bounds;
    uint64_t clipped;    /* weight that counts which stand still did not take */
    uint32_t arena_dead; /* bytes of evicted items */
};

/* One cache line, all of the budget's pool. */
struct sketch {
    struct set *sets;
    struct set_ids *ids;
    char *arena;
    struct overflow *over; /* NULL while exact */
    struct stash *stash;   /* items that found their set full while the table was not; NULL: none */
    struct sketch_budget *budget;
    uint64_t rng;
    uint32_t arena_len;
    uint8_t shift;      /* a hash's set: hash >> shift */
    uint8_t shift_last; /* at the largest size */
    uint8_t arena_bits; /* of 2^n bytes, the last ID_WORDS of which stay free */
    bool saturated;     /* some count stands still: only the total bounds anything */
};
_Static_assert(sizeof(struct sketch) <= 64, "a sketch is one cache line beside its sets");

/* What sketch.c promises of a sketch between two calls. In a test build every set is looked at. */
void sketch_check(const struct sketch *s);

static inline size_t arena_bytes(const struct sketch *s) { return (size_t)1 << s->arena_bits; }
static inline uint32_t sets_n(const struct sketch *s) { return UINT32_C(1) << (64 - s->shift); }
/* So many different items are always exact: a quarter of the ways. */
static inline uint32_t items_exact(uint8_t shift) { return UINT32_C(SET_WAYS / 4) << (64 - shift); }
static inline uint32_t set_of(const struct sketch *s, uint64_t hash) { return (uint32_t)(hash >> s->shift); }
static inline uint32_t tag_of(uint64_t hash) { return (uint32_t)hash | 1; }

static inline struct bytes id_get(const char *id) {
    uint16_t len;
    memcpy(&len, id, sizeof len);
    return (struct bytes){id + sizeof len, len};
}

static inline uint64_t differ_8(const char *a, const char *b) {
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x ^ y;
}
static inline uint32_t differ_4(const char *a, const char *b) {
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x ^ y;
}

/* At least 8 bytes: by words, of which the last overlaps. */
static inline uint64_t differ_by_words(const char *a, const char *b, size_t n) {
    uint64_t differ = differ_8(a + n - 8, b + n - 8);
    for (size_t i = 0; i + 8 < n; i += 8) differ |= differ_8(a + i, b + i);
    return differ;
}

/* Is this id the item? It branches on lengths, which mostly are all the same, and never on the answer: of an id of
 * fewer bytes than a short ITEM as many are looked at as the ITEM has. */
static inline bool id_is(const char *id, struct bytes item) {
    struct bytes have = id_get(id);
    const char *a = have.p, *b = item.p;
    size_t n = item.n;
    if (n > ID_WORDS) return have.n == n && differ_by_words(a, b, n) == 0;
    uint64_t differ = have.n ^ n;
    if (n >= 8)
        differ |= differ_8(a, b) | differ_8(a + n - 8, b + n - 8);
    else if (n >= 4)
        differ |= differ_4(a, b) | differ_4(a + n - 4, b + n - 4);
    else
        differ |= (uint64_t)((a[0] ^ b[0]) | (a[n / 2] ^ b[n / 2]) | (a[n - 1] ^ b[n - 1]));
    return differ == 0;
}

static inline bool budget_allows(const struct sketch *s, uint64_t more) {
    return s->budget->pool.used_bytes + more <= s->budget->limit_bytes;
}

/* sketch.c: the parts of an add that are not hot. */
uint32_t sketch_add_saturating(struct sketch *s, uint32_t a, uint32_t b);
void sketch_way_hit(struct sketch *s, uint32_t set, unsigned way, uint32_t w);
void sketch_way_take(struct sketch *s, uint32_t set, unsigned way, uint32_t tag, uint32_t count, struct bytes item);
/* The same of a way that another item has. */
void sketch_way_replace(struct sketch *s, uint32_t set, unsigned way, uint32_t tag, uint32_t count, struct bytes item);
/* A finds its set full and no way its own: it is of the stash, or room is made. False if neither is so: nothing was
 * done, but the sketch is inexact. */
bool sketch_add_to_full(const struct sketch_add *a) MUST_CHECK;
/* The offset of an id for ITEM. The arena may move for it. */
uint32_t sketch_id_intern(struct sketch *s, struct bytes item);

/* overflow.c */
/* MISSED of set I went over by adding W. */
void sketch_missed_clip(struct sketch *s, uint32_t i, uint32_t w);
/* The contender A with ADMITTED counts behind it takes WAY; what stood there goes to the light CELL. */
void sketch_change_places(struct sketch *s, uint32_t i, unsigned way, unsigned cell, uint32_t admitted,
                          const struct sketch_add *a);

#endif
