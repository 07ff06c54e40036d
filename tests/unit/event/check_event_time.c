/* unit/event/check_event_time.c - times of every form, and what is refused. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <check.h>

#include "event/time.h"

static const int64_t UNTOUCHED = -77;
static const struct time_zone utc = {.kind = TIME_ZONE_OFFSET};

static int64_t of_text(const char *s) {
    int64_t ms = UNTOUCHED;
    bool ok = event_time_from_text((struct bytes){.p = s, .n = strlen(s)}, &utc, &ms);
    ck_assert_msg(ok == (ms != UNTOUCHED), "'%s': the result was touched on failure, or not on success", s);
    return ms;
}

static const struct {
    const char *text;
    int64_t ms;
} must_decode[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00:00.000Z", 0},
    {"2025-11-21T19:00:00Z", 1763751600000},
    {"2025-11-21t19:00:00z", 1763751600000},
    {"2025-11-21 19:00:00Z", 1763751600000},
    {"2025-11-21T19:00:00+00:00", 1763751600000},
    {"2025-11-21T19:00:00-00:00", 1763751600000},
    {"2025-11-21T20:30:00+01:30", 1763751600000},
    {"2025-11-21T11:00:00-08:00", 1763751600000},
    {"2025-11-22T18:59:00+23:59", 1763751600000},
    {"2025-11-20T19:01:00-23:59", 1763751600000},
    {"2025-11-21T19:00:00.1Z", 1763751600100},
    {"2025-11-21T19:00:00.12Z", 1763751600120},
    {"2025-11-21T19:00:00.123Z", 1763751600123},
    {"2025-11-21T19:00:00.001+00:00", 1763751600001},
    {"2025-11-21T19:00:00.1239Z", 1763751600123},
    {"2025-11-21T19:00:59.999999999999999999999999999999Z", 1763751659999},
    {"2024-02-29T00:00:00Z", 1709164800000},
    {"2000-02-29T12:00:00Z", 951825600000},
    {"2024-12-31T23:59:59Z", 1735689599000},
    {"9999-12-31T23:59:59.999Z", TIME_END_MS - 1},
    /* In range is asked in UTC. */
    {"1969-12-31T23:30:00-01:00", 1800000},
    {"1970-01-01T01:00:00+01:00", 0},
    /* Leap seconds: the first second of the next day, as POSIX counts. */
    {"2016-12-31T23:59:60Z", 1483228800000},
    {"2016-12-31T23:59:60.5Z", 1483228800500},
    {"2017-01-01T00:59:60+01:00", 1483228800000},
    {"2016-12-31T15:59:60-08:00", 1483228800000},
    /* Digits are the integer. */
    {"0", 0},
    {"2026", 2026000},
    {"1763751600", 1763751600000},
    {"1763751600123", 1763751600123},
    {"1763751600123456", 1763751600123},
    {"00000000000000000000000000001763751600123", 1763751600123},
};

static const char *const must_reject[] = {
    "",
    " ",
    "now",
    "-1",
    "+1763751600",
    "1763751600.5",
    "1.7e9",
    "0x10",
    " 1763751600",
    "1763751600 ",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    "\xd9\xa1\xd9\xa2", /* Arabic digits */
    /* no offset */
    "2025-11-21T19:00:00",
    "2025-11-21T19:00:00.123",
    "2025-11-21 19:00:00",
    "2025-11-21",
    "2025-11-21Z",
    /* an offset that is none */
    "2025-11-21T19:00:00+0100",
    "2025-11-21T19:00:00+01",
    "2025-11-21T19:00:00+1:00",
    "2025-11-21T19:00:00+24:00",
    "2025-11-21T19:00:00+01:60",
    "2025-11-21T19:00:00+01:00:00",
    "2025-11-21T19:00:00 Z",
    "2025-11-21T19:00:00UTC",
    "2025-11-21T19:00:00\342\210\22201:00", /* U+2212 */
    /* something around it */
    " 2025-11-21T19:00:00Z",
    "2025-11-21T19:00:00Z ",
    "2025-11-21T19:00:00ZZ",
    "\"2025-11-21T19:00:00Z\"",
    /* another form */
    "2025-11-21  19:00:00Z",
    "2025-11-21_19:00:00Z",
    "2025-11-21T19:00Z",
    "2025-11-21T19Z",
    "20251121T190000Z",
    "2025-W47-5T19:00:00Z",
    "2025-325T19:00:00Z",
    "25-11-21T19:00:00Z",
    "12025-11-21T19:00:00Z",
    "-2025-11-21T19:00:00Z",
    "2025-1-21T19:00:00Z",
    "2025-11-1T19:00:00Z",
    "2025-11-21T9:00:00Z",
    "2025-11-21T19:0:00Z",
    "2025-11-21T19:00:0Z",
    "2025/11/21T19:00:00Z",
    "2025-11-21T19:00:00,5Z",
    "2025-11-21T19:00:00.Z",
    "2025-11-21T19:00:00.-5Z",
    "2025-11-21T19:00:00.5",
    "2025-11-21T19:00:00.5.5Z",
    "Fri, 21 Nov 2025 19:00:00 GMT",
    /* no such day or time of day */
    "2025-00-21T19:00:00Z",
    "2025-13-21T19:00:00Z",
    "2025-11-00T19:00:00Z",
    "2025-11-31T19:00:00Z",
    "2025-02-29T19:00:00Z",
    "2100-02-29T19:00:00Z",
    "2024-02-30T19:00:00Z",
    "2025-11-21T24:00:00Z",
    "2025-11-21T19:60:00Z",
    "2025-11-21T19:00:61Z",
    /* :60 that cannot be a leap second */
    "2016-12-31T23:58:60Z",
    "2016-12-31T22:59:60Z",
    "2016-12-31T23:59:60+01:00",
    "9999-12-31T23:59:60Z",
    /* outside 1970..9999 in UTC */
    "1969-12-31T23:59:59Z",
    "1969-12-31T23:59:59.999Z",
    "1970-01-01T00:30:00+01:00",
    "0000-01-01T00:00:00Z",
    "0000-02-29T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-00:01",
};

