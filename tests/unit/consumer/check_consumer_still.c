/* unit/consumer/check_consumer_still.c - partitions that do not move: how often they are tried, who hears of it, and
 * how far they are said to be behind. READY_AGE is 30 s. */
#include <string.h>

#include <check.h>

#include "unit/consumer/consumer_given.h"

static const struct log_end all_read = {APPLIED, APPLIED}, seven_behind = {10, 10},
                            five_in_a_transaction = {APPLIED, 8};
#define DAMAGED "MessageSet failed CRC32C check"

/* -- what cannot be read -- */

START_TEST(a_partition_that_cannot_be_read_is_paused_for_a_rest_that_grows) {
    enum { WATCHED_MS = 300000, LOOK_MS = 500, PAUSES_MIN = 6, PAUSES_MAX = 12 };
    for (int ms = 0; ms < WATCHED_MS; ms += LOOK_MS) { /* as often as librdkafka says it */
        if (kafka.pauses.times == kafka.resumes.times) kafka_cannot_read(DAMAGED);
        step_after(LOOK_MS);
    }
    size_t pauses = pauses_asked();
    ck_assert_uint_ge(pauses, PAUSES_MIN);
    ck_assert_uint_le(pauses, PAUSES_MAX);
    kafka_brings(VIEW); /* mended: the next failure is a first one again */
    step_after(2000);
    (void)pauses_asked();
    (void)resumes_asked();
    kafka_cannot_read(DAMAGED);
    step_after(1);
    ck_assert_uint_eq(pauses_asked(), 1);
    step_after(2500);
    ck_assert_uint_ge(resumes_asked(), 1);
}
END_TEST

/* An operator went past a damaged batch. The record before tells where log time stands, and it lies in that batch. */
START_TEST(a_damaged_record_before_a_reset_is_done_without) {
    enum { RESET_TO = 20 };
    kafka_assigns();
    step();
    kafka_finds_commit((struct commit_found){.offset = RESET_TO, .metadata = "an operator's", .log_end = 30});
    step();
    expect_read_from(RESET_TO - 1);
    kafka_cannot_read(DAMAGED);
    step();
    expect_read_from(RESET_TO - 1); /* it might be the network */
    step_after(2000);
    kafka_finds_damage();
    step();
    expect_read_from(RESET_TO);
    kafka_brings(VIEW);
    step();
    ck_assert_int_eq(partition_next(partition_0()->memory), RESET_TO + 1);
    (void)pauses_asked();
    step_after(2000);
    kafka_finds_damage(); /* of the next */
    step();
    ck_assert_uint_eq(pauses_asked(), 1);
}
END_TEST

/* -- standing still -- */

/* Kafka tells each second that the log ends there. */
static void seconds_with(int seconds, struct log_end end) {
    for (int i = 0; i < seconds; i++) {
        kafka_tells_end(end);
        step_after(1000);
    }
}

/* Kafka tells nothing. */
static void seconds_without_end(int seconds) {
    for (int i = 0; i < seconds; i++) step_after(1000);
}

static void expect_still(bool still) {
    char why[ERR_TEXT_MAX] = "";
    ck_assert_int_eq(health_stands_still(&worker.hub.health, why), still);
    ck_assert_uint_eq(atomic_load(&worker.hub.health.still[0].partitions), still);
}

START_TEST(a_partition_that_stands_still_is_named_with_its_offset_and_last_error) {
    char why[ERR_TEXT_MAX] = "";
    seconds_with(1, seven_behind);
    kafka_cannot_read("Broker: Topic authorization failed");
    seconds_with(29, seven_behind);
    expect_still(false);
    seconds_with(5, seven_behind);
    expect_still(true);
    ck_assert(health_stands_still(&worker.hub.health, why));
    ck_assert_ptr_nonnull(strstr(why, "t/0"));
    ck_assert_ptr_nonnull(strstr(why, "offset 3"));
    ck_assert_ptr_nonnull(strstr(why, "authorization failed"));
    kafka_brings(VIEW);
    seconds_with(2, seven_behind);
    expect_still(false);
}
END_TEST

START_TEST(at_the_end_of_what_may_be_read_nothing_stands_still) {
    seconds_with(300, all_read);
    expect_still(false);
}
END_TEST

