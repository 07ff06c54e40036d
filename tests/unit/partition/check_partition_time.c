/* unit/partition/check_partition_time.c - which events are late and which are future.
 * LATENESS and FUTURE are one minute unless a test says otherwise. So 19:08 is sealed when log time reaches 19:10. */
#include <string.h>

#include <check.h>

#include "partition_given.h"

static void setup(void) {
    evening_begin();
    given_partition();
}

/* The rules of a partition cannot change: another one begins. */
static void given_rules(struct delivery_rules r) {
    partition_destroy(evening.partition);
    evening_begin();
    evening.rules = r;
    given_partition();
}

static void given_lateness(int64_t ms) {
    struct delivery_rules r = evening.rules;
    r.lateness_ms = ms;
    given_rules(r);
}

static void given_future(int64_t ms) {
    struct delivery_rules r = evening.rules;
    r.future_ms = ms;
    given_rules(r);
}

static void given_event_clock(void) {
    struct delivery_rules r = evening.rules;
    r.clock_is_event = true;
    given_rules(r);
}

static void given_global(const char *name) {
    struct delivery_rules r = evening.rules;
    r.global = (struct bytes){name, strlen(name)};
    given_rules(r);
}

static void log_time_is(const char *clock) {
    it_is(clock);
    (void)events_of(clock);
    ck_assert_int_eq(view().log_time_ms, ms_of(clock));
}

static void expect(const char *clocks, const char *outcomes) { ck_assert_str_eq(events_of(clocks), outcomes); }

/* -- late -- */

START_TEST(a_minute_takes_events_until_lateness_after_its_end) {
    log_time_is("19:09:59.999");
    expect("19:08 19:08:59.999", "applied applied");
    log_time_is("19:10:00");
    expect("19:08:59.999 19:08", "late late");
    expect("19:09", "applied");
}
END_TEST

START_TEST(a_record_is_judged_by_what_came_before_it_and_then_moves_log_time) {
    log_time_is("19:09:59.999");
    it_is("19:30");
    expect("19:08 19:30 19:08", "applied applied applied");
    expect("19:08 19:28 19:29", "late late applied");
}
END_TEST

START_TEST(without_lateness_a_minute_ends_with_its_end) {
    given_lateness(0);
    log_time_is("19:08:59.999");
    expect("19:08", "applied");
    log_time_is("19:09");
    expect("19:08:59.999 19:09", "late applied");
}
END_TEST

START_TEST(lateness_need_not_be_whole_minutes) {
    given_lateness(90500);
    log_time_is("19:10:30.499");
    expect("19:08", "applied");
    log_time_is("19:10:30.500");
    expect("19:08:59.999 19:09", "late applied");
}
END_TEST

START_TEST(nothing_is_late_before_log_time_is_known) {
    it_is("19:08");
    expect("00:00 19:08", "applied applied");
    expect("00:00", "late");
}
END_TEST

START_TEST(log_time_never_goes_back) {
    log_time_is("19:10");
    it_is("19:08");
    expect("19:08", "late");
    ck_assert_int_eq(view().log_time_ms, ms_of("19:10"));
}
END_TEST

START_TEST(steps_back_of_a_minute_are_counted) {
    log_time_is("19:10");
    it_is("19:09:00.001");
    (void)views("US", "cat", 1);
    ck_assert_uint_eq(view().steps_back, 0);
    it_is("19:09:00.000");
    (void)views("US", "cat", 1);
    ck_assert_uint_eq(view().steps_back, 1);
}
END_TEST

/* How events are batched changes nothing but which of them are late. */
START_TEST(the_same_events_in_one_record_and_in_three_differ_only_in_what_is_late) {
    log_time_is("19:09:59");
    it_is("19:10");
    expect("19:10", "applied");
    expect("19:08", "late");
    expect("19:09", "applied");
    partition_destroy(evening.partition);
    evening_begin();
    given_partition();
    log_time_is("19:09:59");
    it_is("19:10");
    expect("19:10 19:08 19:09", "applied applied applied");
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
    expect(futures[_i].last_taken, "applied");
    expect(futures[_i].first_refused, "future");
}
END_TEST

