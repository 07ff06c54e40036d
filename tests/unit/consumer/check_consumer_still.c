/* Partitions that do not move: what is kept of them, how often they are tried, and who hears of it. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "consumer/state.h"
#include "partition/state.h"
#include "unit/worker/worker_given.h"

static const char view[] = "{\"video_id\":\"cat\",\"location\":\"US\"}";
static const char other[] = "{\"video_id\":\"dog\",\"location\":\"US\"}";

static void setup(void) {
    static const char *const entries[] = {"TOPICS=t",      "THREADS=1", "PUBLISH_INTERVAL=1s", "CHECKPOINT_INTERVAL=5s",
                                          "READY_AGE=30s", NULL};
    given_hub(entries);
    given_consumer();
}

/* Partition 0 is ours and three records of it are applied and committed. */
static void given_three_records(void) {
    given_running();
    say_records(0, 0, view, 3);
    step();
    step_after(5000);
    say_committed();
    step();
    ck_assert_int_eq(worker.source.commits[1].offset, 3);
    mail_free_all(outbox_take());
}

static void say_own_commit(int64_t log_end) {
    const struct source_commit *own = &worker.source.commits[worker.source.commits_n - 1];
    say_commit_found(0, own->offset, own->metadata, log_end);
}

static int64_t last_record_time;

static void expect_assigned_at(int64_t offset) {
    ck_assert_uint_eq(worker.source.assigned_n, 1);
    ck_assert_int_eq(worker.source.assigned[0].offset, offset);
}

static double applied(void) { return metric_value(metrics_get(worker.metrics, METRIC_EVENTS, "outcome=\"applied\"")); }
static double lag_seconds(void) {
    return metric_value(metrics_get(worker.metrics, METRIC_LAG_SECONDS, "topic=\"t\",partition=\"0\""));
}

/* -- positions that are said to be lost -- */

/* The record at OFFSET once more, as it was. */
static void say_again(int64_t offset, const char *value, int64_t time_ms) {
    say_record(0, offset, value);
    worker.source.records[worker.source.records_n - 1].time_ms = time_ms;
}

START_TEST(a_position_lost_inside_the_log_keeps_the_memory_and_looks_at_its_last_record) {
    last_record_time = worker.wall_ms + 2000; /* see given_three_records */
    given_three_records();
    say_position_lost(0, "offset out of range");
    step();
    ck_assert_uint_eq(worker.source.lookups_n, 2);
    say_own_commit(10);
    step();
    expect_assigned_at(2);
    say_again(2, view, last_record_time);
    say_record(0, 3, view);
    step();
    step_after(1000);
    ck_assert_uint_eq(worker.hub.instances, 1);
    ck_assert_int_eq(partition_next(worker.consumer->assignments[0]->memory), 4);
    ck_assert_double_eq(applied(), 4); /* none of them twice */
}
END_TEST

START_TEST(a_log_made_anew_is_noticed_though_the_position_is_inside_it) {
    last_record_time = worker.wall_ms + 2000;
    given_three_records();
    say_position_lost(0, "offset out of range");
    step();
    say_own_commit(10);
    step();
    say_again(2, other, last_record_time);
    step();
    expect_assigned_at(0);
    ck_assert_int_eq(partition_next(worker.consumer->assignments[0]->memory), 0);
    ck_assert_int_gt(worker.consumer->assignments[0]->memory->unsure_until,
                     minute_of(last_record_time)); /* the old log touched these */
}
END_TEST

START_TEST(a_position_outside_the_log_begins_as_the_commit_says) {
    given_three_records();
    say_position_lost(0, "offset out of range");
    step();
    say_own_commit(2);
    step();
    expect_assigned_at(0);
    ck_assert_uint_eq(worker.hub.instances, 2);
}
END_TEST

