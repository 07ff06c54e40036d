/* unit/hub/check_rejects.c - events that do not count are told while they outweigh those that do.
 * That is once a minute, with what to look at and one of the events. */
#include <string.h>

#include <check.h>

#include "consumer/state.h"
#include "unit/base/capture.h"
#include "unit/consumer/consumer_given.h"

static struct rejects rejects;
static struct reject_example none;
static int64_t now_ms;
static struct capture capture;

static void setup(void) {
    rejects_init(&rejects);
    now_ms = 1000;
}
static void teardown(void) { rejects_deinit(&rejects); }

static struct reject_example example_of(const char *text, size_t n, enum event_outcome outcome) {
    struct reject_example x;
    struct event ev = {.raw = {text, n}, .outcome = outcome};
    reject_example_take(&x, &ev, "views", 3, 77);
    return x;
}

static void add(uint64_t applied, uint64_t no_item, uint64_t late) {
    const uint64_t outcomes[EVENT_OUTCOMES] = {
        [EVENT_APPLIED] = applied, [EVENT_NO_ITEM] = no_item, [EVENT_LATE] = late, [EVENT_WEIGHTLESS] = 1000};
    struct reject_example x = example_of("{\"id\":1}", 8, EVENT_NO_ITEM);
    rejects_add(&rejects, outcomes, no_item + late > 0 ? &x : &none, now_ms);
}

/* What is said when MS have passed and nothing more came. */
static const char *said_after(int64_t ms) {
    now_ms += ms;
    capture_begin(&capture);
    add(0, 0, 0);
    return capture_end(&capture);
}

START_TEST(what_outweighs_is_told_with_counts_settings_and_an_example) {
    add(3, 80, 10);
    ck_assert_str_eq(said_after(REJECTS_FIRST_MS - 1), "");
    const char *line = said_after(1);
    ck_assert_ptr_nonnull(strstr(line, " level=warn event=events_rejected applied=3 rejected=90 no_item=80 late=10 "
                                       "look_at=\"no_item: TOPKD_FIELD_ITEM; late: TOPKD_LATENESS TOPKD_LOG_CLOCK "
                                       "TOPKD_FIELD_TIME TOPKD_TIME_ZONE\" example=\"{\\\"id\\\":1}\" example_bytes=8 "
                                       "example_outcome=no_item topic=views partition=3 offset=77 "
                                       "try=\"topkd judge --suggest --topic views\"\n"));
}
END_TEST

START_TEST(one_line_a_minute_and_none_when_it_is_over) {
    add(0, 1, 0);
    ck_assert_str_ne(said_after(REJECTS_FIRST_MS), "");
    add(0, 5, 0);
    ck_assert_str_eq(said_after(REJECTS_INTERVAL_MS - 1), "");
    add(0, 5, 0);
    ck_assert_ptr_nonnull(strstr(said_after(1), "no_item=10 "));
    ck_assert_str_eq(said_after(REJECTS_INTERVAL_MS * 10), "");
    add(0, 1, 0);
    ck_assert_str_eq(said_after(REJECTS_FIRST_MS - 1), "");
    ck_assert_str_ne(said_after(1), "");
}
END_TEST

START_TEST(what_does_not_outweigh_is_not_told) {
    add(10, 5, 5);
    ck_assert_str_eq(said_after(REJECTS_FIRST_MS), "");
    add(0, 1, 0); /* the ten are of another minute */
    ck_assert_str_ne(said_after(REJECTS_INTERVAL_MS), "");
}
END_TEST

START_TEST(types_that_weigh_nothing_are_meant_so) {
    add(0, 0, 0);
    ck_assert_str_eq(said_after(REJECTS_INTERVAL_MS), "");
}
END_TEST

START_TEST(an_example_is_one_bounded_line_whatever_it_holds) {
    char huge[5000];
    memset(huge, '\n', sizeof huge);
    memcpy(huge, "\x1b[31m\x00\xff", 7);
    const uint64_t outcomes[EVENT_OUTCOMES] = {[EVENT_MALFORMED] = 1};
    struct reject_example x = example_of(huge, sizeof huge, EVENT_MALFORMED);
    rejects_add(&rejects, outcomes, &x, now_ms);
    const char *line = said_after(REJECTS_FIRST_MS);
    ck_assert_ptr_nonnull(strstr(line, "example=\"\\x1b[31m\\x00\\xff\\n\\n"));
    ck_assert_ptr_nonnull(strstr(line, "\" example_bytes=5000 "));
    ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
    ck_assert_uint_lt(strlen(line), 1000);
}
END_TEST

START_TEST(every_outcome_that_is_rejected_has_something_to_look_at) {
    uint64_t outcomes[EVENT_OUTCOMES] = {0};
    enum event_outcome o = (enum event_outcome)_i;
    struct reject_example x = example_of("", 0, o);
    outcomes[o] = 1;
    rejects_add(&rejects, outcomes, &x, now_ms);
    const char *line = said_after(REJECTS_FIRST_MS);
    ck_assert_int_eq(line[0] != 0, event_outcome_rejected(o));
    ck_assert_ptr_null(strstr(line, "(null)"));
}
END_TEST

/* -- through a consumer -- */

static void given_reader(void) {
    usual_consumer();
    given_running_partition();
}

START_TEST(other_field_names_are_told) {
    kafka_brings("[{\"video_id\":\"cat\"},{\"id\":\"cat\"},{\"id\":\"dog\"}]");
    tick();
    capture_begin(&capture);
    tick();
    step_after(REJECTS_FIRST_MS);
    const char *line = capture_end(&capture);
    ck_assert_ptr_nonnull(strstr(line, "event=events_rejected applied=1 rejected=2 no_item=2 "));
    ck_assert_ptr_nonnull(strstr(line, "example=\"{\\\"id\\\":\\\"cat\\\"}\" "));
    ck_assert_ptr_nonnull(strstr(line, "topic=t partition=0 offset=0 try="));
}
END_TEST

Suite *rejects_suite(void);
Suite *rejects_suite(void) {
    Suite *s = suite_create("rejects");
    TCase *c = tcase_create("told");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, what_outweighs_is_told_with_counts_settings_and_an_example);
    tcase_add_test(c, one_line_a_minute_and_none_when_it_is_over);
    tcase_add_test(c, what_does_not_outweigh_is_not_told);
    tcase_add_test(c, types_that_weigh_nothing_are_meant_so);
    tcase_add_test(c, an_example_is_one_bounded_line_whatever_it_holds);
    tcase_add_loop_test(c, every_outcome_that_is_rejected_has_something_to_look_at, 0, EVENT_OUTCOMES);
    suite_add_tcase(s, c);
    c = tcase_create("consumer");
    tcase_add_checked_fixture(c, given_reader, consumer_gone);
    tcase_add_test(c, other_field_names_are_told);
    suite_add_tcase(s, c);
    return s;
}
