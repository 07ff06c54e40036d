/* unit/sketch/check_sketch.c - what a bucket's counter promises while it is small, how it grows, and what it costs. */
#include <stdio.h>
#include <stdlib.h>

#include <check.h>

#include "sketch_given.h"
#include "stream.h"

static void add_distinct(struct checked *p, uint64_t seed, uint32_t from, uint32_t to) {
    char name[12];
    for (uint32_t i = from; i < to; i++) checked_add(p, stream_item(seed, i, name), 1 + i % 7);
}

/* -- exact while it is small -- */

START_TEST(an_empty_bucket_is_exact_and_lists_nothing) {
    struct checked p;
    checked_init(&p, 1, SETS_64KB);
    expect_exact(&p, "empty");
    expect_list(checked_pack(&p, LIST_SIZE), "");
    checked_deinit(&p);
}
END_TEST

START_TEST(one_item_adds_up_its_weights) {
    struct checked p;
    checked_init(&p, 1, SETS_64KB);
    checked_add(&p, text("cat"), 1);
    checked_add(&p, text("cat"), 4);
    checked_add(&p, text("cat"), 1000);
    expect_exact(&p, "one item");
    expect_list(checked_pack(&p, LIST_SIZE), "cat 1005");
    checked_deinit(&p);
}
END_TEST

START_TEST(heavier_items_come_first_and_ties_by_larger_bytes) {
    struct checked p;
    checked_init(&p, 1, SETS_64KB);
    checked_add(&p, text("cat"), 2);
    checked_add(&p, text("ant"), 3);
    checked_add(&p, text("dog"), 2);
    checked_add(&p, text("do"), 2);
    checked_add(&p, text("Zoe"), 2);
    checked_add(&p, text("\xc3\xa9t\xc3\xa9"), 2);
    checked_add(&p, text("bee"), 9);
    expect_list(checked_pack(&p, LIST_SIZE), "bee 9, ant 3, \xc3\xa9t\xc3\xa9 2, dog 2, do 2, cat 2, Zoe 2");
    expect_list(checked_pack(&p, 3), "bee 9, ant 3, \xc3\xa9t\xc3\xa9 2");
    checked_deinit(&p);
}
END_TEST

START_TEST(a_cut_list_says_what_the_rest_may_weigh_and_stays_exact) {
    struct checked p;
    struct packed_reader r;
    struct packed_head head;
    checked_init(&p, 1, SETS_64KB);
    checked_add(&p, text("cat"), 5);
    checked_add(&p, text("dog"), 3);
    checked_add(&p, text("ant"), 2);
    ck_assert(packed_open(&r, checked_pack(&p, 1), &head));
    ck_assert(head.exact);
    ck_assert_uint_eq(head.absent_upper, 3);
    ck_assert_uint_eq(head.total, 10);
    checked_deinit(&p);
}
END_TEST

/* No byte is special: not zero, not the longest item an event may have, not the longest the sketch takes. */
START_TEST(items_are_any_bytes_of_any_length) {
    static char zeros[SKETCH_ITEM_BYTES_MAX];
    struct checked p;
    checked_init(&p, 1, SETS_64KB);
    for (uint32_t n = 1; n <= 300; n++) checked_add(&p, (struct bytes){zeros, n}, n);
    checked_add(&p, (struct bytes){zeros, sizeof zeros}, 7);
    for (int i = 0; i < 256; i++) checked_add(&p, (struct bytes){(char[]){(char)i, 0, (char)i}, 3}, 3);
    checked_add(&p, (struct bytes){zeros, 256}, 1);
    expect_exact(&p, "any bytes");
    checked_deinit(&p);
}
END_TEST

/* Each doubling moves every way; the counts are looked at on both sides of each. */
START_TEST(growth_keeps_every_count) {
    struct checked p;
    uint64_t bytes = 0;
    int grown = 0;
    checked_init(&p, 3, SETS_64KB);
    for (uint32_t i = 0; i < 800; i++) {
        add_distinct(&p, 3, i, i + 1);
        uint64_t now = p.budget.pool.used_bytes;
        if (now > bytes + 160 * 4) { /* at least four sets of 160 bytes */
            expect_exact(&p, "after growth");
            grown++;
        }
        bytes = now;
    }
    ck_assert_int_ge(grown, 6);
    expect_exact(&p, "at the end");
    checked_deinit(&p);
}
END_TEST

/* -- how long it stays exact -- */

enum { BUCKETS = 400 };

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* How many distinct items a bucket took before it was not exact any more. */
static uint32_t exact_items(uint64_t seed, uint32_t sets) {
    struct sketch_budget budget = {.limit_bytes = UINT64_MAX};
    struct sketch *s = sketch_create(&budget, seed, sets);
    char name[12];
    uint32_t n = 0;
    for (; sketch_exact(s); n++) {
        struct bytes item = stream_item(seed, n, name);
        sketch_add(s, sketch_hash(item), item, 1);
    }
    sketch_destroy(s);
    sketch_budget_deinit(&budget);
    return n - 1;
}

/* A quarter of the ways is certain. Beyond it, items fall into sets like balls into urns: the first set that gets a
 * ninth ends exactness. With n items the number of such sets is close to Poisson with mean sets * P(Poisson(n / sets) >
 * 8). The seeds are fixed, so the figures below are always the same; bounds leave room for another hash function. */