START_TEST(a_position_lost_after_somebody_else_committed_begins_as_the_commit_says) {
    given_three_records();
    say_position_lost(0, "offset out of range");
    step();
    say_commit_found(0, 5, "an operator's", 10);
    step();
    ck_assert_uint_eq(worker.hub.instances, 2);
}
END_TEST

/* Symptom: twice a second back to the last commit, for ever, and all partitions of the member with it. */
START_TEST(a_position_lost_again_and_again_is_asked_for_with_a_rest_that_grows) {
    enum { WATCHED_MS = 300000, LOOK_MS = 100 };
    given_three_records();
    size_t asked = worker.source.lookups_n, before = asked;
    say_position_lost(0, "offset out of range");
    for (int ms = 0; ms < WATCHED_MS; ms += LOOK_MS) {
        step_after(LOOK_MS);
        if (worker.source.commits_n > SCRIPT_MAX / 2) worker.source.commits_n = 2;
        if (worker.source.lookups_n == asked) continue;
        asked = worker.source.lookups_n;
        say_commit_found(0, 3, worker.source.commits[1].metadata, 10);
        step();
        say_position_lost(0, "offset out of range");
    }
    ck_assert_uint_ge(asked - before, 6);
    ck_assert_uint_le(asked - before, 12);
    ck_assert_uint_eq(worker.hub.instances, 1);
}
END_TEST

/* It could land behind the answer, and what begins as the answer says would take it back. */
START_TEST(a_lost_position_is_not_asked_for_while_a_commit_is_under_way) {
    given_three_records();
    size_t commits = worker.source.commits_n, lookups = worker.source.lookups_n;
    say_record(0, 3, view);
    step();
    step_after(5000);
    ck_assert_uint_eq(worker.source.commits_n, commits + 1);
    say_position_lost(0, "offset out of range");
    step();
    step_after(2000);
    ck_assert_uint_eq(worker.source.lookups_n, lookups);
    say_committed();
    step();
    step_after(1000);
    ck_assert_uint_eq(worker.source.lookups_n, lookups + 1);
}
END_TEST

START_TEST(nothing_is_committed_while_a_lost_position_is_asked_for) {
    given_three_records();
    size_t commits = worker.source.commits_n, lookups = worker.source.lookups_n;
    say_record(0, 3, view);
    say_position_lost(0, "offset out of range");
    step();
    ck_assert_uint_eq(worker.source.lookups_n, lookups + 1);
    step_after(10000);
    ck_assert_uint_eq(worker.source.commits_n, commits);
}
END_TEST

/* While it waits, what it read before is shown. */
START_TEST(a_partition_whose_position_is_lost_still_publishes_what_it_read) {
    given_three_records();
    say_record(0, 3, other);
    step();
    say_position_lost(0, "offset out of range");
    step();
    mail_free_all(outbox_take());
    say_record(0, 4, view); /* was fetched before */
    step();
    step_after(1000);
    size_t copies = 0;
    struct mail *list = outbox_take();
    for (const struct mail *m = list; m != NULL; m = m->next) copies += m->type == MAIL_COPY;
    mail_free_all(list);
    ck_assert_uint_gt(copies, 0);
}
END_TEST

/* -- what cannot be read -- */

START_TEST(a_partition_that_cannot_be_read_is_paused_for_a_rest_that_grows) {
    enum { WATCHED_MS = 300000, LOOK_MS = 500 };
    given_three_records();
    for (int ms = 0; ms < WATCHED_MS; ms += LOOK_MS) { /* as often as librdkafka says it */
        if (worker.source.pauses_n == worker.source.resumes_n) say_error(0, "MessageSet failed CRC32C check");
        step_after(LOOK_MS);
        if (worker.source.commits_n > SCRIPT_MAX / 2) worker.source.commits_n = 2;
    }
    ck_assert_uint_ge(worker.source.pauses_n, 6);
    ck_assert_uint_le(worker.source.pauses_n, 12);
    say_record(0, 3, view); /* mended: the next failure is a first one again */
    step_after(2000);
    size_t pauses = worker.source.pauses_n, resumes = worker.source.resumes_n;
    say_error(0, "MessageSet failed CRC32C check");
    step_after(1);
    ck_assert_uint_eq(worker.source.pauses_n, pauses + 1);
    step_after(2500);
    ck_assert_uint_ge(worker.source.resumes_n, resumes + 1);
}
END_TEST

