/* unit/event/check_zone.c - zones: what a setting may name, and which moment a local time is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "event/time.h"
#include "event/zone.h"

static const int64_t UNTOUCHED = -77;

static struct time_zone zone_of(const char *name) {
    struct time_zone z;
    struct err e = {0};
    ck_assert_msg(time_zone_parse(name, &z, &e) == 0, "%s: %s", name, e.text);
    time_zone_enter(&z);
    return z;
}

static int64_t read_in(const struct time_zone *z, const char *text) {
    int64_t ms = UNTOUCHED;
    bool ok = event_time_from_text((struct bytes){.p = text, .n = strlen(text)}, z, &ms);
    ck_assert_int_eq(ok, ms != UNTOUCHED);
    return ms;
}

/* The process had no zone before, and no test is to know that of another. */
static void leave_zone(void) {
    unsetenv("TZ");
    unsetenv("TZDIR");
    tzset();
}

/* -- the setting --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    enum time_zone_kind kind;
    int offset_min;
} must_parse[] = {
    {"none", TIME_ZONE_REFUSED, 0},
    {"UTC", TIME_ZONE_OFFSET, 0},
    {"Z", TIME_ZONE_OFFSET, 0},
    {"+00:00", TIME_ZONE_OFFSET, 0},
    {"-00:00", TIME_ZONE_OFFSET, 0},
    {"+05:30", TIME_ZONE_OFFSET, 330},
    {"-0330", TIME_ZONE_OFFSET, -210},
    {"+02", TIME_ZONE_OFFSET, 120},
    {"-11", TIME_ZONE_OFFSET, -660},
    {"+23:59", TIME_ZONE_OFFSET, 1439},
    {"-2359", TIME_ZONE_OFFSET, -1439},
    {"Europe/Berlin", TIME_ZONE_NAMED, 0},
    {"America/Argentina/Buenos_Aires", TIME_ZONE_NAMED, 0},
    {"America/Port-au-Prince", TIME_ZONE_NAMED, 0},
    {"Etc/GMT+5", TIME_ZONE_NAMED, 0},
    {"Etc/UTC", TIME_ZONE_NAMED, 0},
};

START_TEST(a_zone_is_none_an_offset_or_a_name) {
    struct time_zone z;
    struct err e = {0};
    ck_assert_msg(time_zone_parse(must_parse[_i].text, &z, &e) == 0, "%s: %s", must_parse[_i].text, e.text);
    ck_assert_int_eq(z.kind, must_parse[_i].kind);
    ck_assert_int_eq(z.offset_min, must_parse[_i].offset_min);
    ck_assert_str_eq(z.name, must_parse[_i].text);
}
END_TEST

static const struct {
    const char *text, *remedy;
} must_refuse[] = {
    {"", "give it a value"},
    {"+", "write an offset as"},
    {"+5", "write an offset as"},
    {"+5:30", "write an offset as"},
    {"+24", "write an offset as"},
    {"+05:60", "write an offset as"},
    {"+05:3", "write an offset as"},
    {"+05:", "write an offset as"},
    {"+05:30:00", "write an offset as"},
    {"-0330 ", "write an offset as"},
    {"+05 30", "write an offset as"},
    /* The C library takes each of these for UTC, or for a rule or a file of its own. */
    {"utc", "correct the name, or install tzdata"},
    {"None", "correct the name, or install tzdata"},
    {"05:30", "correct the name, or install tzdata"},
    {"UTC+2", "correct the name, or install tzdata"},
    {"CET-1CEST", "correct the name, or install tzdata"},
    {"CET-1CEST,M3.5.0,M10.5.0/3", "correct the name, or install tzdata"},
    {"<+03>-3", "correct the name, or install tzdata"},
    {"Europe/Berlim", "correct the name, or install tzdata"},
    {"europe/nowhere", "correct the name, or install tzdata"},
    {"Europe", "correct the name, or install tzdata"},
    {"Europe/", "correct the name, or install tzdata"},
    {"Europe//Berlin", "correct the name, or install tzdata"},
    {"Europe/Berlin/", "correct the name, or install tzdata"},
    {" Europe/Berlin", "correct the name, or install tzdata"},
    {"Europe/Berlin ", "correct the name, or install tzdata"},
    {":Europe/Berlin", "correct the name, or install tzdata"},
    {"/usr/share/zoneinfo/Europe/Berlin", "correct the name, or install tzdata"},
    {"/", "correct the name, or install tzdata"},
    {"./Europe/Berlin", "correct the name, or install tzdata"},
    {"../zoneinfo/Europe/Berlin", "correct the name, or install tzdata"},
    {"Europe/../Europe/Berlin", "correct the name, or install tzdata"},
    {"zone1970.tab", "correct the name, or install tzdata"},
    {"localtime", "correct the name, or install tzdata"},
    {"right/Europe/Berlin", "correct the name, or install tzdata"},
    {"E\xc3\xbcrope/Berlin", "correct the name, or install tzdata"},
};

