/* unit/hub/check_hub.c - what the threads of a worker share: rules made of settings, shards made of partitions, and one
 * reason to stop. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "unit/base/capture.h"
#include "unit/worker/worker_given.h"

static void setup(void) { given_hub((const char *const[]){"TOPICS=t", "THREADS=3", NULL}); }

static void own(const int32_t *partitions, size_t n) {
    for (size_t i = 0; i < n; i++) hub_own(&worker.hub, 0, "t", partitions[i], true);
}

/* Exactly the shards whose number modulo P is one of these. */
static void expect_shards_of(const int32_t *partitions, size_t n) {
    uint32_t shards[STORE_SHARDS];
    size_t got = hub_shards(&worker.hub, shards), at = 0;
    for (uint32_t s = 0; s < STORE_SHARDS; s++)
        for (size_t i = 0; i < n; i++)
            if ((int32_t)(s % worker.partitions) == partitions[i]) {
                ck_assert_uint_lt(at, got);
                ck_assert_uint_eq(shards[at++], s);
            }
    ck_assert_uint_eq(at, got);
}

/* -- settings -- */

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

/* -- shards -- */

START_TEST(a_shard_goes_with_the_partition_of_its_number) {
    static const int32_t ours[] = {1, 3};
    own(ours, 2);
    expect_shards_of(ours, 2);
    hub_own(&worker.hub, 0, "t", 3, true); /* told twice */
    expect_shards_of(ours, 2);
    hub_own(&worker.hub, 0, "t", 1, false);
    expect_shards_of(ours + 1, 1);
    hub_own(&worker.hub, 0, "t", 3, false);
    expect_shards_of(NULL, 0);
}
END_TEST

START_TEST(all_partitions_have_all_shards_once) {
    static const int32_t all[] = {0, 1, 2, 3};
    uint32_t shards[STORE_SHARDS];
    own(all, 4);
    ck_assert_uint_eq(hub_shards(&worker.hub, shards), STORE_SHARDS);
    for (uint32_t s = 0; s < STORE_SHARDS; s++) ck_assert_uint_eq(shards[s], s);
}
END_TEST

START_TEST(a_topic_that_grows_moves_its_shards) {
    static const int32_t ours[] = {1, 3};
    own(ours, 2);
    worker.partitions = 7;
    expect_shards_of(ours, 2);
    static const int32_t more[] = {1, 3, 6};
    own(more, 3);
    expect_shards_of(more, 3);
}
END_TEST

START_TEST(a_partition_beyond_the_known_ones_has_no_shard_yet) {
    static const int32_t ours[] = {6};
    own(ours, 1);
    expect_shards_of(NULL, 0);
    worker.partitions = 7;
    expect_shards_of(ours, 1);
}
END_TEST

START_TEST(a_topic_of_unknown_size_has_no_shards) {
    uint32_t shards[STORE_SHARDS];
    hub_own(&worker.hub, 0, "t", 0, true);
    worker.partitions = 0;
    ck_assert_uint_eq(hub_shards(&worker.hub, shards), 0);
}
END_TEST

START_TEST(a_topic_may_have_more_partitions_than_there_are_shards) {
    static const int32_t ours[] = {5, 300};
    worker.partitions = 1000;
    own(ours, 2);
    expect_shards_of(ours, 2);
    uint32_t shards[STORE_SHARDS];
    ck_assert_uint_eq(hub_shards(&worker.hub, shards), 1);
}
END_TEST

START_TEST(a_partition_that_another_consumer_took_is_not_given_up_by_the_last) {
    static const int32_t ours[] = {1};
    hub_own(&worker.hub, 0, "t", 1, true);
    hub_own(&worker.hub, 2, "t", 1, true); /* before the first one is told */
    hub_own(&worker.hub, 0, "t", 1, false);
    expect_shards_of(ours, 1);
    hub_own(&worker.hub, 2, "t", 1, false);
    expect_shards_of(NULL, 0);
}
END_TEST

static uint32_t sizes[3];

static uint32_t size_of(void *self, uint32_t topic) {
    (void)self;
    return sizes[topic];
}

