/* unit/sketch/check_sketch_memory.c - what a bucket's counter costs, and that the budget of all buckets always knows
 * it. */
#include <stdio.h>

#include <check.h>

#include "sketch_given.h"
#include "stream.h"

enum { SET_BYTES = 128 + 32 + 68 /* hot lines, ids, bounds */, STRUCT_BYTES_MAX = 128 };

static void add_distinct(struct checked *p, uint64_t seed, uint32_t n) {
    char name[12];
    for (uint32_t i = 0; i < n; i++) checked_add(p, stream_item(seed, i, name), 1);
}

START_TEST(ten_items_cost_less_than_1_kb) {
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct checked p;
        checked_init(&p, seed, SETS_64KB);
        add_distinct(&p, seed, 10);
        ck_assert_msg(sketch_bytes(p.sketch) < 1024, "seed %llu: %llu bytes", (unsigned long long)seed,
                      (unsigned long long)sketch_bytes(p.sketch));
        checked_deinit(&p);
    }
}
END_TEST

START_TEST(the_budget_knows_every_byte_and_gets_all_back) {
    struct sketch_budget budget = {.limit_bytes = UINT64_MAX};
    struct sketch *a = sketch_create(&budget, 1, SETS_16KB), *b = sketch_create(&budget, 2, 4);
    char name[12];
    int wrong = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        struct bytes item = stream_item(1, i, name);
        sketch_add(a, sketch_hash(item), item, 1);
        sketch_add(b, sketch_hash(item), item, 1);
        wrong += budget.pool.used_bytes != sketch_bytes(a) + sketch_bytes(b);
    }
    ck_assert_int_eq(wrong, 0);
    sketch_destroy(a);
    ck_assert_uint_eq(budget.pool.used_bytes, sketch_bytes(b));
    sketch_destroy(b);
    ck_assert_uint_eq(budget.pool.used_bytes, 0);
    sketch_destroy(NULL);
    sketch_budget_deinit(&budget);
}
END_TEST

START_TEST(each_sketch_that_overflows_is_counted_once) {
    struct sketch_budget budget = {.limit_bytes = UINT64_MAX};
    struct sketch *s[3];
    char name[12];
    for (int k = 0; k < 3; k++) {
        s[k] = sketch_create(&budget, (uint64_t)k, 4);
        ck_assert_uint_eq(budget.overflows, (uint64_t)k);
        for (uint32_t i = 0; i < 500; i++) {
            struct bytes item = stream_item((uint64_t)k, i, name);
            sketch_add(s[k], sketch_hash(item), item, 1);
        }
        ck_assert(!sketch_exact(s[k]));
    }
    ck_assert_uint_eq(budget.overflows, 3);
    ck_assert_uint_eq(budget.growth_refused, 0);
    for (int k = 0; k < 3; k++) sketch_destroy(s[k]);
    sketch_budget_deinit(&budget);
}
END_TEST

/* The most that a table of TABLE_BYTES may cost once it has overflowed: 68 bytes of bounds a set of 160, and ids of
 * 14 bytes (12 and their length) for 8 ways, in an arena that is at least 3/8 full after a rebuild. */
static uint64_t bytes_overflowed(uint64_t table_bytes) {
    return STRUCT_BYTES_MAX + table_bytes + table_bytes / 160 * (68 + 8 * 14 * 8 / 3 + 1);
}

/* Whatever the limit is, the table stops growing there, says so once, and what it lists stays true. */
START_TEST(near_the_limit_growth_is_refused_and_the_bounds_stay_true) {
    static const uint64_t limits[] = {0, 1000, 2000, 5000, 20000, 60000};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct checked p;
        char context[64];
        snprintf(context, sizeof context, "limit %llu", (unsigned long long)limits[i]);
        checked_init_limited(&p, 1, SETS_64KB, limits[i]);
        add_distinct(&p, 1, 3000);
        add_distinct(&p, 1, 50);
        ck_assert_msg(p.budget.growth_refused == 1, "%s: refused %llu times", context,
                      (unsigned long long)p.budget.growth_refused);
        ck_assert_uint_eq(p.budget.overflows, 1);
        uint64_t smallest = 4 * 160, table_most = limits[i] > smallest ? limits[i] : smallest;
        ck_assert_msg(sketch_bytes(p.sketch) <= bytes_overflowed(table_most), "%s: %llu bytes", context,
                      (unsigned long long)sketch_bytes(p.sketch));
        expect_true(&p, context);
        checked_deinit(&p);
    }
}
END_TEST

