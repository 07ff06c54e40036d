/* unit/worker/check_state_line.c - A worker that has nothing to complain of still says, once a minute, what it did. */
#include <string.h>

#include <check.h>

#include "base/log.h"
#include "unit/base/capture.h"
#include "worker/state_line.h"
#include "worker_given.h"

static struct state_line *line;

static void setup(void) {
    given_hub((const char *const[]){"THREADS=2", NULL});
    line = state_line_create(&worker.hub);
    log_set_level(LOG_INFO);
}

static void teardown(void) {
    state_line_destroy(line);
    worker_gone();
}

static void count(enum metric_id id, const char *labels, uint64_t n) {
    metric_add(metrics_get(worker.metrics, id, labels), n);
}

/* What is written when MS have passed. */
static const char *said_after(int64_t ms) {
    static struct capture c;
    worker.mono_ms += ms;
    capture_begin(&c);
    state_line_look(line);
    return capture_end(&c);
}

START_TEST(nothing_is_said_before_the_minute_is_over) {
    count(METRIC_EVENTS, "outcome=\"applied\"", 5);
    ck_assert_str_eq(said_after(STATE_LINE_MS - 1), "");
    ck_assert_ptr_nonnull(strstr(said_after(1), "event=working events=5 "));
    ck_assert_str_eq(said_after(STATE_LINE_MS - 1), "");
}
END_TEST

START_TEST(a_line_counts_what_came_since_the_line_before) {
    count(METRIC_EVENTS, "outcome=\"applied\"", 100);
    count(METRIC_LISTS, "state=\"open\"", 7);
    said_after(STATE_LINE_MS);
    count(METRIC_EVENTS, "outcome=\"applied\"", 1200);
    count(METRIC_EVENTS, "outcome=\"weightless\"", 40);
    count(METRIC_EVENTS, "outcome=\"malformed\"", 30);
    count(METRIC_EVENTS, "outcome=\"late\"", 10);
    count(METRIC_LISTS, "state=\"open\"", 5);
    count(METRIC_LISTS, "state=\"final\"", 4);
    const char *said = said_after(2 * STATE_LINE_MS);
    ck_assert_msg(strstr(said, "events=1280 rate=11 rejected=40 lists=9 ") != NULL, "%s", said);
}
END_TEST

START_TEST(lag_is_the_sum_in_records_and_the_largest_in_seconds) {
    for (uint32_t i = 0; i < 2; i++) {
        atomic_store(&worker.hub.consumers[i].lag, 1000 * (i + 1));
        atomic_store(&worker.hub.consumers[i].lag_ms, 4500 - 1000 * i);
        atomic_store(&worker.hub.consumers[i].owned, 3);
    }
    const char *said = said_after(STATE_LINE_MS);
    ck_assert_msg(strstr(said, "lag=3000 lag_s=4.5 partitions=6") != NULL, "%s", said);
}
END_TEST

Suite *state_line_suite(void);
Suite *state_line_suite(void) {
    Suite *s = suite_create("state_line");
    TCase *c = tcase_create("state_line");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, nothing_is_said_before_the_minute_is_over);
    tcase_add_test(c, a_line_counts_what_came_since_the_line_before);
    tcase_add_test(c, lag_is_the_sum_in_records_and_the_largest_in_seconds);
    suite_add_tcase(s, c);
    return s;
}
