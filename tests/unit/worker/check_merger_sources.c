/* Whom the merger asks: partitions that it knows of, the rows that they last said, whoever comes while it writes. */
#include <check.h>

#include "merger_given.h"

static const int64_t far_ms = INT64_MAX;

static void all_ended(void) {
    said("tt/0", given.minute - 1, PART_NO_MINUTE, far_ms);
    said("tt/1", given.minute - 1, PART_NO_MINUTE, far_ms);
}

/* It said something that this version cannot read, which is not that there is nothing. */
START_TEST(a_list_waits_for_a_partition_whose_row_cannot_be_read) {
    all_settled(given.minute);
    row_is("tt/2", text("what?"));
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "open");
}
END_TEST

static void third_joins(void) { joined("tt/2"); }

/* It may bring events for a list that was judged without it. */
START_TEST(a_list_is_not_closed_by_whom_a_partition_joined_meanwhile) {
    all_settled(given.minute);
    contributed("tt/0", "US", true);
    given.meanwhile = third_joins;
    given.meanwhile_call = FAKE_CLOSE;
    ck_assert_uint_eq(rounds(1), 0);
    expect_state("US", "");
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "open");
    settled("tt/2", given.minute);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "final");
}
END_TEST

/* No row tells of it. */
START_TEST(a_list_that_had_ended_is_open_again_when_a_partition_is_added) {
    all_ended();
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    expect_state("US", "ended");
    worker.partitions = MERGER_PARTITIONS + 1;
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    expect_state("US", "open");
}
END_TEST

START_TEST(a_list_that_changed_right_after_it_was_merged_is_merged_when_it_may_be) {
    all_settled(given.minute - 1);
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(1), 1);
    all_ended();
    ck_assert_uint_eq(round_at_once(), 0);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "ended");
}
END_TEST

Suite *merger_sources_suite(void);
Suite *merger_sources_suite(void) {
    Suite *s = suite_create("merger_sources");
    TCase *c = tcase_create("sources");
    tcase_add_checked_fixture(c, merger_begin, merger_end);
    tcase_add_test(c, a_list_waits_for_a_partition_whose_row_cannot_be_read);
    tcase_add_test(c, a_list_is_not_closed_by_whom_a_partition_joined_meanwhile);
    tcase_add_test(c, a_list_that_had_ended_is_open_again_when_a_partition_is_added);
    tcase_add_test(c, a_list_that_changed_right_after_it_was_merged_is_merged_when_it_may_be);
    suite_add_tcase(s, c);
    return s;
}