/* An operator went past a damaged batch. Where log time stands is told by the record before, which lies in that batch. */
START_TEST(a_damaged_record_before_a_reset_is_done_without) {
    say_assigned(1);
    step();
    say_commit_found(0, 20, "an operator's", 30);
    step();
    expect_assigned_at(19);
    say_error(0, "MessageSet failed CRC32C check");
    step();
    expect_assigned_at(19); /* it might be the network */
    step_after(2000);
    say_damage(0, "MessageSet failed CRC32C check");
    step();
    expect_assigned_at(20);
    say_record(0, 20, view);
    step();
    ck_assert_int_eq(partition_next(worker.consumer->assignments[0]->memory), 21);
    size_t pauses = worker.source.pauses_n;
    step_after(2000);
    say_damage(0, "MessageSet failed CRC32C check"); /* of the next */
    step();
    ck_assert_uint_eq(worker.source.pauses_n, pauses + 1);
}
END_TEST

/* -- standing still -- */

static void watch(int seconds, int64_t log_end, int64_t high) {
    for (int i = 0; i < seconds; i++) {
        if (log_end >= 0) say_end(0, log_end, high);
        step_after(1000);
        if (worker.source.commits_n > SCRIPT_MAX / 2) worker.source.commits_n = 2;
    }
}

static void expect_still(bool still) {
    char why[ERR_TEXT_MAX] = "";
    ck_assert_int_eq(health_stands_still(&worker.hub.health, why), still);
    ck_assert_uint_eq(atomic_load(&worker.hub.health.still[0].partitions), still);
}

START_TEST(a_partition_that_stands_still_is_named_with_its_offset_and_last_error) {
    char why[ERR_TEXT_MAX] = "";
    given_three_records();
    watch(1, 10, 10);
    say_error(0, "Broker: Topic authorization failed");
    watch(29, 10, 10);
    expect_still(false);
    watch(5, 10, 10);
    expect_still(true);
    ck_assert(health_stands_still(&worker.hub.health, why));
    ck_assert_ptr_nonnull(strstr(why, "t/0"));
    ck_assert_ptr_nonnull(strstr(why, "offset 3"));
    ck_assert_ptr_nonnull(strstr(why, "authorization failed"));
    say_record(0, 3, view);
    watch(2, 10, 10);
    expect_still(false);
}
END_TEST

START_TEST(at_the_end_of_what_may_be_read_nothing_stands_still) {
    given_three_records();
    watch(300, 3, 3);
    expect_still(false);
    ck_assert_double_eq(lag_seconds(), 0);
}
END_TEST

START_TEST(a_partition_whose_end_nobody_tells_stands_still) {
    given_three_records();
    watch(1, 3, 3);
    watch(28, -1, -1);
    expect_still(false);
    watch(5, -1, -1);
    expect_still(true);
}
END_TEST

START_TEST(a_partition_that_went_away_does_not_stand_still) {
    given_three_records();
    watch(40, 10, 10);
    expect_still(true);
    say_revoked(true);
    say_assigned(0);
    watch(2, -1, -1);
    expect_still(false);
}
END_TEST

/* -- lag in seconds -- */

/* Its records are behind though nobody may read them yet; whoever reads the lists misses them. */
START_TEST(an_open_transaction_is_lag_and_not_a_standstill) {
    given_three_records();
    watch(10, 3, 3);
    ck_assert_double_eq(lag_seconds(), 0);
    watch(100, 3, 8);
    ck_assert(lag_seconds() >= 99 && lag_seconds() <= 102);
    expect_still(false);
}
END_TEST

