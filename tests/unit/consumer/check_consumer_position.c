/* unit/consumer/check_consumer_position.c - Kafka says that a position is outside the log: what is kept of the
 * partition, and how often Kafka is asked. */
#include <check.h>

#include "partition/state.h"
#include "unit/consumer/consumer_given.h"

static void given_position_lost(void) {
    kafka_denies_position();
    step();
    ck_assert_uint_eq(lookups_asked(), 1);
}

static uint64_t memories_made(void) { return worker.hub.instances; }

/* -- what is kept -- */

START_TEST(a_position_lost_inside_the_log_keeps_the_memory_and_looks_at_its_last_record) {
    given_position_lost();
    kafka_finds_own_commit(LOG_END);
    step();
    expect_read_from(APPLIED - 1);
    kafka_brings_of(last_record_ms, VIEW);
    kafka_brings(VIEW);
    step();
    tick();
    ck_assert_uint_eq(memories_made(), 1);
    ck_assert_int_eq(partition_next(partition_0()->memory), APPLIED + 1);
    ck_assert_double_eq(shown(METRIC_EVENTS, "outcome=\"applied\""), APPLIED + 1); /* none of them twice */
}
END_TEST

START_TEST(a_log_made_anew_is_noticed_though_the_position_is_inside_it) {
    given_position_lost();
    kafka_finds_own_commit(LOG_END);
    step();
    kafka_brings_of(last_record_ms, OTHER_VIEW);
    step();
    expect_read_from(0);
    ck_assert_int_eq(partition_next(partition_0()->memory), 0);
    ck_assert_int_gt(partition_0()->memory->unsure_until, minute_of(last_record_ms)); /* the old log touched these */
}
END_TEST

START_TEST(a_position_outside_the_log_begins_as_the_commit_says) {
    given_position_lost();
    kafka_finds_own_commit(APPLIED - 1);
    step();
    expect_read_from(0);
    ck_assert_uint_eq(memories_made(), 2);
}
END_TEST

START_TEST(a_position_lost_after_somebody_else_committed_begins_as_the_commit_says) {
    given_position_lost();
    kafka_finds_commit((struct commit_found){.offset = 5, .metadata = "an operator's"});
    step();
    ck_assert_uint_eq(memories_made(), 2);
}
END_TEST

/* While it waits, what it read before is copied. */
START_TEST(a_partition_whose_position_is_lost_still_publishes_what_it_read) {
    kafka_brings(OTHER_VIEW);
    step();
    given_position_lost();
    (void)outbox_count(MAIL_COPY);
    kafka_brings(VIEW); /* was fetched before */
    step();
    tick();
    ck_assert_uint_gt(outbox_count(MAIL_COPY), 0);
}
END_TEST

/* -- when it is asked for -- */

/* Symptom: twice a second back to the last commit, for ever, and all partitions of the member with it. */
START_TEST(a_position_lost_again_and_again_is_asked_for_with_a_rest_that_grows) {
    enum { WATCHED_MS = 300000, LOOK_MS = 100, ASKED_MIN = 6, ASKED_MAX = 12 };
    size_t asked = 0;
    kafka_denies_position();
    for (int ms = 0; ms < WATCHED_MS; ms += LOOK_MS) {
        step_after(LOOK_MS);
        if (lookups_asked() == 0) continue;
        asked++;
        kafka_finds_own_commit(LOG_END);
        step();
        kafka_denies_position();
    }
    ck_assert_uint_ge(asked, ASKED_MIN);
    ck_assert_uint_le(asked, ASKED_MAX);
    ck_assert_uint_eq(memories_made(), 1);
}
END_TEST

/* It could land behind the answer, and what begins as the answer says would take it back. */
START_TEST(a_lost_position_is_not_asked_for_while_a_commit_is_under_way) {
    kafka_brings(VIEW);
    step();
    checkpoint();
    expect_commit_at(APPLIED + 1);
    kafka_denies_position();
    step();
    tick();
    tick();
    ck_assert_uint_eq(lookups_asked(), 0);
    kafka_takes_commit();
    step();
    tick();
    ck_assert_uint_eq(lookups_asked(), 1);
}
END_TEST

START_TEST(nothing_is_committed_while_a_lost_position_is_asked_for) {
    kafka_brings(VIEW);
    given_position_lost();
    checkpoint();
    checkpoint();
    expect_no_commit();
}
END_TEST

Suite *consumer_position_suite(void);
Suite *consumer_position_suite(void) {
    Suite *s = suite_create("consumer_position");
    TCase *c = tcase_create("lost");
    tcase_add_checked_fixture(c, given_applied_records, consumer_gone);
    tcase_add_test(c, a_position_lost_inside_the_log_keeps_the_memory_and_looks_at_its_last_record);
    tcase_add_test(c, a_log_made_anew_is_noticed_though_the_position_is_inside_it);
    tcase_add_test(c, a_position_outside_the_log_begins_as_the_commit_says);
    tcase_add_test(c, a_position_lost_after_somebody_else_committed_begins_as_the_commit_says);
    tcase_add_test(c, a_partition_whose_position_is_lost_still_publishes_what_it_read);
    tcase_add_test(c, a_position_lost_again_and_again_is_asked_for_with_a_rest_that_grows);
    tcase_add_test(c, a_lost_position_is_not_asked_for_while_a_commit_is_under_way);
    tcase_add_test(c, nothing_is_committed_while_a_lost_position_is_asked_for);
    suite_add_tcase(s, c);
    return s;
}
