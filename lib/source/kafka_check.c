/* source/kafka_check.c - settings, brokers and topics, and the order in which all is looked at. */
#include "source/kafka_check.h"

#include <assert.h>

#include "base/mem.h"
#include "base/name_pattern.h"
#include "source/kafka_check_internal.h"
#include "source/kafka_conf.h"
#include "source/kafka_library.h"

/* -- settings ------------------------------------------------------------------------------------ */

/* The first property that is wrong hides the others, so each is tried alone, with both kinds of client. */
static bool property_is_taken(struct kafka_options *one, const struct kafka_property *p, struct err *e) {
    rd_kafka_conf_t *conf;
    one->properties[0] = *p;
    if (kafka_conf_consumer(one, CHECK_QUEUE_BYTES, 0, &conf, e) != 0) return false;
    rd_kafka_conf_destroy(conf);
    if (kafka_conf_producer(one, false, &conf, e) != 0) return false;
    rd_kafka_conf_destroy(conf);
    return true;
}

static void scram_check(const struct kafka_options *o, struct findings *f) {
    rd_kafka_conf_t *conf;
    struct err e = {0};
    if (kafka_conf_watcher(o, &conf, &e) != 0) return; /* told already */
    bool too_old = kafka_conf_scram_is_too_old(conf);
    rd_kafka_conf_destroy(conf);
    if (!too_old) return;
    findings_add(f, FINDING_WARNING, "settings",
                 "expected librdkafka 2.6.1 or newer for SCRAM, got %s, which cannot log in to Kafka 4: update "
                 "librdkafka, or use SASL PLAIN over TLS",
                 rd_kafka_version_str());
}

bool kafka_check_settings(const struct kafka_options *o, struct findings *f) {
    assert(o->properties_n <= KAFKA_PROPERTIES_MAX);
    struct kafka_options *one = mem_dup(o, sizeof *one);
    bool all_good = true;
    one->properties_n = 1;
    for (uint32_t i = 0; i < o->properties_n; i++) {
        struct err e = {0};
        if (property_is_taken(one, &o->properties[i], &e)) continue;
        all_good = false;
        findings_add(f, FINDING_PROBLEM, "settings", "%s: correct or unset it", e.text);
    }
    mem_free(one);
    scram_check(o, f);
    return all_good;
}

/* -- brokers ------------------------------------------------------------------------------------- */

static void tell_errors(const struct kafka_checked *k) {
    for (unsigned i = 0; i < k->errors_n; i++)
        findings_add(k->findings, FINDING_PROBLEM, "kafka", "expected a broker that answers, got \"%s\": %s",
                     k->errors[i].text, kafka_broker_remedy(k->errors[i].code));
}

static void tell_silence(const struct kafka_checked *k, rd_kafka_resp_err_t err) {
    findings_add(k->findings, FINDING_PROBLEM, "kafka", "expected an answer of %s within %d s, got \"%s\": %s",
                 k->options->brokers, CHECK_ANSWER_MS / 1000, rd_kafka_err2str(err), kafka_broker_remedy(err));
}

static bool brokers_check(struct kafka_checked *k) {
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(k->rk, 0, NULL, &md, CHECK_ANSWER_MS);
    kafka_check_errors(k);
    if (err) {
        tell_errors(k);
        if (k->errors_n == 0) tell_silence(k, err);
        return false;
    }
    findings_add(k->findings, FINDING_GOOD, "kafka", "%d %s of the cluster of %s, librdkafka %s", md->broker_cnt,
                 md->broker_cnt == 1 ? "broker" : "brokers", k->options->brokers, rd_kafka_version_str());
    rd_kafka_metadata_destroy(md);
    return true;
}

/* -- topics -------------------------------------------------------------------------------------- */

static int without_leader(const struct rd_kafka_metadata_topic *t) {
    int n = 0;
    for (int i = 0; i < t->partition_cnt; i++) n += t->partitions[i].leader < 0;
    return n;
}

static const char *topic_expected(rd_kafka_resp_err_t err) {
    switch (err) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return "the right to see it";
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        return "it to exist";
    default:
        return "the brokers to describe it";
    }
}

