/* unit/partition/check_minutes.c - the container of open minutes finds what was put in.
 * It keeps minutes in order and grows with its locations. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "partition/minutes.h"
#include "unit/sketch/colliding.h"

static struct minutes open_minutes;
static struct sketch_budget budget;

static void setup(void) {
    budget = (struct sketch_budget){.limit_bytes = 1 << 24};
    minutes_init(&open_minutes, &budget.pool);
}

static void teardown(void) {
    minutes_deinit(&open_minutes);
    ck_assert_uint_eq(budget.pool.used_bytes, 0);
    sketch_budget_deinit(&budget);
}

static struct bytes text(const char *s) { return (struct bytes){s, strlen(s)}; }

static struct bucket *add(struct minute *m, const char *location, uint64_t hash) {
    return minute_add(m, text(location), hash, sketch_create(&budget, 1, 4));
}

static void expect_minutes(const int64_t *expected, size_t n) {
    ck_assert_uint_eq(open_minutes.n, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(open_minutes.all[i]->minute, expected[i]);
        ck_assert_ptr_eq(minutes_find(&open_minutes, expected[i]), open_minutes.all[i]);
    }
}

START_TEST(minutes_stand_in_order_however_they_come) {
    static const int64_t orders[][5] = {{-1, 0, 1, 7, 9}, {9, 7, 1, 0, -1}, {1, 9, -1, 7, 0}};
    static const int64_t sorted[] = {-1, 0, 1, 7, 9};
    for (size_t i = 0; i < 5; i++) minutes_add(&open_minutes, orders[_i][i]);
    expect_minutes(sorted, 5);
    ck_assert_ptr_null(minutes_find(&open_minutes, 2));
    ck_assert_ptr_null(minutes_find(&open_minutes, 10));
    ck_assert_ptr_null(minutes_find(&open_minutes, INT64_MIN));
}
END_TEST

START_TEST(more_minutes_than_the_first_array_holds_keep_their_pointers) {
    struct minute *at[100];
    for (int i = 0; i < 100; i++) at[i] = minutes_add(&open_minutes, i * 37 % 100);
    for (int i = 0; i < 100; i++) {
        ck_assert_ptr_eq(minutes_find(&open_minutes, i * 37 % 100), at[i]);
        ck_assert_int_eq(open_minutes.all[i]->minute, i);
    }
}
END_TEST

START_TEST(the_lowest_minute_goes_first_and_with_its_buckets) {
    struct minute *late = minutes_add(&open_minutes, 8), *early = minutes_add(&open_minutes, 7);
    add(late, "US", 1);
    add(early, "US", 1);
    uint64_t both = budget.pool.used_bytes;
    minutes_remove_first(&open_minutes);
    expect_minutes(&(int64_t){8}, 1);
    ck_assert_ptr_null(minutes_find(&open_minutes, 7));
    ck_assert_uint_eq(budget.pool.used_bytes, both / 2);
}
END_TEST

/* The minute found last is remembered; it must not be remembered when it is gone. */
START_TEST(a_removed_minute_is_not_found_even_right_after_it_was_used) {
    minutes_add(&open_minutes, 7);
    minutes_add(&open_minutes, 8);
    ck_assert_ptr_nonnull(minutes_find(&open_minutes, 7));
    minutes_remove_first(&open_minutes);
    ck_assert_ptr_null(minutes_find(&open_minutes, 7));
    ck_assert_ptr_nonnull(minutes_find(&open_minutes, 8));
    minutes_remove_first(&open_minutes);
    ck_assert_ptr_null(minutes_find(&open_minutes, 8));
    struct minute *again = minutes_add(&open_minutes, 7);
    ck_assert_ptr_eq(minutes_find(&open_minutes, 7), again);
    ck_assert_uint_eq(again->buckets_n, 0);
}
END_TEST

