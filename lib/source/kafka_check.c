/* source/kafka_check.c - see kafka_check.h. The handle is a worker's own, made of the same settings, but it never
 * subscribes: without that librdkafka does not join, however its group is called. */
#include "source/kafka_check.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "source/kafka_check_internal.h"
#include "source/kafka_internal.h"

/* -- settings ------------------------------------------------------------------------------------ */

/* The first property that is wrong hides the others, so each is tried alone, with both kinds of client. */
static bool takes_property(struct kafka_options *one, const struct kafka_property *p, struct err *e) {
    rd_kafka_conf_t *conf;
    one->properties[0] = *p;
    if (kafka_conf_consumer(one, CHECK_QUEUE_BYTES, 0, &conf, e) != 0) return false;
    rd_kafka_conf_destroy(conf);
    if (kafka_conf_producer(one, false, &conf, e) != 0) return false;
    rd_kafka_conf_destroy(conf);
    return true;
}

static void check_scram(const struct kafka_options *o, struct findings *f) {
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
    struct kafka_options *one = mem_dup(o, sizeof *one);
    bool all_good = true;
    one->properties_n = 1;
    for (uint32_t i = 0; i < o->properties_n; i++) {
        struct err e = {0};
        if (takes_property(one, &o->properties[i], &e)) continue;
        all_good = false;
        findings_add(f, FINDING_PROBLEM, "settings", "%s: correct or unset it", e.text);
    }
    mem_free(one);
    check_scram(o, f);
    return all_good;
}

/* -- the handle ---------------------------------------------------------------------------------- */

void kafka_check_be_quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    (void)rk, (void)level, (void)facility, (void)text; /* what matters comes as an error too */
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
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

static bool open_handle(struct kafka_checked *k) {
    rd_kafka_conf_t *conf;
    char text[256];
    struct err e = {0};
    if (kafka_conf_consumer(k->options, CHECK_QUEUE_BYTES, 0, &conf, &e) != 0) {
        findings_add(k->findings, FINDING_PROBLEM, "settings", "%s: correct or unset it", e.text);
        return false;
    }
    rd_kafka_conf_set_log_cb(conf, kafka_check_be_quiet);
    rd_kafka_conf_set_opaque(conf, k);
    rd_kafka_conf_set_error_cb(conf, on_error);
    k->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (k->rk) return true; /* conf is now owned by rk */
    rd_kafka_conf_destroy(conf);
    findings_add(k->findings, FINDING_PROBLEM, "settings", "TOPKD_RDKAFKA_*: %s: correct them", text);
    return false;
}

/* -- brokers ------------------------------------------------------------------------------------- */

static const char *remedy_of(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        return "correct the mechanism, user or password (TOPKD_RDKAFKA_SASL_*)";
    case RD_KAFKA_RESP_ERR__SSL:
        return "compare TOPKD_RDKAFKA_SECURITY_PROTOCOL and _SSL_* with the broker's listener";
    case RD_KAFKA_RESP_ERR__RESOLVE:
        return "correct the host in TOPKD_BROKERS, or the name that the broker advertises";
    default:
        return "start it, open the way to it, or correct TOPKD_BROKERS or TOPKD_RDKAFKA_SECURITY_PROTOCOL";
    }
}

static void tell_errors(struct kafka_checked *k, enum finding kind) {
    for (unsigned i = 0; i < k->errors_n; i++)
        findings_add(k->findings, kind, "kafka", "expected a broker that answers, got \"%s\": %s", k->errors[i].text,
                     remedy_of(k->errors[i].code));
}

static bool check_brokers(struct kafka_checked *k) {
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(k->rk, 0, NULL, &md, CHECK_ANSWER_MS);
    kafka_check_errors(k);
    if (err) {
        tell_errors(k, FINDING_PROBLEM);
        if (k->errors_n == 0)
            findings_add(k->findings, FINDING_PROBLEM, "kafka", "expected an answer of %s within %d s, got \"%s\": %s",
                         k->options->brokers, CHECK_ANSWER_MS / 1000, rd_kafka_err2str(err), remedy_of(err));
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

static void tell_topic_error(const struct kafka_checked *k, const struct check_topic *t, rd_kafka_resp_err_t err) {
    const char *setting = t->is_read ? "TOPKD_TOPICS" : "TOPKD_DLQ_TOPIC";
    if (err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "topic %s: expected the right to see it, got \"%s\": give this user %s on it, or correct %s",
                     t->name, rd_kafka_err2str(err), t->is_read ? "Read" : "Write", setting);
    else if (err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "topic %s: expected it to exist, got \"%s\": create it, or correct %s", t->name,
                     rd_kafka_err2str(err), setting);
    else
        findings_add(k->findings, FINDING_PROBLEM, "kafka",
                     "topic %s: expected the brokers to describe it, got \"%s\": look at their logs", t->name,
                     rd_kafka_err2str(err));
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

static void check_topic(struct kafka_checked *k, struct check_topic *t, int timeout_ms) {
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(k->rk, t->name, NULL);
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(k->rk, 0, rkt, &md, timeout_ms);
    const struct rd_kafka_metadata_topic *found = !err && md->topic_cnt == 1 ? &md->topics[0] : NULL;
    if (found) err = found->err ? found->err : found->partition_cnt > 0 ? err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (found && !err) {
        t->partitions_n = (uint32_t)found->partition_cnt;
        tell_topic(k, t, without_leader(found));
    } else {
        tell_topic_error(k, t, err ? err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    }
    if (md) rd_kafka_metadata_destroy(md);
    rd_kafka_topic_destroy(rkt);
}

static void check_topics(struct kafka_checked *k) {
    const struct kafka_options *o = k->options;
    for (uint32_t i = 0; i < o->topics_n; i++)
        k->topics[k->topics_n++] = (struct check_topic){.name = o->topics[i], .is_read = true};
    if (o->dead_letter_topic != NULL) k->topics[k->topics_n++] = (struct check_topic){.name = o->dead_letter_topic};
    int64_t until =
        clock_mono_ms(&clock_system) + CHECK_ANSWER_MS; /* of all: a broker that stands still stands for each */
    for (uint32_t i = 0; i < k->topics_n; i++)
        check_topic(k, &k->topics[i], (int)i64_larger(until - clock_mono_ms(&clock_system), 1));
    if (o->dead_letter_topic == NULL)
        findings_add(k->findings, FINDING_GOOD, "kafka",
                     "no dead-letter topic: rejected events are only counted (TOPKD_DLQ_TOPIC)");
}

/* -- all of it ----------------------------------------------------------------------------------- */

static void look(struct kafka_checked *k) {
    if (!check_brokers(k)) {
        findings_add(k->findings, FINDING_WARNING, "kafka",
                     "expected to look at topics, rights and the group, got no broker to ask: check again then");
        return;
    }
    check_topics(k);
    kafka_check_reading(k);
    kafka_check_group(k);
    for (uint32_t i = 0; i < k->topics_n; i++)
        if (!k->topics[i].is_read && k->topics[i].partitions_n > 0) kafka_check_writing(k, k->topics[i].name);
}

void kafka_check(const struct kafka_options *o, struct findings *f) {
    struct kafka_checked *k = mem_zalloc(1, sizeof *k);
    k->options = o;
    k->findings = f;
    if (open_handle(k)) {
        look(k);
        /* There is nothing to leave, and a broker that is frozen would be waited for. */
        rd_kafka_destroy_flags(k->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    mem_free(k);
}
