/* unit/audit/check_audit_recount.c - which events of a partition's log are duplicates. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "topkd-audit/recount.h"

static struct config *config;
static struct recount recount;
static struct track track;

static void begin(const char *setting, const char *another) {
    const char *const env[] = {"TOPKD_FIELD_ID=id", "TOPKD_DEDUP=10s", setting, setting != NULL ? another : NULL, NULL};
    struct buf problems = {0};
    ck_assert_msg(config_load(env, &config, &problems) == 0, "%s", buf_text(&problems));
    buf_free(&problems);
    recount_init(&recount, config, INT64_MIN, INT64_MAX);
    track = (struct track){.log_time_ms = INT64_MIN};
}

static void teardown(void) {
    track_deinit(&track);
    recount_deinit(&recount);
    config_destroy(config);
}

enum { T = 1000000000 }; /* a time, at a full second */

static struct record record_at(int64_t ms, const char *value) {
    return (struct record){.time_ms = ms, .value = {value, strlen(value)}, .topic = "events"};
}

static void given_value(int64_t ms, const char *value) {
    const struct record r = record_at(ms, value);
    recount_record(&recount, &track, &r);
}

static void given(int64_t ms, const char *id) {
    char value[128];
    snprintf(value, sizeof value, "{\"video_id\":\"v\",\"id\":\"%s\"}", id);
    given_value(ms, value);
}

static void expect(uint64_t applied, uint64_t duplicates) {
    ck_assert_uint_eq(recount.outcomes[OUTCOME_APPLIED], applied);
    ck_assert_uint_eq(recount.outcomes[OUTCOME_DUPLICATE], duplicates);
}

START_TEST(an_id_that_comes_again_counts_once) {
    begin(NULL, NULL);
    given(T, "a");
    given(T + 1, "b");
    given(T + 9999, "a");
    expect(2, 1);
    ck_assert_uint_eq(recount.events, 3);
}
END_TEST

START_TEST(seconds_are_compared_not_milliseconds) {
    begin(NULL, NULL);
    given(T + 999, "a");
    given(T + 10000, "a"); /* less than 10 s later, but in the tenth second behind */
    expect(2, 0);
    given(T + 19999, "a");
    expect(2, 1);
}
END_TEST

START_TEST(what_is_no_full_second_is_rounded_up) {
    begin("TOPKD_DEDUP_IDS_MAX=100", NULL);
    config->dedup_ms = 1500;
    given(T, "a");
    given(T + 1999, "a");
    expect(1, 1);
    given(T + 3000, "a");
    expect(2, 1);
}
END_TEST

START_TEST(a_duplicate_keeps_its_id_alive) {
    begin(NULL, NULL);
    for (int i = 0; i < 10; i++) given(T + i * 9000, "a");
    expect(1, 9);
    given(T + 9 * 9000 + 10000, "a");
    expect(2, 9);
}
END_TEST

START_TEST(the_last_sightings_count_not_the_last_ids) {
    begin("TOPKD_DEDUP_IDS_MAX=3", NULL);
    given(T, "a");
    given(T, "b");
    given(T, "b");
    given(T, "a"); /* the first of the last three before it */
    expect(2, 2);
    given(T, "c");
    given(T, "c");
    given(T, "c");
    given(T, "a");
    expect(4, 4);
}
END_TEST

START_TEST(an_id_is_known_over_every_turn_of_the_tables) {
    begin("TOPKD_DEDUP_IDS_MAX=4", NULL);
    char id[16];
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "%d", i);
        given(T, id);
        if (i >= 1) snprintf(id, sizeof id, "%d", i - 1);
        if (i >= 1) given(T, id);
    }
    expect(100, 99);
}
END_TEST

START_TEST(ids_of_one_record_are_sightings_too) {
    begin(NULL, NULL);
    given_value(T, "[{\"video_id\":\"v\",\"id\":7},{\"video_id\":\"w\",\"id\":\"7\"},{\"video_id\":\"w\",\"id\":8}]");
    expect(2, 1);
}
END_TEST

