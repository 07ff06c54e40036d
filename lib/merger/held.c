/* merger/held.c - a sorted array of minutes. */
#include "merger/held.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

void held_add(struct held_minutes *h, int64_t minute, int64_t since_mono_ms) {
    if (h->n > 0 && h->all[h->n - 1].minute == minute) return; /* lists of a minute come together */
    h->all = mem_grow(h->all, &h->cap, h->n + 1, sizeof *h->all);
    assert(h->n < h->cap);
    h->all[h->n++] = (struct held_minute){minute, since_mono_ms};
}

static int held_order(const void *a, const void *b) {
    const struct held_minute *x = a, *y = b;
    return (x->minute > y->minute) - (x->minute < y->minute);
}

bool held_check(const struct held_minutes *h) {
    for (size_t i = 1; i < h->n; i++)
        if (h->all[i - 1].minute > h->all[i].minute) return false;
    return h->n <= h->cap;
}

void held_sort(struct held_minutes *h) {
    if (h->n > 1) qsort(h->all, h->n, sizeof *h->all, held_order);
}

int64_t held_since(const struct held_minutes *h, int64_t minute, int64_t now_mono_ms) {
    const struct held_minute wanted = {.minute = minute};
    if (h->n == 0) return now_mono_ms;
    const struct held_minute *found = bsearch(&wanted, h->all, h->n, sizeof wanted, held_order);
    return found == NULL ? now_mono_ms : found->since_mono_ms;
}

void held_deinit(struct held_minutes *h) {
    mem_free(h->all);
    *h = (struct held_minutes){.all = NULL};
}
