/* bench/sketch/judge.c - claims against the truth: recall, error, bounds. */
#include "judge.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static int claim_order(const void *a, const void *b) {
    const struct claim *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

void claims_sort(struct claims *c) { qsort(c->all, c->n, sizeof *c->all, claim_order); }

void claims_deinit(struct claims *c) { mem_free(c->all); }

static double recall(const struct stream *s, const struct claims *c, size_t top) {
    if (top > s->top_n) top = s->top_n;
    uint32_t needed = s->names[s->top[top - 1]].count;
    size_t good = 0;
    for (size_t i = 0; i < top && i < c->n; i++) good += s->names[c->all[i].number].count >= needed;
    return (double)good / (double)top;
}

static double error_of(const struct stream *s, const struct claims *c, uint32_t number) {
    double truth = s->names[number].count;
    for (size_t i = 0; i < c->n; i++)
        if (c->all[i].number == number) return fabs((double)c->all[i].count - truth) / truth;
    return 1;
}

static uint64_t broken_bounds(const struct stream *s, const struct claims *c) {
    uint64_t broken = 0;
    char *listed = mem_zalloc(s->names_n, 1);
    for (size_t i = 0; i < c->n; i++) {
        const struct claim *x = &c->all[i];
        uint32_t truth = s->names[x->number].count;
        listed[x->number] = 1;
        broken += truth < x->lower || truth > x->upper;
    }
    for (uint32_t i = 0; i < s->names_n; i++) broken += !listed[i] && s->names[i].count > c->absent_upper;
    mem_free(listed);
    return broken;
}

void judge(const struct stream *s, const struct claims *c, struct verdict *out) {
    *out = (struct verdict){.recall_100 = recall(s, c, TOP), .recall_10 = recall(s, c, 10)};
    for (uint32_t i = 0; i < s->top_n; i++) {
        double error = error_of(s, c, s->top[i]);
        out->mean_error += error / s->top_n;
        if (error > out->max_error) out->max_error = error;
    }
    out->largest = c->n == 0 ? 0 : c->all[0].count;
    out->broken = broken_bounds(s, c);
}