START_TEST(a_partition_whose_end_nobody_tells_stands_still) {
    seconds_with(1, all_read);
    seconds_without_end(28);
    expect_still(false);
    seconds_without_end(5);
    expect_still(true);
}
END_TEST

START_TEST(a_partition_that_went_away_does_not_stand_still) {
    seconds_with(40, seven_behind);
    expect_still(true);
    kafka_takes_away();
    kafka_assigns_nothing();
    seconds_without_end(2);
    expect_still(false);
}
END_TEST

/* -- lag in seconds -- */

static void expect_lag(double at_least_s, double at_most_s) {
    double lag_s = shown(METRIC_LAG_SECONDS, "topic=\"t\",partition=\"0\"");
    ck_assert_double_ge(lag_s, at_least_s);
    ck_assert_double_le(lag_s, at_most_s);
}

static void expect_no_lag(void) { expect_lag(0, 0); }

START_TEST(at_the_end_of_the_log_there_is_no_lag) {
    seconds_with(300, all_read);
    expect_no_lag();
}
END_TEST

/* Its records are behind though nobody may read them yet; whoever reads the lists misses them. */
START_TEST(an_open_transaction_is_lag_and_not_a_standstill) {
    seconds_with(10, all_read);
    expect_no_lag();
    seconds_with(100, five_in_a_transaction);
    expect_lag(99, 102);
    expect_still(false);
}
END_TEST

/* Symptom: 0 for ever, because the end had been reached once. */
START_TEST(lag_grows_from_when_the_end_was_last_reached) {
    seconds_with(600, all_read);
    seconds_with(50, seven_behind);
    expect_lag(49, 52);
}
END_TEST

START_TEST(lag_of_a_backlog_is_the_age_of_the_last_applied_record) {
    seconds_with(1, seven_behind);
    double age_s = (double)(worker.wall_ms - last_record_ms) / 1000;
    expect_lag(age_s - 1, age_s + 1);
}
END_TEST

START_TEST(a_record_from_the_future_hides_no_lag) {
    seconds_with(1, all_read);
    kafka_brings_of(worker.wall_ms + 60 * MINUTE_MS, VIEW);
    seconds_with(40, seven_behind);
    expect_lag(39, 42);
}
END_TEST

START_TEST(lag_is_not_0_when_kafka_no_longer_tells_the_end) {
    seconds_with(1, all_read);
    seconds_without_end(20);
    expect_no_lag();
    seconds_without_end(60);
    expect_lag(79, 82);
}
END_TEST

START_TEST(lag_is_not_0_when_kafka_never_told_the_end) {
    seconds_without_end(60);
    expect_lag(60, 80);
}
END_TEST

Suite *consumer_still_suite(void);
Suite *consumer_still_suite(void) {
    Suite *s = suite_create("consumer_still");
    TCase *c = tcase_create("standstill");
    tcase_add_checked_fixture(c, given_applied_records, consumer_gone);
    tcase_add_test(c, a_partition_that_cannot_be_read_is_paused_for_a_rest_that_grows);
    tcase_add_test(c, a_partition_that_stands_still_is_named_with_its_offset_and_last_error);
    tcase_add_test(c, at_the_end_of_what_may_be_read_nothing_stands_still);
    tcase_add_test(c, a_partition_whose_end_nobody_tells_stands_still);
    tcase_add_test(c, a_partition_that_went_away_does_not_stand_still);
    suite_add_tcase(s, c);
    c = tcase_create("reset");
    tcase_add_checked_fixture(c, usual_consumer, consumer_gone);
    tcase_add_test(c, a_damaged_record_before_a_reset_is_done_without);
    suite_add_tcase(s, c);
    c = tcase_create("lag");
    tcase_add_checked_fixture(c, given_applied_records, consumer_gone);
    tcase_add_test(c, at_the_end_of_the_log_there_is_no_lag);
    tcase_add_test(c, an_open_transaction_is_lag_and_not_a_standstill);
    tcase_add_test(c, lag_grows_from_when_the_end_was_last_reached);
    tcase_add_test(c, lag_of_a_backlog_is_the_age_of_the_last_applied_record);
    tcase_add_test(c, a_record_from_the_future_hides_no_lag);
    tcase_add_test(c, lag_is_not_0_when_kafka_no_longer_tells_the_end);
    tcase_add_test(c, lag_is_not_0_when_kafka_never_told_the_end);
    suite_add_tcase(s, c);
    return s;
}
