/* unit/loadgen/check_values.c - tables of texts that must be read, and of texts that must be refused. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "loadgen/values.h"

static bool parse_time(const char *text, int64_t *ms) {
    return value_parse_time((struct bytes){text, strlen(text)}, ms);
}

START_TEST(times_are_read) {
    static const struct {
        const char *text;
        int64_t ms;
    } must_read[] = {
        {"2026-01-01T00:00Z", 1767225600000},
        {"2026-01-01T00:00:00Z", 1767225600000},
        {"2026-01-01t00:00:00.25z", 1767225600250},
        {"2026-01-01 01:00:00+01:00", 1767225600000},
        {"2025-12-31T23:30:00-00:30", 1767225600000},
        {"2024-02-29T12:00:00.1239Z", 1709208000123},
        {"1970-01-01T00:00:00Z", 0},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
        {"0", 0},
        {"1767225600", 1767225600000},
        {"99999999999", 99999999999000},
        {"100000000000", 100000000000},
        {"1767225600000", 1767225600000},
        {"99999999999999", 99999999999999},
        {"1767225600000123", 1767225600000},
        {"253402300799999999", 253402300799999},
    };
    for (size_t i = 0; i < ARRAY_LEN(must_read); i++) {
        int64_t ms = -1;
        ck_assert_msg(parse_time(must_read[i].text, &ms), "%s", must_read[i].text);
        ck_assert_msg(ms == must_read[i].ms, "%s: %lld", must_read[i].text, (long long)ms);
    }
}
END_TEST

START_TEST(what_is_no_time_is_refused) {
    static const char *const must_refuse[] = {"",
                                              "now",
                                              "-1",
                                              "1.5",
                                              "2026-01-01",
                                              "2026-01-01T00:00",
                                              "2026-01-01T00:00:00",
                                              "2026-13-01T00:00Z",
                                              "2026-00-01T00:00Z",
                                              "2026-02-29T00:00Z",
                                              "2026-01-00T00:00Z",
                                              "2026-01-01T24:00Z",
                                              "2026-01-01T00:60Z",
                                              "2026-01-01T00:00:60Z",
                                              "2026-01-01T00:00:00.Z",
                                              "2026-01-01T00:00Zx",
                                              "1969-12-31T23:59:59Z",
                                              "2026-01-01T00:00+1:00",
                                              "99999999999999999999",
                                              "253402300800000000",
                                              " 1"};
    for (size_t i = 0; i < ARRAY_LEN(must_refuse); i++) {
        int64_t ms;
        ck_assert_msg(!parse_time(must_refuse[i], &ms), "%s", must_refuse[i]);
    }
}
END_TEST

START_TEST(counts_are_digits_within_bounds) {
    static const char *const must_refuse[] = {"",
                                              "-1",
                                              "+1",
                                              " 1",
                                              "1 ",
                                              "1.0",
                                              "1e3",
                                              "0x10",
                                              "4",
                                              "101",
                                              "18446744073709551616",
                                              "99999999999999999999999"};
    uint64_t v = 0;
    ck_assert(value_parse_count("5", 5, 100, &v) && v == 5);
    ck_assert(value_parse_count("100", 5, 100, &v) && v == 100);
    ck_assert(value_parse_count("18446744073709551615", 0, UINT64_MAX, &v) && v == UINT64_MAX);
    ck_assert(!value_parse_count("18446744073709551616", 0, UINT64_MAX, &v));
    for (size_t i = 0; i < ARRAY_LEN(must_refuse); i++)
        ck_assert_msg(!value_parse_count(must_refuse[i], 5, 100, &v), "%s", must_refuse[i]);
}
END_TEST

START_TEST(decimals_are_plain) {
    static const char *const must_refuse[] = {"", ".", ".5", "-1", "1e1", "nan", "inf", "0x1", "1.2.3", "100.1", "5 "};
    double v = 0;
    ck_assert(value_parse_decimal("0.5", 0, 100, &v) && v == .5);
    ck_assert(value_parse_decimal("100", 0, 100, &v) && v == 100);
    for (size_t i = 0; i < ARRAY_LEN(must_refuse); i++)
        ck_assert_msg(!value_parse_decimal(must_refuse[i], 0, 100, &v), "%s", must_refuse[i]);
}
END_TEST

START_TEST(durations_have_a_unit) {
    static const struct {
        const char *text;
        int64_t ms;
    } must_read[] = {{"0", 0}, {"500ms", 500}, {"2s", 2000}, {"3m", 180000}, {"1h", 3600000}};
    static const char *const must_refuse[] = {"", "5", "s", "-1s", "1.5s", "1d", "1 s", "1S", "999999999h"};
    int64_t ms;
    for (size_t i = 0; i < ARRAY_LEN(must_read); i++)
        ck_assert_msg(value_parse_duration(must_read[i].text, &ms) && ms == must_read[i].ms, "%s", must_read[i].text);
    for (size_t i = 0; i < ARRAY_LEN(must_refuse); i++)
        ck_assert_msg(!value_parse_duration(must_refuse[i], &ms), "%s", must_refuse[i]);
}
END_TEST

Suite *values_suite(void);

Suite *values_suite(void) {
    Suite *s = suite_create("values");
    TCase *c = tcase_create("parsing");
    tcase_add_test(c, times_are_read);
    tcase_add_test(c, what_is_no_time_is_refused);
    tcase_add_test(c, counts_are_digits_within_bounds);
    tcase_add_test(c, decimals_are_plain);
    tcase_add_test(c, durations_have_a_unit);
    suite_add_tcase(s, c);
    return s;
}
