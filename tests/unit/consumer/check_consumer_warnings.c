/* unit/consumer/check_consumer_warnings.c - what an operator hears of times that are none or far off, of ids, and of
 * lists in too many pieces. */
#include <string.h>

#include <check.h>

#include "unit/base/capture.h"
#include "unit/consumer/consumer_given.h"

static struct capture capture;

static void given_reader(void) {
    usual_consumer();
    given_running_partition();
}

static void given_reader_of_ids(void) {
    given_consumer((const char *const[]){"TOPICS=t", "THREADS=1", "PUBLISH_INTERVAL=1s", "FIELD_ID=id", "DEDUP=5m",
                                         "DEDUP_IDS_MAX=3", NULL});
    given_running_partition();
}

/* What is told of this message, at the next ticks. */
static const char *told_of_message(int64_t time_ms, const char *value) {
    capture_begin(&capture);
    kafka_brings_of(time_ms, value);
    tick();
    tick();
    return capture_end(&capture);
}

/* What is told of a record with this time. */
static const char *told_of(int64_t time_ms) { return told_of_message(time_ms, VIEW); }

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

/* -- ids -- */

#define ID(id) "{\"video_id\":\"cat\",\"location\":\"US\",\"id\":" id "}"

START_TEST(ids_that_are_known_are_not_spoken_of) {
    ck_assert_ptr_null(strstr(told_of_message(worker.wall_ms, ID("1") ID("2") ID("1")), "level=warn"));
    ck_assert_uint_eq(atomic_load(&worker.hub.consumers[0].ids), 3);
    ck_assert_uint_gt(atomic_load(&worker.hub.consumers[0].id_bytes), 0);
    ck_assert_double_eq(shown(METRIC_EVENTS, "outcome=\"duplicate\""), 1);
    ck_assert_double_eq(shown(METRIC_IDS_FORGOTTEN_EARLY, ""), 0);
    ck_assert_double_eq(shown(METRIC_EVENTS_WITHOUT_ID, ""), 0);
}
END_TEST

/* Four in a minute are too many for three: twenty would do for five minutes. */
START_TEST(ids_that_are_forgotten_early_are_told_once_a_minute) {
    (void)told_of_message(worker.wall_ms, ID("1"));
    const char *line = told_of_message(worker.wall_ms + 60000, ID("2") ID("3") ID("4") ID("5"));
    ck_assert_ptr_nonnull(strstr(line, "event=ids_forgotten_early topic=t partition=0 ids=3 lived_s=0 dedup_s=300 "));
    ck_assert_ptr_nonnull(strstr(line, "raise TOPKD_DEDUP_IDS_MAX to about 900,"));
    ck_assert_ptr_null(strstr(told_of_message(worker.wall_ms, ID("6")), "ids_forgotten_early"));
    ck_assert_double_eq(shown(METRIC_IDS_FORGOTTEN_EARLY, ""), 3);
}
END_TEST

START_TEST(events_that_all_lack_their_id_are_told) {
    const char *line = told_of(worker.wall_ms);
    ck_assert_ptr_nonnull(strstr(line, "event=ids_missing topic=t partition=0 events=1 "));
    ck_assert_double_eq(shown(METRIC_EVENTS_WITHOUT_ID, ""), 1);
}
END_TEST

START_TEST(some_events_may_lack_their_id) {
    ck_assert_ptr_null(strstr(told_of_message(worker.wall_ms, ID("1") ID("\"\"") ID("null")), "level=warn"));
    ck_assert_ptr_null(strstr(told_of(worker.wall_ms + 10 * MINUTE_MS), "ids_missing")); /* what had one is forgotten */
    ck_assert_double_eq(shown(METRIC_EVENTS_WITHOUT_ID, ""), 3);
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
    c = tcase_create("ids");
    tcase_add_checked_fixture(c, given_reader_of_ids, consumer_gone);
    tcase_add_test(c, ids_that_are_known_are_not_spoken_of);
    tcase_add_test(c, ids_that_are_forgotten_early_are_told_once_a_minute);
    tcase_add_test(c, events_that_all_lack_their_id_are_told);
    tcase_add_test(c, some_events_may_lack_their_id);
    suite_add_tcase(s, c);
    return s;
}
