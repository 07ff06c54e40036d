/* unit/base/check_units.c - durations and sizes as people write them. */
#include <string.h>

#include <check.h>

#include "base/units.h"

static const struct {
    const char *text;
    uint64_t ms;
    const char *written; /* NULL: as TEXT */
} durations[] = {
    {"0s", 0, NULL},
    {"0ms", 0, "0s"},
    {"20ms", 20, NULL},
    {"1000ms", 1000, "1s"},
    {"90s", 90000, NULL},
    {"60s", 60000, "1m"},
    {"5m", 300000, NULL},
    {"60m", 3600000, "1h"},
    {"24h", 86400000, NULL},
    {"1d", 86400000, "24h"},
    {"25h", 90000000, NULL},
    {"2d", 172800000, NULL},
    {"48h", 172800000, "2d"},
    {"007s", 7000, "7s"},
    {"400d", 34560000000, NULL},
    {"18446744073709551615ms", UINT64_MAX, NULL},
};

START_TEST(duration_is_read_and_written_with_its_largest_unit) {
    uint64_t ms = 1;
    struct buf out = {0};
    ck_assert_int_eq(units_parse_duration(durations[_i].text, &ms, NULL), 0);
    ck_assert_uint_eq(ms, durations[_i].ms);
    units_write_duration(ms, &out);
    ck_assert_str_eq(buf_text(&out), durations[_i].written != NULL ? durations[_i].written : durations[_i].text);
    buf_free(&out);
}
END_TEST

static const char *const no_durations[] = {"",
                                           "5",
                                           "s",
                                           "5 s",
                                           " 5s",
                                           "5s ",
                                           "-5s",
                                           "+5s",
                                           "5.5s",
                                           "1h30m",
                                           "5S",
                                           "5sec",
                                           "0x5s",
                                           "5us",
                                           "5ms5",
                                           "5\n",
                                           "5s\n",
                                           "5KB",
                                           "५s",
                                           "18446744073709551616ms",
                                           "99999999999999999999s",
                                           "18446744073709551615s"};

START_TEST(anything_else_is_no_duration) {
    uint64_t ms = 42;
    struct err e = {0};
    ck_assert_msg(units_parse_duration(no_durations[_i], &ms, &e) == ERR_INVALID, "%s was taken", no_durations[_i]);
    ck_assert_str_ne(e.text, "");
    ck_assert_uint_eq(ms, 42);
}
END_TEST

static const struct {
    const char *text;
    uint64_t bytes;
    const char *written;
} sizes[] = {
    {"0KB", 0, NULL},
    {"1KB", 1024, NULL},
    {"1024KB", 1048576, "1MB"},
    {"1536MB", 1610612736, NULL},
    {"1GB", 1073741824, NULL},
    {"128MB", 134217728, NULL},
    {"17179869183GB", 17179869183ull << 30, NULL},
};

START_TEST(size_is_read_in_units_of_1024) {
    uint64_t bytes = 1;
    struct buf out = {0};
    ck_assert_int_eq(units_parse_size(sizes[_i].text, &bytes, NULL), 0);
    ck_assert_uint_eq(bytes, sizes[_i].bytes);
    units_write_size(bytes, &out);
    ck_assert_str_eq(buf_text(&out), sizes[_i].written != NULL ? sizes[_i].written : sizes[_i].text);
    buf_free(&out);
}
END_TEST

static const char *const no_sizes[] = {"",      "1",  "1G",   "1gb", "1GiB", "1 GB",
                                       "1.5GB", "GB", "-1GB", "1TB", "1B",   "17179869184GB"};

START_TEST(anything_else_is_no_size) {
    uint64_t bytes = 42;
    ck_assert_msg(units_parse_size(no_sizes[_i], &bytes, NULL) == ERR_INVALID, "%s was taken", no_sizes[_i]);
    ck_assert_uint_eq(bytes, 42);
}
END_TEST

static const char *const no_numbers[] = {"", "-1", "+1", "1.", "1e3", "0x1", " 1", "1 ", "18446744073709551616", "one"};

START_TEST(number_is_digits_and_nothing_else) {
    uint64_t v = 0;
    ck_assert_int_eq(units_parse_number("18446744073709551615", &v, NULL), 0);
    ck_assert_uint_eq(v, UINT64_MAX);
    for (size_t i = 0; i < ARRAY_LEN(no_numbers); i++)
        ck_assert_msg(units_parse_number(no_numbers[i], &v, NULL) == ERR_INVALID, "%s was taken", no_numbers[i]);
}
END_TEST

Suite *units_suite(void);
Suite *units_suite(void) {
    Suite *s = suite_create("units");
    TCase *t = tcase_create("units");
    tcase_add_loop_test(t, duration_is_read_and_written_with_its_largest_unit, 0, (int)ARRAY_LEN(durations));
    tcase_add_loop_test(t, anything_else_is_no_duration, 0, (int)ARRAY_LEN(no_durations));
    tcase_add_loop_test(t, size_is_read_in_units_of_1024, 0, (int)ARRAY_LEN(sizes));
    tcase_add_loop_test(t, anything_else_is_no_size, 0, (int)ARRAY_LEN(no_sizes));
    tcase_add_test(t, number_is_digits_and_nothing_else);
    suite_add_tcase(s, t);
    return s;
}
