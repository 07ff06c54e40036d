/* unit/partition/check_partition_probe.c - what only the first record can tell (rules 5 and 6).
 * It tells where log time stood before an operator's reset. And it tells how far a range may have reached that
 * retention took. */
#include <string.h>

#include <check.h>

#include "partition_given.h"

/* Records at 19:00, 19:01, ... each with one view, and what an operator makes of it. */
static void given_log(int records) {
    static const char *const clocks[] = {"19:00", "19:01", "19:02", "19:03", "19:04", "19:05", "19:06", "19:07"};
    for (int i = 0; i < records; i++) {
        it_is(clocks[i]);
        (void)views("US", "cat", 1);
    }
}

static void given_reset_to(int64_t offset) {
    evening.group = (struct partition_commit){.offset = offset};
    given_successor();
}

static void given_retention_up_to(int64_t offset) {
    evening.log_start = offset;
    given_successor();
}

static struct commit_meta settled_meta(void) {
    row_is_known(0, 0);
    return frozen_meta();
}

/* Begun at LOG_TIME. What it seals is settled (19:08 at 19:10). What a record of then could reach, and one minute more,
 * is not vouched for. */
static void expect_begun_at(const char *log_time, const char *settled, const char *unsure_until) {
    ck_assert(view().probe == PROBE_NOTHING);
    ck_assert_int_eq(view().log_time_ms, ms_of(log_time));
    struct commit_meta m = settled_meta();
    ck_assert_int_eq(m.settled, minute_at(settled));
    ck_assert_int_eq(m.older_until, minute_at(settled));
    ck_assert_int_eq(m.unsure_until, minute_at(unsure_until));
}

static void expect_begun_knowing_nothing(void) {
    ck_assert(view().probe == PROBE_NOTHING);
    ck_assert_int_eq(view().log_time_ms, TIME_NEVER);
    struct commit_meta m = settled_meta();
    ck_assert_int_eq(m.settled, NO_MINUTE);
    ck_assert_int_eq(m.unsure_until, NO_MINUTE);
}

/* -- reset -- */

START_TEST(the_record_before_a_reset_gives_log_time_and_is_not_applied) {
    given_log(5);
    given_reset_to(3);
    ck_assert(view().probe != PROBE_NOTHING);
    ck_assert_int_eq(partition_next(evening.partition), 2);
    ck_assert_int_eq(read_up_to(3), RECORD_REPLAYED);
    expect_begun_at("19:02", "19:00", "19:04");
    ck_assert_uint_eq(view().live_minutes, 0);
    ck_assert_int_eq(read_up_to(4), RECORD_APPLIED);
    ck_assert_uint_eq(view().live_minutes, 1);
}
END_TEST

START_TEST(without_a_record_before_a_reset_the_first_one_gives_log_time) {
    given_log(5);
    evening.log[2].hole = true;
    given_reset_to(3);
    ck_assert_int_eq(read_up_to(4), RECORD_APPLIED);
    expect_begun_at("19:03", "19:01", "19:05");
}
END_TEST

START_TEST(a_log_that_retention_has_cut_begins_with_its_first_record) {
    given_log(5);
    evening.log_start = 2;
    given_reset_to(0);
    ck_assert_int_eq(partition_next(evening.partition), 2);
    ck_assert_int_eq(read_up_to(3), RECORD_APPLIED);
    expect_begun_at("19:02", "19:00", "19:04");
    ck_assert_uint_eq(view().live_minutes, 1);
}
END_TEST

START_TEST(at_the_end_of_the_log_the_wall_clock_stands_in) {
    given_log(5);
    evening.log_start = 5;
    given_reset_to(5);
    partition_eof(evening.partition, 5, ms_of("20:30:30"));
    expect_begun_at("20:30:30", "20:28", "20:32");
}
END_TEST

/* None at all, or none that is believed. */
static const int64_t no_times[] = {-1, TIME_END_MS, INT64_MAX, INT64_MIN};

START_TEST(a_record_without_time_leaves_it_to_the_first_one_that_counts) {
    given_log(5);
    evening.log[2].time_ms = no_times[_i];
    given_reset_to(3);
    ck_assert_int_eq(read_up_to(3), RECORD_REPLAYED);
    ck_assert(view().probe != PROBE_NOTHING);
    ck_assert_int_eq(read_up_to(4), RECORD_APPLIED);
    expect_begun_at("19:03", "19:01", "19:05");
}
END_TEST

