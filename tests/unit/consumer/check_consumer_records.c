/* unit/consumer/check_consumer_records.c - which records are applied, and what is counted of what is read twice. */
#include <check.h>

#include "unit/consumer/consumer_given.h"

/* -- applied, or not -- */

START_TEST(records_that_come_together_are_applied_together) {
    given_running_partition();
    kafka_brings_many(VIEW, 5);
    step();
    ck_assert_int_eq(partition_0_view().next, 5);
}
END_TEST

/* The log is another one, which the first record shows: what came with it is not the new log's beginning. */
START_TEST(behind_a_record_that_shows_another_log_nothing_is_applied) {
    kafka_assigns();
    step();
    kafka_finds_commit((struct commit_found){.offset = 8, .rewind = 8, .has_anchor = true});
    step();
    expect_read_from(7);
    kafka_brings_many(VIEW, 3);
    step();
    expect_read_from(0);
    ck_assert_int_eq(partition_0_view().next, 0);
}
END_TEST

/* They were under way when it left. Its next owner reads them, and so would its memory if it comes back. */
START_TEST(records_of_a_partition_that_left_are_dropped) {
    given_running_partition();
    kafka_brings(VIEW);
    step();
    kafka_revokes();
    step();
    kafka_brings(VIEW);
    step();
    ck_assert_int_eq(partition_0()->state, ASSIGNMENT_PARKED);
    ck_assert_int_eq(partition_0_view().next, 1);
    ck_assert_double_eq(shown(METRIC_STALE_MESSAGES, ""), 1);
}
END_TEST

/* -- counted, once -- */

static double counted(enum metric_id id, const char *labels) {
    tick(); /* shows what was counted */
    return shown(id, labels);
}

/* A view and a broken record are counted; then the position is lost, and the last commit is that at offset 0. */
static void given_two_counted_and_the_position_lost(void) {
    given_running_partition();
    kafka_brings(VIEW);
    kafka_brings(BROKEN);
    tick();
    ck_assert_double_eq(counted(METRIC_EVENTS, "outcome=\"applied\""), 1);
    ck_assert_uint_eq(dead_letters_sent(), 1);
    kafka_denies_position();
    tick();
}

/* Symptom: 5700 events of 100. */
START_TEST(what_is_read_again_after_a_lost_position_is_not_counted_again) {
    given_two_counted_and_the_position_lost();
    kafka_finds_commit((struct commit_found){.offset = 0, .log_end = 3});
    step();
    expect_read_from(0);
    kafka_brings(VIEW);
    kafka_brings(BROKEN);
    kafka_brings(VIEW);
    tick();
    ck_assert_double_eq(counted(METRIC_MESSAGES, ""), 3);
    ck_assert_double_eq(counted(METRIC_REPLAYED_MESSAGES, ""), 2);
    ck_assert_double_eq(counted(METRIC_EVENTS, "outcome=\"applied\""), 2);
    ck_assert_double_eq(counted(METRIC_EVENTS, "outcome=\"malformed\""), 1);
    ck_assert_uint_eq(dead_letters_sent(), 0);
}
END_TEST

static void expect_another_log_counted(void) {
    expect_read_from(0);
    kafka_brings(VIEW);
    kafka_brings(BROKEN);
    tick();
    ck_assert_double_eq(counted(METRIC_MESSAGES, ""), 4);
    ck_assert_double_eq(counted(METRIC_REPLAYED_MESSAGES, ""), 0);
    ck_assert_uint_eq(dead_letters_sent(), 1);
}

START_TEST(a_topic_made_again_is_counted_from_its_start_if_its_commits_went_with_it) {
    given_two_counted_and_the_position_lost();
    kafka_finds_no_commit();
    step();
    tick();
    publisher_finds_row(row_question(), NO_ROW); /* before that nothing is read of a log without a commit */
    step();
    expect_another_log_counted();
}
END_TEST

START_TEST(a_topic_made_again_is_counted_from_its_start_if_its_log_is_shorter) {
    given_two_counted_and_the_position_lost();
    kafka_finds_commit((struct commit_found){.offset = 0, .log_end = 1});
    step();
    expect_another_log_counted();
}
END_TEST

/* Somebody else had it meanwhile, and it was a log of its own to them. */
START_TEST(a_topic_made_again_is_counted_from_its_start_if_another_owner_found_out) {
    given_two_counted_and_the_position_lost();
    uint64_t newer = (uint64_t)worker.wall_ms * 2;
    kafka_finds_commit((struct commit_found){.offset = 0, .incarnation = newer, .log_end = 3});
    step();
    expect_another_log_counted();
}
END_TEST

START_TEST(a_range_that_was_lost_is_told_once) {
    given_two_counted_and_the_position_lost();
    for (int i = 0; i < 2; i++) {
        kafka_finds_commit((struct commit_found){.offset = 0, .log_start = 5, .log_end = 9});
        tick();
        expect_read_from(5);
        kafka_brings(VIEW);
        tick();
        kafka_denies_position();
        tick();
    }
    ck_assert_double_eq(counted(METRIC_LOG_LOST_RECORDS, ""), 3); /* the first two had been read */
    ck_assert_double_eq(counted(METRIC_MESSAGES, ""), 3);
}
END_TEST

Suite *consumer_records_suite(void);
Suite *consumer_records_suite(void) {
    Suite *s = suite_create("consumer_records");
    TCase *c = tcase_create("records");
    tcase_add_checked_fixture(c, usual_consumer, consumer_gone);
    tcase_add_test(c, records_that_come_together_are_applied_together);
    tcase_add_test(c, behind_a_record_that_shows_another_log_nothing_is_applied);
    tcase_add_test(c, records_of_a_partition_that_left_are_dropped);
    tcase_add_test(c, what_is_read_again_after_a_lost_position_is_not_counted_again);
    tcase_add_test(c, a_topic_made_again_is_counted_from_its_start_if_its_commits_went_with_it);
    tcase_add_test(c, a_topic_made_again_is_counted_from_its_start_if_its_log_is_shorter);
    tcase_add_test(c, a_topic_made_again_is_counted_from_its_start_if_another_owner_found_out);
    tcase_add_test(c, a_range_that_was_lost_is_told_once);
    suite_add_tcase(s, c);
    return s;
}
