/* source/kafka_check_dead_letters.c - may this user write to the dead letter topic?
 * From librdkafka 2.3 on the broker is asked for what is allowed there. Before, a producer asks for its number, as each
 * does at its start. It is refused to who may write to no topic at all, and that is all that can be told without a
 * record. */
#include <assert.h>

#include "source/kafka_check_internal.h"
#include "source/kafka_conf.h"

enum { REFUSAL_MS = 1500 }; /* a refusal comes with the second answer of a broker */

static void tell_no_write(const struct kafka_checked *k, const char *topic, const char *got) {
    char remedy[KAFKA_REMEDY_MAX];
    kafka_topic_remedy(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, true, topic, remedy);
    findings_add(k->findings, FINDING_PROBLEM, "kafka",
                 "dead-letter topic %s: expected the right to write to it, got \"%s\": %s, or unset TOPKD_DLQ_TOPIC",
                 topic, got, remedy);
}

#if RD_KAFKA_VERSION >= 0x020300ff

static bool allows_write(const rd_kafka_TopicDescription_t *t) {
    size_t n = 0;
    const rd_kafka_AclOperation_t *allowed = rd_kafka_TopicDescription_authorized_operations(t, &n);
    for (size_t i = 0; i < n; i++)
        if (allowed[i] == RD_KAFKA_ACL_OPERATION_WRITE || allowed[i] == RD_KAFKA_ACL_OPERATION_ALL) return true;
    return false;
}

static void tell_description(const struct kafka_checked *k, const char *topic, rd_kafka_event_t *ev) {
    size_t n = 0;
    const rd_kafka_TopicDescription_t **topics =
        rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(ev), &n);
    if (n == 1 && allows_write(topics[0]))
        findings_add(k->findings, FINDING_GOOD, "kafka", "dead-letter topic %s: this user may write to it", topic);
    else
        tell_no_write(k, topic, "Write is not among the rights that the broker names");
}

void kafka_check_writing(struct kafka_checked *k, const char *topic) {
    char text[256];
    assert(topic != NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(k->rk);
    rd_kafka_TopicCollection_t *topics = rd_kafka_TopicCollection_of_topic_names(&topic, 1);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(k->rk, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, CHECK_ANSWER_MS, text, sizeof text);
    rd_kafka_error_t *error = rd_kafka_AdminOptions_set_include_authorized_operations(options, 1);
    if (error != NULL) rd_kafka_error_destroy(error);
    rd_kafka_DescribeTopics(k->rk, topics, options, queue);
    rd_kafka_event_t *ev = kafka_check_await(queue, RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT);
    if (ev != NULL && !rd_kafka_event_error(ev))
        tell_description(k, topic, ev);
    else
        findings_add(k->findings, FINDING_WARNING, "kafka",
                     "dead-letter topic %s: expected to be told this user's rights, got \"%s\": check again", topic,
                     ev != NULL ? rd_kafka_event_error_string(ev) : "no answer");
    if (ev != NULL) rd_kafka_event_destroy(ev);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_TopicCollection_destroy(topics);
    rd_kafka_queue_destroy(queue);
}

#else

static rd_kafka_t *producer_open(const struct kafka_checked *k) {
    rd_kafka_conf_t *conf;
    char text[256];
    struct err e = {0};
    if (kafka_conf_producer(k->options, false, &conf, &e) != 0) return NULL; /* told with the settings */
    rd_kafka_conf_set_log_cb(conf, kafka_check_be_quiet);
    /* Such a producer asks for an id before it has anything to send, which a user who may write nowhere is refused. */
    (void)!rd_kafka_conf_set(conf, "enable.idempotence", "true", text, sizeof text);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (rk != NULL) return rk; /* conf is now owned by rk */
    rd_kafka_conf_destroy(conf);
    findings_add(k->findings, FINDING_PROBLEM, "settings", "TOPKD_RDKAFKA_*: %s: correct them", text);
    return NULL;
}

void kafka_check_writing(struct kafka_checked *k, const char *topic) {
    rd_kafka_t *rk = producer_open(k);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    int64_t until = kafka_check_now_ms() + REFUSAL_MS;
    char text[256];
    assert(topic != NULL);
    if (rk == NULL) return;
    while (!err && kafka_check_now_ms() < until) {
        rd_kafka_poll(rk, CHECK_POLL_MS);
        err = rd_kafka_fatal_error(rk, text, sizeof text);
    }
    if (err)
        tell_no_write(k, topic, rd_kafka_err2str(err));
    else
        findings_add(k->findings, FINDING_GOOD, "kafka",
                     "dead-letter topic %s: whether this user may write to it cannot be told without writing "
                     "(librdkafka 2.3 can)",
                     topic);
    rd_kafka_destroy(rk);
}

#endif
