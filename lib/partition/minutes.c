/* partition/minutes.c - a few minutes in a sorted array, and of each minute a hash table of buckets. */
#include "partition/minutes.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

enum { TABLE_MIN = 8 };

static size_t bucket_bytes(const struct bucket *b) { return sizeof *b + b->location_len; }

static struct bucket **table_take(struct pool *pool, uint32_t n) {
    return pool_take_zeroed(pool, n * sizeof(struct bucket *));
}
static void table_give(struct pool *pool, struct bucket **table, uint32_t n) {
    pool_give(pool, table, n * sizeof(struct bucket *));
}

static void minute_destroy(struct pool *pool, struct minute *m) {
    for (uint32_t i = 0; i < m->table_n; i++) {
        struct bucket *b = m->table[i];
        if (b == NULL) continue;
        sketch_destroy(b->sketch);
        pool_give(pool, b, bucket_bytes(b));
    }
    table_give(pool, m->table, m->table_n);
    mem_free(m);
}

void minutes_init(struct minutes *ms, struct pool *pool) { *ms = (struct minutes){.pool = pool}; }

void minutes_deinit(struct minutes *ms) {
    for (size_t i = 0; i < ms->n; i++) minute_destroy(ms->pool, ms->all[i]);
    mem_free(ms->all);
    minutes_init(ms, ms->pool);
}

/* Index of the first minute >= MINUTE. There are a handful. */
static size_t lower_bound(const struct minutes *ms, int64_t minute) {
    size_t i = ms->n;
    while (i > 0 && ms->all[i - 1]->minute >= minute) i--;
    return i;
}

struct minute *minutes_find(struct minutes *ms, int64_t minute) {
    if (ms->last != NULL && ms->last->minute == minute) return ms->last;
    size_t i = lower_bound(ms, minute);
    if (i == ms->n || ms->all[i]->minute != minute) return NULL;
    return ms->last = ms->all[i];
}

struct minute *minutes_add(struct minutes *ms, int64_t minute) {
    ms->all = mem_grow(ms->all, &ms->cap, ms->n + 1, sizeof(struct minute *));
    struct minute *m = mem_zalloc(1, sizeof *m);
    m->minute = minute;
    m->table_n = TABLE_MIN;
    m->table = table_take(ms->pool, TABLE_MIN);
    m->pool = ms->pool;
    size_t i = lower_bound(ms, minute);
    memmove(ms->all + i + 1, ms->all + i, (ms->n - i) * sizeof(struct minute *));
    ms->all[i] = m;
    ms->n++;
    return ms->last = m;
}

void minutes_remove_first(struct minutes *ms) {
    if (ms->last == ms->all[0]) ms->last = NULL;
    minute_destroy(ms->pool, ms->all[0]);
    ms->n--;
    memmove(ms->all, ms->all + 1, ms->n * sizeof(struct minute *));
}

uint64_t location_hash(struct bytes location) { return hash_secret(location.p, location.n); }

/* Names are a few bytes long: a loop is done before memcmp is called. */
static bool same_bytes(const char *a, const char *b, size_t n) {
    size_t i = 0;
    while (i < n && a[i] == b[i]) i++;
    return i == n;
}

static bool bucket_is(const struct bucket *b, struct bytes location, uint64_t hash) {
    return b->location_hash == hash && b->location_len == location.n && same_bytes(b->location, location.p, location.n);
}

struct bucket *minute_find(const struct minute *m, struct bytes location, uint64_t hash) {
    struct bucket **place = minute_place(m, hash), **end = m->table + m->table_n;
    while (*place != NULL && !bucket_is(*place, location, hash))
        if (++place == end) place = m->table;
    return *place;
}

static void table_put(struct bucket **table, uint32_t n, struct bucket *b) {
    uint32_t i = (uint32_t)b->location_hash & (n - 1);
    while (table[i] != NULL) i = (i + 1) & (n - 1);
    table[i] = b;
}

static void table_grow(struct minute *m) {
    uint32_t n = m->table_n * 2;
    struct bucket **table = table_take(m->pool, n);
    for (uint32_t i = 0; i < m->table_n; i++)
        if (m->table[i] != NULL) table_put(table, n, m->table[i]);
    table_give(m->pool, m->table, m->table_n);
    m->table = table;
    m->table_n = n;
}

struct bucket *minute_add(struct minute *m, struct bytes location, uint64_t hash, struct sketch *sketch) {
    if ((m->buckets_n + 1) * 4 > m->table_n * 3) table_grow(m);
    struct bucket *b = pool_take_zeroed(m->pool, sizeof *b + location.n);
    b->minute = m;
    b->sketch = sketch;
    b->changed = b->acked = -1;
    b->state = BUCKET_CLEAN;
    b->location_hash = hash;
    b->location_len = (uint16_t)location.n;
    memcpy(b->location, location.p, location.n);
    table_put(m->table, m->table_n, b);
    m->buckets_n++;
    return b;
}

/* -- what is true of them -- */

static void bucket_check(const struct bucket *b, const struct minute *m) {
    assert(b->minute == m && b->sketch != NULL);
    assert(minute_find(m, (struct bytes){b->location, b->location_len}, b->location_hash) == b);
    assert(b->state != BUCKET_CLEAN || b->acked >= b->changed);
}

static void minute_check(const struct minute *m) {
    uint32_t buckets_n = 0, unclean_n = 0;
    bool global = m->global == NULL;
    for (uint32_t i = 0; i < m->table_n; i++) {
        const struct bucket *b = m->table[i];
        if (b == NULL) continue;
        bucket_check(b, m);
        buckets_n++;
        unclean_n += b->state != BUCKET_CLEAN;
        global = global || b == m->global;
    }
    assert(buckets_n == m->buckets_n && unclean_n == m->unclean_n && global);
    assert((m->table_n & (m->table_n - 1)) == 0 && m->buckets_n < m->table_n); /* a search ends */
    assert(m->first_row == 0 || m->unclean_n == 0); /* a row says all of it only while nothing changes */
}

void minutes_check(const struct minutes *ms) {
    bool last = ms->last == NULL;
    assert(ms->n <= ms->cap);
    for (size_t i = 0; i < ms->n; i++) {
        assert(i == 0 || ms->all[i - 1]->minute < ms->all[i]->minute);
        last = last || ms->all[i] == ms->last;
        minute_check(ms->all[i]);
    }
    assert(last);
}