static void tell_topic_error(const struct kafka_checked *k, const struct check_topic *t, rd_kafka_resp_err_t err) {
    char remedy[KAFKA_REMEDY_MAX];
    kafka_topic_remedy(err, !t->is_read, t->name, remedy);
    findings_add(k->findings, FINDING_PROBLEM, "kafka", "topic %s: expected %s, got \"%s\": %s, or correct %s", t->name,
                 topic_expected(err), rd_kafka_err2str(err), remedy, t->is_read ? "TOPKD_TOPICS" : "TOPKD_DLQ_TOPIC");
}

static void tell_topic(const struct kafka_checked *k, const struct check_topic *t, int leaderless_n) {
    if (leaderless_n > 0)
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "topic %s: expected a leader for each partition, got %d of %u without: start the brokers that "
                     "hold them",
                     t->name, leaderless_n, (unsigned)t->partitions_n);
    else
        findings_add(k->findings, FINDING_GOOD, "kafka", "%stopic %s: %u partitions", t->is_read ? "" : "dead-letter ",
                     t->name, (unsigned)t->partitions_n);
}

static rd_kafka_resp_err_t topic_error(rd_kafka_resp_err_t err, const struct rd_kafka_metadata_topic *found) {
    if (found == NULL) return err ? err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (found->err) return found->err;
    return found->partition_cnt > 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

static void topic_check(struct kafka_checked *k, struct check_topic *t, int timeout_ms) {
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(k->rk, t->name, NULL);
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(k->rk, 0, rkt, &md, timeout_ms);
    const struct rd_kafka_metadata_topic *found = !err && md->topic_cnt == 1 ? &md->topics[0] : NULL;
    err = topic_error(err, found);
    if (err) {
        tell_topic_error(k, t, err);
    } else {
        t->partitions_n = (uint32_t)found->partition_cnt;
        tell_topic(k, t, without_leader(found));
    }
    if (md != NULL) rd_kafka_metadata_destroy(md);
    rd_kafka_topic_destroy(rkt);
}

static void topics_add(struct kafka_checked *k) {
    const struct kafka_options *o = k->options;
    assert(o->topics_n <= KAFKA_TOPICS_MAX);
    for (uint32_t i = 0; i < o->topics_n; i++)
        if (!name_is_pattern(o->topics[i]))
            k->topics[k->topics_n++] = (struct check_topic){.name = o->topics[i], .is_read = true};
    if (o->dead_letter_topic != NULL) k->topics[k->topics_n++] = (struct check_topic){.name = o->dead_letter_topic};
}

static void topics_check(struct kafka_checked *k) {
    /* Of all: a broker that stands still stands for each. */
    int64_t until = kafka_check_now_ms() + CHECK_ANSWER_MS;
    topics_add(k);
    for (uint32_t i = 0; i < k->topics_n; i++)
        topic_check(k, &k->topics[i], (int)i64_larger(until - kafka_check_now_ms(), 1));
    kafka_check_patterns(k);
    if (k->options->dead_letter_topic == NULL)
        findings_add(k->findings, FINDING_GOOD, "kafka",
                     "no dead-letter topic: rejected events are only counted (TOPKD_DLQ_TOPIC)");
}

/* -- all of it ----------------------------------------------------------------------------------- */

static void checked_look(struct kafka_checked *k) {
    if (!brokers_check(k)) {
        findings_add(k->findings, FINDING_WARNING, "kafka",
                     "expected to look at topics, rights and the group, got no broker to ask: check again then");
        return;
    }
    topics_check(k);
    kafka_check_reading(k);
    kafka_check_group(k);
    for (uint32_t i = 0; i < k->topics_n; i++)
        if (!k->topics[i].is_read && k->topics[i].partitions_n > 0) kafka_check_writing(k, k->topics[i].name);
}

void kafka_check(const struct kafka_options *o, struct findings *f) {
    assert(o != NULL && f != NULL);
    struct kafka_checked *k = mem_zalloc(1, sizeof *k);
    k->options = o;
    k->findings = f;
    if (kafka_check_open(k)) {
        checked_look(k);
        kafka_check_close(k);
    }
    if (k->all != NULL) rd_kafka_metadata_destroy(k->all);
    mem_free(k);
}