START_TEST(a_zone_that_is_none_is_refused_with_a_remedy) {
    struct time_zone z = {.name = "as it was"};
    struct err e = {0};
    ck_assert_msg(time_zone_parse(must_refuse[_i].text, &z, &e) == ERR_INVALID, "'%s' was taken", must_refuse[_i].text);
    ck_assert_msg(strstr(e.text, must_refuse[_i].remedy) == e.text, "'%s': %s", must_refuse[_i].text, e.text);
    ck_assert_str_eq(z.name, "as it was");
}
END_TEST

START_TEST(a_name_has_64_bytes_at_most) {
    char name[] = "A/23456789012345678901234567890123456789012345678901234567890123.5";
    struct time_zone z;
    struct err e = {0};
    name[65] = '\0';
    ck_assert_int_eq(time_zone_parse(name, &z, &e), ERR_INVALID);
    ck_assert_str_eq(e.text, "shorten it to 64 bytes");
    name[64] = '\0';
    ck_assert_int_eq(time_zone_parse(name, &z, &e), ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(e.text, "correct the name"));
}
END_TEST

/* A folder for zones of our own, in which each of these files has a CONTENT. */
static const struct {
    const char *name, *content;
    bool is_zone;
} files[] = {
    {"Good", "TZif", true},        {"Folder/Good", "TZif", true},
    {"Cut", "TZi", false},         {"Prose", "TZ is no zone", false},
    {"Empty", "", false},          {"localtime", "TZif", false},
    {"right/Good", "TZif", false},
};
static const char *const folders[] = {"", "/Folder", "/right"};
static char database[] = "/tmp/check_zone.XXXXXX";

static const char *in_database(const char *slash, const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s%s%s", database, slash, name);
    return path;
}

static void make_database(void) {
    ck_assert_ptr_nonnull(mkdtemp(database));
    for (size_t i = 1; i < ARRAY_LEN(folders); i++) ck_assert_int_eq(mkdir(in_database("", folders[i]), 0700), 0);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        FILE *f = fopen(in_database("/", files[i].name), "w");
        ck_assert_ptr_nonnull(f);
        fputs(files[i].content, f);
        ck_assert_int_eq(fclose(f), 0);
    }
}

static void enter_database(void) { setenv("TZDIR", database, 1); }

static void remove_database(void) {
    for (size_t i = 0; i < ARRAY_LEN(files); i++) ck_assert_int_eq(unlink(in_database("/", files[i].name)), 0);
    for (size_t i = ARRAY_LEN(folders); i-- > 0;) ck_assert_int_eq(rmdir(in_database("", folders[i])), 0);
}

/* A file there must be a zone, and one of the world: not that of this machine, nor one that counts leap seconds. */
START_TEST(the_database_is_where_the_c_library_has_it) {
    struct time_zone z;
    struct err e = {0};
    ck_assert_int_eq(time_zone_parse(files[_i].name, &z, &e), files[_i].is_zone ? 0 : ERR_INVALID);
    ck_assert_int_eq(time_zone_parse("Europe/Berlin", &z, &e), ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(e.text, database));
    setenv("TZDIR", "", 1);
    ck_assert_int_eq(time_zone_parse("Europe/Berlin", &z, &e), 0);
}
END_TEST

