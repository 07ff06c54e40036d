/* source/kafka_check_handle.c - the handle that asks for --check, and what librdkafka says to it by itself.
 * It is a worker's own, made of the same settings, but it never subscribes: without that librdkafka does not join,
 * however its group is called. */
#include <assert.h>
#include <stdio.h>

#include "source/kafka_check_internal.h"
#include "source/kafka_conf.h"

int64_t kafka_check_now_ms(void) { return clock_mono_ms(&clock_system); }

void kafka_check_be_quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    (void)rk, (void)level, (void)facility, (void)text;
}

static void checked_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
    struct kafka_checked *k = opaque;
    (void)rk;
    for (unsigned i = 0; i < k->errors_n; i++)
        if (k->errors[i].code == (rd_kafka_resp_err_t)code) return;
    if (k->errors_n == CHECK_ERRORS_MAX || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
    struct check_error *e = &k->errors[k->errors_n++];
    e->code = (rd_kafka_resp_err_t)code;
    snprintf(e->text, sizeof e->text, "%s", reason);
}

void kafka_check_errors(struct kafka_checked *k) { rd_kafka_poll(k->rk, 0); }

bool kafka_check_open(struct kafka_checked *k) {
    rd_kafka_conf_t *conf;
    char text[256];
    struct err e = {0};
    assert(k->rk == NULL && k->options != NULL && k->findings != NULL);
    if (kafka_conf_consumer(k->options, CHECK_QUEUE_BYTES, 0, &conf, &e) != 0) {
        findings_add(k->findings, FINDING_PROBLEM, "settings", "%s: correct or unset it", e.text);
        return false;
    }
    rd_kafka_conf_set_log_cb(conf, kafka_check_be_quiet);
    rd_kafka_conf_set_opaque(conf, k);
    rd_kafka_conf_set_error_cb(conf, checked_on_error);
    k->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (k->rk != NULL) return true; /* conf is now owned by rk */
    rd_kafka_conf_destroy(conf);
    findings_add(k->findings, FINDING_PROBLEM, "settings", "TOPKD_RDKAFKA_*: %s: correct them", text);
    return false;
}

/* There is nothing to leave, and a broker that is frozen would be waited for. */
void kafka_check_close(struct kafka_checked *k) {
    rd_kafka_destroy_flags(k->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    k->rk = NULL;
}

rd_kafka_topic_partition_list_t *kafka_check_partitions(const struct kafka_checked *k, int64_t offset) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    for (uint32_t i = 0; i < k->topics_n; i++)
        for (uint32_t p = 0; k->topics[i].is_read && p < k->topics[i].partitions_n; p++)
            rd_kafka_topic_partition_list_add(list, k->topics[i].name, (int32_t)p)->offset = offset;
    return list;
}

rd_kafka_message_t *kafka_check_poll(struct kafka_checked *k) {
    rd_kafka_message_t *m = rd_kafka_consumer_poll(k->rk, CHECK_POLL_MS);
    if (m != NULL && m->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) k->group_is_refused = true;
    return m;
}

rd_kafka_event_t *kafka_check_await(rd_kafka_queue_t *queue, rd_kafka_event_type_t type) {
    int64_t until = kafka_check_now_ms() + CHECK_ANSWER_MS;
    while (kafka_check_now_ms() < until) {
        rd_kafka_event_t *ev = rd_kafka_queue_poll(queue, CHECK_POLL_MS);
        if (ev != NULL && rd_kafka_event_type(ev) == type) return ev;
        if (ev != NULL) rd_kafka_event_destroy(ev);
    }
    return NULL;
}