START_TEST(a_minute_holds_thousands_of_locations) {
    enum { MANY = 5000 };
    struct minute *m = minutes_add(&open_minutes, 1);
    static struct bucket *at[MANY];
    char name[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "city-%d", i);
        at[i] = add(m, name, location_hash(text(name)));
    }
    ck_assert_uint_eq(m->buckets_n, MANY);
    ck_assert_uint_ge(m->table_n * 3, m->buckets_n * 4); /* probing stays short */
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "city-%d", i);
        ck_assert_ptr_eq(minute_find(m, text(name), location_hash(text(name))), at[i]);
    }
    ck_assert_ptr_null(minute_find(m, text("city"), location_hash(text("city"))));
}
END_TEST

/* Names whose public hash is the same in the bits that choose a slot. They are few bits, so chance has its share: of N
 * balls in as many urns, 1 - 1/e of the urns are hit. */
START_TEST(chosen_locations_do_not_fall_together) {
    enum { MANY = 4096 };
    struct minute *m = minutes_add(&open_minutes, 1);
    static bool hit[2 * MANY];
    int slots = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        char name[COLLIDING_BYTES];
        struct bytes location = colliding_item(12345, i, name);
        minute_add(m, location, location_hash(location), sketch_create(&budget, 1, 4));
    }
    for (uint32_t i = 0; i < m->table_n; i++) {
        if (m->table[i] == NULL) continue;
        size_t begins = (size_t)(minute_place(m, m->table[i]->location_hash) - m->table);
        slots += !hit[begins];
        hit[begins] = true;
    }
    ck_assert_msg(slots > MANY / 2, "%d searches begin in %d slots", MANY, slots);
}
END_TEST

/* Hashes are 64 bits of a fast function: two places may share one, and a table's last slot leads to its first. */
START_TEST(places_with_the_same_hash_are_different_places) {
    static const uint64_t hashes[] = {0, 7, UINT64_MAX};
    struct minute *m = minutes_add(&open_minutes, 1);
    static const char *const names[] = {"a", "b", "ab", "", "a\xff"};
    struct bucket *at[ARRAY_LEN(names)];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) at[i] = add(m, names[i], hashes[_i]);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) ck_assert_ptr_eq(minute_find(m, text(names[i]), hashes[_i]), at[i]);
    ck_assert_ptr_null(minute_find(m, text("c"), hashes[_i]));
    ck_assert_ptr_null(minute_find(m, text("a"), hashes[_i] + 1));
}
END_TEST

START_TEST(a_location_may_hold_a_nul) {
    struct minute *m = minutes_add(&open_minutes, 1);
    struct bytes one = {"a\0b", 3}, two = {"a\0c", 3};
    struct bucket *b = minute_add(m, one, 5, sketch_create(&budget, 1, 4));
    ck_assert_ptr_eq(minute_find(m, one, 5), b);
    ck_assert_ptr_null(minute_find(m, two, 5));
}
END_TEST

START_TEST(a_new_bucket_has_said_nothing_and_owes_nothing) {
    struct minute *m = minutes_add(&open_minutes, 1);
    const struct bucket *b = add(m, "US", 1);
    ck_assert_ptr_eq(b->minute, m);
    ck_assert_int_eq(b->changed, -1);
    ck_assert_int_eq(b->acked, -1);
    ck_assert(b->state == BUCKET_CLEAN);
    ck_assert_uint_eq(m->unclean_n, 0);
}
END_TEST

Suite *minutes_suite(void);
Suite *minutes_suite(void) {
    Suite *s = suite_create("minutes");
    TCase *c = tcase_create("container");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, minutes_stand_in_order_however_they_come, 0, 3);
    tcase_add_test(c, more_minutes_than_the_first_array_holds_keep_their_pointers);
    tcase_add_test(c, the_lowest_minute_goes_first_and_with_its_buckets);
    tcase_add_test(c, a_removed_minute_is_not_found_even_right_after_it_was_used);
    tcase_add_test(c, a_minute_holds_thousands_of_locations);
    tcase_add_test(c, chosen_locations_do_not_fall_together);
    tcase_add_loop_test(c, places_with_the_same_hash_are_different_places, 0, 3);
    tcase_add_test(c, a_location_may_hold_a_nul);
    tcase_add_test(c, a_new_bucket_has_said_nothing_and_owes_nothing);
    suite_add_tcase(s, c);
    return s;
}
