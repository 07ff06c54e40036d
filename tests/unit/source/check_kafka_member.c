/* What a member of the group sees: records, ends, resets, rebalances. */
#include "unit/source/kafka_given.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *kafka_member_suite(void);

static struct given g;

static void setup(void) {
    given_kafka(&g);
    given_shared(&g);
}

static void teardown(void) { given_gone(&g); }

static void expect_record(struct source *s, int64_t offset) {
    const struct source_record *r = await_record(s);
    ck_assert_int_eq(r->offset, offset);
    char text[16] = {0};
    ck_assert_uint_lt(r->value.n, sizeof text);
    memcpy(text, r->value.p, r->value.n);
    ck_assert_int_eq(atoi(text), offset);
}

static struct source_tp tp_of(int partition) { return (struct source_tp){events_topic(&g), partition}; }

START_TEST(records_come_in_order_with_key_and_time_and_then_the_end) {
    given_records(&g, 1, 0, 50);
    struct source s = given_member(&g);
    struct source_event ev;
    assign_at(&g, &s, 1, 0);
    for (int i = 0; i < 50; i++) {
        const struct source_record *r = await_record(&s);
        ck_assert_ptr_eq(r->tp.topic, events_topic(&g));
        ck_assert_int_eq(r->tp.partition, 1);
        ck_assert_int_eq(r->offset, i);
        ck_assert_int_eq(r->time_ms, 1000 + i);
        ck_assert_int_eq(r->key.p[0], 'k');
    }
    await_event(&s, SOURCE_EOF, &ev);
    ck_assert_ptr_eq(ev.tp.topic, events_topic(&g));
    ck_assert_int_eq(ev.tp.partition, 1);
    ck_assert_int_eq(ev.offset, 50);
    given_records(&g, 1, 50, 1);
    expect_record(&s, 50);
    await_event(&s, SOURCE_EOF, &ev);
    ck_assert_int_eq(ev.offset, 51);
    kafka_member_close(&s);
}
END_TEST

START_TEST(a_null_value_is_a_tombstone_and_an_empty_one_is_not) {
    static const struct {
        void *value;
        size_t key_n;
    } sent[] = {{NULL, 3}, {"", 3}, {"", 0}};
    for (size_t i = 0; i < ARRAY_LEN(sent); i++) {
        rd_kafka_vu_t v[] = {
            {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = "events"},
            {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0},
            {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {sent[i].key_n ? "key" : NULL, sent[i].key_n}},
            {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {sent[i].value, 0}},
        };
        ck_assert_ptr_null(rd_kafka_produceva(g.producer, v, ARRAY_LEN(v)));
    }
    ck_assert_int_eq(rd_kafka_flush(g.producer, KAFKA_GIVEN_MS), 0);
    struct source s = given_member(&g);
    assign_at(&g, &s, 0, 0);
    for (size_t i = 0; i < ARRAY_LEN(sent); i++) {
        const struct source_record *r = await_record(&s);
        ck_assert_int_eq(r->value.p == NULL, sent[i].value == NULL);
        ck_assert_uint_eq(r->value.n, 0);
        ck_assert_int_eq(r->key.p == NULL, sent[i].key_n == 0);
    }
    kafka_member_close(&s);
}
END_TEST

START_TEST(assigning_again_starts_at_the_new_offset_and_forgets_a_pause) {
    given_records(&g, 0, 0, 100);
    struct source s = given_member(&g);
    assign_at(&g, &s, 0, 40);
    expect_record(&s, 40);
    expect_record(&s, 41);
    assign_at(&g, &s, 0, 7);
    expect_record(&s, 7);
    struct source_tp tp = tp_of(0);
    struct err e;
    ck_assert_int_eq(s.ops->pause(s.self, &tp, 1, &e), 0);
    assign_at(&g, &s, 0, 99);
    expect_record(&s, 99);
    kafka_member_close(&s);
}
END_TEST

START_TEST(a_paused_partition_is_silent_and_goes_on_where_it_was) {
    given_records(&g, 0, 0, 100);
    struct source s = given_member(&g);
    struct source_tp tp = tp_of(0);
    struct err e;
    assign_at(&g, &s, 0, 10);
    ck_assert_int_eq(s.ops->pause(s.self, &tp, 1, &e), 0); /* before anything was read */
    ck_assert_int_eq(records_within(&s, 200), 0);
    ck_assert_int_eq(s.ops->resume(s.self, &tp, 1, &e), 0);
    expect_record(&s, 10);
    expect_record(&s, 11);
    ck_assert_int_eq(s.ops->pause(s.self, &tp, 1, &e), 0);
    ck_assert_int_eq(s.ops->pause(s.self, &tp, 1, &e), 0);
    ck_assert_int_eq(records_within(&s, 200), 0);
    ck_assert_int_eq(s.ops->resume(s.self, &tp, 1, &e), 0);
    expect_record(&s, 12);
    ck_assert_int_eq(s.ops->resume(s.self, &tp, 1, &e), 0); /* not paused: nothing is read twice */
    expect_record(&s, 13);
    kafka_member_close(&s);
}
END_TEST

