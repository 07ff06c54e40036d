/* unit/merger/check_aside.c - lists that wait for somebody to free a key. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "merger/aside.h"

static const struct bytes us = {"US", 2}, de = {"DE", 2};
static struct aside *aside;

static void setup(void) { aside = aside_create(); }
static void teardown(void) { aside_destroy(aside); }

START_TEST(a_list_waits_until_its_time_has_come) {
    aside_put(aside, us, 7, 1000);
    ck_assert(aside_waits(aside, us, 7, 1000 + ASIDE_RETRY_MS - 1));
    ck_assert(!aside_waits(aside, us, 7, 1000 + ASIDE_RETRY_MS));
    ck_assert(!aside_waits(aside, us, 8, 1000) && !aside_waits(aside, de, 7, 1000));
    aside_put(aside, us, 7, 5000);
    ck_assert(aside_waits(aside, us, 7, 5000 + ASIDE_RETRY_MS - 1));
    ck_assert_uint_eq(aside_count(aside), 1);
    aside_remove(aside, us, 7);
    aside_remove(aside, de, 7);
    ck_assert(!aside_waits(aside, us, 7, 5000) && aside_count(aside) == 0);
}
END_TEST

START_TEST(what_nobody_tries_or_owns_is_forgotten) {
    bool ours[STORE_SHARDS];
    memset(ours, true, sizeof ours);
    for (int i = 0; i < 100; i++) aside_put(aside, us, i, 1000);
    aside_put(aside, de, 7, 1000 + ASIDE_RETRY_MS);
    aside_tidy(aside, ours, 1000 + 3 * ASIDE_RETRY_MS);
    ck_assert_uint_eq(aside_count(aside), 1);
    ours[keys_shard(de)] = false;
    aside_tidy(aside, ours, 1000);
    ck_assert_uint_eq(aside_count(aside), 0);
}
END_TEST

START_TEST(its_memory_is_bounded) {
    for (int i = 0; i < ASIDE_MAX + 10; i++) aside_put(aside, us, i, 1000);
    ck_assert_uint_eq(aside_count(aside), ASIDE_MAX);
}
END_TEST

START_TEST(lists_stand_in_order_whatever_order_they_came_in) {
    for (int i = 0; i < 1000; i++) {
        aside_put(aside, i % 2 == 0 ? us : de, i * 7 % 500, 1000);
        if (i % 3 == 0) aside_remove(aside, us, i * 11 % 500);
    }
    ck_assert(aside_check(aside));
}
END_TEST

Suite *aside_suite(void);
Suite *aside_suite(void) {
    Suite *s = suite_create("aside");
    TCase *c = tcase_create("lists");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_list_waits_until_its_time_has_come);
    tcase_add_test(c, what_nobody_tries_or_owns_is_forgotten);
    tcase_add_test(c, its_memory_is_bounded);
    tcase_add_test(c, lists_stand_in_order_whatever_order_they_came_in);
    suite_add_tcase(s, c);
    return s;
}