START_TEST(a_future_event_leaves_no_trace) {
    it_is("19:08");
    expect("19:30", "future");
    ck_assert_uint_eq(view().live_minutes, 0);
    ck_assert_uint_eq(view().live_buckets, 0);
    ck_assert_int_eq(view().log_time_ms, ms_of("19:08"));
    ck_assert_uint_eq(publish(), 0);
}
END_TEST

/* A record may be older than log time: what is ahead of it and behind log time is future, the first that holds. */
START_TEST(future_goes_before_late) {
    log_time_is("19:30");
    it_is("19:08");
    expect("19:10 19:09", "future late");
}
END_TEST

/* -- records without time -- */

/* None at all; beyond the year 9999, which microseconds taken for milliseconds are; and where sums overflow. */
static const int64_t no_times[] = {
    -1, TIME_END_MS, INT64_C(1795219680000000), INT64_MAX, INT64_MAX - MINUTE_MS, INT64_MIN, INT64_MIN + 1, -MINUTE_MS};

static void it_is_ms(int64_t ms) { evening.time_ms = ms; }

START_TEST(a_record_without_time_moves_nothing_and_is_held_against_log_time) {
    log_time_is("19:10");
    it_is_ms(no_times[_i]);
    expect("19:08 19:10 19:11:59.999 19:12", "late applied applied future");
    ck_assert_int_eq(view().log_time_ms, ms_of("19:10"));
    ck_assert_int_eq(view().last_time_ms, ms_of("19:10"));
    ck_assert_uint_eq(view().steps_back, 0);
    ck_assert_uint_eq(view().untimed, 1);
}
END_TEST

START_TEST(before_there_is_log_time_nothing_of_a_record_without_time_can_be_placed) {
    it_is_ms(no_times[_i]);
    expect("19:08 23:59", "future future");
    ck_assert_int_eq(view().log_time_ms, TIME_NEVER);
    ck_assert_uint_eq(view().live_minutes, 0);
}
END_TEST

/* Symptom: one record with a time near 2^63, and every event behind it was late, for ever. */
START_TEST(no_record_closes_the_minutes_of_everybody_by_a_time_that_is_none) {
    log_time_is("19:08");
    it_is_ms(no_times[_i]);
    expect("19:08", "applied");
    it_is("19:09");
    expect("19:08 19:09", "applied applied");
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
    expect("19:08", "future");
    ck_assert_uint_eq(view().before_2000, 2);
    ck_assert_uint_eq(view().untimed, 0);
}
END_TEST

/* -- LOG_CLOCK=event -- */

START_TEST(by_event_clock_the_largest_event_time_of_a_record_moves_log_time) {
    given_event_clock();
    it_is("19:20"); /* a topic refilled long after */
    expect("19:01 19:03 19:02", "applied applied applied");
    ck_assert_int_eq(view().log_time_ms, ms_of("19:03"));
    expect("19:01:59.999 19:02", "late applied");
}
END_TEST

START_TEST(by_event_clock_a_future_event_does_not_move_log_time) {
    given_event_clock();
    it_is("19:08");
    expect("19:07 19:30", "applied future");
    ck_assert_int_eq(view().log_time_ms, ms_of("19:07"));
}
END_TEST

