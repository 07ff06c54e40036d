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
static const struct time_zone india = {.kind = TIME_ZONE_OFFSET, .offset_min = 330};
static const struct time_zone none = {.kind = TIME_ZONE_REFUSED};

typedef bool event_time_reader(struct bytes, const struct time_zone *, int64_t *);

/* In a block of just its size: so a sanitizer sees who reads beyond the end. */
static int64_t read_of(event_time_reader *read, const char *s, const struct time_zone *zone) {
    int64_t ms = UNTOUCHED;
    size_t n = strlen(s);
    char *copy = malloc(n + (n == 0));
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, s, n);
    bool ok = read((struct bytes){.p = copy, .n = n}, zone, &ms);
    free(copy);
    ck_assert_msg(ok == (ms != UNTOUCHED), "'%s': the result was touched on failure, or not on success", s);
    return ms;
}

static int64_t of_text_in(const struct time_zone *zone, const char *s) {
    return read_of(event_time_from_text, s, zone);
}
static int64_t of_text(const char *s) { return of_text_in(&utc, s); }
static int64_t of_array_in(const struct time_zone *zone, const char *s) {
    return read_of(event_time_from_array, s, zone);
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
    {"2025-11-21T19:00:00,5Z", 1763751600500},
    {"2025-11-21 19:00:00,123456789", 1763751600123},
    /* no seconds */
    {"2025-11-21T19:00Z", 1763751600000},
    {"2025-11-21 19:00", 1763751600000},
    {"2025-11-21T20:00+01", 1763751600000},
    /* offsets, as formatters write them */
    {"2025-11-21T20:30:00+0130", 1763751600000},
    {"2025-11-21T20:00:00+01", 1763751600000},
    {"2025-11-21T11:00:00-0800", 1763751600000},
    {"2025-11-21T11:00:00-08", 1763751600000},
    {"2025-11-22T18:59:00+2359", 1763751600000},
    {"2025-11-21T19:00:00UTC", 1763751600000},
    {"2025-11-21T19:00:00GMT", 1763751600000},
    {"2025-11-21 19:00:00 Z", 1763751600000},
    {"2025-11-21 19:00:00 z", 1763751600000},
    {"2025-11-21 19:00:00.123 UTC", 1763751600123},
    {"2025-11-21 19:00:00 GMT", 1763751600000},
    {"2025-11-21 20:00:00 +01:00", 1763751600000},
    {"2025-11-21 20:00:00.5 +0100", 1763751600500},
    {"2025-11-21 11:00:00 -08", 1763751600000},
    /* The name of the zone behind the offset says nothing more. */
    {"2025-11-21T20:00:00+01:00[Europe/Berlin]", 1763751600000},
    {"2025-11-21T19:00:00.123Z[UTC]", 1763751600123},
    {"2025-11-21T19:00:00Z[Nowhere/At_all]", 1763751600000},
    {"2025-11-21T19:00Z[[]", 1763751600000},
    {"2025-11-21 20:00:00 +01[!]", 1763751600000},
    /* no zone: that of the setting, here UTC */
    {"2025-11-21T19:00:00", 1763751600000},
    {"2025-11-21t19:00:00.123", 1763751600123},
    {"2025-11-21 19:00:00", 1763751600000},
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
    {"2016-12-31T15:59:60 -0800[America/Los_Angeles]", 1483228800000},
    {"2016-12-31T23:59:60", 1483228800000},
    /* Digits are the integer. */
    {"0", 0},
    {"2026", 2026000},
    {"1763751600", 1763751600000},
    {"1763751600123", 1763751600123},
    {"1763751600123456", 1763751600123},
    {"1763751600123456789", 1763751600123},
    {"00000000000000000000000000001763751600123", 1763751600123},
    {"9223372036854775807", 9223372036854},
    /* With a fraction or an exponent they are the real number. */
    {"1763751600.5", 1763751600500},
    {"1763751600.123", 1763751600123},
    {"1763751600.0", 1763751600000},
    {"0001763751600.25", 1763751600250},
    {"1763751600123.9", 1763751600123},
    {"1763751600123.0", 1763751600123},
    {"1763751600123456.0", 1763751600123},
    {"1763751600123456789.0", 1763751600123},
    {"1.7637516e9", 1763751600000},
    {"1.763751600123E12", 1763751600123},
    {"1.763751600123e+12", 1763751600123},
    {"17637516001230000E-4", 1763751600123},
    {"17637516005e-1", 1763751600500},
    {"1e0", 1000},
    {"176e-1", 17600}, /* the minus of an exponent stands where a date has its first */
    {"1.7e-1", 170},
    {"1763e-2", 17630},
    {"0.0", 0},
    {"0e999999999", 0},
    {"1e-999999999", 0},
    /* longer than most */
    {"00000000000000000000000000000000000000000000000000000000000000001763751600.5", 1763751600500},
    {"1763751600.00000000000000000000000000000000000000000000000000000000000000005", 1763751600000},
    {"1763751600.5000000000000000000000000000000000000000000000000000", 1763751600500}, /* of 63 bytes */
    {"1763751600.50000000000000000000000000000000000000000000000000000", 1763751600500},
};