START_TEST(what_does_not_count_is_no_sighting) {
    begin("TOPKD_WEIGHTS=skip=0,*=1", NULL);
    given(T, "other");
    given_value(T, "{\"id\":\"a\"}");                                                 /* no_item */
    given_value(T, "{\"video_id\":\"v\",\"id\":\"a\",\"type\":\"skip\"}");            /* weightless */
    given_value(T, "{\"video_id\":\"v\",\"id\":\"a\",\"ts\":\"2026-01-01T00:00Z\"}"); /* future */
    given_value(T, "{\"video_id\":\"v\",\"id\":\"a\",\"ts\":0}");                     /* late */
    given(T, "a");
    expect(2, 0);
    ck_assert_uint_eq(recount.outcomes[OUTCOME_FUTURE] + recount.outcomes[OUTCOME_LATE], 2);
}
END_TEST

START_TEST(an_event_without_an_id_is_never_a_duplicate) {
    begin(NULL, NULL);
    given(T, "");
    given(T, "");
    given_value(T, "{\"video_id\":\"v\"}");
    given_value(T, "{\"video_id\":\"v\",\"id\":true}");
    given_value(T, "{\"video_id\":\"v\",\"id\":true}");
    expect(5, 0);
}
END_TEST

START_TEST(a_duplicate_takes_no_location) {
    begin("TOPKD_LOCATIONS_MAX=1", NULL);
    given_value(T, "{\"video_id\":\"v\",\"id\":\"a\"}");
    given_value(T, "{\"video_id\":\"v\",\"id\":\"a\",\"location\":\"DE\"}");
    given_value(T, "{\"video_id\":\"v\",\"id\":\"b\",\"location\":\"US\"}");
    expect(2, 1);
    ck_assert_uint_eq(recount.outcomes[OUTCOME_MANY_LOCATIONS], 0);
}
END_TEST

/* By the event clock a record's own events move the time that its sightings have. */
START_TEST(by_an_event_clock_the_time_behind_the_record_counts) {
    begin("TOPKD_LOG_CLOCK=event", "TOPKD_LATENESS=1h");
    given_value(T, "{\"video_id\":\"v\",\"id\":\"a\",\"ts\":1000000}");
    given_value(T, "[{\"video_id\":\"v\",\"id\":\"a\",\"ts\":1000001},{\"video_id\":\"v\",\"ts\":1000020}]");
    expect(3, 0);
    given_value(T, "{\"video_id\":\"v\",\"id\":\"a\",\"ts\":1000000}");
    expect(3, 1);
}
END_TEST

START_TEST(a_record_before_the_first_one_is_no_sighting) {
    begin(NULL, NULL);
    const struct record before = record_at(T, "{\"video_id\":\"v\",\"id\":\"a\"}");
    recount_clock_only(&recount, &track, &before);
    ck_assert_int_eq(track.log_time_ms, T);
    given(T, "a");
    expect(1, 0);
}
END_TEST

Suite *audit_recount_suite(void);
Suite *audit_recount_suite(void) {
    Suite *s = suite_create("audit_recount");
    TCase *c = tcase_create("duplicates");
    tcase_add_checked_fixture(c, NULL, teardown);
    tcase_add_test(c, an_id_that_comes_again_counts_once);
    tcase_add_test(c, seconds_are_compared_not_milliseconds);
    tcase_add_test(c, what_is_no_full_second_is_rounded_up);
    tcase_add_test(c, a_duplicate_keeps_its_id_alive);
    tcase_add_test(c, the_last_sightings_count_not_the_last_ids);
    tcase_add_test(c, an_id_is_known_over_every_turn_of_the_tables);
    tcase_add_test(c, ids_of_one_record_are_sightings_too);
    tcase_add_test(c, what_does_not_count_is_no_sighting);
    tcase_add_test(c, an_event_without_an_id_is_never_a_duplicate);
    tcase_add_test(c, a_duplicate_takes_no_location);
    tcase_add_test(c, by_an_event_clock_the_time_behind_the_record_counts);
    tcase_add_test(c, a_record_before_the_first_one_is_no_sighting);
    suite_add_tcase(s, c);
    return s;
}
