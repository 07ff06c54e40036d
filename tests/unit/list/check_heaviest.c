/* unit/list/check_heaviest.c - the heaviest of many items, held against sorting them all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#define HEAVIEST_COUNT uint64_t
#include "list/heaviest.inc"
#include "loadgen/rng.h"

enum { ITEMS_MAX = 300, ROUNDS = 400, NAME_BYTES = 32 };

struct crowd {
    char names[ITEMS_MAX][NAME_BYTES];
    uint64_t counts[ITEMS_MAX];
    size_t n;
};

static struct bytes rank_text(const void *crowd, uint32_t place) {
    const char *name = ((const struct crowd *)crowd)->names[place];
    return (struct bytes){name, strlen(name)};
}

/* Few different counts, and names that are the same up to their eighth byte: most ranks say nothing by themselves. */
static void crowd_make(struct crowd *c, uint64_t seed) {
    struct rng r;
    rng_init(&r, seed);
    c->n = rng_below(&r, ITEMS_MAX + 1);
    for (size_t i = 0; i < c->n; i++) {
        snprintf(c->names[i], NAME_BYTES, "%s%zu", rng_below(&r, 2) == 0 ? "video-0-" : "song", i * 7919 % ITEMS_MAX);
        c->counts[i] = rng_below(&r, 4) == 0 ? UINT64_MAX - rng_below(&r, 3) : rng_below(&r, 5);
    }
}

static int by_order(const void *a, const void *b, void *crowd) {
    const struct rank *x = a, *y = b;
    return list_order(x->count, rank_text(crowd, x->place), y->count, rank_text(crowd, y->place));
}

static size_t ranks_make(const struct crowd *c, struct rank *ranks) {
    for (uint32_t i = 0; i < c->n; i++) ranks[i] = (struct rank){rank_lead(rank_text(c, i)), c->counts[i], i};
    return c->n;
}

START_TEST(the_first_of_the_selection_in_order_are_the_first_of_all_in_order) {
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct crowd c;
        struct rank ranks[ITEMS_MAX], spare[ITEMS_MAX], all[ITEMS_MAX];
        crowd_make(&c, seed);
        size_t n = ranks_make(&c, ranks), limit = n == 0 ? 0 : seed * 31 % (n + 1);
        (void)ranks_make(&c, all);
        qsort_r(all, n, sizeof *all, by_order, &c);
        const struct ranking r = {ranks, n, &c};
        heaviest_select(&r, limit);
        const struct rank *sorted = heaviest_sort(&r, limit, spare);
        for (size_t i = 0; i < limit; i++)
            ck_assert_msg(sorted[i].place == all[i].place, "seed %lu: item %zu of %zu", (unsigned long)seed, i, limit);
    }
}
END_TEST

/* What is left out is still there: its bounds are asked for. */
START_TEST(the_selection_loses_nobody) {
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct crowd c;
        struct rank ranks[ITEMS_MAX];
        bool there[ITEMS_MAX] = {false};
        crowd_make(&c, seed);
        const struct ranking r = {ranks, ranks_make(&c, ranks), &c};
        heaviest_select(&r, r.n / 3);
        for (size_t i = 0; i < r.n; i++) there[ranks[i].place] = true;
        for (size_t i = 0; i < r.n; i++) ck_assert(there[i]);
    }
}
END_TEST

Suite *heaviest_suite(void);
Suite *heaviest_suite(void) {
    Suite *s = suite_create("heaviest");
    TCase *t = tcase_create("heaviest");
    tcase_add_test(t, the_first_of_the_selection_in_order_are_the_first_of_all_in_order);
    tcase_add_test(t, the_selection_loses_nobody);
    suite_add_tcase(s, t);
    return s;
}
