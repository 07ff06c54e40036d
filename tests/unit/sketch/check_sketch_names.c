/* unit/sketch/check_sketch_names.c - names that were chosen on purpose.
 * Goal: names that were chosen on purpose take nothing: not another item's counts, not exactness, not memory. Method:
 * items of one set and one tag, found by inverting the public hash, alone and among others. */
#include <stdio.h>

#include <check.h>

#include "base/hash.h"
#include "colliding.h"
#include "sketch_given.h"
#include "stream.h"

enum { EXACT_64KB = 1024, EXACT_16KB = 256 };

static uint64_t some_hash(void) { return sketch_hash(text("dQw4w9WgXcQ")); }

static void add_colliding(struct checked *p, uint32_t number, uint32_t weight) {
    char name[COLLIDING_BYTES];
    checked_add(p, colliding_item(some_hash(), number, name), weight);
}

static void add_honest(struct checked *p, uint32_t number, uint32_t weight) {
    char name[12];
    checked_add(p, stream_item(1, number, name), weight);
}

START_TEST(a_name_is_found_for_any_hash) {
    static const uint64_t hashes[] = {0, 1, UINT64_MAX, UINT64_C(0x123456789abcdef0)};
    char name[COLLIDING_BYTES];
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
        ck_assert_uint_eq(sketch_hash(item_of_hash(hashes[i], name)), hashes[i]);
}
END_TEST

/* -- counts -- */

static void steal(struct checked *p, struct bytes thief, struct bytes victim) {
    checked_add(p, thief, 1);
    for (uint32_t i = 0; i < 300; i++) add_honest(p, i, 1 + i % 7);
    for (int i = 0; i < 1000; i++) checked_add(p, victim, 1);
    checked_add(p, thief, 1);
}

START_TEST(an_item_of_another_ones_hash_does_not_get_its_counts) {
    struct bytes victim = text("dQw4w9WgXcQ");
    char whole[COLLIDING_BYTES], partly[COLLIDING_BYTES];
    struct bytes thieves[] = {item_of_hash(some_hash(), whole), colliding_item(some_hash(), 7, partly)};
    for (size_t i = 0; i < ARRAY_LEN(thieves); i++) {
        struct checked p;
        checked_init(&p, 1, SETS_64KB);
        steal(&p, thieves[i], victim);
        expect_exact(&p, "theft");
        expect_list(checked_pack(&p, 1), "dQw4w9WgXcQ 1000");
        checked_deinit(&p);
    }
}
END_TEST

/* Lengths take different paths through the comparison; each differs in one byte only. */
START_TEST(every_byte_of_a_name_counts) {
    char a[40], b[40];
    for (size_t n = 1; n <= sizeof a; n++)
        for (size_t differs = 0; differs < n; differs++) {
            struct checked p;
            memset(a, 'a', sizeof a);
            memset(b, 'a', sizeof b);
            b[differs] = 'b';
            struct bytes x = {a, n}, y = {b, n};
            checked_init(&p, 1, SETS_16KB);
            for (int i = 0; i < 3; i++) {
                sketch_add(p.sketch, some_hash(), x, 1); /* as if they collided */
                sketch_add(p.sketch, some_hash(), y, 2);
                truth_add(&p.truth, x, 1);
                truth_add(&p.truth, y, 2);
            }
            expect_exact(&p, "one byte");
            checked_deinit(&p);
        }
}
END_TEST