START_TEST(where_neither_has_a_time_the_wall_clock_stands_in) {
    given_log(5);
    evening.log[2].time_ms = evening.log[3].time_ms = no_times[_i];
    evening.wall_ms = ms_of("20:30");
    given_reset_to(3);
    (void)read_up_to(4);
    expect_begun_at("20:30", "20:28", "20:32");
}
END_TEST

START_TEST(a_wall_clock_out_of_its_mind_is_not_believed) {
    given_log(5);
    evening.log[2].time_ms = evening.log[3].time_ms = -1;
    evening.wall_ms = no_times[_i];
    given_reset_to(3);
    (void)read_up_to(4);
    expect_begun_knowing_nothing();
}
END_TEST

START_TEST(at_offset_0_nothing_can_be_missing) {
    given_log(5);
    given_reset_to(0);
    ck_assert(view().probe == PROBE_NOTHING);
    ck_assert_int_eq(read_up_to(1), RECORD_APPLIED);
    ck_assert_int_eq(view().settled, NO_MINUTE);
    ck_assert_int_eq(settled_meta().unsure_until, NO_MINUTE);
}
END_TEST

START_TEST(events_of_what_was_settled_by_a_reset_are_late) {
    given_log(5);
    given_reset_to(5);
    read_up_to(5);
    it_is("19:04");
    ck_assert_str_eq(events_of("19:02:59 19:03"), "late applied");
}
END_TEST

START_TEST(nothing_is_committed_or_said_while_the_first_record_is_awaited) {
    struct partition_commit c;
    given_log(5);
    given_reset_to(3);
    row_is_known(0, 0);
    ck_assert(!try_freeze(&c));
    ck_assert_uint_eq(publish(), 0);
    ck_assert(!hand_row());
    read_up_to(3);
    ck_assert(try_freeze(&c));
}
END_TEST

/* -- by event clock -- */

static void by_event_clock(void) {
    evening.rules.clock_is_event = true;
    for (int64_t i = 0; i < evening.log_end; i++) evening.log[i].time_ms = ms_of("23:00"); /* refilled at night */
}

START_TEST(by_event_clock_the_events_of_the_record_before_give_log_time) {
    given_log(5);
    by_event_clock();
    given_reset_to(3);
    ck_assert(partition_wants(evening.partition, 2)); /* it must be decoded */
    ck_assert_int_eq(read_up_to(3), RECORD_REPLAYED);
    expect_begun_at("19:02", "19:00", "19:04");
    ck_assert(!partition_wants(evening.partition, 2));
}
END_TEST

START_TEST(by_event_clock_a_future_event_says_nothing_of_log_time) {
    given_log(5);
    by_event_clock();
    evening.log[2].time_ms = ms_of("19:00");
    given_reset_to(3);
    ck_assert_int_eq(read_up_to(3), RECORD_REPLAYED);
    ck_assert(view().probe != PROBE_NOTHING); /* nor need the first one that counts */
    evening.log[3].time_ms = ms_of("19:00");
    ck_assert_int_eq(read_up_to(4), RECORD_APPLIED);
    expect_begun_knowing_nothing();
}
END_TEST

START_TEST(by_event_clock_minus_infinity_stands_in_at_the_end) {
    given_log(5);
    by_event_clock();
    evening.log_start = 5;
    given_reset_to(5);
    partition_eof(evening.partition, 5, ms_of("20:30"));
    expect_begun_knowing_nothing();
}
END_TEST

/* -- a lost range. The frontier of the commit is 4, at 19:03; its rewind is 0. -- */

static void given_commit_at_4(void) {
    given_log(4);
    commit();
    ck_assert_int_eq(evening.group.offset, 4);
}

static void expect_lost(const char *unsure_until, uint64_t lost) {
    ck_assert(view().probe == PROBE_NOTHING);
    ck_assert_int_eq(settled_meta().unsure_until, minute_at(unsure_until));
    ck_assert_int_eq(view().origin, ORIGIN_TRUNCATED);
    ck_assert_uint_eq(view().lost_records, lost);
    ck_assert_uint_eq(view().incarnation, 100);
}