START_TEST(by_event_clock_a_record_without_time_may_jump) {
    given_event_clock();
    it_is(NULL);
    expect("19:08 23:59", "applied applied");
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

/* -- what is counted, and where -- */

START_TEST(an_event_without_weight_makes_no_minute) {
    struct event none = event_of("19:08", "US", "cat", 0);
    none.outcome = EVENT_WEIGHTLESS;
    record_of(&none, 1);
    ck_assert_uint_eq(view().live_minutes, 0);
    ck_assert_uint_eq(view().outcomes[EVENT_WEIGHTLESS], 1);
    ck_assert_int_eq(view().log_time_ms, ms_of("19:08"));
}
END_TEST

START_TEST(an_event_counts_in_its_place_and_globally) {
    (void)views("US", "cat", 3);
    (void)views("FR", "cat", 2);
    (void)views("US", "dog", 4);
    ck_assert_uint_eq(publish(), 3);
    expect_copy("US 19:08 @3: dog 4, cat 3");
    expect_copy("FR 19:08 @3: cat 2");
    expect_copy("global 19:08 @3: cat 5, dog 4");
}
END_TEST

START_TEST(an_event_that_names_the_global_list_counts_once) {
    (void)views("global", "cat", 3);
    (void)views("US", "cat", 1);
    ck_assert_uint_eq(publish(), 2);
    expect_copy("global 19:08 @2: cat 4");
}
END_TEST

START_TEST(an_event_without_a_place_counts_globally_only) {
    (void)views(NULL, "cat", 3);
    ck_assert_uint_eq(publish(), 1);
    expect_copy("global 19:08 @1: cat 3");
}
END_TEST

START_TEST(a_place_whose_name_begins_like_the_global_list_is_a_place) {
    (void)views("globalist", "cat", 1);
    (void)views("glob", "cat", 1);
    ck_assert_uint_eq(publish(), 3);
    expect_copy("glob 19:08 @2: cat 1");
}
END_TEST

START_TEST(without_a_global_list_an_event_counts_in_its_place) {
    given_global("");
    (void)views("global", "cat", 3);
    (void)views("US", "cat", 3);
    ck_assert_uint_eq(publish(), 2);
    expect_copy("US 19:08 @2: cat 3");
    expect_copy("global 19:08 @2: cat 3");
}
END_TEST

START_TEST(the_global_list_may_have_another_name) {
    given_global("all");
    (void)views("global", "cat", 3);
    ck_assert_uint_eq(publish(), 2);
    expect_copy("all 19:08 @1: cat 3");
}
END_TEST

/* -- too many places -- */

static void given_locations_max(uint32_t n) {
    struct delivery_rules r = evening.rules;
    r.locations_max = n;
    given_rules(r);
}

START_TEST(a_minute_takes_the_places_that_come_first) {
    given_locations_max(2);
    ck_assert_int_eq(views("US", "cat", 1), EVENT_APPLIED);
    ck_assert_int_eq(views("FR", "cat", 1), EVENT_APPLIED);
    ck_assert_int_eq(views("JP", "dog", 5), EVENT_MANY_LOCATIONS);
    ck_assert_int_eq(views("US", "dog", 1), EVENT_APPLIED);
    ck_assert_int_eq(views("global", "dog", 1), EVENT_APPLIED);
    ck_assert_int_eq(views(NULL, "dog", 1), EVENT_APPLIED);
    ck_assert_uint_eq(view().locations, 2);
    ck_assert_uint_eq(publish(), 3);
    expect_copy("US 19:08 @6: dog 1, cat 1");
    expect_copy("FR 19:08 @6: cat 1");
    expect_copy("global 19:08 @6: dog 8, cat 2");
}
END_TEST

START_TEST(each_minute_has_its_own_places) {
    given_locations_max(1);
    ck_assert_int_eq(views("US", "cat", 1), EVENT_APPLIED);
    it_is("19:09");
    ck_assert_int_eq(views("FR", "cat", 1), EVENT_APPLIED);
    ck_assert_int_eq(views("US", "cat", 1), EVENT_MANY_LOCATIONS);
}
END_TEST

/* Within one record nothing has a bucket yet when it is judged. */
START_TEST(a_record_may_fill_a_minute_half_way) {
    given_locations_max(2);
    struct event evs[] = {event_of("19:08", "US", "cat", 1), event_of("19:08", "US", "cat", 1),
                          event_of("19:08", "FR", "cat", 1), event_of("19:08", "JP", "cat", 1),
                          event_of("19:08", "FR", "cat", 1), event_of("19:08", "DE", "cat", 1)};
    record_of(evs, ARRAY_LEN(evs));
    ck_assert_uint_eq(view().outcomes[EVENT_APPLIED], 4);
    ck_assert_uint_eq(view().outcomes[EVENT_MANY_LOCATIONS], 2);
    ck_assert_uint_eq(publish(), 3);
    expect_copy("global 19:08 @1: cat 6");
    expect_copy("FR 19:08 @1: cat 2");
}
END_TEST

START_TEST(without_a_global_list_an_event_of_one_place_too_many_counts_nowhere) {
    given_global("");
    given_locations_max(1);
    (void)views("US", "cat", 1);
    ck_assert_int_eq(views("FR", "dog", 1), EVENT_MANY_LOCATIONS);
    ck_assert_uint_eq(publish(), 1);
    expect_copy("US 19:08 @2: cat 1");
}
END_TEST

START_TEST(by_event_clock_an_event_of_one_place_too_many_moves_log_time) {
    struct delivery_rules r = evening.rules;
    r.clock_is_event = true;
    r.locations_max = 1;
    given_rules(r);
    it_is("19:20");
    struct event evs[] = {event_of("19:01", "US", "cat", 1), event_of("19:01:30", "FR", "cat", 1)};
    record_of(evs, ARRAY_LEN(evs));
    ck_assert_int_eq(view().log_time_ms, ms_of("19:01:30"));
}
END_TEST

/* -- offsets and counters -- */

START_TEST(a_record_seen_again_is_dropped_and_counted) {
    (void)views("US", "cat", 3);
    struct event ev = event_of("19:08", "US", "cat", 3);
    struct event_batch batch = {.events = &ev, .n = 1};
    struct log_record rec = {.offset = 0, .time_ms = ms_of("19:08")};
    ck_assert(!partition_wants(evening.partition, 0) && partition_wants(evening.partition, 1));
    ck_assert_int_eq(partition_record(evening.partition, &rec, &batch, 0), RECORD_REPLAYED);
    ck_assert_int_eq(partition_record(evening.partition, &rec, NULL, 0), RECORD_REPLAYED);
    ck_assert_uint_eq(view().replayed, 2);
    ck_assert_uint_eq(view().messages, 1);
    publish();
    expect_copy("US 19:08 @1: cat 3");
}
END_TEST

START_TEST(offsets_that_are_not_there_are_counted_as_holes) {
    (void)views("US", "cat", 1);
    hole();
    hole();
    (void)views("US", "cat", 1);
    ck_assert_uint_eq(view().holes, 1);
    ck_assert_uint_eq(view().hole_records, 2);
    partition_eof(evening.partition, 6, 0); /* transaction markers at the end are no loss */
    ck_assert_int_eq(view().next, 6);
    partition_eof(evening.partition, 5, 0);
    ck_assert_int_eq(view().next, 6);
}
END_TEST

START_TEST(every_event_has_one_outcome_and_every_message_counts) {
    it_is("19:10");
    expect("19:10", "applied");
    expect("19:08 19:10 19:12 19:11", "late applied future applied");
    struct event bad = {.outcome = EVENT_MALFORMED, .time_ms = -1};
    record_of(&bad, 1);
    record_of(NULL, 0);
    struct partition_view v = view();
    ck_assert_uint_eq(v.messages, 4);
    ck_assert_uint_eq(v.outcomes[EVENT_APPLIED], 3);
    ck_assert_uint_eq(v.outcomes[EVENT_LATE], 1);
    ck_assert_uint_eq(v.outcomes[EVENT_FUTURE], 1);
    ck_assert_uint_eq(v.outcomes[EVENT_MALFORMED], 1);
}
END_TEST

Suite *partition_time_suite(void);
Suite *partition_time_suite(void) {
    Suite *s = suite_create("partition_time");
    TCase *c = tcase_create("late");
    tcase_add_checked_fixture(c, setup, evening_end);
    tcase_add_test(c, a_minute_takes_events_until_lateness_after_its_end);
    tcase_add_test(c, a_record_is_judged_by_what_came_before_it_and_then_moves_log_time);
    tcase_add_test(c, without_lateness_a_minute_ends_with_its_end);
    tcase_add_test(c, lateness_need_not_be_whole_minutes);
    tcase_add_test(c, nothing_is_late_before_log_time_is_known);
    tcase_add_test(c, log_time_never_goes_back);
    tcase_add_test(c, steps_back_of_a_minute_are_counted);
    tcase_add_test(c, the_same_events_in_one_record_and_in_three_differ_only_in_what_is_late);
    suite_add_tcase(s, c);
    c = tcase_create("future");
    tcase_add_checked_fixture(c, setup, evening_end);
    tcase_add_loop_test(c, an_event_is_future_by_the_minute_that_its_record_may_reach, 0, ARRAY_LEN(futures));
    tcase_add_test(c, a_future_event_leaves_no_trace);
    tcase_add_test(c, future_goes_before_late);
    suite_add_tcase(s, c);
    c = tcase_create("no time");
    tcase_add_checked_fixture(c, setup, evening_end);
    tcase_add_loop_test(c, a_record_without_time_moves_nothing_and_is_held_against_log_time, 0, ARRAY_LEN(no_times));
    tcase_add_loop_test(c, before_there_is_log_time_nothing_of_a_record_without_time_can_be_placed, 0,
                        ARRAY_LEN(no_times));
    tcase_add_loop_test(c, no_record_closes_the_minutes_of_everybody_by_a_time_that_is_none, 0, ARRAY_LEN(no_times));
    tcase_add_test(c, the_first_and_the_last_time_that_are_believed_are_counted);
    tcase_add_test(c, records_before_the_year_2000_are_counted);
    suite_add_tcase(s, c);
    c = tcase_create("event clock");
    tcase_add_checked_fixture(c, setup, evening_end);
    tcase_add_test(c, by_event_clock_the_largest_event_time_of_a_record_moves_log_time);
    tcase_add_test(c, by_event_clock_a_future_event_does_not_move_log_time);
    tcase_add_test(c, by_event_clock_a_record_without_time_may_jump);
    tcase_add_test(c, by_event_clock_only_events_that_are_neither_bad_nor_future_count);
    tcase_add_test(c, by_event_clock_a_record_of_bad_events_moves_nothing);
    suite_add_tcase(s, c);
    c = tcase_create("counted");
    tcase_add_checked_fixture(c, setup, evening_end);
    tcase_add_test(c, an_event_without_weight_makes_no_minute);
    tcase_add_test(c, an_event_counts_in_its_place_and_globally);
    tcase_add_test(c, an_event_that_names_the_global_list_counts_once);
    tcase_add_test(c, an_event_without_a_place_counts_globally_only);
    tcase_add_test(c, a_place_whose_name_begins_like_the_global_list_is_a_place);
    tcase_add_test(c, without_a_global_list_an_event_counts_in_its_place);
    tcase_add_test(c, the_global_list_may_have_another_name);
    tcase_add_test(c, a_minute_takes_the_places_that_come_first);
    tcase_add_test(c, each_minute_has_its_own_places);
    tcase_add_test(c, a_record_may_fill_a_minute_half_way);
    tcase_add_test(c, without_a_global_list_an_event_of_one_place_too_many_counts_nowhere);
    tcase_add_test(c, by_event_clock_an_event_of_one_place_too_many_moves_log_time);
    tcase_add_test(c, a_record_seen_again_is_dropped_and_counted);
    tcase_add_test(c, offsets_that_are_not_there_are_counted_as_holes);
    tcase_add_test(c, every_event_has_one_outcome_and_every_message_counts);
    suite_add_tcase(s, c);
    return s;
}
