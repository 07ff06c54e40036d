#include "partition/minutes.h"

#include "base/mem.h"

#include <string.h>

enum { TABLE_MIN = 8 };

static void minute_destroy(struct minute *m) {
    for (uint32_t i = 0; i < m->table_n; i++) {
        if (m->table[i] == NULL) continue;
        sketch_destroy(m->table[i]->sketch);
        mem_free(m->table[i]);
    }
    mem_free(m->table);
    mem_free(m);
}

void minutes_deinit(struct minutes *ms) {
    for (size_t i = 0; i < ms->n; i++) minute_destroy(ms->all[i]);
    mem_free(ms->all);
    *ms = (struct minutes){0};
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
    if (ms->n == ms->cap) {
        ms->cap = ms->cap == 0 ? 8 : ms->cap * 2;
        ms->all = mem_realloc(ms->all, ms->cap, sizeof(struct minute *));
    }
    struct minute *m = mem_zalloc(1, sizeof *m);
    m->minute = minute;
    m->table_n = TABLE_MIN;
    m->table = mem_zalloc(TABLE_MIN, sizeof(struct bucket *));
    size_t i = lower_bound(ms, minute);
    memmove(ms->all + i + 1, ms->all + i, (ms->n - i) * sizeof(struct minute *));
    ms->all[i] = m;
    ms->n++;
    return ms->last = m;
}

void minutes_remove_first(struct minutes *ms) {
    if (ms->last == ms->all[0]) ms->last = NULL;
    minute_destroy(ms->all[0]);
    ms->n--;
    memmove(ms->all, ms->all + 1, ms->n * sizeof(struct minute *));
}

static bool bucket_is(const struct bucket *b, struct bytes location, uint64_t hash) {
    return b->location_hash == hash && b->location_len == location.n &&
           memcmp(b->location, location.p, location.n) == 0;
}

struct bucket *minute_find(const struct minute *m, struct bytes location, uint64_t hash) {
    for (uint32_t i = (uint32_t)hash & (m->table_n - 1); m->table[i] != NULL; i = (i + 1) & (m->table_n - 1))
        if (bucket_is(m->table[i], location, hash)) return m->table[i];
    return NULL;
}

static void table_put(struct bucket **table, uint32_t n, struct bucket *b) {
    uint32_t i = (uint32_t)b->location_hash & (n - 1);
    while (table[i] != NULL) i = (i + 1) & (n - 1);
    table[i] = b;
}

static void table_grow(struct minute *m) {
    uint32_t n = m->table_n * 2;
    struct bucket **table = mem_zalloc(n, sizeof(struct bucket *));
    for (uint32_t i = 0; i < m->table_n; i++)
        if (m->table[i] != NULL) table_put(table, n, m->table[i]);
    mem_free(m->table);
    m->table = table;
    m->table_n = n;
}

struct bucket *minute_add(struct minute *m, struct bytes location, uint64_t hash, struct sketch *sketch) {
    if ((m->buckets_n + 1) * 4 > m->table_n * 3) table_grow(m);
    struct bucket *b = mem_zalloc(1, sizeof *b + location.n);
    b->minute = m;
    b->sketch = sketch;
    b->changed = b->acked = -1;
    b->clean = true;
    b->location_hash = hash;
    b->location_len = (uint32_t)location.n;
    memcpy(b->location, location.p, location.n);
    table_put(m->table, m->table_n, b);
    m->buckets_n++;
    return b;
}