static const struct {
    uint32_t sets, goal, least, median_least, median_most;
    double share;
} exact_ranges[] = {
    {SETS_64KB, 1024, 1024, 1150, 1450, 1},
    {SETS_16KB, 300, 256, 370, 450, .84},
};

START_TEST(hundreds_of_distinct_items_are_exact) {
    static uint32_t n[BUCKETS];
    uint32_t sets = exact_ranges[_i].sets, goal = exact_ranges[_i].goal, reached = 0;
    for (uint64_t seed = 0; seed < BUCKETS; seed++) {
        n[seed] = exact_items(seed, sets);
        reached += n[seed] >= goal;
    }
    qsort(n, BUCKETS, sizeof *n, by_number);
    double share = reached / (double)BUCKETS;
    uint32_t median = n[BUCKETS / 2];
    printf("sketch: %u sets, seeds 0..%d: exact up to %u items at least, median %u; %.3f reach %u (bound %.2f)\n", sets,
           BUCKETS - 1, n[0], median, share, goal, exact_ranges[_i].share);
    ck_assert_msg(share >= exact_ranges[_i].share, "%.3f of the buckets reach %u items", share, goal);
    ck_assert_uint_ge(n[0], exact_ranges[_i].least);
    ck_assert_uint_ge(median, exact_ranges[_i].median_least);
    ck_assert_uint_le(median, exact_ranges[_i].median_most);
}
END_TEST

/* -- the same log gives the same bytes -- */

static void add_many(struct checked *p, uint64_t seed) {
    static const struct stream_kind kind = {"zipf", .8, 100000, false, 3};
    struct stream s;
    struct bytes item;
    uint32_t weight;
    stream_init(&s, &kind, seed, 20000);
    while (stream_next(&s, &item, &weight)) checked_add(p, item, weight);
}

static int lists_differ(uint64_t seed_a, uint64_t seed_b) {
    struct checked a, b;
    checked_init(&a, seed_a, SETS_16KB);
    checked_init(&b, seed_b, SETS_16KB);
    add_many(&a, 1);
    add_many(&b, 1);
    struct bytes x = checked_pack(&a, LIST_WHOLE), y = checked_pack(&b, LIST_WHOLE);
    int differ = x.n != y.n || memcmp(x.p, y.p, x.n) != 0;
    checked_deinit(&a);
    checked_deinit(&b);
    return differ;
}

START_TEST(the_same_adds_with_the_same_seed_give_the_same_bytes) {
    ck_assert(!lists_differ(5, 5));
    ck_assert(!lists_differ(0, 0));
    ck_assert_msg(lists_differ(5, 6), "the seed decides nothing: admission is not random");
}
END_TEST

START_TEST(packing_changes_nothing) {
    struct checked p;
    struct buf first = {0};
    checked_init(&p, 1, SETS_16KB);
    add_many(&p, 1);
    sketch_pack(p.sketch, LIST_SIZE, &first);
    struct bytes again = checked_pack(&p, LIST_SIZE);
    ck_assert_uint_eq(again.n, first.len);
    ck_assert_mem_eq(again.p, first.data, first.len);
    buf_free(&first);
    checked_deinit(&p);
}
END_TEST

/* -- counts at the end of 32 bits -- */

START_TEST(a_count_that_reaches_32_bits_stands_still_and_the_bounds_widen) {
    struct checked p;
    struct packed_reader r;
    struct packed_head head;
    struct packed_item it;
    checked_init(&p, 1, SETS_16KB);
    checked_add(&p, text("cat"), UINT32_MAX - 1);
    checked_add(&p, text("cat"), 1);
    expect_exact(&p, "just full");
    ck_assert_uint_eq(p.budget.saturated, 0);
    checked_add(&p, text("dog"), 3);
    for (int i = 0; i < 5; i++) checked_add(&p, text("cat"), UINT32_MAX);
    expect_true(&p, "beyond");
    ck_assert(!sketch_exact(p.sketch));
    ck_assert_uint_eq(p.budget.saturated, 1);
    ck_assert_uint_eq(sketch_total(p.sketch), UINT64_C(6) * UINT32_MAX + 3);
    ck_assert(packed_open(&r, checked_pack(&p, LIST_WHOLE), &head));
    ck_assert_int_eq(packed_next(&r, &it), 1);
    ck_assert_uint_eq(it.count, UINT32_MAX);
    checked_deinit(&p);
}
END_TEST

Suite *sketch_suite(void);
Suite *sketch_suite(void) {
    Suite *s = suite_create("sketch");
    TCase *c = tcase_create("sketch");
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    tcase_add_test(c, an_empty_bucket_is_exact_and_lists_nothing);
    tcase_add_test(c, one_item_adds_up_its_weights);
    tcase_add_test(c, heavier_items_come_first_and_ties_by_larger_bytes);
    tcase_add_test(c, a_cut_list_says_what_the_rest_may_weigh_and_stays_exact);
    tcase_add_test(c, items_are_any_bytes_of_any_length);
    tcase_add_test(c, growth_keeps_every_count);
    tcase_add_loop_test(c, hundreds_of_distinct_items_are_exact, 0, (int)ARRAY_LEN(exact_ranges));
    tcase_add_test(c, the_same_adds_with_the_same_seed_give_the_same_bytes);
    tcase_add_test(c, packing_changes_nothing);
    tcase_add_test(c, a_count_that_reaches_32_bits_stands_still_and_the_bounds_widen);
    return s;
}
