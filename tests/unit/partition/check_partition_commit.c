/* unit/partition/check_partition_commit.c - what a commit says, and under which incarnation. */
#include <check.h>

#include "partition_given.h"

/* -- freezing -- */

START_TEST(a_commit_says_all_that_a_successor_needs) {
    it_is("19:07");
    (void)views("US", "cat", 1);
    it_is("19:08");
    (void)views("US", "cat", 1);
    struct partition_commit c;
    ck_assert(try_freeze(&c));
    struct commit_meta m = commit_meta_of(&c);
    ck_assert_int_eq(c.offset, 2);
    ck_assert_uint_eq(m.incarnation, 100);
    ck_assert_uint_eq(m.meaning, 0xc0ffee);
    ck_assert_str_eq(m.life, LIFE_A);
    ck_assert_int_eq(m.rewind, 0);
    ck_assert_int_eq(m.rewind_log_time_ms, TIME_NEVER);
    ck_assert_int_eq(m.frontier_log_time_ms, ms_of("19:08"));
    ck_assert_int_eq(m.settled, NO_MINUTE);
    ck_assert_int_eq(m.unsure_until, NO_MINUTE);
}
END_TEST

START_TEST(only_an_acknowledged_commit_counts) {
    struct partition_commit c;
    (void)views("US", "cat", 1);
    ck_assert(try_freeze(&c));
    ck_assert_int_eq(view().committed, 0);
    partition_committed(evening.partition, &c, false);
    ck_assert_int_eq(view().committed, 0);
    partition_committed(evening.partition, &c, true);
    ck_assert_int_eq(view().committed, 1);
    ck_assert_int_eq(view().frontier, 1);
}
END_TEST

START_TEST(acknowledgements_may_come_late_but_never_lower_the_frontier) {
    struct partition_commit first, second;
    (void)views("US", "cat", 1);
    ck_assert(try_freeze(&first));
    (void)views("US", "cat", 1);
    ck_assert(try_freeze(&second));
    partition_committed(evening.partition, &second, true);
    partition_committed(evening.partition, &first, true);
    ck_assert_int_eq(view().committed, 2);
    ck_assert_int_eq(view().frontier, 2);
}
END_TEST

START_TEST(somebody_elses_acknowledgement_changes_nothing) {
    struct partition_commit other = {.offset = 900};
    partition_committed(evening.partition, &other, true);
    ck_assert_int_eq(view().committed, 0);
}
END_TEST

START_TEST(nothing_is_committed_below_the_frontier) {
    struct partition_commit c;
    (void)views("US", "cat", 1);
    (void)views("US", "cat", 1);
    commit();
    given_successor();
    ck_assert(!try_freeze(&c));
    read_up_to(1);
    ck_assert(!try_freeze(&c));
    read_up_to(2);
    ck_assert(try_freeze(&c));
    ck_assert_int_eq(c.offset, 2);
}
END_TEST

/* -- the incarnation -- */

static const struct {
    uint64_t row;
    int64_t wall_ms;
    uint64_t chosen;
} choices[] = {
    /* the commit's is 100 */
    {0, 0, 101},  {0, -5, 101},  {0, 101, 101}, {0, 1000, 1000},
    {99, 0, 101}, {100, 0, 101}, {250, 0, 251}, {250, 1000, 1000},
};

START_TEST(a_new_incarnation_is_above_all_that_are_known_and_not_below_the_clock) {
    evening.rules.meaning++;
    given_successor();
    ck_assert(partition_needs_row(evening.partition));
    struct partition_commit c;
    ck_assert(!try_freeze(&c));
    evening.wall_ms = choices[_i].wall_ms;
    row_is_known(choices[_i].row, choices[_i].wall_ms);
    ck_assert_int_eq(view().stage, STAGE_COMMITTING);
    ck_assert_uint_eq(frozen_meta().incarnation, choices[_i].chosen);
    row_is_known(5000, 5000); /* asked twice */
    ck_assert_uint_eq(frozen_meta().incarnation, choices[_i].chosen);
}
END_TEST

START_TEST(a_commit_of_the_same_meaning_keeps_its_incarnation) {
    commit();
    given_successor();
    ck_assert(!partition_needs_row(evening.partition));
    ck_assert(view().stage >= STAGE_SILENT);
    row_is_known(5000, 5000);
    ck_assert_uint_eq(frozen_meta().incarnation, 100);
}
END_TEST

/* Rule 4: parts of the old meaning count up to what is settled. What log time may have touched at the frontier is not
 * vouched for. */
START_TEST(another_meaning_doubts_what_was_open) {
    it_is("19:07");
    (void)views("US", "cat", 1);
    it_is("19:09");
    (void)views("US", "cat", 1);
    publish_and_answer();
    wait_ms(5000);
    confirm_and_settle();
    commit();
    evening.rules.meaning++;
    given_successor();
    read_up_to(2);
    row_is_known(0, 0);
    struct commit_meta m = frozen_meta();
    ck_assert_int_eq(m.older_until, minute_at("19:07"));
    ck_assert_int_eq(m.settled, minute_at("19:07"));
    ck_assert_int_eq(m.unsure_until, minute_at("19:10"));
    ck_assert_uint_eq(m.incarnation, 101);
    it_is("19:20");
    (void)views("US", "cat", 1);
    ck_assert_int_eq(frozen_meta().unsure_until, minute_at("19:10")); /* once, at the frontier */
}
END_TEST

START_TEST(what_comes_before_the_first_commit_of_another_meaning_is_vouched_for) {
    it_is("19:07");
    (void)views("US", "cat", 1);
    commit();
    evening.rules.meaning++;
    given_successor();
    read_up_to(1);
    it_is("19:20"); /* the row is still asked for */
    (void)views("US", "cat", 1);
    row_is_known(0, 0);
    ck_assert_int_eq(frozen_meta().unsure_until, minute_at("19:08"));
}
END_TEST

Suite *partition_commit_suite(void);
Suite *partition_commit_suite(void) {
    Suite *s = suite_create("partition_commit");
    TCase *c = tcase_create("freezing");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_commit_says_all_that_a_successor_needs);
    tcase_add_test(c, only_an_acknowledged_commit_counts);
    tcase_add_test(c, acknowledgements_may_come_late_but_never_lower_the_frontier);
    tcase_add_test(c, somebody_elses_acknowledgement_changes_nothing);
    tcase_add_test(c, nothing_is_committed_below_the_frontier);
    suite_add_tcase(s, c);
    c = tcase_create("incarnation");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_loop_test(c, a_new_incarnation_is_above_all_that_are_known_and_not_below_the_clock, 0,
                        ARRAY_LEN(choices));
    tcase_add_test(c, a_commit_of_the_same_meaning_keeps_its_incarnation);
    tcase_add_test(c, another_meaning_doubts_what_was_open);
    tcase_add_test(c, what_comes_before_the_first_commit_of_another_meaning_is_vouched_for);
    suite_add_tcase(s, c);
    return s;
}
