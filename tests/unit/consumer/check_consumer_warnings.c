/* What an operator hears of times that are none or far off, and of lists in too many pieces. */
#include <string.h>

#include <check.h>

#include "consumer/state.h"
#include "unit/base/capture.h"
#include "unit/worker/worker_given.h"

static const char view[] = "{\"video_id\":\"cat\",\"location\":\"US\"}";
static struct capture capture;
static int64_t next_offset;

static void given(const char *const *entries) {
    next_offset = 0;
    given_hub(entries);
    given_consumer();
    say_assigned(1);
    step();
    say_no_commit(0, 10);
    step_after(1000);
}

static void by_record_clock(void) {
    static const char *const entries[] = {"TOPICS=t", "THREADS=1", NULL};
    given(entries);
}

/* What is said of a record with this time, at the next ticks. */
static const char *said_of(int64_t time_ms) {
    int64_t now = worker.wall_ms;
    capture_begin(&capture);
    worker.wall_ms = time_ms;
    say_record(0, next_offset++, view);
    worker.wall_ms = now;
    step_after(1000);
    step_after(1000);
    return capture_end(&capture);
}

static double shown(enum metric_id id, const char *labels) {
    return metric_value(metrics_get(worker.metrics, id, labels));
}

START_TEST(times_of_now_are_not_spoken_of) {
    ck_assert_ptr_null(strstr(said_of(worker.wall_ms), "level=warn"));
    ck_assert_ptr_null(strstr(said_of(worker.wall_ms - 10 * MINUTE_MS), "level=warn"));
    ck_assert_double_eq(shown(METRIC_ODD_RECORD_TIMES, "kind=\"none\""), 0);
    ck_assert_double_eq(shown(METRIC_LOG_TIME_AHEAD, "topic=\"t\",partition=\"0\""), 0);
}
END_TEST

/* Microseconds taken for milliseconds. */
START_TEST(a_record_without_a_time_is_told_once_a_minute) {
    const char *line = said_of(worker.wall_ms * 1000);
    ck_assert_ptr_nonnull(strstr(line, "event=record_time_missing topic=t partition=0 records=1 before_offset=1 "));
    ck_assert_ptr_nonnull(strstr(line, "TOPKD_LOG_CLOCK=event"));
    ck_assert_str_eq(said_of(-1), "");
    ck_assert_double_eq(shown(METRIC_ODD_RECORD_TIMES, "kind=\"none\""), 2);
}
END_TEST

START_TEST(seconds_taken_for_milliseconds_are_told) {
    const char *line = said_of(worker.wall_ms / 1000);
    ck_assert_ptr_nonnull(strstr(line, "event=record_time_old topic=t partition=0 records=1 "));
    ck_assert_ptr_nonnull(strstr(line, "message.timestamp.type=LogAppendTime"));
    ck_assert_double_eq(shown(METRIC_ODD_RECORD_TIMES, "kind=\"before_2000\""), 1);
}
END_TEST

START_TEST(log_time_ahead_of_the_wall_clock_is_told) {
    const char *line = said_of(worker.wall_ms + 3600 * 1000);
    ck_assert_ptr_nonnull(strstr(line, "event=log_time_ahead topic=t partition=0 ahead_s=359"));
    ck_assert_ptr_nonnull(strstr(line, "message.timestamp.type=LogAppendTime"));
    ck_assert_double_gt(shown(METRIC_LOG_TIME_AHEAD, "topic=\"t\",partition=\"0\""), 3590);
}
END_TEST

START_TEST(log_time_within_future_is_no_news) {
    ck_assert_ptr_null(strstr(said_of(worker.wall_ms + MINUTE_MS - 1), "log_time_ahead"));
}
END_TEST

/* -- many partitions -- */

static const char *said_with_partitions(uint32_t n) {
    worker.partitions = n;
    return said_of(worker.wall_ms);
}

START_TEST(more_partitions_than_lists_bear_are_told_once) {
    ck_assert_ptr_null(strstr(said_with_partitions(64), "many_partitions"));
    ck_assert_ptr_nonnull(strstr(said_with_partitions(65), "event=many_partitions partitions=65 "));
    ck_assert_ptr_null(strstr(said_with_partitions(65), "many_partitions"));
}
END_TEST

START_TEST(more_parts_of_lists_a_second_than_are_sensible_are_told) {
    ck_assert_ptr_null(strstr(said_with_partitions(30000), "many_parts"));
    ck_assert_ptr_nonnull(strstr(said_with_partitions(30001), "event=many_parts partitions=30001 locations=1 "));
    struct hub_spread spread = hub_spread(&worker.hub);
    ck_assert_double_eq(spread.parts_per_second, 30001);
}
END_TEST

Suite *consumer_warnings_suite(void);
Suite *consumer_warnings_suite(void) {
    Suite *s = suite_create("consumer_warnings");
    TCase *c = tcase_create("told");
    tcase_add_checked_fixture(c, by_record_clock, worker_gone);
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