/* Symptom: 0 for ever, because the end had been reached once. */
START_TEST(lag_grows_from_when_the_end_was_last_reached) {
    given_three_records();
    watch(600, 3, 3);
    watch(50, 10, 10);
    ck_assert(lag_seconds() >= 49 && lag_seconds() <= 52);
}
END_TEST

START_TEST(lag_of_a_backlog_is_the_age_of_the_last_applied_record) {
    given_three_records();
    watch(1, 10, 10);
    int64_t since_s = (worker.wall_ms - worker.source.records[0].time_ms) / 1000;
    ck_assert(lag_seconds() >= since_s - 1 && lag_seconds() <= since_s + 1);
}
END_TEST

START_TEST(a_record_from_the_future_hides_no_lag) {
    given_three_records();
    watch(1, 3, 3);
    say_again(3, view, worker.wall_ms + 3600 * 1000);
    watch(40, 10, 10);
    ck_assert(lag_seconds() >= 39 && lag_seconds() <= 42);
}
END_TEST

START_TEST(lag_is_not_0_when_kafka_no_longer_tells_the_end) {
    given_three_records();
    watch(1, 3, 3);
    watch(20, -1, -1);
    ck_assert_double_eq(lag_seconds(), 0);
    watch(60, -1, -1);
    ck_assert(lag_seconds() >= 79 && lag_seconds() <= 82);
}
END_TEST

START_TEST(lag_is_not_0_when_kafka_never_told_the_end) {
    given_three_records();
    watch(60, -1, -1);
    ck_assert_double_ge(lag_seconds(), 60);
}
END_TEST

Suite *consumer_still_suite(void);
Suite *consumer_still_suite(void) {
    Suite *s = suite_create("consumer_still");
    TCase *c = tcase_create("standstill");
    tcase_add_checked_fixture(c, setup, worker_gone);
    tcase_add_test(c, a_position_lost_inside_the_log_keeps_the_memory_and_looks_at_its_last_record);
    tcase_add_test(c, a_log_made_anew_is_noticed_though_the_position_is_inside_it);
    tcase_add_test(c, a_position_outside_the_log_begins_as_the_commit_says);
    tcase_add_test(c, a_position_lost_after_somebody_else_committed_begins_as_the_commit_says);
    tcase_add_test(c, a_position_lost_again_and_again_is_asked_for_with_a_rest_that_grows);
    tcase_add_test(c, a_lost_position_is_not_asked_for_while_a_commit_is_under_way);
    tcase_add_test(c, nothing_is_committed_while_a_lost_position_is_asked_for);
    tcase_add_test(c, a_partition_whose_position_is_lost_still_publishes_what_it_read);
    tcase_add_test(c, a_partition_that_cannot_be_read_is_paused_for_a_rest_that_grows);
    tcase_add_test(c, a_damaged_record_before_a_reset_is_done_without);
    tcase_add_test(c, a_partition_that_stands_still_is_named_with_its_offset_and_last_error);
    tcase_add_test(c, at_the_end_of_what_may_be_read_nothing_stands_still);
    tcase_add_test(c, a_partition_whose_end_nobody_tells_stands_still);
    tcase_add_test(c, a_partition_that_went_away_does_not_stand_still);
    tcase_add_test(c, an_open_transaction_is_lag_and_not_a_standstill);
    tcase_add_test(c, lag_grows_from_when_the_end_was_last_reached);
    tcase_add_test(c, lag_of_a_backlog_is_the_age_of_the_last_applied_record);
    tcase_add_test(c, a_record_from_the_future_hides_no_lag);
    tcase_add_test(c, lag_is_not_0_when_kafka_never_told_the_end);
    tcase_add_test(c, lag_is_not_0_when_kafka_no_longer_tells_the_end);
    suite_add_tcase(s, c);
    return s;
}