START_TEST(a_range_lost_below_the_frontier_reached_as_far_as_the_frontier_did) {
    given_commit_at_4();
    it_is("19:30");
    record_of(NULL, 0);
    given_retention_up_to(2);
    ck_assert_int_eq(read_up_to(5), RECORD_APPLIED);
    expect_lost("19:05", 0);
    ck_assert_uint_eq(view().rebuilt, 2);
}
END_TEST

START_TEST(a_range_lost_beyond_the_frontier_reached_as_far_as_the_first_record) {
    given_commit_at_4();
    it_is("19:30");
    record_of(NULL, 0);
    record_of(NULL, 0);
    it_is("19:40");
    record_of(NULL, 0);
    given_retention_up_to(5);
    ck_assert(view().probe != PROBE_NOTHING);
    ck_assert_int_eq(read_up_to(7), RECORD_APPLIED);
    expect_lost("19:32", 1);
}
END_TEST

START_TEST(a_first_record_that_stepped_back_does_not_shorten_the_lost_range) {
    given_commit_at_4();
    it_is("19:00");
    record_of(NULL, 0);
    record_of(NULL, 0);
    given_retention_up_to(5);
    ck_assert_int_eq(read_up_to(6), RECORD_APPLIED);
    expect_lost("19:05", 1);
}
END_TEST

START_TEST(a_lost_range_at_the_end_of_the_log_reached_up_to_now) {
    given_commit_at_4();
    evening.log_end = 9;
    given_retention_up_to(9);
    partition_eof(evening.partition, 9, ms_of("20:30"));
    expect_lost("20:32", 5);
}
END_TEST

/* Too low an unsure_until would call ended what is lost. */
START_TEST(no_row_leaves_before_it_is_known_how_far_a_lost_range_reached) {
    given_commit_at_4();
    evening.log_end = 9;
    given_retention_up_to(9);
    publish();
    partition_end_seen(evening.partition, 9, ms_of("20:30"));
    ck_assert(!hand_row());
    partition_eof(evening.partition, 9, ms_of("20:30"));
    publish();
    ck_assert(hand_row());
    ck_assert_int_eq(evening.row.unsure_until, minute_at("20:32"));
}
END_TEST

Suite *partition_probe_suite(void);
Suite *partition_probe_suite(void) {
    Suite *s = suite_create("partition_probe");
    TCase *c = tcase_create("reset");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, the_record_before_a_reset_gives_log_time_and_is_not_applied);
    tcase_add_test(c, without_a_record_before_a_reset_the_first_one_gives_log_time);
    tcase_add_test(c, a_log_that_retention_has_cut_begins_with_its_first_record);
    tcase_add_test(c, at_the_end_of_the_log_the_wall_clock_stands_in);
    tcase_add_loop_test(c, a_record_without_time_leaves_it_to_the_first_one_that_counts, 0, ARRAY_LEN(no_times));
    tcase_add_loop_test(c, where_neither_has_a_time_the_wall_clock_stands_in, 0, ARRAY_LEN(no_times));
    tcase_add_loop_test(c, a_wall_clock_out_of_its_mind_is_not_believed, 0, ARRAY_LEN(no_times));
    tcase_add_test(c, at_offset_0_nothing_can_be_missing);
    tcase_add_test(c, events_of_what_was_settled_by_a_reset_are_late);
    tcase_add_test(c, nothing_is_committed_or_said_while_the_first_record_is_awaited);
    suite_add_tcase(s, c);
    c = tcase_create("event clock");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, by_event_clock_the_events_of_the_record_before_give_log_time);
    tcase_add_test(c, by_event_clock_a_future_event_says_nothing_of_log_time);
    tcase_add_test(c, by_event_clock_minus_infinity_stands_in_at_the_end);
    suite_add_tcase(s, c);
    c = tcase_create("lost");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_range_lost_below_the_frontier_reached_as_far_as_the_frontier_did);
    tcase_add_test(c, a_range_lost_beyond_the_frontier_reached_as_far_as_the_first_record);
    tcase_add_test(c, a_first_record_that_stepped_back_does_not_shorten_the_lost_range);
    tcase_add_test(c, a_lost_range_at_the_end_of_the_log_reached_up_to_now);
    tcase_add_test(c, no_row_leaves_before_it_is_known_how_far_a_lost_range_reached);
    suite_add_tcase(s, c);
    return s;
}