START_TEST(an_offset_outside_the_log_is_told_and_cured_by_assigning) {
    given_records(&g, 0, 0, 10);
    struct source s = given_member(&g);
    struct source_event ev;
    assign_at(&g, &s, 0, 1000);
    await_event(&s, SOURCE_RESET, &ev);
    ck_assert_ptr_eq(ev.tp.topic, events_topic(&g));
    ck_assert_int_eq(ev.tp.partition, 0);
    assign_at(&g, &s, 0, 3);
    expect_record(&s, 3);
    kafka_member_close(&s);
}
END_TEST

/* Both have to poll for a rebalance to end. Returns who was told last. */
static int await_one_partition_each(struct source *members[2], struct source_tp own[2]) {
    int64_t until = clock_mono_ms(&clock_system) + KAFKA_GIVEN_MS;
    for (int i = 0; clock_mono_ms(&clock_system) < until; i = 1 - i) {
        struct source_event ev;
        members[i]->ops->poll(members[i]->self, 20, &ev);
        if (ev.type == SOURCE_REVOKE) own[i].topic = NULL; /* it took more than one rebalance */
        if (ev.type == SOURCE_ASSIGN && ev.n == 1) own[i] = ev.tps[0];
        if (own[0].topic && own[1].topic) return i;
    }
    ck_abort_msg("no rebalance");
    return -1;
}

/* A REVOKE must come before the partitions move; a commit can be sent until the poll after it. The first member answers
 * its first assignment late: the group must not wait for it. In the end one closes without having answered. */
START_TEST(two_members_share_the_partitions) {
    given_records(&g, 0, 0, 5);
    given_records(&g, 1, 0, 5);
    struct source a = given_member(&g), b;
    struct source_event ev;
    struct err e;
    ck_assert(!kafka_member_joined(&a));
    await_event(&a, SOURCE_ASSIGN, &ev);
    ck_assert(kafka_member_joined(&a));
    ck_assert_uint_eq(ev.n, 2);
    ck_assert_ptr_eq(ev.tps[0].topic, events_topic(&g));
    ck_assert_int_eq(records_within(&a, 200), 0); /* acknowledged, but nothing assigned yet */
    struct source_assign all[] = {{tp_of(0), 0}, {tp_of(1), 2}};
    ck_assert_int_eq(a.ops->assign(a.self, all, 2, &e), 0);
    for (int i = 0; i < 8; i++) (void)await_record(&a);

    b = given_member(&g);
    await_event(&a, SOURCE_REVOKE, &ev);
    ck_assert(!ev.lost);
    ck_assert_uint_eq(ev.n, 2);
    struct source_commit c = {.tp = tp_of(0), .offset = 5, .metadata = "left"};
    ck_assert_msg(a.ops->commit(a.self, &c, 1, 1000, &e) == 0, "%s", e.text);
    a.ops->poll(a.self, 0, &ev);
    ck_assert_int_eq(ev.type, SOURCE_COMMITTED);
    ck_assert_int_eq(ev.commits[0].offset, 5); /* a broker takes it; the mock refuses commits while members join */

    struct source *members[] = {&a, &b};
    struct source_tp own[2] = {{NULL, 0}, {NULL, 0}};
    int last = await_one_partition_each(members, own);
    ck_assert_int_eq(own[0].partition + own[1].partition, 1);
    assign_at(&g, members[1 - last], own[1 - last].partition, 4);
    expect_record(members[1 - last], 4);
    int64_t before = clock_mono_ms(&clock_system);
    kafka_member_close(members[last]); /* did not answer its assignment */
    ck_assert_int_lt(clock_mono_ms(&clock_system) - before, 2000);
    kafka_member_close(members[1 - last]);
}
END_TEST

START_TEST(a_setting_that_librdkafka_refuses_is_named) {
    struct source s;
    struct err e;
    given_prop(&g, "fetch.wait.max.ms", "soon");
    ck_assert_int_eq(kafka_member_open(g.shared, KAFKA_GIVEN_QUEUE_BYTES, &s, &e), ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(e.text, "TOPKD_RDKAFKA_FETCH_WAIT_MAX_MS"));
    g.config.kafka_props_n--;
    given_prop(&g, "no.such.property", "1");
    ck_assert_int_eq(kafka_member_open(g.shared, KAFKA_GIVEN_QUEUE_BYTES, &s, &e), ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(e.text, "no.such.property"));
}
END_TEST

Suite *kafka_member_suite(void) {
    Suite *suite = suite_create("kafka_member");
    TCase *t = tcase_create("member");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, records_come_in_order_with_key_and_time_and_then_the_end);
    tcase_add_test(t, a_null_value_is_a_tombstone_and_an_empty_one_is_not);
    tcase_add_test(t, assigning_again_starts_at_the_new_offset_and_forgets_a_pause);
    tcase_add_test(t, a_paused_partition_is_silent_and_goes_on_where_it_was);
    tcase_add_test(t, an_offset_outside_the_log_is_told_and_cured_by_assigning);
    tcase_add_test(t, two_members_share_the_partitions);
    tcase_add_test(t, a_setting_that_librdkafka_refuses_is_named);
    suite_add_tcase(suite, t);
    return suite;
}