START_TEST(a_good_text_is_the_moment_it_names) {
    ck_assert_msg(of_text(must_decode[_i].text) == must_decode[_i].ms, "%s -> %" PRId64 ", wanted %" PRId64,
                  must_decode[_i].text, of_text(must_decode[_i].text), must_decode[_i].ms);
}
END_TEST

START_TEST(a_bad_text_is_refused) {
    ck_assert_msg(of_text(must_reject[_i]) == UNTOUCHED, "'%s' was taken as %" PRId64, must_reject[_i],
                  of_text(must_reject[_i]));
}
END_TEST

/* Every beginning of a good text is a bad one, or digits; none is read beyond its end. */
START_TEST(a_text_cut_short_is_refused) {
    static const char whole[] = "2025-11-21T19:00:00.123+01:00";
    for (size_t n = 5; n < sizeof whole - 1; n++) {
        char *cut = malloc(n);
        ck_assert_ptr_nonnull(cut);
        memcpy(cut, whole, n);
        int64_t ms;
        ck_assert_msg(!event_time_from_text((struct bytes){.p = cut, .n = n}, &utc, &ms), "%.*s", (int)n, whole);
        free(cut);
    }
}
END_TEST

START_TEST(a_nul_byte_ends_no_text) {
    int64_t ms;
    ck_assert(!event_time_from_text((struct bytes){.p = "2025-11-21T19:00:00Z\0", .n = 21}, &utc, &ms));
    ck_assert(!event_time_from_text((struct bytes){.p = "17\0", .n = 3}, &utc, &ms));
}
END_TEST

/* The second opinion is libc's gmtime_r, over the whole range of years and all offsets. */
START_TEST(texts_agree_with_the_c_library) {
    unsigned seed = 20251121;
    srandom(seed);
    for (int i = 0; i < 50000; i++) {
        int64_t s = (int64_t)(((uint64_t)random() << 31 | (uint64_t)random()) % (TIME_END_MS / 1000));
        int offset_min = (int)(random() % 2879) - 1439, ms = (int)(random() % 1000);
        time_t local = (time_t)(s + offset_min * 60);
        if (local < -62167219200 || local >= 253402300800) continue; /* no four digits */
        struct tm tm;
        ck_assert_ptr_nonnull(gmtime_r(&local, &tm));
        char text[96];
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%c%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms, offset_min < 0 ? '-' : '+', abs(offset_min) / 60,
                 abs(offset_min) % 60);
        ck_assert_msg(of_text(text) == s * 1000 + ms, "seed %u: %s -> %" PRId64 ", wanted %" PRId64, seed, text,
                      of_text(text), s * 1000 + ms);
    }
}
END_TEST

static const struct {
    int64_t written, ms; /* ms < 0: refused */
} integers[] = {
    {0, 0},
    {1, 1000},
    {1763751600, 1763751600000},
    {99999999999, 99999999999000}, /* the largest seconds: year 5138 */
    {100000000000, 100000000000},  /* the smallest milliseconds: 1973 */
    {1763751600123, 1763751600123},
    {99999999999999, 99999999999999}, /* the largest milliseconds: 5138 */
    {100000000000000, 100000000000},  /* the smallest microseconds: 1973 */
    {1763751600123999, 1763751600123},
    {253402300799999999, TIME_END_MS - 1},
    {253402300800000000, -1},
    {1763751600123456789, -1}, /* nanoseconds would be the year 57861 */
    {INT64_MAX, -1},
    {-1, -1},
    {-1763751600123, -1},
    {INT64_MIN, -1},
};