static const char *const must_reject[] = {
    "",
    " ",
    "now",
    "-1",
    "+1763751600",
    "0x10",
    "0x1p30",
    " 1763751600",
    "1763751600 ",
    "9223372036854775808",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    "\xd9\xa1\xd9\xa2", /* Arabic digits */
    /* numbers that JSON does not spell so */
    "1763751600.",
    ".5",
    "1763751600.e5",
    "1763751600e",
    "1763751600e+",
    "1763751600e+-1",
    "1763751600e1.5",
    "1763751600.5.5",
    "1763751600,5",
    "1_763_751_600.5",
    "+1763751600.5",
    "-1763751600.5",
    "-0.0",
    " 1763751600.5",
    "1763751600.5 ",
    "1763751600.5s",
    "NaN",
    "nan",
    "inf",
    "Infinity",
    "1e999",
    "1e19",
    "9223372036854775808.0",
    "99999999999999999999999999999999999999999999999999999999999999999999999.5",
    /* no time of day */
    "2025-11-21",
    "2025-11-21Z",
    "2025-11-21T",
    "2025-11-21T19",
    "2025-11-21T19:",
    "2025-11-21T19:00:",
    "2025-11-21T19:00.5Z",
    "2025-11-21T19:00,5",
    /* an offset that is none */
    "2025-11-21T19:00:00+1:00",
    "2025-11-21T19:00:00+",
    "2025-11-21T19:00:00+1",
    "2025-11-21T19:00:00+010",
    "2025-11-21T19:00:00+01:",
    "2025-11-21T19:00:00+01:0",
    "2025-11-21T19:00:00+01000",
    "2025-11-21T19:00:00+24:00",
    "2025-11-21T19:00:00+2400",
    "2025-11-21T19:00:00-24",
    "2025-11-21T19:00:00+01:60",
    "2025-11-21T19:00:00+0160",
    "2025-11-21T19:00:00+01:00:00",
    "2025-11-21T19:00:00+-1:00",
    "2025-11-21T19:00:00  Z",
    "2025-11-21T19:00:00\tZ",
    "2025-11-21T19:00:00 ",
    "2025-11-21T19:00:00 + 01:00",
    "2025-11-21T19:00:00utc",
    "2025-11-21T19:00:00gmt",
    "2025-11-21T19:00:00UT",
    "2025-11-21T19:00:00 CET",
    "2025-11-21T19:00:00UTC+01:00",
    "2025-11-21T19:00:00\342\210\22201:00", /* U+2212 */
    /* a bracket that is none, or that stands alone */
    "2025-11-21T19:00:00[Europe/Berlin]",
    "2025-11-21T19:00:00 [UTC]",
    "2025-11-21T19:00:00Z[]",
    "2025-11-21T19:00:00Z[",
    "2025-11-21T19:00:00Z[UTC",
    "2025-11-21T19:00:00Z [UTC]",
    "2025-11-21T19:00:00Z[UTC] ",
    "2025-11-21T19:00:00Z[UTC]]",
    "2025-11-21T19:00:00Z[UTC][u-ca=gregory]",
    "2025-11-21T19:00:00ZUTC]",
    /* something around it */
    " 2025-11-21T19:00:00Z",
    "2025-11-21T19:00:00Z ",
    "2025-11-21T19:00:00ZZ",
    "\"2025-11-21T19:00:00Z\"",
    /* another form */
    "2025-11-21  19:00:00Z",
    "2025-11-21_19:00:00Z",
    "2025-11-21T19Z",
    "2025-11-21T1900Z",
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
    "2025-11-21T19:00:00.Z",
    "2025-11-21T19:00:00,Z",
    "2025-11-21T19:00:00.",
    "2025-11-21T19:00:00;5Z",
    "2025-11-21T19:00:00.-5Z",
    "2025-11-21T19:00:00.5.5Z",
    "2025-11-21T19:00:00.5,5Z",
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
    "2016-12-31T23:58:60",
    "2016-12-31T15:59:60",
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

/* A text that breaks off says no zone: where a zone must be said, every beginning of a good text is a bad one, or
 * digits, or has a shorter offset. None is read beyond its end. */
START_TEST(a_text_cut_short_is_refused) {
    static const char whole[] = "2025-11-21T19:00:00.123+01:00[x]";
    const size_t hours = strlen("2025-11-21T19:00:00.123+01"), minutes = hours + strlen(":00");
    for (size_t n = 5; n < sizeof whole - 1; n++) {
        char cut[sizeof whole];
        snprintf(cut, sizeof cut, "%.*s", (int)n, whole);
        ck_assert_msg((of_text_in(&none, cut) == UNTOUCHED) == (n != hours && n != minutes), "%s", cut);
    }
}
END_TEST

START_TEST(a_text_without_a_zone_is_in_that_of_the_setting) {
    ck_assert_int_eq(of_text_in(&india, "2025-11-22T00:30:00.123"), 1763751600123);
    ck_assert_int_eq(of_text_in(&india, "2025-11-22 00:30"), 1763751600000);
    ck_assert_int_eq(of_text_in(&none, "2025-11-21T19:00:00.123"), UNTOUCHED);
    ck_assert_int_eq(of_text_in(&none, "2025-11-21 19:00"), UNTOUCHED);
    /* in range is asked in UTC */
    ck_assert_int_eq(of_text_in(&india, "1970-01-01T05:30:00"), 0);
    ck_assert_int_eq(of_text_in(&india, "1970-01-01T05:29:59.999"), UNTOUCHED);
    /* so is what a leap second is */
    ck_assert_int_eq(of_text_in(&india, "2017-01-01T05:29:60"), 1483228800000);
    ck_assert_int_eq(of_text_in(&india, "2016-12-31T23:59:60"), UNTOUCHED);
    ck_assert_int_eq(of_text_in(&none, "2016-12-31T23:59:60"), UNTOUCHED);
}
END_TEST

START_TEST(a_text_that_says_its_zone_is_in_no_other) {
    const struct time_zone *const zones[] = {&utc, &india, &none};
    ck_assert_int_eq(of_text_in(zones[_i], "2025-11-21T19:00:00Z"), 1763751600000);
    ck_assert_int_eq(of_text_in(zones[_i], "2025-11-21 19:00 GMT"), 1763751600000);
    ck_assert_int_eq(of_text_in(zones[_i], "2025-11-21T20:00:00+01[Asia/Tokyo]"), 1763751600000);
    ck_assert_int_eq(of_text_in(zones[_i], "2016-12-31T23:59:60Z"), 1483228800000);
    ck_assert_int_eq(of_text_in(zones[_i], "1763751600"), 1763751600000);
    ck_assert_int_eq(of_text_in(zones[_i], "1763751600.5"), 1763751600500);
}
END_TEST

/* One moment, as many producers write it. Not all write its seconds. */
static const char *const as_producers_write_it[] = {
    "1795320676",
    "1795320676091",
    "1795320676091000",
    "1795320676091000000",
    "1795320676.091",
    "1795320676091.2",
    "1795320676091.0",
    "1.795320676091E12",
    "2026-11-22T04:11:16.091Z",
    "2026-11-22T09:41:16+05:30",
    "2026-11-22T04:11:16.091000001Z",
    "2026-11-22T04:11:16.091+0000",
    "2026-11-22T04:11:16,091Z",
    "2026-11-22T04:11Z",
    "2026-11-22T04:11:16.091",
    "2026-11-22 04:11:16.091",
    "2026-11-22 04:11:16 UTC",
    "2026-11-21T20:11:16.091-08:00[America/Los_Angeles]",
};

START_TEST(the_forms_of_many_producers_are_one_minute) {
    int64_t ms = of_text(as_producers_write_it[_i]);
    ck_assert_msg(minute_of(ms) == INT64_C(1795320660000) / MINUTE_MS, "%s -> %" PRId64, as_producers_write_it[_i], ms);
}
END_TEST

START_TEST(a_nul_byte_ends_no_text) {
    int64_t ms;
    ck_assert(!event_time_from_text((struct bytes){.p = "2025-11-21T19:00:00Z\0", .n = 21}, &utc, &ms));
    ck_assert(!event_time_from_text((struct bytes){.p = "17\0", .n = 3}, &utc, &ms));
    ck_assert(!event_time_from_text((struct bytes){.p = "17.5\0", .n = 5}, &utc, &ms));
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
    {99999999999, 99999999999000}, /* the largest seconds: 5138 */
    {100000000000, 100000000000},  /* the smallest milliseconds: 1973 */
    {1763751600123, 1763751600123},
    {99999999999999, 99999999999999}, /* the largest milliseconds: 5138 */
    {100000000000000, 100000000000},  /* the smallest microseconds: 1973 */
    {100000000000001, 100000000000},
    {1763751600123999, 1763751600123},
    {99999999999999999, 99999999999999}, /* the largest microseconds: 5138 */
    {100000000000000000, 100000000000},  /* the smallest nanoseconds: 1973 */
    {100000000000000001, 100000000000},
    {253402300799999999, 253402300799},
    {1763751600123456789, 1763751600123},
    {1763751600123999999, 1763751600123},
    {INT64_MAX, 9223372036854}, /* 2262 */
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
    {99999999999.0, 99999999999000},     /* the largest seconds */
    {99999999999.5, 99999999999500},
    {99999999999.9375, 99999999999937},
    {1e11, 100000000000}, /* the smallest milliseconds */
    {100000000000.75, 100000000000},
    {1763751600123.0, 1763751600123},
    {1763751600123.999, 1763751600123}, /* nothing is rounded here */
    {1763751659999.9998, 1763751659999},
    {1.7e12, 1700000000000},
    {99999999999999.5, 99999999999999},
    {1e14, 100000000000}, /* the smallest microseconds */
    {1763751600123999.5, 1763751600123},
    {99999999999999984.0, 99999999999999},
    {1e17, 100000000000}, /* the smallest nanoseconds */
    {1763751600123456768.0, 1763751600123},
    {0x1.fffffffffffffp62, 9223372036854}, /* the last below 2^63 */
    {0x1p63, -1},
    {0x1p64, -1},
    {1e300, -1},
    {INFINITY, -1},
    {-INFINITY, -1},
    {NAN, -1},
    {-NAN, -1},
    {-1e-9, -1},
    {-5e-324, -1},
    {5e-324, 0},
    {-1.5, -1},
    {-1e12, -1},
};

START_TEST(the_size_of_a_real_number_tells_its_unit) {
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
    for (int64_t s = 1; s < TIME_MS_FROM; s = s * 3 + 59) {
        double below = nextafter((double)s, 0), above = nextafter((double)s, INFINITY);
        int64_t ms;
        ck_assert(event_time_from_real(below, &ms));
        ck_assert_int_eq(ms / 1000, s - 1);
        ck_assert(event_time_from_real(above, &ms));
        ck_assert_int_eq(ms / 1000, s);
    }
}
END_TEST

/* Whole numbers mean the same whether a fraction of 0 is written or not. */
START_TEST(a_whole_real_number_is_the_integer) {
    srandom(11);
    for (int i = 0; i < 200000; i++) {
        int64_t whole = (int64_t)(((uint64_t)random() << 31 | (uint64_t)random()) >> (random() % 62));
        if (whole >> 53 != 0) whole -= whole % 1024; /* such as a double holds */
        int64_t wanted = UNTOUCHED, got = UNTOUCHED;
        bool ok = event_time_from_integer(whole, &wanted);
        ck_assert_int_eq(event_time_from_real((double)whole, &got), ok);
        ck_assert_msg(got == wanted, "%" PRId64 " -> %" PRId64 ", wanted %" PRId64, whole, got, wanted);
    }
}
END_TEST

/* strtod is asked about the text of a number, whatever stands behind it in memory. */
START_TEST(a_number_in_a_text_ends_with_the_text) {
    int64_t ms;
    ck_assert(event_time_from_text((struct bytes){.p = "1763751600.59", .n = 12}, &utc, &ms));
    ck_assert_int_eq(ms, 1763751600500);
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

static const struct {
    const char *json;
    int64_t ms;
} must_take_array[] = {
    {"[2025,11,21,19,0]", 1763751600000},
    {"[2025,11,21,19,0,1]", 1763751601000},
    {"[2025,11,21,19,0,59,123999999]", 1763751659123},
    {"[2025,11,21,19,0,0,999999]", 1763751600000},
    {"[2025,11,21,19,0,0,1000000]", 1763751600001},
    {"[2025,11,21,19,0,0,999999999]", 1763751600999},
    {"[ 2025\t,\n11 ,\r21 , 19 ,0 , 0 , 0 ]", 1763751600000},
    {"[1970,1,1,0,0]", 0},
    {"[9999,12,31,23,59,59,999999999]", TIME_END_MS - 1},
    {"[2024,2,29,0,0]", 1709164800000},
};

static const char *const must_refuse_array[] = {
    "",
    "[",
    "[]",
    "[ ]",
    "2025,11,21,19,0",
    "[2025,11,21,19,0",
    "[2025,11,21,19,0,",
    "[2025,11,21,19,0,]",
    "[,2025,11,21,19,0]",
    "[2025,,11,21,19,0]",
    "[2025 11 21 19 0]",
    "[2025,11,21,19,0] ",
    " [2025,11,21,19,0]",
    "[2025,11,21,19,0]]",
    "[2025,11,21,19,0\v]",
    /* too few, too many */
    "[1763751600]",
    "[2025,11,21]",
    "[2025,11,21,19]",
    "[2025,11,21,19,0,0,0,0]",
    /* no integers without a sign */
    "[2025,11,21,19,-0]",
    "[2025,11,21,19,+1]",
    "[-2025,11,21,19,0]",
    "[2025,11,21,19,00]",
    "[02025,11,21,19,0]",
    "[2025,01,21,19,0]",
    "[2025,11,21,19,0.0]",
    "[2025,11,21,19,0,0,1e3]",
    "[2025,11,21,19,\"0\"]",
    "[\"2025-11-21\",11,21,19,0]",
    "[2025,11,21,19,null]",
    "[2025,11,21,19,[0]]",
    "[[2025,11,21],[19,0,0]]",
    "{2025,11,21,19,0}",
    /* no such day or time of day */
    "[2025,0,21,19,0]",
    "[2025,13,21,19,0]",
    "[2025,11,0,19,0]",
    "[2025,11,31,19,0]",
    "[2025,2,29,19,0]",
    "[2025,11,21,24,0]",
    "[2025,11,21,19,60]",
    "[2016,12,31,23,59,60]",
    "[2025,11,21,19,0,0,1000000000]",
    "[2025,11,21,19,0,0,12345678901234567890]",
    "[10000,1,1,0,0]",
    /* outside 1970..9999 */
    "[1969,12,31,23,59,59,999999999]",
    "[0,1,1,0,0]",
};

START_TEST(an_array_is_the_parts_of_a_time) {
    int64_t ms = of_array_in(&utc, must_take_array[_i].json);
    ck_assert_msg(ms == must_take_array[_i].ms, "%s -> %" PRId64, must_take_array[_i].json, ms);
}
END_TEST

START_TEST(another_array_is_refused) {
    int64_t ms = of_array_in(&utc, must_refuse_array[_i]);
    ck_assert_msg(ms == UNTOUCHED, "%s was taken as %" PRId64, must_refuse_array[_i], ms);
}
END_TEST

START_TEST(an_array_is_in_the_zone_of_the_setting) {
    ck_assert_int_eq(of_array_in(&india, "[2025,11,22,0,30,0,123000000]"), 1763751600123);
    ck_assert_int_eq(of_array_in(&india, "[1970,1,1,5,30]"), 0);
    ck_assert_int_eq(of_array_in(&india, "[1970,1,1,5,29,59]"), UNTOUCHED);
    ck_assert_int_eq(of_array_in(&none, "[2025,11,21,19,0]"), UNTOUCHED);
}
END_TEST

/* Every beginning of it is a bad one. */
START_TEST(an_array_cut_short_is_refused) {
    static const char whole[] = "[ 2025, 11, 21, 19, 0, 0, 123000000 ]";
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        char cut[sizeof whole];
        snprintf(cut, sizeof cut, "%.*s", (int)n, whole);
        ck_assert_msg(of_array_in(&utc, cut) == UNTOUCHED, "%s", cut);
    }
    ck_assert_int_eq(of_array_in(&utc, whole), 1763751600123);
}
END_TEST

Suite *event_time_suite(void);
Suite *event_time_suite(void) {
    Suite *s = suite_create("event_time");
    TCase *text = tcase_create("text");
    tcase_add_loop_test(text, a_good_text_is_the_moment_it_names, 0, ARRAY_LEN(must_decode));
    tcase_add_loop_test(text, a_bad_text_is_refused, 0, ARRAY_LEN(must_reject));
    tcase_add_test(text, a_text_cut_short_is_refused);
    tcase_add_test(text, a_text_without_a_zone_is_in_that_of_the_setting);
    tcase_add_loop_test(text, a_text_that_says_its_zone_is_in_no_other, 0, 3);
    tcase_add_loop_test(text, the_forms_of_many_producers_are_one_minute, 0, ARRAY_LEN(as_producers_write_it));
    tcase_add_test(text, a_nul_byte_ends_no_text);
    tcase_add_test(text, texts_agree_with_the_c_library);
    suite_add_tcase(s, text);
    TCase *number = tcase_create("number");
    tcase_add_loop_test(number, the_size_of_an_integer_tells_its_unit, 0, ARRAY_LEN(integers));
    tcase_add_loop_test(number, the_size_of_a_real_number_tells_its_unit, 0, ARRAY_LEN(reals));
    tcase_add_test(number, written_milliseconds_come_back);
    tcase_add_test(number, a_real_number_never_leaves_its_second);
    tcase_add_test(number, a_whole_real_number_is_the_integer);
    tcase_add_test(number, a_number_in_a_text_ends_with_the_text);
    tcase_add_test(number, milliseconds_outside_the_range_are_refused);
    suite_add_tcase(s, number);
    TCase *array = tcase_create("array");
    tcase_add_loop_test(array, an_array_is_the_parts_of_a_time, 0, ARRAY_LEN(must_take_array));
    tcase_add_loop_test(array, another_array_is_refused, 0, ARRAY_LEN(must_refuse_array));
    tcase_add_test(array, an_array_is_in_the_zone_of_the_setting);
    tcase_add_test(array, an_array_cut_short_is_refused);
    suite_add_tcase(s, array);
    return s;
}
