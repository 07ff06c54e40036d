/* unit/partition/check_partition_lists.c - which lists an event counts in: its place's and the global one.
 * A minute takes LOCATIONS_MAX places; events of others count globally only. */
#include <string.h>

#include <check.h>

#include "partition_given.h"

static void given_global(const char *name) {
    struct delivery_rules r = evening.rules;
    r.global = (struct bytes){name, strlen(name)};
    given_partition_under(r);
}

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
    given_partition_under(r);
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
    given_partition_under(r);
    it_is("19:20");
    struct event evs[] = {event_of("19:01", "US", "cat", 1), event_of("19:01:30", "FR", "cat", 1)};
    record_of(evs, ARRAY_LEN(evs));
    ck_assert_int_eq(view().log_time_ms, ms_of("19:01:30"));
}
END_TEST

Suite *partition_lists_suite(void);
Suite *partition_lists_suite(void) {
    Suite *s = suite_create("partition_lists");
    TCase *c = tcase_create("lists");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, an_event_without_weight_makes_no_minute);
    tcase_add_test(c, an_event_counts_in_its_place_and_globally);
    tcase_add_test(c, an_event_that_names_the_global_list_counts_once);
    tcase_add_test(c, an_event_without_a_place_counts_globally_only);
    tcase_add_test(c, a_place_whose_name_begins_like_the_global_list_is_a_place);
    tcase_add_test(c, without_a_global_list_an_event_counts_in_its_place);
    tcase_add_test(c, the_global_list_may_have_another_name);
    suite_add_tcase(s, c);
    c = tcase_create("too many places");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_minute_takes_the_places_that_come_first);
    tcase_add_test(c, each_minute_has_its_own_places);
    tcase_add_test(c, a_record_may_fill_a_minute_half_way);
    tcase_add_test(c, without_a_global_list_an_event_of_one_place_too_many_counts_nowhere);
    tcase_add_test(c, by_event_clock_an_event_of_one_place_too_many_moves_log_time);
    suite_add_tcase(s, c);
    return s;
}