/* -- what it means ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *zone, *local, *utc;
} moments[] = {
    {"UTC", "2026-11-22T04:11:16.091", "2026-11-22T04:11:16.091Z"},
    {"+05:30", "2026-11-22T09:41:16.091", "2026-11-22T04:11:16.091Z"},
    {"-0330", "2026-11-22T00:41:16", "2026-11-22T04:11:16Z"},
    {"Europe/Berlin", "2026-11-22T05:11:16.091", "2026-11-22T04:11:16.091Z"},
    {"Europe/Berlin", "2026-07-01 00:30", "2026-06-30T22:30:00Z"},
    /* The gap: 02:00 to 03:00 is skipped and read with +01:00. */
    {"Europe/Berlin", "2026-03-29T01:59:59.999", "2026-03-29T00:59:59.999Z"},
    {"Europe/Berlin", "2026-03-29T02:00:00", "2026-03-29T01:00:00Z"},
    {"Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"},
    {"Europe/Berlin", "2026-03-29T02:59:59.999", "2026-03-29T01:59:59.999Z"},
    {"Europe/Berlin", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z"},
    /* The overlap: 02:00 to 03:00 comes twice and is the first. */
    {"Europe/Berlin", "2026-10-25T01:59:59.999", "2026-10-24T23:59:59.999Z"},
    {"Europe/Berlin", "2026-10-25T02:00:00", "2026-10-25T00:00:00Z"},
    {"Europe/Berlin", "2026-10-25T02:59:59.999", "2026-10-25T00:59:59.999Z"},
    {"Europe/Berlin", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z"},
    /* West of Greenwich the days before and after lie on the other side. */
    {"America/New_York", "2026-03-08T01:59:59", "2026-03-08T06:59:59Z"},
    {"America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:30:00Z"},
    {"America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00Z"},
    {"America/New_York", "2026-11-01T00:59:59", "2026-11-01T04:59:59Z"},
    {"America/New_York", "2026-11-01T01:00:00", "2026-11-01T05:00:00Z"},
    {"America/New_York", "2026-11-01T01:59:59", "2026-11-01T05:59:59Z"},
    {"America/New_York", "2026-11-01T02:00:00", "2026-11-01T07:00:00Z"},
    /* Half an hour, in the south. */
    {"Australia/Lord_Howe", "2026-04-05T01:29:59", "2026-04-04T14:29:59Z"},
    {"Australia/Lord_Howe", "2026-04-05T01:30:00", "2026-04-04T14:30:00Z"},
    {"Australia/Lord_Howe", "2026-04-05T01:59:59", "2026-04-04T14:59:59Z"},
    {"Australia/Lord_Howe", "2026-04-05T02:00:00", "2026-04-04T15:30:00Z"},
    {"Australia/Lord_Howe", "2026-10-04T01:59:59", "2026-10-03T15:29:59Z"},
    {"Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:45:00Z"},
    {"Australia/Lord_Howe", "2026-10-04T02:30:00", "2026-10-03T15:30:00Z"},
    {"Asia/Kolkata", "2026-11-22T09:41:16", "2026-11-22T04:11:16Z"},
    {"Asia/Kathmandu", "2026-11-22T09:56:16", "2026-11-22T04:11:16Z"},
    /* A day that Samoa never had: from -10:00 to +14:00. */
    {"Pacific/Apia", "2011-12-29T23:59:59", "2011-12-30T09:59:59Z"},
    {"Pacific/Apia", "2011-12-30T00:00:00", "2011-12-30T10:00:00Z"},
    {"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z"},
    {"Pacific/Apia", "2011-12-30T23:59:59", "2011-12-31T09:59:59Z"},
    {"Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00Z"},
    /* The same in the other part of the ocean: from -12:00 to +12:00. */
    {"Pacific/Kwajalein", "1993-08-21T12:00:00", "1993-08-22T00:00:00Z"},
    {"Pacific/Kwajalein", "1993-08-22T00:00:00", "1993-08-21T12:00:00Z"},
    /* The minute in which Liberia's clocks went from 00:00:00 to 00:44:30. */
    {"Africa/Monrovia", "1972-01-06T23:59:59", "1972-01-07T00:44:29Z"},
    {"Africa/Monrovia", "1972-01-07T00:44:29", "1972-01-07T01:28:59Z"},
    {"Africa/Monrovia", "1972-01-07T00:44:30", "1972-01-07T00:44:30Z"},
    /* Behind what a file of the database lists, its rule goes on. */
    {"Europe/Berlin", "2038-01-19T04:14:08", "2038-01-19T03:14:08Z"},
    {"Europe/Berlin", "2050-07-01T12:00:00", "2050-07-01T10:00:00Z"},
    {"Europe/Berlin", "2099-12-01T12:00:00", "2099-12-01T11:00:00Z"},
    {"America/New_York", "2060-03-14T02:30:00", "2060-03-14T07:30:00Z"},
    {"America/New_York", "9999-07-01T12:00:00", "9999-07-01T16:00:00Z"},
    /* A leap second is one in UTC. */
    {"Europe/Berlin", "2017-01-01T00:59:60", "2016-12-31T23:59:60Z"},
    {"America/New_York", "2016-12-31T18:59:60.25", "2016-12-31T23:59:60.25Z"},
    {"Asia/Kolkata", "2017-01-01T05:29:60", "2016-12-31T23:59:60Z"},
    /* What says its zone is not read in another. */
    {"Europe/Berlin", "2026-11-22T04:11:16.091Z", "2026-11-22T04:11:16.091Z"},
    {"Europe/Berlin", "2026-11-22T09:41:16+05:30", "2026-11-22T04:11:16Z"},
};

START_TEST(a_local_time_is_a_moment) {
    struct time_zone z = zone_of(moments[_i].zone);
    static const struct time_zone none = {.kind = TIME_ZONE_REFUSED};
    int64_t wanted = read_in(&none, moments[_i].utc);
    ck_assert_int_ne(wanted, UNTOUCHED);
    for (int twice = 0; twice < 2; twice++) { /* as it is looked up, and as it is remembered */
        int64_t got = read_in(&z, moments[_i].local);
        ck_assert_msg(got == wanted, "%s in %s: %" PRId64 " ms beside %s", moments[_i].local, moments[_i].zone,
                      got - wanted, moments[_i].utc);
    }
}
END_TEST

static const struct {
    const char *zone, *local;
} no_moments[] = {
    {"none", "2026-11-22T04:11:16.091"},         {"none", "2026-11-22 04:11"},
    {"Europe/Berlin", "2016-12-31T23:59:60"}, /* 22:59:60 in UTC */
    {"Africa/Monrovia", "1971-12-31T23:15:60"},  {"Europe/Berlin", "1970-01-01T00:59:59.999"},
    {"America/New_York", "9999-12-31T19:00:00"}, {"Europe/Berlin", "0000-01-01T00:00:00"},
    {"Europe/Berlin", "2026-02-29T12:00:00"},
};

START_TEST(a_local_time_that_is_no_moment_is_refused) {
    struct time_zone z = zone_of(no_moments[_i].zone);
    ck_assert_msg(read_in(&z, no_moments[_i].local) == UNTOUCHED, "%s in %s", no_moments[_i].local,
                  no_moments[_i].zone);
}
END_TEST

START_TEST(none_refuses_and_touches_nothing) {
    struct time_zone z = zone_of("none");
    int64_t s = UNTOUCHED;
    ck_assert(!time_zone_to_utc(&z, 1795320676, &s));
    ck_assert_int_eq(s, UNTOUCHED);
}
END_TEST

/* What is remembered of one zone is forgotten with it. */
START_TEST(the_last_zone_that_was_entered_holds) {
    struct time_zone berlin = zone_of("Europe/Berlin");
    ck_assert_int_eq(read_in(&berlin, "2026-11-22T05:11:16"), 1795320676000);
    struct time_zone kolkata = zone_of("Asia/Kolkata");
    ck_assert_int_eq(read_in(&kolkata, "2026-11-22T05:11:16"), 1795304476000);
    time_zone_enter(&berlin);
    ck_assert_int_eq(read_in(&berlin, "2026-11-22T05:11:16"), 1795320676000);
}
END_TEST

/* Many more minutes than are remembered, around a change and far from it, forwards and again. */
START_TEST(minutes_that_are_forgotten_are_looked_up_again) {
    struct time_zone z = zone_of("Europe/Berlin");
    const int64_t gap = 1774749600; /* 2026-03-29T02:00:00 */
    for (int round = 0; round < 2; round++)
        for (int64_t local = gap - 86400; local < gap + 86400; local += 20) {
            int64_t utc = UNTOUCHED, offset = local < gap + 3600 ? 3600 : 7200;
            ck_assert(time_zone_to_utc(&z, local, &utc));
            ck_assert_int_eq(utc, local - offset);
        }
}
END_TEST

START_TEST(minutes_before_1970_are_minutes) {
    struct time_zone z = zone_of("Asia/Kolkata");
    for (int64_t local = -200; local < 200; local++) {
        int64_t utc = UNTOUCHED;
        ck_assert(time_zone_to_utc(&z, local, &utc));
        ck_assert_int_eq(utc, local - 19800);
    }
}
END_TEST

/* -- against the definition ---------------------------------------------------------------------------------------- */

static int64_t offset_at(int64_t unix_s) {
    time_t t = (time_t)unix_s;
    struct tm tm;
    ck_assert_ptr_nonnull(localtime_r(&t, &tm));
    return (int64_t)timegm(&tm) - unix_s;
}

/* The first moment whose local time is LOCAL; where there is none, LOCAL by the offset of the last moment whose local
 * time is earlier. Every STEP-th moment of 52 hours is tried, so no rule on when and how far clocks move is used.
 * STEP divides all offsets of the zone. */
static int64_t moment_by_trial(int64_t local, int64_t step) {
    int64_t reach = 26 * 3600 / step * step, before = UNTOUCHED;
    for (int64_t at = local - reach; at <= local + reach; at += step) {
        int64_t offset = offset_at(at);
        if (at + offset == local) return at;
        if (at + offset < local) before = offset;
    }
    return local - before;
}

static const struct {
    const char *name;
    int64_t step_s;
} tried[] = {
    {"Europe/Berlin", 900},    {"America/New_York", 900}, {"America/St_Johns", 60},   {"Australia/Lord_Howe", 900},
    {"Pacific/Apia", 900},     {"Asia/Kathmandu", 60},    {"Africa/Casablanca", 900}, {"Africa/Monrovia", 30},
    {"Antarctica/Troll", 900}, {"America/Caracas", 900},
};

static int64_t random_below(int64_t n) {
    return (int64_t)(((uint64_t)random() << 31 | (uint64_t)random()) % (uint64_t)n);
}

/* Somewhere in 1970..2100, and half of the time within a day and a half of a change of the offset. */
static int64_t random_local(void) {
    int64_t at = random_below(INT64_C(130) * 365 * 86400);
    if (random() % 2 == 0) return at;
    int64_t known = offset_at(at);
    for (int day = 0; day < 400; day++, at += 86400)
        if (offset_at(at) != known) return at + offset_at(at) - 129600 + random_below(216000);
    return at;
}

START_TEST(local_times_agree_with_the_definition) {
    unsigned seed = 20260329;
    struct time_zone z = zone_of(tried[_i].name);
    srandom(seed);
    for (int i = 0; i < 400; i++) {
        int64_t local = random_local(), got = UNTOUCHED, wanted = moment_by_trial(local, tried[_i].step_s);
        ck_assert(time_zone_to_utc(&z, local, &got));
        ck_assert_msg(got == wanted, "seed %u: %s, local %" PRId64 ": %" PRId64 ", wanted %" PRId64, seed,
                      tried[_i].name, local, got, wanted);
    }
}
END_TEST

Suite *zone_suite(void);
Suite *zone_suite(void) {
    Suite *s = suite_create("zone");
    TCase *setting = tcase_create("setting");
    tcase_add_checked_fixture(setting, NULL, leave_zone);
    tcase_add_loop_test(setting, a_zone_is_none_an_offset_or_a_name, 0, ARRAY_LEN(must_parse));
    tcase_add_loop_test(setting, a_zone_that_is_none_is_refused_with_a_remedy, 0, ARRAY_LEN(must_refuse));
    tcase_add_test(setting, a_name_has_64_bytes_at_most);
    suite_add_tcase(s, setting);
    TCase *files_there = tcase_create("files");
    tcase_add_unchecked_fixture(files_there, make_database, remove_database);
    tcase_add_checked_fixture(files_there, enter_database, leave_zone);
    tcase_add_loop_test(files_there, the_database_is_where_the_c_library_has_it, 0, ARRAY_LEN(files));
    suite_add_tcase(s, files_there);
    TCase *meaning = tcase_create("meaning");
    tcase_add_checked_fixture(meaning, NULL, leave_zone);
    tcase_add_loop_test(meaning, a_local_time_is_a_moment, 0, ARRAY_LEN(moments));
    tcase_add_loop_test(meaning, a_local_time_that_is_no_moment_is_refused, 0, ARRAY_LEN(no_moments));
    tcase_add_test(meaning, none_refuses_and_touches_nothing);
    tcase_add_test(meaning, the_last_zone_that_was_entered_holds);
    tcase_add_test(meaning, minutes_that_are_forgotten_are_looked_up_again);
    tcase_add_test(meaning, minutes_before_1970_are_minutes);
    tcase_add_loop_test(meaning, local_times_agree_with_the_definition, 0, ARRAY_LEN(tried));
    suite_add_tcase(s, meaning);
    return s;
}