/* Exactly the shards whose number modulo OF is AT. */
static void expect_shards(uint32_t at, uint32_t of) {
    uint32_t shards[STORE_SHARDS];
    size_t n = hub_shards(&worker.hub, shards), expected = 0;
    for (uint32_t s = at; s < STORE_SHARDS; s += of) {
        ck_assert_uint_lt(expected, n);
        ck_assert_uint_eq(shards[expected++], s);
    }
    ck_assert_uint_eq(expected, n);
}

static void given_topics_of(uint32_t a, uint32_t b, uint32_t c) {
    worker_gone();
    given_hub((const char *const[]){"TOPICS=a,b,c", NULL});
    memcpy(sizes, (uint32_t[]){a, b, c}, sizeof sizes);
    worker.hub.partitions = size_of;
}

START_TEST(shards_go_round_the_partitions_of_all_topics) {
    given_topics_of(2, 3, 1);
    hub_own(&worker.hub, 0, "b", 1, true);
    expect_shards(3, 6);
    hub_own(&worker.hub, 0, "b", 1, false);
    hub_own(&worker.hub, 0, "c", 0, true);
    expect_shards(5, 6);
    hub_own(&worker.hub, 0, "c", 0, false);
    hub_own(&worker.hub, 0, "a", 1, true);
    expect_shards(1, 6);
}
END_TEST

static bool b_is_away(void *self, uint32_t topic) {
    (void)self;
    return topic == 1;
}

/* Nobody has its partitions. */
START_TEST(a_topic_that_went_leaves_all_shards_to_the_others) {
    given_topics_of(2, 3, 1);
    worker.hub.topic_is_away = b_is_away;
    hub_own(&worker.hub, 0, "c", 0, true);
    expect_shards(2, 3);
}
END_TEST

START_TEST(a_topic_of_unknown_size_leaves_all_shards_to_the_others) {
    given_topics_of(0, 3, 0);
    hub_own(&worker.hub, 0, "a", 0, true);
    hub_own(&worker.hub, 0, "b", 2, true);
    expect_shards(2, 3);
}
END_TEST

START_TEST(partitions_that_cannot_be_are_ignored) {
    hub_own(&worker.hub, 0, "t", -1, true);
    hub_own(&worker.hub, 0, "t", HUB_PARTITIONS_MAX, true);
    hub_own(&worker.hub, 0, "t", INT32_MAX, true);
    worker.partitions = HUB_PARTITIONS_MAX;
    expect_shards_of(NULL, 0);
}
END_TEST

/* -- the end -- */

static void fail_with(int code, const char *why) {
    struct err e = {.code = code};
    snprintf(e.text, sizeof e.text, "%s", why);
    hub_fail(&worker.hub, &e);
}

START_TEST(the_first_reason_to_stop_is_kept_and_logged) {
    struct capture log;
    ck_assert(!atomic_load(&worker.hub.fatal) && !atomic_load(&worker.hub.stopping));
    capture_begin(&log);
    fail_with(ERR_INVALID, "another group's board");
    fail_with(ERR_IO, "and then the rest fell over");
    capture_end(&log);
    ck_assert(atomic_load(&worker.hub.fatal) && atomic_load(&worker.hub.stopping));
    ck_assert_int_eq(worker.hub.fatal_error.code, ERR_INVALID);
    ck_assert_str_eq(worker.hub.fatal_error.text, "another group's board");
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
    capture_begin(&log);
    for (int i = 0; i < 4; i++) {
        memset(reasons[i], 'a' + i, sizeof reasons[i] - 1);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fail_too, reasons[i]), 0);
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    capture_end(&log);
    ck_assert_str_eq(worker.hub.fatal_error.text, reasons[worker.hub.fatal_error.text[0] - 'a']);
}
END_TEST

/* -- health -- */

