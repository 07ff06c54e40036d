/* unit/source/check_kafka_lookup.c - what can be asked: commits and their metadata, bounds of the logs, partitions. */
#include <string.h>

#include <check.h>

#include "kafka_given.h"

Suite *kafka_lookup_suite(void);

static struct given g;

static void setup(void) {
    given_kafka(&g);
    given_shared(&g);
}

static void teardown(void) { given_gone(&g); }

static struct source_tp tp_of(int partition) { return (struct source_tp){events_topic(&g), partition}; }

static const struct source_lookup *look_up_both(struct source *s, struct source_event *ev) {
    struct source_tp tps[] = {tp_of(0), tp_of(1)};
    struct err e;
    ck_assert_msg(s->ops->lookup(s->self, tps, 2, &e) == 0, "%s", e.text);
    ck_assert_int_eq(s->ops->lookup(s->self, tps, 2, &e), ERR_REFUSED); /* one at a time */
    await_event(s, SOURCE_LOOKUP, ev);
    ck_assert_uint_eq(ev->n, 2);
    ck_assert_ptr_eq(ev->lookups[1].tp.topic, events_topic(&g));
    ck_assert_int_eq(ev->lookups[1].tp.partition, 1);
    return ev->lookups;
}

static void await_partitions(uint32_t n) {
    int64_t until = clock_mono_ms(&clock_system) + KAFKA_GIVEN_MS;
    while (known_topic(&g, "events").partitions != n) ck_assert_int_lt(clock_mono_ms(&clock_system), until);
}

START_TEST(partitions_and_connection_are_known_soon) {
    await_partitions(2);
    await_no_why(&g);
    ck_assert_uint_eq(known_topic(&g, "rejected").partitions, 0); /* the dead-letter topic is not one of ours */
}
END_TEST

/* What a new partition does hangs on the difference (delivery rule 5). */
START_TEST(no_commit_is_told_from_a_failed_look_up_and_from_a_commit) {
    enum { OFFSET_FETCH = 9 };
    given_records(&g, 0, 0, 20);
    await_partitions(2);
    struct source s = given_member(&g);
    struct source_event ev;
    struct err e;
    join_and_assign(&s);

    rd_kafka_mock_push_request_errors(g.cluster, OFFSET_FETCH, 1, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    const struct source_lookup *l = look_up_both(&s, &ev);
    ck_assert_int_eq(l[0].state, SOURCE_COMMIT_FAILED);
    ck_assert_int_eq(l[1].state, SOURCE_COMMIT_FAILED);

    l = look_up_both(&s, &ev);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(l[i].state, SOURCE_COMMIT_NONE);
        ck_assert(!l[i].topic_has_commits);
        ck_assert_int_eq(l[i].log_start, 0);
    }
    ck_assert_int_eq(l[0].log_end, 20);
    ck_assert_int_eq(l[1].log_end, 0);

    struct source_commit c = {.tp = tp_of(0), .offset = 15};
    memset(c.metadata, 'm', SOURCE_METADATA_BYTES_MAX - 1);
    ck_assert_msg(s.ops->commit(s.self, &c, 1, 0, &e) == 0, "%s", e.text);
    await_event(&s, SOURCE_COMMITTED, &ev);
    ck_assert_uint_eq(ev.n, 1);
    ck_assert(ev.commits[0].ok);
    ck_assert_int_eq(ev.commits[0].offset, 15);
    ck_assert_str_eq(ev.commits[0].metadata, c.metadata);

    l = look_up_both(&s, &ev);
    ck_assert_int_eq(l[0].state, SOURCE_COMMIT_FOUND);
    ck_assert_int_eq(l[0].offset, 15);
    ck_assert_str_eq(l[0].metadata, c.metadata);
    ck_assert_int_eq(l[1].state, SOURCE_COMMIT_NONE);
    ck_assert(l[1].topic_has_commits);
    kafka_member_close(&s);
}
END_TEST

/* Two commits out at once could land in the wrong order; so the second waits, and one that is given up is never sent.
 */