START_TEST(the_size_of_an_integer_tells_its_unit) {
    int64_t ms = UNTOUCHED;
    bool ok = event_time_from_integer(integers[_i].written, &ms);
    ck_assert_int_eq(ok, integers[_i].ms >= 0);
    ck_assert_int_eq(ms, ok ? integers[_i].ms : UNTOUCHED);
}
END_TEST

static const struct {
    double written;
    int64_t ms; /* < 0: refused */
} reals[] = {
    {0.0, 0},
    {-0.0, 0},
    {0.001, 1},
    {0.000999, 0},
    {0.0009999999, 1}, /* nearer to the millisecond than a microsecond */
    {0.9999999999, 999},
    {1.7e9, 1700000000000},
    {1763751600.5, 1763751600500},
    {1763751600.123, 1763751600123},
    {1763751600.1239, 1763751600123},
    {1763751600.123999, 1763751600123},
    {1763751659.9999998, 1763751659999}, /* the last double of its minute stays in it */
    {1080000000.001, 1080000000001},     /* its double lies below .001 */
    {1e11, 100000000000000},             /* seconds, however large */
    {1.7e12, -1},
    {253402300799.0, 253402300799000},
    {253402300799.9995, TIME_END_MS - 1},
    {253402300800.0, -1},
    {1e300, -1},
    {-1e-9, -1},
    {-1.5, -1},
};

START_TEST(a_real_number_is_seconds) {
    int64_t ms = UNTOUCHED;
    bool ok = event_time_from_real(reals[_i].written, &ms);
    ck_assert_msg(ok == (reals[_i].ms >= 0) && ms == (ok ? reals[_i].ms : UNTOUCHED), "%.17g -> %" PRId64,
                  reals[_i].written, ms);
}
END_TEST

/* What a producer writes with three digits is read as those three digits. */
START_TEST(written_milliseconds_come_back) {
    srandom(7);
    for (int i = 0; i < 200000; i++) {
        int64_t ms = (int64_t)(((uint64_t)random() << 31 | (uint64_t)random()) % UINT64_C(8500000000000)), got;
        char text[32];
        snprintf(text, sizeof text, "%" PRId64 ".%03d", ms / 1000, (int)(ms % 1000));
        ck_assert(event_time_from_real(strtod(text, NULL), &got));
        ck_assert_msg(got == ms, "%s -> %" PRId64, text, got);
    }
}
END_TEST

/* Which minute an event belongs to is decided by the number itself, never by a rounding of ours. */
START_TEST(a_real_number_never_leaves_its_second) {
    for (int64_t s = 1; s < 253402300799; s = s * 3 + 59) {
        double below = nextafter((double)s, 0), above = nextafter((double)s, INFINITY);
        int64_t ms;
        ck_assert(event_time_from_real(below, &ms));
        ck_assert_int_eq(ms / 1000, s - 1);
        ck_assert(event_time_from_real(above, &ms));
        ck_assert_int_eq(ms / 1000, s);
    }
}
END_TEST

START_TEST(milliseconds_outside_the_range_are_refused) {
    int64_t ms = UNTOUCHED;
    ck_assert(!event_time_from_ms(-1, &ms));
    ck_assert(!event_time_from_ms(TIME_END_MS, &ms));
    ck_assert_int_eq(ms, UNTOUCHED);
    ck_assert(event_time_from_ms(TIME_END_MS - 1, &ms));
    ck_assert_int_eq(ms, TIME_END_MS - 1);
}
END_TEST

Suite *event_time_suite(void);
Suite *event_time_suite(void) {
    Suite *s = suite_create("event_time");
    TCase *text = tcase_create("text");
    tcase_add_loop_test(text, a_good_text_is_the_moment_it_names, 0, ARRAY_LEN(must_decode));
    tcase_add_loop_test(text, a_bad_text_is_refused, 0, ARRAY_LEN(must_reject));
    tcase_add_test(text, a_text_cut_short_is_refused);
    tcase_add_test(text, a_nul_byte_ends_no_text);
    tcase_add_test(text, texts_agree_with_the_c_library);
    suite_add_tcase(s, text);
    TCase *number = tcase_create("number");
    tcase_add_loop_test(number, the_size_of_an_integer_tells_its_unit, 0, ARRAY_LEN(integers));
    tcase_add_loop_test(number, a_real_number_is_seconds, 0, ARRAY_LEN(reals));
    tcase_add_test(number, written_milliseconds_come_back);
    tcase_add_test(number, a_real_number_never_leaves_its_second);
    tcase_add_test(number, milliseconds_outside_the_range_are_refused);
    suite_add_tcase(s, number);
    return s;
}
