/* list/heaviest.c - selection by partitioning, and sorting by merging. */
#include "list/heaviest.h"

#include <assert.h>
#include <stddef.h>

enum { RUN = 8 };

int list_order(uint64_t count_a, struct bytes a, uint64_t count_b, struct bytes b) {
    if (count_a != count_b) return count_a > count_b ? -1 : 1;
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n == 0 ? 0 : memcmp(b.p, a.p, n);
    if (c != 0) return c;
    return a.n == b.n ? 0 : a.n > b.n ? -1 : 1;
}

__extension__ typedef unsigned __int128 rank_key;

static rank_key key_of(const struct rank *r) { return (rank_key)r->count << 64 | r->lead; }

static bool comes_first(const struct ranking *r, const struct rank *a, const struct rank *b) {
    rank_key x = key_of(a), y = key_of(b);
    if (__builtin_expect(x != y, 1)) return x > y;
    return list_order(0, r->text(r->owner, a->place), 0, r->text(r->owner, b->place)) < 0;
}

static void swap(struct rank *a, struct rank *b) {
    struct rank t = *a;
    *a = *b;
    *b = t;
}

void heaviest_select(const struct ranking *r, size_t limit) {
    struct rank *all = r->all;
    if (limit == 0 || limit >= r->n) return;
    ptrdiff_t lo = 0, hi = (ptrdiff_t)r->n - 1, last = (ptrdiff_t)limit - 1;
    while (lo < hi) {
        struct rank pivot = all[last];
        ptrdiff_t i = lo, j = hi;
        while (i <= j) {
            while (comes_first(r, &all[i], &pivot)) i++;
            while (comes_first(r, &pivot, &all[j])) j--;
            if (i <= j) swap(&all[i++], &all[j--]);
        }
        if (j < last) lo = i;
        if (last < i) hi = j;
    }
}

static void run_sort(const struct ranking *r, struct rank *run, size_t n) {
    for (size_t i = 1; i < n; i++) {
        struct rank x = run[i];
        size_t k = i;
        for (; k > 0 && comes_first(r, &x, &run[k - 1]); k--) run[k] = run[k - 1];
        run[k] = x;
    }
}

/* Two sorted runs, A up to MIDDLE and from there to END, become one in OUT. */
static void runs_merge(const struct ranking *r, const struct rank *a, const struct rank *middle, const struct rank *end,
                       struct rank *out) {
    const struct rank *b = middle;
    while (a < middle && b < end) {
        bool second = comes_first(r, b, a);
        *out++ = second ? *b : *a;
        b += second;
        a += !second;
    }
    memcpy(out, a, (size_t)(middle - a) * sizeof *a);
    memcpy(out + (middle - a), b, (size_t)(end - b) * sizeof *b);
}

/* By merging, where a comparison is no guess: half the time of qsort_r, which calls for each. */
struct rank *heaviest_sort(const struct ranking *r, size_t n, struct rank *spare) {
    assert(n <= r->n);
    struct rank *from = r->all, *to = spare;
    for (size_t i = 0; i < n; i += RUN) run_sort(r, from + i, n - i < RUN ? n - i : RUN);
    for (size_t run = RUN; run < n; run *= 2) {
        for (size_t i = 0; i < n; i += 2 * run) {
            size_t middle = i + run < n ? i + run : n, end = i + 2 * run < n ? i + 2 * run : n;
            runs_merge(r, from + i, from + middle, from + end, to + i);
        }
        struct rank *t = from;
        from = to;
        to = t;
    }
    return from;
}
