/* unit/partition/check_partition_log_time.c - what moves log time, and what does not.
 * Records move it by their own time, or by that of their events (LOG_CLOCK=event). */
#include <check.h>

#include "partition_given.h"

static void given_event_clock(void) {
    struct delivery_rules r = evening.rules;
    r.clock_is_event = true;
    given_partition_under(r);
}

START_TEST(log_time_never_goes_back) {
    log_time_reaches("19:10");
    it_is("19:08");
    expect_outcomes("19:08", "late");
    ck_assert_int_eq(view().log_time_ms, ms_of("19:10"));
}
END_TEST

START_TEST(steps_back_of_a_minute_are_counted) {
    log_time_reaches("19:10");
    it_is("19:09:00.001");
    (void)views("US", "cat", 1);
    ck_assert_uint_eq(view().steps_back, 0);
    it_is("19:09:00.000");
    (void)views("US", "cat", 1);
    ck_assert_uint_eq(view().steps_back, 1);
}
END_TEST

/* -- records without time -- */

/* None at all; beyond the year 9999, which microseconds taken for milliseconds are; and where sums overflow. */
static const int64_t no_times[] = {
    -1, TIME_END_MS, INT64_C(1795219680000000), INT64_MAX, INT64_MAX - MINUTE_MS, INT64_MIN, INT64_MIN + 1, -MINUTE_MS};

static void it_is_ms(int64_t ms) { evening.time_ms = ms; }

START_TEST(a_record_without_time_moves_nothing_and_is_held_against_log_time) {
    log_time_reaches("19:10");
    it_is_ms(no_times[_i]);
    expect_outcomes("19:08 19:10 19:11:59.999 19:12", "late applied applied future");
    ck_assert_int_eq(view().log_time_ms, ms_of("19:10"));
    ck_assert_int_eq(view().last_time_ms, ms_of("19:10"));
    ck_assert_uint_eq(view().steps_back, 0);
    ck_assert_uint_eq(view().untimed, 1);
}
END_TEST

START_TEST(before_there_is_log_time_nothing_of_a_record_without_time_can_be_placed) {
    it_is_ms(no_times[_i]);
    expect_outcomes("19:08 23:59", "future future");
    ck_assert_int_eq(view().log_time_ms, TIME_NEVER);
    ck_assert_uint_eq(view().live_minutes, 0);
}
END_TEST

/* Symptom: one record with a time near 2^63, and every event behind it was late, for ever. */
START_TEST(no_record_closes_the_minutes_of_everybody_by_a_time_that_is_none) {
    log_time_reaches("19:08");
    it_is_ms(no_times[_i]);
    expect_outcomes("19:08", "applied");
    it_is("19:09");
    expect_outcomes("19:08 19:09", "applied applied");
    publish_and_answer();
    struct partition_commit c;
    ck_assert(try_freeze(&c));
    given_successor();
    ck_assert_int_eq(read_up_to(evening.log_end), RECORD_APPLIED);
    ck_assert_int_eq(view().log_time_ms, ms_of("19:09"));
}
END_TEST

/* The edges of what is believed are times like others. */
START_TEST(the_first_and_the_last_time_that_are_believed_are_counted) {
    struct event ev = event_of("00:00", "US", "cat", 1);
    it_is_ms(ev.time_ms = 0);
    record_of(&ev, 1);
    ck_assert_int_eq(view().log_time_ms, 0);
    it_is_ms(ev.time_ms = TIME_END_MS - 1);
    record_of(&ev, 1);
    ck_assert_int_eq(view().log_time_ms, TIME_END_MS - 1);
    ck_assert_uint_eq(view().outcomes[EVENT_APPLIED], 2);
    ck_assert_uint_eq(publish(), 4);
}
END_TEST

