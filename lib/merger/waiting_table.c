/* merger/waiting_table.c - lists by minute and location, and what they take. */
#include "merger/waiting_table.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

enum { TABLE_MIN = 8, MALLOC_BYTES = 16 /* that a block costs beside itself */ };

struct waiting_lists *waiting_create(size_t bytes_max) {
    struct waiting_lists *w = mem_zalloc(1, sizeof *w);
    w->bytes_max = bytes_max;
    w->seed = random64();
    return w;
}

size_t waiting_count(const struct waiting_lists *w) { return w->lists_n; }
size_t waiting_bytes(const struct waiting_lists *w) { return w->bytes; }
uint64_t waiting_forgotten(const struct waiting_lists *w) { return w->forgotten_lists; }

/* -- names -- */

const char *waiting_name(struct waiting_lists *w, const char *name) {
    size_t lo = 0, hi = w->names_n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = strcmp(w->names[mid], name);
        if (c == 0) return w->names[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    w->names = mem_grow(w->names, &w->names_cap, w->names_n + 1, sizeof *w->names);
    memmove(w->names + lo + 1, w->names + lo, (w->names_n - lo) * sizeof *w->names);
    assert(lo == 0 || strcmp(w->names[lo - 1], name) < 0);
    w->names_n++;
    return w->names[lo] = mem_strdup(name);
}

/* -- what a list takes -- */

/* With its link in the table. */
static size_t list_bytes(const struct waiting_list *l) {
    return sizeof *l + l->location_len + l->parts_n * sizeof *l->parts + sizeof(struct waiting_list *) +
           2 * MALLOC_BYTES;
}

static void list_free(struct waiting_lists *w, struct waiting_list *l) {
    assert(w->lists_n > 0 && w->bytes >= list_bytes(l));
    w->bytes -= list_bytes(l);
    w->lists_n--;
    mem_free(l->parts);
    mem_free(l);
}

void waiting_list_set_parts(struct waiting_lists *w, struct waiting_list *l, size_t n) {
    assert(w->bytes >= list_bytes(l) && n <= UINT32_MAX);
    w->bytes -= list_bytes(l);
    mem_free(l->parts);
    l->parts = mem_zalloc(n + 1, sizeof *l->parts);
    l->parts_n = (uint32_t)n;
    w->bytes += list_bytes(l);
}

/* -- minutes -- */

static void minute_free(struct waiting_lists *w, struct waiting_minute *m) {
    for (size_t i = 0; i < m->table_n; i++)
        while (m->table[i] != NULL) {
            struct waiting_list *l = m->table[i];
            m->table[i] = l->next;
            list_free(w, l);
        }
    mem_free(m->table);
    mem_free(m);
}

void waiting_minute_remove(struct waiting_lists *w, size_t at) {
    assert(at < w->minutes_n);
    minute_free(w, w->minutes[at]);
    w->minutes_n--;
    memmove(w->minutes + at, w->minutes + at + 1, (w->minutes_n - at) * sizeof *w->minutes);
}

void waiting_clear(struct waiting_lists *w) {
    for (size_t i = 0; i < w->minutes_n; i++) minute_free(w, w->minutes[i]);
    w->minutes_n = w->forgotten_n = 0;
    assert(waiting_check(w));
}

void waiting_destroy(struct waiting_lists *w) {
    if (w == NULL) return;
    waiting_clear(w);
    for (size_t i = 0; i < w->names_n; i++) mem_free(w->names[i]);
    mem_free(w->names);
    mem_free(w->minutes);
    mem_free(w);
}

size_t waiting_minute_at(const struct waiting_lists *w, int64_t minute) {
    size_t lo = 0, hi = w->minutes_n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->minutes[mid]->minute < minute)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* NULL: there is none. */
static struct waiting_minute *minute_find(const struct waiting_lists *w, int64_t minute) {
    size_t at = waiting_minute_at(w, minute);
    return at < w->minutes_n && w->minutes[at]->minute == minute ? w->minutes[at] : NULL;
}

struct waiting_minute *waiting_minute_get(struct waiting_lists *w, int64_t minute) {
    size_t at = waiting_minute_at(w, minute);
    if (at < w->minutes_n && w->minutes[at]->minute == minute) return w->minutes[at];
    assert(at == 0 || w->minutes[at - 1]->minute < minute);
    w->minutes = mem_grow(w->minutes, &w->minutes_cap, w->minutes_n + 1, sizeof *w->minutes);
    struct waiting_minute *m = mem_zalloc(1, sizeof *m);
    m->minute = minute;
    m->oldest_mono_ms = INT64_MAX;
    m->table_n = TABLE_MIN;
    m->table = mem_zalloc(m->table_n, sizeof *m->table);
    memmove(w->minutes + at + 1, w->minutes + at, (w->minutes_n - at) * sizeof *w->minutes);
    w->minutes_n++;
    return w->minutes[at] = m;
}

static void minute_grow(struct waiting_minute *m) {
    assert(m->table_n >= TABLE_MIN && (m->table_n & (m->table_n - 1)) == 0);
    size_t n = m->table_n * 2;
    struct waiting_list **table = mem_zalloc(n, sizeof *table);
    for (size_t i = 0; i < m->table_n; i++)
        while (m->table[i] != NULL) {
            struct waiting_list *l = m->table[i];
            m->table[i] = l->next;
            l->next = table[l->hash & (n - 1)];
            table[l->hash & (n - 1)] = l;
        }
    mem_free(m->table);
    m->table = table;
    m->table_n = n;
}

/* -- lists -- */

struct waiting_list **waiting_list_link(const struct waiting_lists *w, struct waiting_minute *m,
                                        struct bytes location) {
    uint64_t hash = hash64(location.p, location.n, w->seed);
    struct waiting_list **link = &m->table[hash & (m->table_n - 1)];
    for (; *link != NULL; link = &(*link)->next) {
        const struct waiting_list *l = *link;
        if (l->hash == hash && l->location_len == location.n && memcmp(l->location, location.p, location.n) == 0) break;
    }
    return link;
}

struct waiting_list *waiting_list_find(const struct waiting_lists *w, struct bytes location, int64_t minute) {
    struct waiting_minute *m = minute_find(w, minute);
    return m == NULL ? NULL : *waiting_list_link(w, m, location);
}

struct waiting_list *waiting_list_get(struct waiting_lists *w, struct waiting_minute *m, struct bytes location) {
    if (m->n >= m->table_n) minute_grow(m);
    struct waiting_list **link = waiting_list_link(w, m, location);
    if (*link != NULL) return *link;
    struct waiting_list *l = mem_zalloc(1, sizeof *l + location.n);
    l->hash = hash64(location.p, location.n, w->seed);
    l->location_len = (uint16_t)location.n;
    memcpy(l->location, location.p, location.n);
    m->n++;
    w->lists_n++;
    w->bytes += list_bytes(l);
    return *link = l;
}

void waiting_list_remove(struct waiting_lists *w, struct waiting_minute *m, struct waiting_list **link) {
    struct waiting_list *l = *link;
    assert(l != NULL && m->n > 0);
    *link = l->next;
    list_free(w, l);
    m->n--;
}

/* -- what is true between two calls -- */

bool waiting_check(const struct waiting_lists *w) {
    if ((w->minutes_n == 0) != (w->lists_n == 0) || (w->lists_n == 0) != (w->bytes == 0)) return false;
    return w->minutes_n <= w->lists_n && (w->bytes <= w->bytes_max || w->minutes_n == 1);
}

struct waiting_sums {
    size_t lists_n, bytes;
};

static bool list_check(const struct waiting_lists *w, const struct waiting_minute *m, const struct waiting_list *l) {
    if (l->hash != hash64(l->location, l->location_len, w->seed) || l->merged_mono_ms < m->oldest_mono_ms) return false;
    return !m->judged || l->digest == m->digest;
}

static bool minute_check(const struct waiting_lists *w, const struct waiting_minute *m, struct waiting_sums *sums) {
    size_t n = 0;
    for (size_t i = 0; i < m->table_n; i++)
        for (const struct waiting_list *l = m->table[i]; l != NULL; l = l->next) {
            if ((l->hash & (m->table_n - 1)) != i || !list_check(w, m, l)) return false;
            sums->bytes += list_bytes(l);
            n++;
        }
    sums->lists_n += n;
    return n == m->n && n > 0;
}

bool waiting_check_all(const struct waiting_lists *w) {
    struct waiting_sums sums = {0, 0};
    for (size_t i = 0; i < w->minutes_n; i++) {
        if (i > 0 && w->minutes[i - 1]->minute >= w->minutes[i]->minute) return false;
        if (!minute_check(w, w->minutes[i], &sums)) return false;
    }
    for (size_t i = 1; i < w->names_n; i++)
        if (strcmp(w->names[i - 1], w->names[i]) >= 0) return false;
    return sums.lists_n == w->lists_n && sums.bytes == w->bytes && waiting_check(w);
}
