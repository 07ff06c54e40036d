/* unit/hub/check_health.c - one reason to stop, and who says that its work does not get done. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "unit/base/capture.h"
#include "unit/worker/worker_given.h"

static void setup(void) { given_hub((const char *const[]){"TOPICS=t", "THREADS=3", NULL}); }

/* -- the end -- */

static void fail_with(int code, const char *why) {
    struct err e = {.code = code};
    snprintf(e.text, sizeof e.text, "%s", why);
    health_fail(&worker.hub.health, &e);
}

START_TEST(the_first_reason_to_stop_is_kept_and_logged) {
    struct capture log;
    struct err failure;
    ck_assert(health_goes_on(&worker.hub.health) && !health_failed(&worker.hub.health, NULL));
    capture_begin(&log);
    fail_with(ERR_INVALID, "another group's board");
    fail_with(ERR_IO, "and then the rest fell over");
    capture_end(&log);
    ck_assert(!health_goes_on(&worker.hub.health) && health_failed(&worker.hub.health, &failure));
    ck_assert_int_eq(failure.code, ERR_INVALID);
    ck_assert_str_eq(failure.text, "another group's board");
    ck_assert_ptr_nonnull(strstr(log.text, "event=worker_failed"));
    ck_assert_ptr_nonnull(strstr(log.text, "another group"));
    ck_assert_ptr_null(strstr(log.text, "fell over"));
}
END_TEST

static void *fail_too(void *why) {
    fail_with(ERR_IO, why);
    return NULL;
}

START_TEST(threads_that_fail_together_leave_one_whole_reason) {
    static char reasons[4][200];
    pthread_t threads[4];
    struct capture log;
    struct err failure;
    capture_begin(&log);
    for (int i = 0; i < 4; i++) {
        memset(reasons[i], 'a' + i, sizeof reasons[i] - 1);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fail_too, reasons[i]), 0);
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    capture_end(&log);
    ck_assert(health_failed(&worker.hub.health, &failure));
    ck_assert_str_eq(failure.text, reasons[failure.text[0] - 'a']);
}
END_TEST

START_TEST(a_worker_that_stops_may_still_fail_and_not_the_other_way) {
    struct capture log;
    health_stop(&worker.hub.health);
    ck_assert(!health_goes_on(&worker.hub.health) && !health_failed(&worker.hub.health, NULL));
    capture_begin(&log);
    fail_with(ERR_IO, "why");
    capture_end(&log);
    health_stop(&worker.hub.health);
    ck_assert(health_failed(&worker.hub.health, NULL));
}
END_TEST

/* -- edges, and partitions that stand still -- */

START_TEST(an_edge_fails_until_it_is_answered_and_says_what_was_said) {
    char why[ERR_TEXT_MAX] = "";
    struct err e = {.code = ERR_IO, .text = "NOREPLICAS Not enough good replicas to write"};
    ck_assert(!health_edge_is_failing(&worker.hub.health, HEALTH_PUBLISHER, why));
    health_edge_failed(&worker.hub.health, HEALTH_PUBLISHER, &e);
    ck_assert(health_edge_is_failing(&worker.hub.health, HEALTH_PUBLISHER, why));
    ck_assert_str_eq(why, e.text);
    ck_assert(!health_edge_is_failing(&worker.hub.health, HEALTH_MERGER, why));
    worker.mono_ms += 5000;
    health_edge_works(&worker.hub.health, HEALTH_PUBLISHER);
    ck_assert(!health_edge_is_failing(&worker.hub.health, HEALTH_PUBLISHER, why));
    ck_assert_int_eq(atomic_load(&worker.hub.health.edges[HEALTH_PUBLISHER].answered_mono_ms), worker.mono_ms);
}
END_TEST

START_TEST(one_consumer_that_stands_still_is_enough_and_its_text_is_cut_to_fit) {
    char why[ERR_TEXT_MAX], text[2 * ERR_TEXT_MAX];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    ck_assert(!health_stands_still(&worker.hub.health, why));
    health_tell_still(&worker.hub.health, 2, 7, text);
    ck_assert(health_stands_still(&worker.hub.health, why));
    ck_assert_uint_eq(strlen(why), ERR_TEXT_MAX - 1);
    health_tell_still(&worker.hub.health, 2, 0, "");
    ck_assert(!health_stands_still(&worker.hub.health, why));
}
END_TEST

Suite *health_suite(void);
Suite *health_suite(void) {
    Suite *s = suite_create("health");
    TCase *c = tcase_create("health");
    tcase_add_checked_fixture(c, setup, worker_gone);
    tcase_add_test(c, the_first_reason_to_stop_is_kept_and_logged);
    tcase_add_test(c, threads_that_fail_together_leave_one_whole_reason);
    tcase_add_test(c, a_worker_that_stops_may_still_fail_and_not_the_other_way);
    tcase_add_test(c, an_edge_fails_until_it_is_answered_and_says_what_was_said);
    tcase_add_test(c, one_consumer_that_stands_still_is_enough_and_its_text_is_cut_to_fit);
    suite_add_tcase(s, c);
    return s;
}
