/* unit/hub/check_hub.c - what the threads of a worker share is made of the settings. */
#include <string.h>

#include <check.h>

#include "unit/worker/worker_given.h"

static void setup(void) { given_hub((const char *const[]){"TOPICS=t", "THREADS=3", NULL}); }

START_TEST(the_rules_are_those_of_the_settings) {
    worker_gone();
    given_hub((const char *const[]){"LATENESS=2m", "FUTURE=30s", "SLACK=7s", "SETTLE_DELAY=9s", "GLOBAL=all",
                                    "LIST_SIZE=123", "SKETCH_KB=32", "LOG_CLOCK=event", "START=latest", NULL});
    const struct delivery_rules *r = &worker.hub.rules;
    ck_assert_int_eq(r->lateness_ms, 120000);
    ck_assert_int_eq(r->future_ms, 30000);
    ck_assert_int_eq(r->slack_ms, 7000);
    ck_assert_int_eq(r->settle_delay_ms, 9000);
    ck_assert_uint_eq(r->global.n, 3);
    ck_assert_mem_eq(r->global.p, "all", 3);
    ck_assert_uint_eq(r->list_size, 123);
    ck_assert_uint_eq(r->sketch_sets, 256); /* of 128 bytes */
    ck_assert(r->clock_is_event && r->start_latest);
    ck_assert_uint_eq(r->meaning, config_meaning_hash(worker.config));
}
END_TEST

START_TEST(an_empty_global_is_no_list) {
    worker_gone();
    given_hub((const char *const[]){"GLOBAL=", NULL});
    ck_assert_uint_eq(worker.hub.rules.global.n, 0);
}
END_TEST

START_TEST(every_consumer_has_a_box_without_limit_and_the_publisher_one_with) {
    ck_assert_uint_eq(worker.hub.consumers_n, 3);
    for (uint32_t i = 0; i < 3; i++) ck_assert_uint_eq(worker.hub.consumers[i].inbox.limit_bytes, 0);
    ck_assert_uint_eq(worker.hub.outbox.limit_bytes, HUB_QUEUE_BYTES_MAX);
}
END_TEST

Suite *hub_suite(void);
Suite *hub_suite(void) {
    Suite *s = suite_create("hub");
    TCase *c = tcase_create("settings");
    tcase_add_checked_fixture(c, setup, worker_gone);
    tcase_add_test(c, the_rules_are_those_of_the_settings);
    tcase_add_test(c, an_empty_global_is_no_list);
    tcase_add_test(c, every_consumer_has_a_box_without_limit_and_the_publisher_one_with);
    suite_add_tcase(s, c);
    return s;
}
