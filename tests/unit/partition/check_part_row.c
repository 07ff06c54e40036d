/* The progress row: what a partition says of itself, one at a time. */
#include <check.h>

#include "part_given.h"

static void setup(void) {
    evening_begin();
    given_partition();
}

START_TEST(a_row_says_where_the_partition_stands) {
    it_is("19:10");
    (void)views("US", "cat", 1);
    publish();
    ck_assert(hand_row());
    ck_assert_uint_eq(evening.row_incarnation, 100);
    ck_assert_int_eq(evening.row_frontier, 1);
    ck_assert_str_eq(evening.row_life, LIFE_A);
    ck_assert_int_eq(evening.row.w_ms, ms_of("19:10"));
    ck_assert_int_eq(evening.row.m, PART_NO_MINUTE);
    ck_assert_int_eq(evening.row.b, PART_NO_MINUTE);
    ck_assert_int_eq(evening.row.x, PART_NO_MINUTE);
    ck_assert_int_eq(evening.row.end_ms, PART_NEVER);
}
END_TEST

START_TEST(only_one_row_is_out_at_a_time) {
    publish();
    ck_assert(hand_row());
    ck_assert(!hand_row());
    answer_row();
    ck_assert(hand_row());
    partition_broken(evening.p); /* it is not on its way any more */
    ck_assert(hand_row());
    partition_other_life(evening.p, LIFE_B); /* refused is answered too */
    ck_assert(hand_row());
    partition_row_answered(evening.p, NULL); /* not sent after all */
    ck_assert(hand_row());
}
END_TEST

START_TEST(no_row_leaves_in_silence) {
    (void)views("US", "cat", 1);
    commit();
    given_successor();
    publish();
    ck_assert(!hand_row());
    read_up_to(1);
    ck_assert(!hand_row()); /* silence ends with a tick, which makes everything dirty */
    publish();
    ck_assert(hand_row());
}
END_TEST

/* -- the end of the log -- */

static void expect_end(int64_t end_ms) {
    ck_assert(hand_row());
    ck_assert_int_eq(evening.row.end_ms, end_ms);
    answer_row();
}

START_TEST(the_end_is_said_only_while_everything_is_stored) {
    (void)views("US", "cat", 1);
    partition_end_seen(evening.p, 1, 5000);
    publish();
    expect_end(PART_NEVER);
    answer_copy(&evening.said[0]);
    expect_end(PART_NEVER);
    answer_copy(&evening.said[1]);
    expect_end(5000);
    (void)views("US", "cat", 1);
    expect_end(PART_NEVER);
    publish_and_answer();
    expect_end(5000); /* what was true at 5000 is still true of that moment */
}
END_TEST

START_TEST(only_an_end_where_the_partition_stands_counts) {
    (void)views("US", "cat", 1);
    publish_and_answer();
    partition_end_seen(evening.p, 2, 5000); /* a record is still to be read */
    expect_end(PART_NEVER);
    partition_end_seen(evening.p, 0, 5000); /* an old answer */
    expect_end(PART_NEVER);
    partition_eof(evening.p, 3, 0); /* markers at the end */
    partition_end_seen(evening.p, 3, 6000);
    expect_end(6000);
    partition_end_seen(evening.p, 3, 5500); /* clocks may be set */
    expect_end(6000);
}
END_TEST

START_TEST(a_row_is_current_when_it_says_everything_and_that_the_log_ended_here) {
    (void)views("US", "cat", 1);
    publish_and_answer();
    partition_end_seen(evening.p, 1, 5000);
    ck_assert(!view().row_current);
    ck_assert(hand_row());
    ck_assert(!view().row_current);
    answer_row();
    ck_assert(view().row_current);
    it_is("19:30");
    (void)views("US", "cat", 1);
    ck_assert(!view().row_current);
    publish_and_answer();
    partition_end_seen(evening.p, 2, 6000);
    expect_end(6000);
    ck_assert(view().row_current);
    ck_assert(view().all_clean && !view().all_settled);
    wait_ms(5000);
    expect_end(6000);
    partition_settle(evening.p, evening.mono_ms);
    ck_assert(view().all_settled && !view().row_current);
    expect_end(6000);
    ck_assert(view().row_current);
}
END_TEST

START_TEST(a_row_without_the_end_is_not_current) {
    (void)views("US", "cat", 1);
    publish_and_answer();
    expect_end(PART_NEVER);
    ck_assert(!view().row_current);
}
END_TEST

START_TEST(a_row_that_was_never_sent_is_not_current) {
    publish();
    partition_end_seen(evening.p, 0, 5000);
    ck_assert(hand_row());
    partition_row_answered(evening.p, NULL);
    ck_assert(!view().row_current);
}
END_TEST

/* -- rule 21 -- */

enum { HALF_AN_HOUR_MS = 1800000 };

static int64_t vouched_age_ms(void) {
    publish();
    ck_assert(hand_row());
    int64_t age_ms = evening.redis_ms - evening.row.vouch.since_ms;
    answer_row();
    return age_ms;
}

/* Old enough for a partition that lags behind, and young enough while this one stands still. */
START_TEST(what_a_row_vouches_for_is_a_quarter_to_half_of_retention_old) {
    const int64_t quarter_ms = evening.rules.retention_ms / 4;
    (void)vouched_age_ms();
    for (int i = 1; i < 100; i++) {
        wait_ms(HALF_AN_HOUR_MS);
        int64_t age_ms = vouched_age_ms();
        ck_assert_int_le(age_ms, 2 * quarter_ms);
        if (i * HALF_AN_HOUR_MS > 2 * quarter_ms) ck_assert_int_ge(age_ms, quarter_ms);
    }
}
END_TEST

Suite *part_row_suite(void);
Suite *part_row_suite(void) {
    Suite *s = suite_create("part_row");
    TCase *c = tcase_create("rows");
    tcase_add_checked_fixture(c, setup, evening_end);
    tcase_add_test(c, a_row_says_where_the_partition_stands);
    tcase_add_test(c, only_one_row_is_out_at_a_time);
    tcase_add_test(c, no_row_leaves_in_silence);
    tcase_add_test(c, the_end_is_said_only_while_everything_is_stored);
    tcase_add_test(c, only_an_end_where_the_partition_stands_counts);
    tcase_add_test(c, a_row_is_current_when_it_says_everything_and_that_the_log_ended_here);
    tcase_add_test(c, a_row_without_the_end_is_not_current);
    tcase_add_test(c, a_row_that_was_never_sent_is_not_current);
    tcase_add_test(c, what_a_row_vouches_for_is_a_quarter_to_half_of_retention_old);
    suite_add_tcase(s, c);
    return s;
}
