/* unit/worker/check_probes.c - what the probes say of a worker, from what its threads told the hub. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "worker/probes.h"
#include "worker_given.h"

static char why[WHY_MAX];

/* Two consumers, one of them with a partition; Redis answers. */
static void setup(void) {
    given_hub((const char *const[]){"THREADS=2", "READY_AGE=10s", NULL});
    atomic_store(&worker.hub.consumers[1].owned, 1);
    atomic_store(&worker.hub.consumers[1].owned_since_mono_ms, worker.mono_ms);
    atomic_store(&worker.hub.health.store, HEALTH_STORE_UP);
    why[0] = '\0';
}

static void expect_ready(void) { ck_assert_msg(probe_work(&worker.hub, why), "%s", why); }

static void expect_not_ready(const char *because) {
    ck_assert(!probe_work(&worker.hub, why));
    ck_assert_msg(strstr(why, because) != NULL, "%s", why);
}

static void edge_fails(enum health_edge edge, const char *text) {
    struct err e = {.code = ERR_IO};
    snprintf(e.text, sizeof e.text, "%s", text);
    health_edge_failed(&worker.hub.health, edge, &e);
}

START_TEST(a_loop_that_turned_lately_is_healthy) {
    ck_assert(probe_turns(&worker.hub, why)); /* none has begun */
    atomic_store(&worker.hub.consumers[0].turned_mono_ms, worker.mono_ms);
    worker.mono_ms += 10000;
    ck_assert(probe_turns(&worker.hub, why));
    worker.mono_ms += 1;
    ck_assert(!probe_turns(&worker.hub, why));
    ck_assert_ptr_nonnull(strstr(why, "consumer 0 has not turned for 10001 ms"));
}
END_TEST

START_TEST(a_worker_is_ready_while_redis_answers) {
    expect_ready();
    edge_fails(HEALTH_PUBLISHER, "connection refused");
    atomic_store(&worker.hub.health.store, HEALTH_STORE_AWAY);
    expect_not_ready("redis: connection refused");
    atomic_store(&worker.hub.health.store, HEALTH_STORE_FULL);
    expect_not_ready("redis: connection refused");
}
END_TEST

START_TEST(edges_that_fail_matter_to_whoever_has_partitions) {
    edge_fails(HEALTH_MERGER, "no right");
    expect_not_ready("lists are not merged: no right");
    edge_fails(HEALTH_PUBLISHER, "no replicas");
    expect_not_ready("does not take writes: no replicas");
    atomic_store(&worker.hub.consumers[1].owned, 0);
    expect_ready();
}
END_TEST

START_TEST(partitions_below_their_frontier_are_not_ready) {
    atomic_store(&worker.hub.consumers[1].silent, 2);
    atomic_store(&worker.hub.consumers[1].waiting, 1);
    expect_not_ready("rewinding: 3 partitions");
}
END_TEST

START_TEST(one_partition_that_stands_still_is_not_ready) {
    health_tell_still(&worker.hub.health, 1, 1, "t/0 is damaged");
    expect_not_ready("kafka: t/0 is damaged");
}
END_TEST

START_TEST(writes_are_answered_within_the_ready_age) {
    worker.mono_ms += 10000;
    expect_ready();
    worker.mono_ms += 1;
    expect_not_ready("no write was answered for 10 s; commits are 10 s old");
    health_edge_works(&worker.hub.health, HEALTH_PUBLISHER);
    expect_ready();
}
END_TEST

/* Each owned partition has something to write at every tick, and whoever has none has nothing to wait for. */
START_TEST(a_worker_without_partitions_waits_for_no_answer) {
    atomic_store(&worker.hub.consumers[1].owned, 0);
    worker.mono_ms += 1000000;
    expect_ready();
}
END_TEST

static double shown(enum metric_id id) { return metric_value(metrics_get(worker.metrics, id, "")); }

START_TEST(gauges_are_sums_over_consumers_and_minutes_their_largest) {
    for (uint32_t i = 0; i < 2; i++) {
        atomic_store(&worker.hub.consumers[i].owned, 3);
        atomic_store(&worker.hub.consumers[i].minutes, 5 + i);
        atomic_store(&worker.hub.consumers[i].waiting, 1);
        atomic_store(&worker.hub.consumers[i].silent, 1);
        health_tell_still(&worker.hub.health, i, 2, "why");
    }
    worker.mono_ms += 2000;
    probe_show(&worker.hub);
    ck_assert(shown(METRIC_ASSIGNED_PARTITIONS) == 6 && shown(METRIC_LIVE_MINUTES) == 6);
    ck_assert(shown(METRIC_SILENT_PARTITIONS) == 4 && shown(METRIC_STILL_PARTITIONS) == 4);
    ck_assert(shown(METRIC_PUBLISH_AGE) == 2);
}
END_TEST

Suite *probes_suite(void);
Suite *probes_suite(void) {
    Suite *s = suite_create("probes");
    TCase *c = tcase_create("probes");
    tcase_add_checked_fixture(c, setup, worker_gone);
    tcase_add_test(c, a_loop_that_turned_lately_is_healthy);
    tcase_add_test(c, a_worker_is_ready_while_redis_answers);
    tcase_add_test(c, edges_that_fail_matter_to_whoever_has_partitions);
    tcase_add_test(c, partitions_below_their_frontier_are_not_ready);
    tcase_add_test(c, one_partition_that_stands_still_is_not_ready);
    tcase_add_test(c, writes_are_answered_within_the_ready_age);
    tcase_add_test(c, a_worker_without_partitions_waits_for_no_answer);
    tcase_add_test(c, gauges_are_sums_over_consumers_and_minutes_their_largest);
    suite_add_tcase(s, c);
    return s;
}
