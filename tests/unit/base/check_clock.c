/* unit/base/check_clock.c - minutes as numbers and as texts, held against the C library's calendar. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <check.h>

#include "base/clock.h"

static struct bytes text_of(const char *s) { return (struct bytes){s, strlen(s)}; }

START_TEST(minute_rounds_down_on_both_sides_of_1970) {
    ck_assert_int_eq(minute_of(0), 0);
    ck_assert_int_eq(minute_of(59999), 0);
    ck_assert_int_eq(minute_of(60000), 1);
    ck_assert_int_eq(minute_of(-1), -1);
    ck_assert_int_eq(minute_of(-60000), -1);
    ck_assert_int_eq(minute_of(-60001), -2);
}
END_TEST

/* Goal: our own calendar is the real one. Method: steps of a prime number of minutes over ten thousand years. */
START_TEST(minutes_are_written_as_the_library_does_and_read_back) {
    const int64_t first = -719528LL * 1440, last = 2932896LL * 1440 + 1439, step = 99991;
    int64_t checked = 0;
    for (int64_t minute = first; minute <= last; minute += step, checked++) {
        char ours[MINUTE_TEXT_LEN + 1], theirs[64];
        time_t t = (time_t)(minute * 60);
        struct tm tm;
        gmtime_r(&t, &tm);
        snprintf(theirs, sizeof theirs, "%04d-%02d-%02dT%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                 tm.tm_hour, tm.tm_min);
        minute_format(minute, ours);
        ck_assert_str_eq(ours, theirs);
        int64_t back = 0;
        ck_assert(minute_parse(text_of(ours), &back));
        ck_assert_int_eq(back, minute);
    }
    ck_assert_int_gt(checked, 50000);
}
END_TEST

static const struct {
    int64_t minute;
    const char *text;
} known_minutes[] = {
    {0, "1970-01-01T00:00"},
    {-1, "1969-12-31T23:59"},
    {29921468, "2026-11-21T19:08"},
    {15778079, "1999-12-31T23:59"},
    {15863040, "2000-02-29T00:00"},
    {-719528LL * 1440, "0000-01-01T00:00"},
    {2932896LL * 1440 + 1439, "9999-12-31T23:59"},
};

START_TEST(known_minute_has_its_text) {
    char out[MINUTE_TEXT_LEN + 1];
    minute_format(known_minutes[_i].minute, out);
    ck_assert_str_eq(out, known_minutes[_i].text);
}
END_TEST

START_TEST(every_number_of_milliseconds_is_in_some_minute) {
    ck_assert_int_eq(minute_of(INT64_MAX), INT64_MAX / MINUTE_MS);
    ck_assert_int_eq(minute_of(INT64_MIN), INT64_MIN / MINUTE_MS - 1);
    ck_assert_int_eq(minute_of(-1), -1);
    ck_assert_int_eq(minute_of(-MINUTE_MS), -1);
    ck_assert_int_eq(minute_of(-MINUTE_MS - 1), -2);
}
END_TEST

START_TEST(the_years_1970_to_9999_are_believed) {
    ck_assert(time_is_believed(0) && time_is_believed(TIME_END_MS - 1));
    ck_assert(!time_is_believed(-1) && !time_is_believed(TIME_END_MS));
    ck_assert(!time_is_believed(INT64_MIN) && !time_is_believed(INT64_MAX));
    char out[MINUTE_TEXT_LEN + 1];
    minute_format(minute_of(TIME_END_MS - 1), out);
    ck_assert_str_eq(out, "9999-12-31T23:59");
}
END_TEST

START_TEST(year_without_four_digits_is_dashes) {
    const int64_t outside[] = {-719528LL * 1440 - 1, 2932897LL * 1440, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
        char out[MINUTE_TEXT_LEN + 1];
        minute_format(outside[i], out);
        ck_assert_str_eq(out, "----------------");
    }
}
END_TEST

static const char *const no_minutes[] = {
    "",
    "2026-11-21",
    "2026-11-21T19:0",
    "2026-11-21T19:080",
    "2026-11-21 19:08",
    "2026/11/21T19:08",
    "2026-11-21T19.08",
    "2026-13-01T00:00",
    "2026-00-01T00:00",
    "2026-01-00T00:00",
    "2026-02-29T00:00",
    "2100-02-29T00:00",
    "2026-04-31T00:00",
    "2026-01-01T24:00",
    "2026-01-01T00:60",
    "+026-01-01T00:00",
    " 026-01-01T00:00",
    "2026-1a-01T00:00",
};

START_TEST(text_of_another_form_is_no_minute) {
    int64_t minute = 42;
    ck_assert_msg(!minute_parse(text_of(no_minutes[_i]), &minute), "%s was taken", no_minutes[_i]);
    ck_assert_int_eq(minute, 42);
}
END_TEST

START_TEST(system_clocks_tell_the_time_and_do_not_go_back) {
    int64_t earlier_s = time(NULL), wall_ms = clock_wall_ms(&clock_system), later_s = time(NULL);
    ck_assert_int_ge(wall_ms / 1000, earlier_s - 1); /* the two may tick apart */
    ck_assert_int_le(wall_ms / 1000, later_s + 1);
    int64_t before_ms = clock_mono_ms(&clock_system);
    for (int i = 0; i < 1000; i++) {
        int64_t now_ms = clock_mono_ms(&clock_system);
        ck_assert_int_ge(now_ms, before_ms);
        before_ms = now_ms;
    }
}
END_TEST

Suite *clock_suite(void);
Suite *clock_suite(void) {
    Suite *s = suite_create("clock");
    TCase *t = tcase_create("clock");
    tcase_add_test(t, minute_rounds_down_on_both_sides_of_1970);
    tcase_add_test(t, minutes_are_written_as_the_library_does_and_read_back);
    tcase_add_loop_test(t, known_minute_has_its_text, 0, (int)ARRAY_LEN(known_minutes));
    tcase_add_test(t, every_number_of_milliseconds_is_in_some_minute);
    tcase_add_test(t, the_years_1970_to_9999_are_believed);
    tcase_add_test(t, year_without_four_digits_is_dashes);
    tcase_add_loop_test(t, text_of_another_form_is_no_minute, 0, (int)ARRAY_LEN(no_minutes));
    tcase_add_test(t, system_clocks_tell_the_time_and_do_not_go_back);
    suite_add_tcase(s, t);
    return s;
}