START_TEST(commits_are_answered_one_by_one_in_order) {
    enum { OFFSET_COMMIT = 8, BROKER_SLOW_MS = 2000 };
    given_records(&g, 0, 0, 20);
    struct source s = given_member(&g);
    struct source_event ev;
    struct err e;
    join_and_assign(&s);
    struct source_commit c = {.tp = tp_of(0), .metadata = "v1"};
    rd_kafka_mock_push_request_errors(g.cluster, OFFSET_COMMIT, 1, RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE);
    for (c.offset = 1; c.offset <= 3; c.offset++)
        ck_assert_int_eq(s.ops->commit(s.self, &c, 1, c.offset == 3 ? 2000 : 0, &e), 0);
    for (int i = 1; i <= 3; i++) {
        await_event(&s, SOURCE_COMMITTED, &ev);
        ck_assert_int_eq(ev.commits[0].offset, i);
        ck_assert_int_eq(ev.commits[0].ok, i > 1); /* the broker refused the first */
    }

    ck_assert_int_eq(rd_kafka_mock_broker_set_rtt(g.cluster, 1, BROKER_SLOW_MS), 0);
    c.offset = 4;
    ck_assert_int_eq(s.ops->commit(s.self, &c, 1, 0, &e), 0);
    c.offset = 5;
    int64_t before = clock_mono_ms(&clock_system);
    ck_assert_int_eq(s.ops->commit(s.self, &c, 1, 50, &e), 0);
    ck_assert_int_lt(clock_mono_ms(&clock_system) - before, BROKER_SLOW_MS);
    await_event(&s, SOURCE_COMMITTED, &ev);
    ck_assert_int_eq(ev.commits[0].offset, 5); /* given up, told at once */
    ck_assert(!ev.commits[0].ok);
    await_event(&s, SOURCE_COMMITTED, &ev);
    ck_assert_int_eq(ev.commits[0].offset, 4);
    ck_assert(ev.commits[0].ok);
    ck_assert_int_eq(rd_kafka_mock_broker_set_rtt(g.cluster, 1, 0), 0);
    ck_assert_int_eq(look_up_both(&s, &ev)[0].offset, 4);
    kafka_member_close(&s);
}
END_TEST

START_TEST(a_commit_without_an_assignment_is_refused) {
    struct source s = given_member(&g);
    struct source_commit c = {.tp = tp_of(0), .offset = 1};
    struct err e;
    ck_assert_int_eq(s.ops->commit(s.self, &c, 1, 0, &e), ERR_REFUSED);
    kafka_member_close(&s);
}
END_TEST

START_TEST(ends_tell_where_the_logs_stand) {
    given_records(&g, 0, 0, 7);
    await_partitions(2);
    struct source s = given_member(&g);
    struct source_tp tps[] = {tp_of(0), tp_of(1), tp_of(9)};
    struct source_event ev;
    struct err e;
    int64_t before = clock_wall_ms(&clock_system);
    ck_assert_int_eq(s.ops->ask_ends(s.self, tps, 2, &e), 0);
    ck_assert_int_eq(s.ops->ask_ends(s.self, tps, 2, &e), ERR_REFUSED);
    await_event(&s, SOURCE_ENDS, &ev);
    ck_assert_uint_eq(ev.n, 2);
    ck_assert(ev.ends[0].ok && ev.ends[1].ok);
    ck_assert_int_ge(ev.ends[0].wall_ms, before);
    ck_assert_int_le(ev.ends[0].wall_ms, clock_wall_ms(&clock_system));
    ck_assert_int_eq(ev.ends[0].log_end, 7);
    ck_assert_int_eq(ev.ends[0].high_watermark, 7);
    ck_assert_int_eq(ev.ends[1].log_end, 0);
    ck_assert_int_eq(ev.ends[1].log_start, 0);
    kafka_member_close(&s);
}
END_TEST

START_TEST(a_partition_that_cannot_be_asked_does_not_silence_the_others) {
    given_records(&g, 0, 0, 7);
    await_partitions(2);
    struct source s = given_member(&g);
    struct source_tp tps[] = {tp_of(9), tp_of(0)};
    struct source_event ev;
    struct err e;
    ck_assert_int_eq(s.ops->ask_ends(s.self, tps, 2, &e), 0);
    await_event(&s, SOURCE_ENDS, &ev);
    ck_assert(!ev.ends[0].ok);
    ck_assert(ev.ends[1].ok);
    ck_assert_int_eq(ev.ends[1].log_end, 7);
    kafka_member_close(&s);
}
END_TEST

Suite *kafka_lookup_suite(void) {
    Suite *suite = suite_create("kafka_lookup");
    TCase *t = tcase_create("lookup");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, partitions_and_connection_are_known_soon);
    tcase_add_test(t, no_commit_is_told_from_a_failed_look_up_and_from_a_commit);
    tcase_add_test(t, commits_are_answered_one_by_one_in_order);
    tcase_add_test(t, a_commit_without_an_assignment_is_refused);
    tcase_add_test(t, ends_tell_where_the_logs_stand);
    tcase_add_test(t, a_partition_that_cannot_be_asked_does_not_silence_the_others);
    suite_add_tcase(suite, t);
    return suite;
}
