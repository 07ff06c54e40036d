/* merger/aside.c - an array of lists in order of their hashes. */
#include "merger/aside.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct aside_list {
    uint64_t key;
    int64_t since_mono_ms, until_mono_ms;
    uint32_t shard;
};

struct aside {
    struct aside_list *all; /* by key */
    size_t n, cap;
};

struct aside *aside_create(void) {
    return mem_zalloc(1, sizeof(struct aside));
}

void aside_destroy(struct aside *a) {
    if (a == NULL) return;
    mem_free(a->all);
    mem_free(a);
}

static uint64_t list_key(struct bytes location, int64_t minute) {
    return hash64(location.p, location.n, (uint64_t)minute);
}

/* Where it stands, or would. */
static size_t aside_find(const struct aside *a, uint64_t key) {
    size_t lo = 0, hi = a->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (a->all[mid].key < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool aside_is_at(const struct aside *a, size_t i, uint64_t key) { return i < a->n && a->all[i].key == key; }

void aside_put(struct aside *a, struct bytes location, int64_t minute, int64_t now_mono_ms) {
    uint64_t key = list_key(location, minute);
    size_t i = aside_find(a, key);
    if (!aside_is_at(a, i, key)) {
        if (a->n == ASIDE_MAX) return;
        assert(i == a->n || key < a->all[i].key);
        a->all = mem_grow(a->all, &a->cap, a->n + 1, sizeof *a->all);
        memmove(&a->all[i + 1], &a->all[i], (a->n - i) * sizeof *a->all);
        a->n++;
        a->all[i] = (struct aside_list){.key = key, .since_mono_ms = now_mono_ms, .shard = keys_shard(location)};
    }
    a->all[i].until_mono_ms = now_mono_ms + ASIDE_RETRY_MS;
}

int64_t aside_since(const struct aside *a, struct bytes location, int64_t minute, int64_t now_mono_ms) {
    uint64_t key = list_key(location, minute);
    size_t i = aside_find(a, key);
    return aside_is_at(a, i, key) ? a->all[i].since_mono_ms : now_mono_ms;
}

bool aside_waits(const struct aside *a, struct bytes location, int64_t minute, int64_t now_mono_ms) {
    if (a->n == 0) return false;
    uint64_t key = list_key(location, minute);
    size_t i = aside_find(a, key);
    return aside_is_at(a, i, key) && now_mono_ms < a->all[i].until_mono_ms;
}

void aside_remove(struct aside *a, struct bytes location, int64_t minute) {
    if (a->n == 0) return;
    uint64_t key = list_key(location, minute);
    size_t i = aside_find(a, key);
    if (!aside_is_at(a, i, key)) return;
    memmove(&a->all[i], &a->all[i + 1], (--a->n - i) * sizeof *a->all);
}

void aside_tidy(struct aside *a, const bool ours[STORE_SHARDS], int64_t now_mono_ms) {
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++)
        if (ours[a->all[i].shard] && now_mono_ms < a->all[i].until_mono_ms + 2 * ASIDE_RETRY_MS)
            a->all[n++] = a->all[i];
    assert(n <= a->n);
    a->n = n;
}

size_t aside_count(const struct aside *a) { return a->n; }

bool aside_check(const struct aside *a) {
    for (size_t i = 0; i < a->n; i++) {
        if (a->all[i].shard >= STORE_SHARDS || a->all[i].until_mono_ms < a->all[i].since_mono_ms) return false;
        if (i > 0 && a->all[i - 1].key >= a->all[i].key) return false;
    }
    return a->n <= a->cap && a->n <= ASIDE_MAX;
}
