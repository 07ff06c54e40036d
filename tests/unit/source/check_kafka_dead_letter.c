/* Rejected events: unchanged, with headers that say where they came from, and tickets that say how far they are. */
#include "unit/source/kafka_given.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *kafka_dead_letter_suite(void);

#define QUEUE_MESSAGES "1000"

static struct given g;

static void setup(void) {
    given_kafka(&g);
    given_prop(&g, "queue.buffering.max.messages", QUEUE_MESSAGES);
    given_shared(&g);
}

static void teardown(void) { given_gone(&g); }

static struct source_dead_letter letter(int64_t offset, const char *value) {
    return (struct source_dead_letter){.tp = {events_topic(&g), 1},
                                       .offset = offset,
                                       .index = 3,
                                       .reason = "malformed",
                                       .key = {"key", 3},
                                       .value = {value, strlen(value)}};
}

static void await_settled(struct source *s, uint64_t n) {
    int64_t until = clock_mono_ms(&clock_system) + KAFKA_GIVEN_MS;
    while (s->ops->dead_letters_settled(s->self) < n) ck_assert_int_lt(clock_mono_ms(&clock_system), until);
}

static double counted(const char *result) { return metric_value(metrics_get(g.metrics, METRIC_DEAD_LETTERS, result)); }

static void expect_header(const rd_kafka_headers_t *h, const char *name, const char *value) {
    const void *p;
    size_t n;
    ck_assert_int_eq(rd_kafka_header_get_last(h, name, &p, &n), 0);
    ck_assert_uint_eq(n, strlen(value));
    ck_assert_int_eq(memcmp(p, value, n), 0);
}

