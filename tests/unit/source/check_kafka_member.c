/* unit/source/check_kafka_member.c - what a member of the group sees: records, ends, resets, rebalances. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "kafka_given.h"

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

/* Follows what one member is told: each partition's records come without a hole, and its end only behind them. */
struct follower {
    int64_t next[2];
    size_t largest; /* batch */
};

static void follow(struct follower *f, const struct source_event *ev) {
    if (ev->type == SOURCE_EOF) ck_assert_int_eq(ev->offset, f->next[ev->tp.partition]);
    if (ev->type != SOURCE_RECORDS) return;
    ck_assert_uint_ge(ev->n, 1);
    ck_assert_uint_le(ev->n, SOURCE_RECORDS_MAX);
    if (ev->n > f->largest) f->largest = ev->n;
    for (size_t i = 0; i < ev->n; i++) {
        ck_assert_ptr_eq(ev->records[i].tp.topic, events_topic(&g));
        ck_assert_int_eq(ev->records[i].offset, f->next[ev->records[i].tp.partition]++);
    }
}

/* Until an event of TYPE came, which is in EV. */
static void follow_until(struct follower *f, struct source *s, enum source_event_type type, struct source_event *ev) {
    int64_t until = clock_mono_ms(&clock_system) + KAFKA_GIVEN_MS;
    do {
        ck_assert_msg(clock_mono_ms(&clock_system) < until, "no event of type %d", (int)type);
        s->ops->poll(s->self, 100, ev);
        follow(f, ev);
    } while (ev->type != type);
}

static void assign_both_at(struct source *s, int64_t first, int64_t second) {
    struct source_assign a[] = {{tp_of(0), first}, {tp_of(1), second}};
    struct err e;
    ck_assert_msg(s->ops->assign(s->self, a, ARRAY_LEN(a), &e) == 0, "%s", e.text);
}

START_TEST(batches_keep_each_partitions_order_and_its_end_comes_behind_them) {
    given_records(&g, 0, 0, 3 * SOURCE_RECORDS_MAX);
    given_records(&g, 1, 0, 2 * SOURCE_RECORDS_MAX + 1);
    struct source s = given_member(&g);
    struct follower f = {{0, 0}, 0};
    struct source_event ev;
    join_and_assign(&s);
    for (int ends = 0; ends < 2; ends++) follow_until(&f, &s, SOURCE_EOF, &ev);
    ck_assert_int_eq(f.next[0], 3 * SOURCE_RECORDS_MAX);
    ck_assert_int_eq(f.next[1], 2 * SOURCE_RECORDS_MAX + 1);
    ck_assert_uint_eq(f.largest, SOURCE_RECORDS_MAX);
    kafka_member_close(&s);
}
END_TEST

START_TEST(a_paused_partition_is_silent_and_goes_on_where_it_was) {
    given_records(&g, 0, 0, 4 * SOURCE_RECORDS_MAX);
    struct source s = given_member(&g);
    struct source_tp tp = tp_of(0);
    struct follower f = {{10, 0}, 0};
    struct source_event ev;
    struct err e;
    assign_at(&g, &s, 0, 10);
    ck_assert_int_eq(s.ops->pause(s.self, &tp, 1, &e), 0); /* before anything was read */
    ck_assert_int_eq(records_within(&s, 200), 0);
    ck_assert_int_eq(s.ops->resume(s.self, &tp, 1, &e), 0);
    follow_until(&f, &s, SOURCE_RECORDS, &ev);
    ck_assert_int_eq(s.ops->pause(s.self, &tp, 1, &e), 0);
    ck_assert_int_eq(s.ops->pause(s.self, &tp, 1, &e), 0);
    ck_assert_int_eq(records_within(&s, 200), 0);
    ck_assert_int_eq(s.ops->resume(s.self, &tp, 1, &e), 0);
    follow_until(&f, &s, SOURCE_RECORDS, &ev);
    ck_assert_int_eq(s.ops->resume(s.self, &tp, 1, &e), 0); /* not paused: nothing is read twice */
    follow_until(&f, &s, SOURCE_EOF, &ev);
    ck_assert_int_eq(f.next[0], 4 * SOURCE_RECORDS_MAX);
    kafka_member_close(&s);
}
END_TEST