START_TEST(records_before_the_year_2000_are_counted) {
    it_is_ms(YEAR_2000_MS);
    record_of(NULL, 0);
    ck_assert_uint_eq(view().before_2000, 0);
    it_is_ms(YEAR_2000_MS - 1);
    record_of(NULL, 0);
    it_is_ms(INT64_C(1795219680)); /* seconds taken for milliseconds */
    expect_outcomes("19:08", "future");
    ck_assert_uint_eq(view().before_2000, 2);
    ck_assert_uint_eq(view().untimed, 0);
}
END_TEST

/* -- LOG_CLOCK=event -- */

START_TEST(by_event_clock_the_largest_event_time_of_a_record_moves_log_time) {
    given_event_clock();
    it_is("19:20"); /* a topic refilled long after */
    expect_outcomes("19:01 19:03 19:02", "applied applied applied");
    ck_assert_int_eq(view().log_time_ms, ms_of("19:03"));
    expect_outcomes("19:01:59.999 19:02", "late applied");
}
END_TEST

START_TEST(by_event_clock_a_future_event_does_not_move_log_time) {
    given_event_clock();
    it_is("19:08");
    expect_outcomes("19:07 19:30", "applied future");
    ck_assert_int_eq(view().log_time_ms, ms_of("19:07"));
}
END_TEST

START_TEST(by_event_clock_a_record_without_time_may_jump) {
    given_event_clock();
    it_is(NULL);
    expect_outcomes("19:08 23:59", "applied applied");
    ck_assert_int_eq(view().log_time_ms, ms_of("23:59"));
}
END_TEST

START_TEST(by_event_clock_only_events_that_are_neither_bad_nor_future_count) {
    given_event_clock();
    it_is("19:20");
    struct event evs[] = {event_of("19:01", "US", "cat", 1), event_of("19:02", "US", "cat", 0),
                          event_of("19:03", "US", "cat", 1), event_of("19:04", "US", "cat", 1)};
    evs[1].outcome = EVENT_WEIGHTLESS;
    evs[2].outcome = EVENT_BAD_TYPE;
    evs[3].outcome = EVENT_NO_LOCATION;
    record_of(evs, 4);
    ck_assert_int_eq(view().log_time_ms, ms_of("19:02"));
}
END_TEST

START_TEST(by_event_clock_a_record_of_bad_events_moves_nothing) {
    given_event_clock();
    struct event bad = event_of("19:03", "US", "cat", 1);
    bad.outcome = EVENT_BAD_VALUE;
    record_of(&bad, 1);
    record_of(NULL, 0);
    ck_assert_int_eq(view().log_time_ms, TIME_NEVER);
}
END_TEST

Suite *partition_log_time_suite(void);
Suite *partition_log_time_suite(void) {
    Suite *s = suite_create("partition_log_time");
    TCase *c = tcase_create("forward only");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, log_time_never_goes_back);
    tcase_add_test(c, steps_back_of_a_minute_are_counted);
    suite_add_tcase(s, c);
    c = tcase_create("no time");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_loop_test(c, a_record_without_time_moves_nothing_and_is_held_against_log_time, 0, ARRAY_LEN(no_times));
    tcase_add_loop_test(c, before_there_is_log_time_nothing_of_a_record_without_time_can_be_placed, 0,
                        ARRAY_LEN(no_times));
    tcase_add_loop_test(c, no_record_closes_the_minutes_of_everybody_by_a_time_that_is_none, 0, ARRAY_LEN(no_times));
    tcase_add_test(c, the_first_and_the_last_time_that_are_believed_are_counted);
    tcase_add_test(c, records_before_the_year_2000_are_counted);
    suite_add_tcase(s, c);
    c = tcase_create("event clock");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, by_event_clock_the_largest_event_time_of_a_record_moves_log_time);
    tcase_add_test(c, by_event_clock_a_future_event_does_not_move_log_time);
    tcase_add_test(c, by_event_clock_a_record_without_time_may_jump);
    tcase_add_test(c, by_event_clock_only_events_that_are_neither_bad_nor_future_count);
    tcase_add_test(c, by_event_clock_a_record_of_bad_events_moves_nothing);
    suite_add_tcase(s, c);
    return s;
}