/* Reads the first letter of any partition with a plain consumer. */
static rd_kafka_message_t *read_letter(rd_kafka_t **reader) {
    char text[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", g.brokers, text, sizeof text);
    rd_kafka_conf_set(conf, "group.id", "reader", text, sizeof text);
    *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(2);
    for (int i = 0; i < 2; i++) rd_kafka_topic_partition_list_add(list, "rejected", i)->offset = 0;
    rd_kafka_assign(*reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_message_t *rkm = rd_kafka_consumer_poll(*reader, KAFKA_GIVEN_MS);
    ck_assert_ptr_nonnull(rkm);
    ck_assert_int_eq(rkm->err, 0);
    return rkm;
}

START_TEST(a_letter_arrives_unchanged_with_its_headers) {
    struct source s = given_member(&g);
    struct source_dead_letter d = letter(9007199254740993, "{\"video_id\":");
    struct err e;
    ck_assert_uint_eq(s.ops->dead_letters_issued(s.self), 0);
    ck_assert_msg(s.ops->dead_letter(s.self, &d, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(s.ops->dead_letters_issued(s.self), 1);
    await_settled(&s, 1);
    rd_kafka_t *reader;
    rd_kafka_message_t *rkm = read_letter(&reader);
    rd_kafka_headers_t *h;
    ck_assert_int_eq(rd_kafka_message_headers(rkm, &h), 0);
    ck_assert_uint_eq(rd_kafka_header_cnt(h), 5);
    expect_header(h, "topkd.reason", "malformed");
    expect_header(h, "topkd.topic", "events");
    expect_header(h, "topkd.partition", "1");
    expect_header(h, "topkd.offset", "9007199254740993");
    expect_header(h, "topkd.index", "3");
    ck_assert_uint_eq(rkm->key_len, 3);
    ck_assert_int_eq(memcmp(rkm->key, "key", 3), 0);
    ck_assert_uint_eq(rkm->len, d.value.n);
    ck_assert_int_eq(memcmp(rkm->payload, d.value.p, d.value.n), 0);
    rd_kafka_message_destroy(rkm);
    rd_kafka_destroy(reader);
    kafka_member_close(&s);
    ck_assert_double_eq(counted("result=\"delivered\""), 1);
}
END_TEST

START_TEST(tickets_settle_for_each_member_by_itself) {
    enum { LETTERS = 500 };
    struct source a = given_member(&g), b = given_member(&g);
    struct source_dead_letter d = letter(1, "x");
    struct err e;
    for (int i = 0; i < LETTERS; i++) {
        d.key.n = 1 + (size_t)i % 3; /* over both partitions, so answers come out of order */
        ck_assert_int_eq(a.ops->dead_letter(a.self, &d, &e), 0);
    }
    ck_assert_int_eq(b.ops->dead_letter(b.self, &d, &e), 0);
    await_settled(&a, LETTERS);
    await_settled(&b, 1);
    ck_assert_uint_eq(a.ops->dead_letters_settled(a.self), a.ops->dead_letters_issued(a.self));
    ck_assert_uint_eq(b.ops->dead_letters_issued(b.self), 1);
    kafka_member_close(&a);
    kafka_member_close(&b);
}
END_TEST

START_TEST(nothing_settles_before_the_broker_answers) {
    struct source s = given_member(&g);
    struct source_dead_letter d = letter(1, "x");
    struct err e;
    ck_assert_int_eq(s.ops->dead_letter(s.self, &d, &e), 0);
    await_settled(&s, 1); /* the producer has its id and the topic's leaders */
    ck_assert_int_eq(rd_kafka_mock_broker_set_down(g.cluster, 1), 0);
    ck_assert_int_eq(s.ops->dead_letter(s.self, &d, &e), 0);
    ck_assert_int_eq(records_within(&s, 500), 0);
    ck_assert_uint_eq(s.ops->dead_letters_settled(s.self), 1);
    ck_assert_int_eq(rd_kafka_mock_broker_set_up(g.cluster, 1), 0);
    await_settled(&s, 2);
    kafka_member_close(&s);
}
END_TEST

START_TEST(a_letter_that_can_never_go_is_counted_and_settled) {
    enum { TOO_LARGE = 65 << 20 };
    struct source s = given_member(&g);
    struct source_dead_letter d = letter(1, "x");
    struct err e;
    char *large = calloc(1, TOO_LARGE);
    d.value = (struct bytes){large, TOO_LARGE};
    ck_assert_int_eq(s.ops->dead_letter(s.self, &d, &e), 0);
    free(large);
    ck_assert_uint_eq(s.ops->dead_letters_issued(s.self), 1);
    ck_assert_uint_eq(s.ops->dead_letters_settled(s.self), 1);
    ck_assert_double_eq(counted("result=\"failed\""), 1);
    kafka_member_close(&s);
}
END_TEST

START_TEST(a_full_queue_refuses_and_takes_no_ticket) {
    struct source s = given_member(&g);
    struct source_dead_letter d = letter(1, "x");
    struct err e;
    int rc = 0;
    uint64_t sent = 0;
    ck_assert_int_eq(rd_kafka_mock_broker_set_down(g.cluster, 1), 0);
    while ((rc = s.ops->dead_letter(s.self, &d, &e)) == 0) sent++;
    ck_assert_int_eq(rc, ERR_REFUSED);
    ck_assert_uint_eq(sent, strtoul(QUEUE_MESSAGES, NULL, 10));
    ck_assert_uint_eq(s.ops->dead_letters_issued(s.self), sent);
    ck_assert_int_eq(rd_kafka_mock_broker_set_up(g.cluster, 1), 0);
    await_settled(&s, sent);
    ck_assert_int_eq(s.ops->dead_letter(s.self, &d, &e), 0);
    kafka_member_close(&s);
}
END_TEST

Suite *kafka_dead_letter_suite(void) {
    Suite *suite = suite_create("kafka_dead_letter");
    TCase *t = tcase_create("dead_letter");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_letter_arrives_unchanged_with_its_headers);
    tcase_add_test(t, tickets_settle_for_each_member_by_itself);
    tcase_add_test(t, nothing_settles_before_the_broker_answers);
    tcase_add_test(t, a_letter_that_can_never_go_is_counted_and_settled);
    tcase_add_test(t, a_full_queue_refuses_and_takes_no_ticket);
    suite_add_tcase(suite, t);
    return suite;
}