/* A neighbour's memory counts too, and what it gives back may be used again. */
START_TEST(the_limit_is_shared) {
    struct sketch_budget budget = {.limit_bytes = 30000};
    struct sketch *large = sketch_create(&budget, 1, SETS_64KB), *late;
    char name[12];
    for (uint32_t i = 0; i < 2000; i++) {
        struct bytes item = stream_item(1, i, name);
        sketch_add(large, sketch_hash(item), item, 1);
    }
    for (int round = 0; round < 2; round++) {
        late = sketch_create(&budget, 2, SETS_64KB);
        for (uint32_t i = 0; i < 64; i++) {
            struct bytes item = stream_item(2, i, name);
            sketch_add(late, sketch_hash(item), item, 1);
        }
        ck_assert_int_eq(sketch_exact(late), round == 1);
        sketch_destroy(late);
        sketch_destroy(large);
        large = NULL;
    }
    sketch_budget_deinit(&budget);
}
END_TEST

/* All items are new, so ways change hands all the time, and each change leaves a dead id behind. */
START_TEST(churn_of_long_ids_costs_no_more_than_the_ids_that_live) {
    enum { SETS = 64, ITEM_BYTES = 256, LIVE_BYTES = SETS * 8 * (ITEM_BYTES + 2) };
    char item[ITEM_BYTES];
    struct checked p;
    uint64_t most = 0;
    checked_init(&p, 9, SETS);
    for (uint32_t i = 0; i < 30000; i++) {
        memset(item, (int)(i % 251), sizeof item);
        memcpy(item + ITEM_BYTES - sizeof i, &i, sizeof i);
        checked_add(&p, (struct bytes){item, sizeof item}, 1 + i / 1000);
        if (sketch_bytes(p.sketch) > most) most = sketch_bytes(p.sketch);
    }
    /* A rebuilt arena is at least a quarter free and no larger than the next power of two. */
    uint64_t bound = STRUCT_BYTES_MAX + SETS * SET_BYTES + LIVE_BYTES * 8 / 3;
    ck_assert_msg(most <= bound, "%llu bytes, bound %llu", (unsigned long long)most, (unsigned long long)bound);
    expect_true(&p, "churn");
    checked_deinit(&p);
}
END_TEST

/* The next item, by the number at its front, that falls into the first of four sets. */
static struct bytes next_of_first_set(char *item, size_t n, uint32_t *number) {
    struct bytes b = {item, n};
    do {
        ++*number;
        memcpy(item, number, sizeof *number);
    } while (sketch_hash(b) >> 62 != 0);
    return b;
}

/* Each of the longest ids evicts the one before, and there is room for one only when the ids are copied together: the
 * one that leaves must not be copied with them. (Only AddressSanitizer sees it for sure.) */
START_TEST(an_evicted_id_is_not_carried_along) {
    static char longest[SKETCH_ITEM_BYTES_MAX];
    char brief[64] = {0};
    struct checked p;
    uint32_t number = 0;
    checked_init(&p, 4, 4);
    for (int way = 0; way < 7; way++) checked_add(&p, next_of_first_set(brief, sizeof brief, &number), 1000000);
    for (uint32_t weight = 1; weight < 1000000; weight *= 2)
        checked_add(&p, next_of_first_set(longest, sizeof longest, &number), weight);
    ck_assert_uint_le(sketch_bytes(p.sketch), STRUCT_BYTES_MAX + 4 * SET_BYTES + (sizeof longest + 512) * 8 / 3);
    expect_true(&p, "longest ids");
    checked_deinit(&p);
}
END_TEST

Suite *sketch_memory_suite(void);
Suite *sketch_memory_suite(void) {
    Suite *s = suite_create("sketch_memory");
    TCase *c = tcase_create("sketch_memory");
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    tcase_add_test(c, ten_items_cost_less_than_1_kb);
    tcase_add_test(c, the_budget_knows_every_byte_and_gets_all_back);
    tcase_add_test(c, each_sketch_that_overflows_is_counted_once);
    tcase_add_test(c, near_the_limit_growth_is_refused_and_the_bounds_stay_true);
    tcase_add_test(c, the_limit_is_shared);
    tcase_add_test(c, an_evicted_id_is_not_carried_along);
    tcase_add_test(c, churn_of_long_ids_costs_no_more_than_the_ids_that_live);
    return s;
}
