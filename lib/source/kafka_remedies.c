/* source/kafka_remedies.c - the tables of Kafka's errors: the only place that says what to do about one. */
#include "source/kafka_remedies.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define REACH "start the brokers, open the network to them, or correct TOPKD_BROKERS"
#define LOGIN "correct TOPKD_RDKAFKA_SASL_USERNAME, _PASSWORD or _MECHANISMS"

/* -- of connections, the group and the user's rights ------------------------------------------------------------ */

static const struct remedy_row {
    rd_kafka_resp_err_t code;
    enum kafka_scope scope;
    const char *remedy;
} remedy_rows[] = {
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, KAFKA_CONNECTION, REACH},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, KAFKA_CONNECTION, REACH},
    {RD_KAFKA_RESP_ERR__TRANSPORT, KAFKA_CONNECTION, REACH " or TOPKD_RDKAFKA_SECURITY_PROTOCOL"},
    {RD_KAFKA_RESP_ERR__RESOLVE, KAFKA_CONNECTION,
     "correct the host in TOPKD_BROKERS, or the name that the broker advertises"},
    {RD_KAFKA_RESP_ERR__SSL, KAFKA_CONNECTION,
     "make TOPKD_RDKAFKA_SECURITY_PROTOCOL, _SSL_CA_LOCATION and the certificates match the broker's listener"},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, KAFKA_CONNECTION, LOGIN},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, KAFKA_CONNECTION, LOGIN},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, KAFKA_CONNECTION,
     "set TOPKD_RDKAFKA_SASL_MECHANISMS to one that the broker offers"},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, KAFKA_GROUP, "grant Read on the group of TOPKD_GROUP"},
    {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, KAFKA_GROUP,
     "set TOPKD_RDKAFKA_SESSION_TIMEOUT_MS to what the brokers allow"},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, KAFKA_GROUP,
     "set TOPKD_GROUP to a group of topkd's own: the others in it share partitions in another way"},
    {RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED, KAFKA_GROUP,
     "lower TOPKD_THREADS, or raise the brokers' group.max.size"},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, KAFKA_GROUP,
     "give each worker a TOPKD_RDKAFKA_GROUP_INSTANCE_ID of its own"},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, KAFKA_OTHER, "grant Read on the topics of TOPKD_TOPICS"},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, KAFKA_OTHER,
     "compare the rights with those that RUNBOOK.md lists"},
};

static const struct remedy_row *remedy_row(rd_kafka_resp_err_t code) {
    for (size_t i = 0; i < ARRAY_LEN(remedy_rows); i++)
        if (remedy_rows[i].code == code) return &remedy_rows[i];
    return NULL;
}

enum kafka_scope kafka_scope_of(rd_kafka_resp_err_t code) {
    const struct remedy_row *row = remedy_row(code);
    return row != NULL ? row->scope : KAFKA_OTHER;
}

const char *kafka_remedy_of(rd_kafka_resp_err_t code) {
    const struct remedy_row *row = remedy_row(code);
    return row != NULL ? row->remedy : "";
}

const char *kafka_broker_remedy(rd_kafka_resp_err_t code) {
    const struct remedy_row *row = remedy_row(code);
    return row != NULL ? row->remedy : kafka_remedy_of(RD_KAFKA_RESP_ERR__TRANSPORT);
}

/* -- of a dead letter that was refused -------------------------------------------------------------------------- */

static const struct refusal_row {
    rd_kafka_resp_err_t code;
    enum kafka_fate fate;
    const char *order; /* "topic NAME" follows */
} refusal_rows[] = {
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, KAFKA_FATE_HEALS, "grant Write on"},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, KAFKA_FATE_HEALS, "grant Write on"},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, KAFKA_FATE_HEALS, "create"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, KAFKA_FATE_HEALS, "create"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, KAFKA_FATE_HEALS, "restart the worker: there are fewer partitions now in"},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, KAFKA_FATE_HEALS, "set another TOPKD_DLQ_TOPIC: Kafka refuses"},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, KAFKA_FATE_HEALS, "bring back the brokers of"},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, KAFKA_FATE_HEALS, "bring back the brokers of"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, KAFKA_FATE_HEALS, "bring back brokers until min.insync.replicas holds for"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, KAFKA_FATE_HEALS,
     "bring back brokers until min.insync.replicas holds for"},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, KAFKA_FATE_HEALS, "repair the disks that hold"},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, KAFKA_FATE_HEALS, "check the broker's policies for"},
    /* Of a dead letter without a key in a compacted topic: the topic is wrong, not the dead letter. */
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, KAFKA_FATE_HEALS, "set cleanup.policy=delete on"},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, KAFKA_FATE_HEALS,
     "compare the clocks, or raise message.timestamp.before.max.ms of"},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, KAFKA_FATE_HEALS, "bring back the brokers of"},
    {RD_KAFKA_RESP_ERR__TRANSPORT, KAFKA_FATE_HEALS, "bring back the brokers of"},
    /* The broker measures whole batches; librdkafka one message against its own message.max.bytes. */
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, KAFKA_FATE_TOO_LARGE, "raise max.message.bytes of"},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, KAFKA_FATE_TOO_LARGE, "raise segment.bytes of"},
    /* It never left: no broker, right or setting can make a request of it. */
    {RD_KAFKA_RESP_ERR__INVALID_ARG, KAFKA_FATE_NEVER, "report this as a bug of topkd: no request can be made for"},
    {RD_KAFKA_RESP_ERR__BAD_MSG, KAFKA_FATE_NEVER, "report this as a bug of topkd: no request can be made for"},
};

static const struct refusal_row *refusal_row(rd_kafka_resp_err_t code) {
    static const struct refusal_row other = {RD_KAFKA_RESP_ERR_UNKNOWN, KAFKA_FATE_HEALS, "check the brokers and"};
    for (size_t i = 0; i < ARRAY_LEN(refusal_rows); i++)
        if (refusal_rows[i].code == code) return &refusal_rows[i];
    return &other;
}

enum kafka_fate kafka_fate_of(rd_kafka_resp_err_t code) { return refusal_row(code)->fate; }

bool kafka_refusal_is_known(rd_kafka_resp_err_t code) { return refusal_row(code)->code == code; }

bool kafka_refusals_are_alike(rd_kafka_resp_err_t a, rd_kafka_resp_err_t b) {
    return strcmp(refusal_row(a)->order, refusal_row(b)->order) == 0;
}

void kafka_refusal_remedy(rd_kafka_resp_err_t code, const char *topic, char remedy[KAFKA_REMEDY_MAX]) {
    assert(topic != NULL);
    snprintf(remedy, KAFKA_REMEDY_MAX, "%s topic %.90s", refusal_row(code)->order, topic);
}

/* -- of a topic ------------------------------------------------------------------------------------------------- */

void kafka_topic_remedy(rd_kafka_resp_err_t code, bool dead_letters, const char *topic, char remedy[KAFKA_REMEDY_MAX]) {
    const char *order = "check the brokers and";
    assert(topic != NULL);
    if (dead_letters) {
        kafka_refusal_remedy(code, topic, remedy);
        return;
    }
    if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) order = "grant Read on";
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) order = "create";
    snprintf(remedy, KAFKA_REMEDY_MAX, "%s topic %.90s", order, log_quote(topic));
}