/* All in one set, the shortest first or the longest. */
START_TEST(a_name_and_its_beginning_are_two) {
    struct checked p;
    static const char name[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    for (int longest_first = 0; longest_first < 2; longest_first++) {
        checked_init(&p, 1, SETS_16KB);
        for (size_t i = 0; i < 16; i++) {
            struct bytes item = {name, 5 * (longest_first ? 8 - i % 8 : 1 + i % 8)};
            sketch_add(p.sketch, some_hash(), item, 1);
            truth_add(&p.truth, item, 1);
        }
        expect_exact(&p, "beginnings");
        checked_deinit(&p);
    }
}
END_TEST

/* -- exactness and memory -- */

/* What N different items cost, with ids of the same length. */
static uint64_t bytes_of_honest(uint32_t n) {
    struct checked p;
    checked_init(&p, 1, SETS_64KB);
    for (uint32_t i = 0; i < n; i++) {
        char name[COLLIDING_BYTES];
        checked_add(&p, item_of_hash(hash64(&i, sizeof i, 7), name), 1);
    }
    uint64_t bytes = sketch_bytes(p.sketch);
    checked_deinit(&p);
    return bytes;
}

/* The first block of a stash may come before others' sets double. */
START_TEST(items_of_one_set_cost_no_more_than_others_and_stay_exact) {
    enum { ONE_BLOCK = 128 };
    struct checked p;
    checked_init(&p, 1, SETS_64KB);
    for (uint32_t n = 1; n <= EXACT_64KB; n++) {
        add_colliding(&p, n, 1 + n % 5);
        ck_assert(sketch_exact(p.sketch));
        if (n > 40 && n % 50 != 0) continue;
        uint64_t most = bytes_of_honest(n) + ONE_BLOCK, bytes = sketch_bytes(p.sketch);
        ck_assert_msg(bytes <= most, "%u items of one set cost %llu bytes, others at most %llu", n,
                      (unsigned long long)bytes, (unsigned long long)most);
    }
    expect_exact(&p, "all of one set");
    checked_deinit(&p);
}
END_TEST

/* SHARE of the items, in 16ths, are of one set. */
static void add_mixed(struct checked *p, uint32_t i, uint32_t share, uint32_t weight) {
    if (i % 16 < share)
        add_colliding(p, i, weight);
    else
        add_honest(p, i, weight);
}

START_TEST(a_quarter_of_the_ways_is_exact_whatever_the_names_are) {
    struct checked p;
    checked_init(&p, 3, SETS_16KB);
    for (uint32_t i = 0; i < EXACT_16KB; i++) {
        add_mixed(&p, i, (uint32_t)_i, 1 + i % 9);
        if (i % 16 == 0) expect_exact(&p, "on the way");
    }
    for (uint32_t i = 0; i < EXACT_16KB; i++) add_mixed(&p, i, (uint32_t)_i, 2);
    expect_exact(&p, "twice");
    checked_deinit(&p);
}
END_TEST

/* The sets double among them, and each time it is asked whether the stash still knows its items. */
START_TEST(items_of_the_stash_are_found_after_every_growth) {
    enum { COLLIDING = 40 };
    struct checked p;
    checked_init(&p, 3, SETS_64KB);
    for (uint32_t i = 0; i < COLLIDING; i++) add_colliding(&p, i, 1);
    for (uint32_t i = 0; i < EXACT_64KB - COLLIDING; i++) {
        add_honest(&p, i, 1);
        add_colliding(&p, i % COLLIDING, 1);
        if (i % 50 == 0) expect_exact(&p, "growth");
    }
    expect_exact(&p, "grown");
    checked_deinit(&p);
}
END_TEST

START_TEST(beyond_that_the_bounds_hold_and_what_was_counted_stays_exact) {
    struct checked p;
    checked_init(&p, 5, SETS_16KB);
    for (uint32_t round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < 200; i++) add_colliding(&p, i, 1);
        for (uint32_t i = 0; i < 300; i++) add_honest(&p, round * 40 + i, 1 + i % 3);
        for (uint32_t i = 0; i < 100; i++) add_colliding(&p, 1000 + round * 100 + i, 1);
        expect_true(&p, "flood");
    }
    ck_assert(!sketch_exact(p.sketch));
    checked_deinit(&p);
}
END_TEST

/* Memory ends in the middle of a flood. */
START_TEST(near_the_limit_the_bounds_hold) {
    for (uint64_t limit = 0; limit < 20000; limit += 500) {
        struct checked p;
        checked_init_limited(&p, 5, SETS_64KB, limit);
        for (uint32_t i = 0; i < 1000; i++) {
            add_colliding(&p, i % 600, 1 + i % 3);
            if (i % 3 == 0) add_honest(&p, i, 2);
        }
        ck_assert_uint_eq(p.budget.growth_refused, 1);
        expect_true(&p, "little memory");
        checked_deinit(&p);
    }
}
END_TEST

