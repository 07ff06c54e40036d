/* unit/partition/check_partition_time.c - which events are late and which are future.
 * LATENESS and FUTURE are one minute unless a test says otherwise. So 19:08 is sealed when log time reaches 19:10. */
#include <check.h>

#include "partition_given.h"

static void given_lateness(int64_t ms) {
    struct delivery_rules r = evening.rules;
    r.lateness_ms = ms;
    given_partition_under(r);
}

static void given_future(int64_t ms) {
    struct delivery_rules r = evening.rules;
    r.future_ms = ms;
    given_partition_under(r);
}

/* -- late -- */

START_TEST(a_minute_takes_events_until_lateness_after_its_end) {
    log_time_reaches("19:09:59.999");
    expect_outcomes("19:08 19:08:59.999", "applied applied");
    log_time_reaches("19:10:00");
    expect_outcomes("19:08:59.999 19:08", "late late");
    expect_outcomes("19:09", "applied");
}
END_TEST

START_TEST(a_record_is_judged_by_what_came_before_it_and_then_moves_log_time) {
    log_time_reaches("19:09:59.999");
    it_is("19:30");
    expect_outcomes("19:08 19:30 19:08", "applied applied applied");
    expect_outcomes("19:08 19:28 19:29", "late late applied");
}
END_TEST

START_TEST(without_lateness_a_minute_ends_with_its_end) {
    given_lateness(0);
    log_time_reaches("19:08:59.999");
    expect_outcomes("19:08", "applied");
    log_time_reaches("19:09");
    expect_outcomes("19:08:59.999 19:09", "late applied");
}
END_TEST

START_TEST(lateness_need_not_be_whole_minutes) {
    given_lateness(90500);
    log_time_reaches("19:10:30.499");
    expect_outcomes("19:08", "applied");
    log_time_reaches("19:10:30.500");
    expect_outcomes("19:08:59.999 19:09", "late applied");
}
END_TEST

START_TEST(nothing_is_late_before_log_time_is_known) {
    it_is("19:08");
    expect_outcomes("00:00 19:08", "applied applied");
    expect_outcomes("00:00", "late");
}
END_TEST

/* How events are batched changes nothing but which of them are late. */
START_TEST(the_same_events_in_one_record_and_in_three_differ_only_in_what_is_late) {
    log_time_reaches("19:09:59");
    it_is("19:10");
    expect_outcomes("19:10", "applied");
    expect_outcomes("19:08", "late");
    expect_outcomes("19:09", "applied");
    given_partition_under(evening.rules);
    log_time_reaches("19:09:59");
    it_is("19:10");
    expect_outcomes("19:10 19:08 19:09", "applied applied applied");
}
END_TEST

/* -- future -- */

static const struct {
    int64_t future_ms;
    const char *record, *last_taken, *first_refused;
} futures[] = {
    {60000, "19:08:00", "19:09:59.999", "19:10:00"},     {60000, "19:08:59.999", "19:09:59.999", "19:10:00"},
    {60000, "19:09:00", "19:10:59.999", "19:11:00"},     {0, "19:08:59.999", "19:08:59.999", "19:09:00"},
    {1, "19:08:59.999", "19:09:59.999", "19:10:00"},     {90000, "19:08:29.999", "19:09:59.999", "19:10:00"},
    {90000, "19:08:30.000", "19:10:59.999", "19:11:00"},
};

START_TEST(an_event_is_future_by_the_minute_that_its_record_may_reach) {
    given_future(futures[_i].future_ms);
    it_is(futures[_i].record);
    expect_outcomes(futures[_i].last_taken, "applied");
    expect_outcomes(futures[_i].first_refused, "future");
}
END_TEST

START_TEST(a_future_event_leaves_no_trace) {
    it_is("19:08");
    expect_outcomes("19:30", "future");
    ck_assert_uint_eq(view().live_minutes, 0);
    ck_assert_uint_eq(view().live_buckets, 0);
    ck_assert_int_eq(view().log_time_ms, ms_of("19:08"));
    ck_assert_uint_eq(publish(), 0);
}
END_TEST

/* A record may be older than log time: what is ahead of it and behind log time is future, the first that holds. */
START_TEST(future_goes_before_late) {
    log_time_reaches("19:30");
    it_is("19:08");
    expect_outcomes("19:10 19:09", "future late");
}
END_TEST

Suite *partition_time_suite(void);
Suite *partition_time_suite(void) {
    Suite *s = suite_create("partition_time");
    TCase *c = tcase_create("late");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_minute_takes_events_until_lateness_after_its_end);
    tcase_add_test(c, a_record_is_judged_by_what_came_before_it_and_then_moves_log_time);
    tcase_add_test(c, without_lateness_a_minute_ends_with_its_end);
    tcase_add_test(c, lateness_need_not_be_whole_minutes);
    tcase_add_test(c, nothing_is_late_before_log_time_is_known);
    tcase_add_test(c, the_same_events_in_one_record_and_in_three_differ_only_in_what_is_late);
    suite_add_tcase(s, c);
    c = tcase_create("future");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_loop_test(c, an_event_is_future_by_the_minute_that_its_record_may_reach, 0, ARRAY_LEN(futures));
    tcase_add_test(c, a_future_event_leaves_no_trace);
    tcase_add_test(c, future_goes_before_late);
    suite_add_tcase(s, c);
    return s;
}
