/* unit/consumer/check_consumer_warnings.c - what an operator hears of times that are none or far off, and of lists in
 * too many pieces. */
#include <string.h>

#include <check.h>

#include "unit/base/capture.h"
#include "unit/consumer/consumer_given.h"

static struct capture capture;

static void given_reader(void) {
    usual_consumer();
    given_running_partition();
}

/* What is told of a record with this time, at the next ticks. */
static const char *told_of(int64_t time_ms) {
    capture_begin(&capture);
    kafka_brings_of(time_ms, VIEW);
    tick();
    tick();
    return capture_end(&capture);
}

START_TEST(times_of_now_are_not_spoken_of) {
    ck_assert_ptr_null(strstr(told_of(worker.wall_ms), "level=warn"));
    ck_assert_ptr_null(strstr(told_of(worker.wall_ms - 10 * MINUTE_MS), "level=warn"));
    ck_assert_double_eq(shown(METRIC_ODD_RECORD_TIMES, "kind=\"none\""), 0);
    ck_assert_double_eq(shown(METRIC_LOG_TIME_AHEAD, "topic=\"t\",partition=\"0\""), 0);
}
END_TEST

/* Microseconds taken for milliseconds. */
START_TEST(a_record_without_a_time_is_told_once_a_minute) {
    const char *line = told_of(worker.wall_ms * 1000);
    ck_assert_ptr_nonnull(strstr(line, "event=record_time_missing topic=t partition=0 records=1 before_offset=1 "));
    ck_assert_ptr_nonnull(strstr(line, "TOPKD_LOG_CLOCK=event"));
    ck_assert_str_eq(told_of(-1), "");
    ck_assert_double_eq(shown(METRIC_ODD_RECORD_TIMES, "kind=\"none\""), 2);
}
END_TEST

START_TEST(seconds_taken_for_milliseconds_are_told) {
    const char *line = told_of(worker.wall_ms / 1000);
    ck_assert_ptr_nonnull(strstr(line, "event=record_time_old topic=t partition=0 records=1 "));
    ck_assert_ptr_nonnull(strstr(line, "message.timestamp.type=LogAppendTime"));
    ck_assert_double_eq(shown(METRIC_ODD_RECORD_TIMES, "kind=\"before_2000\""), 1);
}
END_TEST

START_TEST(log_time_ahead_of_the_wall_clock_is_told) {
    const char *line = told_of(worker.wall_ms + 60 * MINUTE_MS);
    ck_assert_ptr_nonnull(strstr(line, "event=log_time_ahead topic=t partition=0 ahead_s=359"));
    ck_assert_ptr_nonnull(strstr(line, "message.timestamp.type=LogAppendTime"));
    ck_assert_double_gt(shown(METRIC_LOG_TIME_AHEAD, "topic=\"t\",partition=\"0\""), 3590);
}
END_TEST

START_TEST(log_time_within_future_is_no_news) {
    ck_assert_ptr_null(strstr(told_of(worker.wall_ms + MINUTE_MS - 1), "log_time_ahead"));
}
END_TEST

/* -- many partitions -- */

static const char *told_with_partitions(uint32_t n) {
    worker.partitions = n;
    return told_of(worker.wall_ms);
}

START_TEST(more_partitions_than_lists_bear_are_told_once) {
    ck_assert_ptr_null(strstr(told_with_partitions(64), "many_partitions"));
    ck_assert_ptr_nonnull(strstr(told_with_partitions(65), "event=many_partitions partitions=65 "));
    ck_assert_ptr_null(strstr(told_with_partitions(65), "many_partitions"));
}
END_TEST

START_TEST(more_parts_of_lists_a_second_than_are_sensible_are_told) {
    ck_assert_ptr_null(strstr(told_with_partitions(30000), "many_parts"));
    ck_assert_ptr_nonnull(strstr(told_with_partitions(30001), "event=many_parts partitions=30001 locations=1 "));
    struct hub_spread spread = hub_spread(&worker.hub);
    ck_assert_double_eq(spread.parts_per_second, 30001);
}
END_TEST

Suite *consumer_warnings_suite(void);
Suite *consumer_warnings_suite(void) {
    Suite *s = suite_create("consumer_warnings");
    TCase *c = tcase_create("told");
    tcase_add_checked_fixture(c, given_reader, consumer_gone);
    tcase_add_test(c, times_of_now_are_not_spoken_of);
    tcase_add_test(c, a_record_without_a_time_is_told_once_a_minute);
    tcase_add_test(c, seconds_taken_for_milliseconds_are_told);
    tcase_add_test(c, log_time_ahead_of_the_wall_clock_is_told);
    tcase_add_test(c, log_time_within_future_is_no_news);
    tcase_add_test(c, more_partitions_than_lists_bear_are_told_once);
    tcase_add_test(c, more_parts_of_lists_a_second_than_are_sensible_are_told);
    suite_add_tcase(s, c);
    return s;
}