START_TEST(an_edge_fails_until_it_is_answered_and_says_what_was_said) {
    char why[ERR_TEXT_MAX] = "";
    struct err e = {.code = ERR_IO, .text = "NOREPLICAS Not enough good replicas to write"};
    ck_assert(!hub_edge_is_failing(&worker.hub, HUB_PUBLISHER, why));
    hub_edge_failed(&worker.hub, HUB_PUBLISHER, &e);
    ck_assert(hub_edge_is_failing(&worker.hub, HUB_PUBLISHER, why));
    ck_assert_str_eq(why, e.text);
    ck_assert(!hub_edge_is_failing(&worker.hub, HUB_MERGER, why));
    worker.mono_ms += 5000;
    hub_edge_works(&worker.hub, HUB_PUBLISHER);
    ck_assert(!hub_edge_is_failing(&worker.hub, HUB_PUBLISHER, why));
    ck_assert_int_eq(atomic_load(&worker.hub.edges[HUB_PUBLISHER].answered_mono_ms), worker.mono_ms);
}
END_TEST

START_TEST(one_consumer_that_stands_still_is_enough_and_its_text_is_cut_to_fit) {
    char why[ERR_TEXT_MAX], text[2 * ERR_TEXT_MAX];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    ck_assert(!hub_stands_still(&worker.hub, why));
    hub_tell_still(&worker.hub, 2, 7, text);
    ck_assert(hub_stands_still(&worker.hub, why));
    ck_assert_uint_eq(strlen(why), ERR_TEXT_MAX - 1);
    hub_tell_still(&worker.hub, 2, 0, "");
    ck_assert(!hub_stands_still(&worker.hub, why));
}
END_TEST

/* -- the merger's rest -- */

enum { FOR_EVER_MS = 30000 }; /* a wait that only a defect lets run out */

static int64_t rested_ms(int ms) {
    int64_t began = clock_mono_ms(&clock_system);
    hub_rest(&worker.hub, ms);
    return clock_mono_ms(&clock_system) - began;
}

START_TEST(a_rest_lasts_its_time_or_until_somebody_rings) {
    ck_assert_int_ge(rested_ms(30), 29); /* the clock's millisecond may end early */
    hub_ring(&worker.hub);               /* while nobody rests: it is not lost, */
    hub_ring(&worker.hub);               /* and not counted */
    ck_assert_int_lt(rested_ms(FOR_EVER_MS), FOR_EVER_MS);
    ck_assert_int_ge(rested_ms(30), 29);
}
END_TEST

Suite *hub_suite(void);
Suite *hub_suite(void) {
    Suite *s = suite_create("hub");
    TCase *c = tcase_create("shared");
    tcase_add_checked_fixture(c, setup, worker_gone);
    tcase_add_test(c, the_rules_are_those_of_the_settings);
    tcase_add_test(c, an_empty_global_is_no_list);
    tcase_add_test(c, every_consumer_has_a_box_without_limit_and_the_publisher_one_with);
    tcase_add_test(c, a_shard_goes_with_the_partition_of_its_number);
    tcase_add_test(c, all_partitions_have_all_shards_once);
    tcase_add_test(c, a_topic_that_grows_moves_its_shards);
    tcase_add_test(c, a_partition_beyond_the_known_ones_has_no_shard_yet);
    tcase_add_test(c, a_topic_of_unknown_size_has_no_shards);
    tcase_add_test(c, a_topic_may_have_more_partitions_than_there_are_shards);
    tcase_add_test(c, a_partition_that_another_consumer_took_is_not_given_up_by_the_last);
    tcase_add_test(c, shards_go_round_the_partitions_of_all_topics);
    tcase_add_test(c, a_topic_of_unknown_size_leaves_all_shards_to_the_others);
    tcase_add_test(c, a_topic_that_went_leaves_all_shards_to_the_others);
    tcase_add_test(c, partitions_that_cannot_be_are_ignored);
    tcase_add_test(c, the_first_reason_to_stop_is_kept_and_logged);
    tcase_add_test(c, threads_that_fail_together_leave_one_whole_reason);
    tcase_add_test(c, an_edge_fails_until_it_is_answered_and_says_what_was_said);
    tcase_add_test(c, one_consumer_that_stands_still_is_enough_and_its_text_is_cut_to_fit);
    tcase_add_test(c, a_rest_lasts_its_time_or_until_somebody_rings);
    suite_add_tcase(s, c);
    return s;
}
