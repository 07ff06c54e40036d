/* unit/merger/check_held.c - minutes that are held back, and since when. */
#include <check.h>

#include "merger/held.h"

static struct held_minutes held;

static void setup(void) { held = (struct held_minutes){.all = NULL}; }
static void teardown(void) { held_deinit(&held); }

START_TEST(what_is_not_held_is_held_from_now_on) {
    ck_assert_int_eq(held_since(&held, 7, 1234), 1234);
    held_add(&held, 7, 100);
    ck_assert_int_eq(held_since(&held, 7, 1234), 100);
    ck_assert_int_eq(held_since(&held, 8, 1234), 1234);
}
END_TEST

START_TEST(minutes_are_found_in_whatever_order_they_came) {
    ck_assert(held_check(&held));
    for (int64_t i = 0; i < 100; i++) held_add(&held, i * 37 % 100, i);
    ck_assert(!held_check(&held));
    held_sort(&held);
    ck_assert(held_check(&held));
    for (int64_t i = 0; i < 100; i++) ck_assert_int_eq(held_since(&held, i * 37 % 100, -1), i);
}
END_TEST

START_TEST(the_lists_of_a_minute_hold_it_once) {
    for (int i = 0; i < 5; i++) held_add(&held, 7, 100);
    ck_assert_uint_eq(held.n, 1);
    held_deinit(&held);
    ck_assert_uint_eq(held.n, 0);
}
END_TEST

Suite *held_suite(void);
Suite *held_suite(void) {
    Suite *s = suite_create("held");
    TCase *c = tcase_create("minutes");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, what_is_not_held_is_held_from_now_on);
    tcase_add_test(c, minutes_are_found_in_whatever_order_they_came);
    tcase_add_test(c, the_lists_of_a_minute_hold_it_once);
    suite_add_tcase(s, c);
    return s;
}
