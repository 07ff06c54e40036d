/* unit/source/check_kafka_dead_letter.c - rejected events: unchanged, with headers that say where they came from, and
 * tickets that say how far they are. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/log.h"
#include "kafka_given.h"
#include "unit/base/capture.h"

Suite *kafka_dead_letter_suite(void);

#define QUEUE_MESSAGES "1000"

enum { PRODUCE = 0, INIT_PRODUCER_ID = 22, QUEUE_MAX = 1000 };

static struct given g;

static void setup(void) {
    given_kafka(&g);
    given_prop(&g, "queue.buffering.max.messages", QUEUE_MESSAGES);
    given_prop(&g, "linger.ms", "100"); /* what is sent at once is one batch */
    given_prop(&g, "retries", "0");     /* librdkafka tells at once what it would try again for ever */
    given_shared(&g);
}

static void given_refusals(rd_kafka_resp_err_t code, int n) {
    rd_kafka_resp_err_t codes[QUEUE_MAX];
    ck_assert_int_le(n, QUEUE_MAX);
    for (int i = 0; i < n; i++) codes[i] = code;
    rd_kafka_mock_push_request_errors_array(g.cluster, PRODUCE, (size_t)n, codes);
}

static void no_more_refusals(void) { rd_kafka_mock_clear_request_errors(g.cluster, PRODUCE); }

static void teardown(void) { given_gone(&g); }

