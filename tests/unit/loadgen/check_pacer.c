/* unit/loadgen/check_pacer.c - the rate holds over any step, and a long stall is not made good. */
#include <stdlib.h>

#include <check.h>

#include "loadgen/pacer.h"

/* Asks every STEP_MS for SECONDS; returns what was given. */
static uint64_t run_for(struct pacer *p, int64_t from_ms, int64_t seconds, int64_t step_ms) {
    uint64_t given = 0;
    for (int64_t t = from_ms; t <= from_ms + seconds * 1000; t += step_ms) given += pacer_take(p, t, UINT64_MAX);
    return given;
}

START_TEST(the_rate_holds_whatever_the_step) {
    static const double rates[] = {.5, 1, 7, 999, 1000000};
    static const int64_t steps_ms[] = {1, 10, 100};
    for (size_t r = 0; r < ARRAY_LEN(rates); r++)
        for (size_t s = 0; s < ARRAY_LEN(steps_ms); s++) {
            struct pacer p;
            pacer_init(&p, rates[r], 1000);
            double given = (double)run_for(&p, 1000, 60, steps_ms[s]);
            ck_assert_msg(given >= rates[r] * 60 - 1 && given <= rates[r] * 60, "rate %.1f step %lld: %.0f", rates[r],
                          (long long)steps_ms[s], given);
        }
}
END_TEST

START_TEST(nothing_is_given_at_once) {
    struct pacer p;
    pacer_init(&p, 1000, 5);
    ck_assert_uint_eq(pacer_take(&p, 5, 10), 0);
}
END_TEST

START_TEST(a_long_stall_is_worth_one_second_and_one) {
    struct pacer p;
    pacer_init(&p, 1000, 0);
    ck_assert_uint_eq(pacer_take(&p, 3600000, UINT64_MAX), 1001);
}
END_TEST

START_TEST(what_is_not_taken_stays) {
    struct pacer p;
    pacer_init(&p, 1000, 0);
    ck_assert_uint_eq(pacer_take(&p, 100, 30), 30);
    ck_assert_uint_eq(pacer_take(&p, 100, 100), 70);
}
END_TEST

START_TEST(after_the_wait_there_is_a_token) {
    static const double rates[] = {.01, .3, 1, 333, 1000000};
    for (size_t r = 0; r < ARRAY_LEN(rates); r++) {
        struct pacer p;
        pacer_init(&p, rates[r], 0);
        ck_assert_uint_eq(pacer_take(&p, 0, 1), 0);
        int64_t wait = pacer_wait_ms(&p);
        ck_assert_int_ge(wait, 1);
        ck_assert_msg(pacer_take(&p, wait, 1) == 1, "rate %.2f: nothing after %lld ms", rates[r], (long long)wait);
    }
}
END_TEST

Suite *pacer_suite(void);

Suite *pacer_suite(void) {
    Suite *s = suite_create("pacer");
    TCase *c = tcase_create("tokens");
    tcase_add_test(c, the_rate_holds_whatever_the_step);
    tcase_add_test(c, nothing_is_given_at_once);
    tcase_add_test(c, a_long_stall_is_worth_one_second_and_one);
    tcase_add_test(c, what_is_not_taken_stays);
    tcase_add_test(c, after_the_wait_there_is_a_token);
    suite_add_tcase(s, c);
    return s;
}