/* Only the stash grows. */
START_TEST(a_flood_stops_at_the_limit) {
    for (uint64_t limit = 0; limit < 20000; limit += 500) {
        struct checked p;
        checked_init_limited(&p, 5, SETS_64KB, limit);
        for (uint32_t i = 0; i < EXACT_64KB; i++) add_colliding(&p, i, 1);
        ck_assert_uint_eq(p.budget.growth_refused, 1);
        ck_assert(!sketch_exact(p.sketch));
        expect_true(&p, "a flood and little memory");
        checked_deinit(&p);
    }
}
END_TEST

START_TEST(a_count_of_the_stash_stands_still_at_32_bits) {
    struct checked p;
    checked_init(&p, 1, SETS_16KB);
    for (uint32_t i = 0; i < 20; i++) add_colliding(&p, i, 1);
    for (uint32_t i = 0; i < 3; i++) add_colliding(&p, 15, UINT32_MAX / 2);
    expect_true(&p, "saturated");
    ck_assert_uint_eq(p.budget.saturated, 1);
    ck_assert(!sketch_exact(p.sketch));
    for (uint32_t i = 0; i < 40; i++) add_colliding(&p, i, 5);
    expect_true(&p, "and on");
    checked_deinit(&p);
}
END_TEST

/* Names of the first of sixteen sets, too long to be compared whole. Those of the stash live on among others that are
 * evicted, and move with them. */
START_TEST(long_names_of_one_set_keep_their_counts) {
    char name[200];
    struct checked p;
    uint32_t found = 0;
    checked_init(&p, 1, 16);
    for (uint32_t number = 0; found < 2000; number++) {
        memset(name, 'x', sizeof name);
        memcpy(name, &number, sizeof number);
        struct bytes item = {name, 17 + number % 150};
        if (sketch_hash(item) >> 60 != 0) continue;
        found++;
        checked_add(&p, item, 1 + found % 7 * found / 10);
        if (found % 100 == 0) expect_true(&p, "long names");
        ck_assert_uint_le(sketch_bytes(p.sketch), 1 << 15);
    }
    ck_assert(!sketch_exact(p.sketch));
    checked_deinit(&p);
}
END_TEST

/* -- the secret of the stash -- */

static void lists_under_secret(uint64_t secret, struct buf *out) {
    struct checked p;
    hash_secret_choose(secret);
    checked_init(&p, 9, SETS_16KB);
    for (uint32_t i = 0; i < 600; i++) {
        add_colliding(&p, i * i % 250, 1 + i % 3);
        for (uint32_t k = 0; k <= i / 100; k++) add_honest(&p, i * k % 500, 1);
        if (i % 20 == 0) sketch_pack(p.sketch, i % 40 == 0 ? LIST_WHOLE : 30, out);
    }
    ck_assert(!sketch_exact(p.sketch));
    checked_deinit(&p);
}

START_TEST(no_byte_of_a_list_depends_on_the_secret) {
    struct buf one = {0}, other = {0};
    lists_under_secret(1, &one);
    lists_under_secret(UINT64_C(0xfedcba9876543210), &other);
    ck_assert_uint_eq(one.len, other.len);
    ck_assert_mem_eq(one.data, other.data, one.len);
    buf_free(&one);
    buf_free(&other);
}
END_TEST

Suite *sketch_names_suite(void);
Suite *sketch_names_suite(void) {
    Suite *s = suite_create("sketch_names");
    TCase *c = tcase_create("sketch_names");
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    tcase_add_test(c, a_name_is_found_for_any_hash);
    tcase_add_test(c, an_item_of_another_ones_hash_does_not_get_its_counts);
    tcase_add_test(c, every_byte_of_a_name_counts);
    tcase_add_test(c, a_name_and_its_beginning_are_two);
    tcase_add_test(c, items_of_one_set_cost_no_more_than_others_and_stay_exact);
    tcase_add_loop_test(c, a_quarter_of_the_ways_is_exact_whatever_the_names_are, 0, 17);
    tcase_add_test(c, items_of_the_stash_are_found_after_every_growth);
    tcase_add_test(c, beyond_that_the_bounds_hold_and_what_was_counted_stays_exact);
    tcase_add_test(c, near_the_limit_the_bounds_hold);
    tcase_add_test(c, a_flood_stops_at_the_limit);
    tcase_add_test(c, a_count_of_the_stash_stands_still_at_32_bits);
    tcase_add_test(c, long_names_of_one_set_keep_their_counts);
    tcase_add_test(c, no_byte_of_a_list_depends_on_the_secret);
    return s;
}