static struct source_dead_letter dead_letter(int64_t offset, const char *value) {
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

/* Reads the first dead letter of any partition with a plain consumer. */
static rd_kafka_message_t *dead_letter_read(rd_kafka_t **reader) {
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

START_TEST(a_dead_letter_arrives_unchanged_with_its_headers) {
    struct source s = given_member(&g);
    struct source_dead_letter d = dead_letter(9007199254740993, "{\"video_id\":");
    struct err e;
    ck_assert_uint_eq(s.ops->dead_letters_issued(s.self), 0);
    ck_assert_msg(s.ops->dead_letter(s.self, &d, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(s.ops->dead_letters_issued(s.self), 1);
    await_settled(&s, 1);
    rd_kafka_t *reader;
    rd_kafka_message_t *rkm = dead_letter_read(&reader);
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
    enum { DEAD_LETTERS = 500 };
    struct source a = given_member(&g), b = given_member(&g);
    struct source_dead_letter d = dead_letter(1, "x");
    struct err e;
    for (int i = 0; i < DEAD_LETTERS; i++) {
        d.key.n = 1 + (size_t)i % 3; /* over both partitions, so answers come out of order */
        ck_assert_int_eq(a.ops->dead_letter(a.self, &d, &e), 0);
    }
    ck_assert_int_eq(b.ops->dead_letter(b.self, &d, &e), 0);
    await_settled(&a, DEAD_LETTERS);
    await_settled(&b, 1);
    ck_assert_uint_eq(a.ops->dead_letters_settled(a.self), a.ops->dead_letters_issued(a.self));
    ck_assert_uint_eq(b.ops->dead_letters_issued(b.self), 1);
    kafka_member_close(&a);
    kafka_member_close(&b);
}
END_TEST

START_TEST(nothing_settles_before_the_broker_answers) {
    struct source s = given_member(&g);
    struct source_dead_letter d = dead_letter(1, "x");
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

START_TEST(a_dead_letter_that_can_never_go_is_counted_and_settled) {
    enum { TOO_LARGE = 65 << 20 };
    struct source s = given_member(&g);
    struct source_dead_letter d = dead_letter(1, "x");
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
    struct source_dead_letter d = dead_letter(1, "x");
    struct err e;
    int status = 0;
    uint64_t sent = 0;
    ck_assert_int_eq(rd_kafka_mock_broker_set_down(g.cluster, 1), 0);
    while ((status = s.ops->dead_letter(s.self, &d, &e)) == 0) sent++;
    ck_assert_int_eq(status, ERR_REFUSED);
    ck_assert_uint_eq(sent, strtoul(QUEUE_MESSAGES, NULL, 10));
    ck_assert_uint_eq(s.ops->dead_letters_issued(s.self), sent);
    ck_assert_int_eq(rd_kafka_mock_broker_set_up(g.cluster, 1), 0);
    await_settled(&s, sent);
    ck_assert_int_eq(s.ops->dead_letter(s.self, &d, &e), 0);
    kafka_member_close(&s);
}
END_TEST

/* -- refusals -- */

static void must_send(struct source *s, const struct source_dead_letter *d) {
    struct err e;
    ck_assert_msg(s->ops->dead_letter(s->self, d, &e) == 0, "%s", e.text);
}

static const struct {
    rd_kafka_resp_err_t code;
    const char *why;
} mendable[] = {
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "grant Write on topic rejected"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, "min.insync.replicas holds for topic rejected"},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, "cleanup.policy=delete on topic rejected"},
    {RD_KAFKA_RESP_ERR_UNKNOWN, "check the brokers and topic rejected"}, /* in no table */
};

/* While it waits it is not settled, so no commit passes it; the reason is shown, and nobody restarts anything. */
START_TEST(what_can_be_mended_is_named_and_sent_again) {
    struct source s = given_member(&g);
    struct source_dead_letter d = dead_letter(7, "{\"video_id\":");
    given_refusals(mendable[_i].code, 2);
    must_send(&s, &d);
    await_why(&g, mendable[_i].why);
    ck_assert_uint_eq(s.ops->dead_letters_settled(s.self), 0);
    await_settled(&s, 1);
    await_no_why(&g);
    rd_kafka_t *reader;
    rd_kafka_message_t *rkm = dead_letter_read(&reader);
    rd_kafka_headers_t *h;
    ck_assert_int_eq(rd_kafka_message_headers(rkm, &h), 0);
    expect_header(h, "topkd.offset", "7");
    ck_assert_uint_eq(rkm->key_len, 3);
    ck_assert_uint_eq(rkm->len, d.value.n);
    ck_assert_int_eq(memcmp(rkm->payload, d.value.p, d.value.n), 0);
    rd_kafka_message_destroy(rkm);
    rd_kafka_destroy(reader);
    kafka_member_close(&s);
    ck_assert_double_eq(counted("result=\"delivered\""), 1);
    ck_assert_double_eq(counted("result=\"failed\""), 0);
}
END_TEST

/* .5 s, 1 s, 2 s. */
START_TEST(the_rest_before_the_next_try_grows) {
    struct source s = given_member(&g);
    struct source_dead_letter d = dead_letter(1, "x");
    int64_t began = clock_mono_ms(&clock_system);
    given_refusals(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 3);
    must_send(&s, &d);
    await_settled(&s, 1);
    ck_assert_int_ge(clock_mono_ms(&clock_system) - began, 3500);
    kafka_member_close(&s);
}
END_TEST

/* Refused once, librdkafka forgets the topic's partitions, in whose queues dead letters stand. */
START_TEST(those_that_come_while_others_are_refused_are_not_forgotten) {
    enum { DEAD_LETTERS = 600, MANY_MS = 2 };
    struct source s = given_member(&g);
    struct source_dead_letter d = dead_letter(1, "x");
    ck_assert_int_eq(rd_kafka_mock_broker_set_rtt(g.cluster, 1, 50), 0);
    given_refusals(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 4);
    for (d.offset = 0; d.offset < DEAD_LETTERS; d.offset++) {
        must_send(&s, &d);
        ck_assert_int_eq(records_within(&s, MANY_MS), 0);
    }
    await_settled(&s, DEAD_LETTERS);
    kafka_member_close(&s);
    ck_assert_double_eq(counted("result=\"delivered\""), DEAD_LETTERS);
}
END_TEST

/* The broker measures batches; none in this one is too large by itself. */
START_TEST(a_batch_that_is_too_large_is_sent_one_by_one) {
    enum { DEAD_LETTERS = 50 };
    struct source s = given_member(&g);
    struct source_dead_letter d = dead_letter(1, "x");
    given_refusals(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
    for (d.offset = 0; d.offset < DEAD_LETTERS; d.offset++) must_send(&s, &d);
    await_settled(&s, DEAD_LETTERS);
    kafka_member_close(&s);
    ck_assert_double_eq(counted("result=\"delivered\""), DEAD_LETTERS);
    ck_assert_double_eq(counted("result=\"failed\""), 0);
}
END_TEST

/* Given up by name. A report's text is no text: it is the bytes of the event, which no NUL ends, and which are nobody's
 * business in a log. */
START_TEST(only_a_single_one_that_is_too_large_is_given_up_and_its_bytes_are_not_logged) {
    enum { DEAD_LETTERS = 20 };
    struct source s = given_member(&g);
    struct source_dead_letter d = dead_letter(1, "SECRET");
    struct capture log;
    given_refusals(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 2); /* of the batch, and of one alone */
    capture_begin(&log);
    for (d.offset = 100; d.offset < 100 + DEAD_LETTERS; d.offset++) must_send(&s, &d);
    await_settled(&s, DEAD_LETTERS);
    const char *text = capture_end(&log);
    ck_assert_ptr_nonnull(strstr(text, "event=dead_letter_given_up topic=events partition=1 offset=1"));
    ck_assert_ptr_nonnull(strstr(text, "raise max.message.bytes of topic rejected"));
    ck_assert_ptr_null(strstr(text, "SECRET"));
    kafka_member_close(&s);
    ck_assert_double_eq(counted("result=\"delivered\""), DEAD_LETTERS - 1);
    ck_assert_double_eq(counted("result=\"failed\""), 1);
}
END_TEST

/* On their way or waiting to be sent again: it is one memory. */
START_TEST(what_waits_to_be_sent_again_fills_the_queue_too) {
    struct source s = given_member(&g);
    struct source_dead_letter d = dead_letter(1, "x");
    struct err e;
    given_refusals(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, QUEUE_MAX);
    must_send(&s, &d);
    await_why(&g, "grant Write");
    for (int i = 1; i < QUEUE_MAX; i++) must_send(&s, &d);
    ck_assert_int_eq(s.ops->dead_letter(s.self, &d, &e), ERR_REFUSED);
    ck_assert_uint_eq(s.ops->dead_letters_settled(s.self), 0);
    no_more_refusals();
    await_settled(&s, QUEUE_MAX);
    ck_assert_int_eq(s.ops->dead_letter(s.self, &d, &e), 0);
    await_settled(&s, QUEUE_MAX + 1);
    kafka_member_close(&s);
    ck_assert_double_eq(counted("result=\"delivered\""), QUEUE_MAX + 1);
}
END_TEST

/* An idempotent producer would ask for an id first, and a principal without that right would be told no for good. */
START_TEST(no_right_but_write_is_asked_for) {
    struct source s = given_member(&g);
    struct source_dead_letter d = dead_letter(1, "x");
    for (int i = 0; i < 10; i++)
        rd_kafka_mock_push_request_errors(g.cluster, INIT_PRODUCER_ID, 1,
                                          RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
    must_send(&s, &d);
    await_settled(&s, 1);
    ck_assert_int_eq(records_within(&s, 100), 0); /* nothing fatal */
    kafka_member_close(&s);
}
END_TEST

Suite *kafka_dead_letter_suite(void) {
    Suite *suite = suite_create("kafka_dead_letter");
    TCase *t = tcase_create("dead_letter");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_dead_letter_arrives_unchanged_with_its_headers);
    tcase_add_test(t, tickets_settle_for_each_member_by_itself);
    tcase_add_test(t, nothing_settles_before_the_broker_answers);
    tcase_add_test(t, a_dead_letter_that_can_never_go_is_counted_and_settled);
    tcase_add_test(t, a_full_queue_refuses_and_takes_no_ticket);
    tcase_add_loop_test(t, what_can_be_mended_is_named_and_sent_again, 0, (int)ARRAY_LEN(mendable));
    tcase_add_test(t, those_that_come_while_others_are_refused_are_not_forgotten);
    tcase_add_test(t, the_rest_before_the_next_try_grows);
    tcase_add_test(t, a_batch_that_is_too_large_is_sent_one_by_one);
    tcase_add_test(t, only_a_single_one_that_is_too_large_is_given_up_and_its_bytes_are_not_logged);
    tcase_add_test(t, what_waits_to_be_sent_again_fills_the_queue_too);
    tcase_add_test(t, no_right_but_write_is_asked_for);
    suite_add_tcase(suite, t);
    return suite;
}