/* They are produced in one batch, so they arrive together. */
START_TEST(a_batch_ends_when_it_holds_enough_bytes) {
    enum { RECORDS = 16, BYTES = 60 * 1024, FIT = SOURCE_RECORD_BYTES_MAX / BYTES + 1 };
    given_large_records(&g, 0, RECORDS, BYTES);
    struct source s = given_member(&g);
    struct follower f = {{0, 0}, 0};
    struct source_event ev;
    join_and_assign(&s);
    while (f.next[0] < RECORDS) follow_until(&f, &s, SOURCE_RECORDS, &ev);
    ck_assert_uint_eq(f.largest, FIT);
    kafka_member_close(&s);
}
END_TEST

/* The end of partition 1 may be collected together with the records of 0. Once the partitions are assigned anew it is
 * not told any more: who believed it would jump over the records in between. */
START_TEST(assigning_forgets_ends_that_were_not_told_yet) {
    given_records(&g, 0, 0, 50);
    given_records(&g, 1, 0, 50);
    struct source s = given_member(&g);
    join_and_assign(&s);
    for (int round = 0; round < 10; round++) {
        struct follower before = {{0, 50}, 0}, after = {{50, 0}, 0};
        struct source_event ev;
        assign_both_at(&s, 0, 50);
        follow_until(&before, &s, SOURCE_RECORDS, &ev);
        assign_both_at(&s, 50, 0);
        for (int ends = 0; ends < 2; ends++) follow_until(&after, &s, SOURCE_EOF, &ev);
        ck_assert_int_eq(after.next[1], 50);
    }
    kafka_member_close(&s);
}
END_TEST

/* A member that is always far behind, so that the revocation is met somewhere among records that wait. All in front of
 * it are handed out first, none behind it. */
START_TEST(a_revocation_in_the_middle_comes_behind_the_records_before_it) {
    enum { BACKLOG = 20 * SOURCE_RECORDS_MAX };
    given_records(&g, 0, 0, BACKLOG);
    struct source a = given_member(&g), b;
    struct follower f = {{0, 0}, 0};
    struct source_event ev = {.type = SOURCE_NOTHING};
    join_and_assign(&a);
    follow_until(&f, &a, SOURCE_RECORDS, &ev);
    b = given_member(&g);
    for (int at = BACKLOG; ev.type != SOURCE_REVOKE; at += SOURCE_RECORDS_MAX) {
        ck_assert_int_lt(at, 1000 * SOURCE_RECORDS_MAX);
        given_records(&g, 0, at, SOURCE_RECORDS_MAX); /* as many as one poll takes away */
        a.ops->poll(a.self, 100, &ev);
        follow(&f, &ev);
    }
    ck_assert_int_gt(f.next[0], 0);
    ck_assert_int_eq(records_within(&a, 200), 0);
    assign_at(&g, &a, 0, f.next[0]);
    expect_record(&a, f.next[0]);
    kafka_member_close(&b);
    kafka_member_close(&a);
}
END_TEST

START_TEST(a_setting_that_librdkafka_refuses_is_named) {
    struct source s;
    struct err e;
    given_prop(&g, "fetch.wait.max.ms", "soon");
    ck_assert_int_eq(kafka_member_open(g.shared, KAFKA_GIVEN_QUEUE_BYTES, &s, &e), ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(e.text, "TOPKD_RDKAFKA_FETCH_WAIT_MAX_MS"));
    g.options.properties_n--;
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
    tcase_add_test(t, batches_keep_each_partitions_order_and_its_end_comes_behind_them);
    tcase_add_test(t, a_batch_ends_when_it_holds_enough_bytes);
    tcase_add_test(t, assigning_forgets_ends_that_were_not_told_yet);
    tcase_add_test(t, a_revocation_in_the_middle_comes_behind_the_records_before_it);
    tcase_add_test(t, a_setting_that_librdkafka_refuses_is_named);
    suite_add_tcase(suite, t);
    return suite;
}
