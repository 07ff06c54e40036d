/* unit/audit/check_audit_rejects.c - which setting is named when events do not count, and the event that is shown. */
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "topkd-audit/rejects.h"

static struct recount recount;
static struct config *config;
static struct track track;

static void setup(void) {
    static const char *const env[] = {NULL};
    struct buf problems = {0};
    ck_assert_int_eq(config_load(env, &config, &problems), 0);
    buf_free(&problems);
    recount_init(&recount, config, INT64_MIN, INT64_MAX);
    track = (struct track){.log_time_ms = INT64_MIN};
}

static void teardown(void) {
    recount_deinit(&recount);
    config_destroy(config);
}

enum { RECORD_MS = 1000000000 };

static void given(int times, const char *value) {
    for (int i = 0; i < times; i++) {
        recount.origin = (struct origin){"events", 3, (int64_t)recount.messages};
        struct record rec = {
            .time_ms = RECORD_MS, .value = {value, value != NULL ? strlen(value) : 0}, .topic = "events"};
        recount_record(&recount, &track, &rec);
    }
}

static void expect_example(enum outcome o, const char *want) {
    struct buf out = {0};
    ck_assert(recount.examples[o].set);
    example_write(&recount.examples[o], &out);
    ck_assert_str_eq(buf_text(&out), want);
    buf_free(&out);
}

START_TEST(every_outcome_but_applied_has_advice) {
    for (int o = 0; o < OUTCOMES; o++) ck_assert_int_eq(rejects_look_at(o)[0] == '\0', o == OUTCOME_APPLIED);
}
END_TEST

START_TEST(nothing_is_told_while_more_is_applied_than_rejected) {
    ck_assert(!rejects_outweigh(&recount));
    given(5, "{\"video_id\":\"a\"}");
    given(5, "{\"vid\":\"a\"}");
    ck_assert(!rejects_outweigh(&recount));
    given(1, "{\"vid\":\"a\"}");
    ck_assert(rejects_outweigh(&recount));
}
END_TEST

START_TEST(the_largest_outcome_names_the_setting) {
    given(3, "{\"vid\":\"a\"}");
    given(2, "{\"video_id\":\"a\",\"ts\":\"noon\"}");
    ck_assert_int_eq(rejects_largest(&recount), OUTCOME_NO_ITEM);
    ck_assert_str_eq(rejects_look_at(OUTCOME_NO_ITEM), "TOPKD_FIELD_ITEM");
    given(2, "{\"video_id\":\"a\",\"ts\":\"noon\"}");
    ck_assert_int_eq(rejects_largest(&recount), OUTCOME_BAD_TIME);
    ck_assert_str_eq(rejects_look_at(OUTCOME_BAD_TIME), "TOPKD_FIELD_TIME, TOPKD_TIME_ZONE");
}
END_TEST

START_TEST(tombstones_are_meant_unless_there_is_nothing_else) {
    given(5, NULL);
    ck_assert(rejects_outweigh(&recount));
    ck_assert_int_eq(rejects_largest(&recount), OUTCOME_TOMBSTONE);
    given(1, "{\"video_id\":\"a\"}");
    ck_assert(!rejects_outweigh(&recount));
}
END_TEST

START_TEST(the_first_event_of_an_outcome_is_shown_as_it_is_written) {
    given(1, "{\"video_id\":\"a\"}");
    given(1, "{ \"vid\": \"b\" }");
    given(1, "{ \"vid\": \"c\" }");
    expect_example(OUTCOME_NO_ITEM, "events/3 at offset 1: \"{ \\\"vid\\\": \\\"b\\\" }\"");
    ck_assert(!recount.examples[OUTCOME_APPLIED].set);
}
END_TEST

START_TEST(of_an_array_the_event_is_shown_not_its_neighbours) {
    given(1, "[{\"video_id\":\"a\"}, {\"vid\": \"b\"}]");
    expect_example(OUTCOME_NO_ITEM, "events/3 at offset 0: \"{\\\"vid\\\": \\\"b\\\"}\"");
}
END_TEST

START_TEST(of_lines_the_line_is_shown) {
    given(1, "{\"video_id\":\"a\"}\n{\"vid\":1}\n{\"video_id\":\"c\"}");
    expect_example(OUTCOME_NO_ITEM, "events/3 at offset 0: \"{\\\"vid\\\":1}\"");
}
END_TEST

START_TEST(a_tombstone_has_nothing_to_show) {
    given(1, NULL);
    expect_example(OUTCOME_TOMBSTONE, "events/3 at offset 0: no value");
}
END_TEST

START_TEST(a_long_event_is_cut_and_its_bytes_are_escaped) {
    char value[1001];
    memset(value, '\x01', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    given(1, value);
    const struct example *x = &recount.examples[OUTCOME_MALFORMED];
    struct buf out = {0};
    example_write(x, &out);
    ck_assert_uint_eq(x->n, EXAMPLE_BYTES);
    ck_assert_uint_lt(out.len, 4 * EXAMPLE_BYTES + 64);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "and 840 more bytes"));
    for (size_t i = 0; i < out.len; i++) ck_assert(out.data[i] >= ' ');
    buf_free(&out);
}
END_TEST

START_TEST(applied_events_tell_their_minutes_and_where_a_location_was_absent) {
    ck_assert_int_gt(recount.first_minute, recount.last_minute);
    given(2, "{\"video_id\":\"a\",\"location\":\"US\"}");
    given(3, "{\"video_id\":\"a\"}");
    ck_assert_uint_eq(recount.without_location, 3);
    ck_assert_int_eq(recount.first_minute, RECORD_MS / 60000);
    ck_assert_int_eq(recount.last_minute, RECORD_MS / 60000);
}
END_TEST

Suite *audit_rejects_suite(void);
Suite *audit_rejects_suite(void) {
    Suite *s = suite_create("audit_rejects");
    TCase *c = tcase_create("rejects");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, every_outcome_but_applied_has_advice);
    tcase_add_test(c, nothing_is_told_while_more_is_applied_than_rejected);
    tcase_add_test(c, the_largest_outcome_names_the_setting);
    tcase_add_test(c, tombstones_are_meant_unless_there_is_nothing_else);
    tcase_add_test(c, the_first_event_of_an_outcome_is_shown_as_it_is_written);
    tcase_add_test(c, of_an_array_the_event_is_shown_not_its_neighbours);
    tcase_add_test(c, of_lines_the_line_is_shown);
    tcase_add_test(c, a_tombstone_has_nothing_to_show);
    tcase_add_test(c, a_long_event_is_cut_and_its_bytes_are_escaped);
    tcase_add_test(c, applied_events_tell_their_minutes_and_where_a_location_was_absent);
    suite_add_tcase(s, c);
    return s;
}
