/* topkd-audit/kafka_log.c - reads every partition up to the end that it had, with librdkafka's consumer. */
#include "kafka_log.h"

#include <librdkafka/rdkafka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "topics.h"

enum { ASK_TIMEOUT_MS = 15000, POLL_MS = 500, SILENCE_MAX_MS = 60000 };

struct kafka_log {
    const struct config *config;
    rd_kafka_t *rk;
    struct span *spans;
    size_t n;
    size_t open; /* spans that are not done */
    struct topics topics;
    size_t *first; /* span of partition 0 of each topic; owned */
};

static void client_log(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    (void)rk;
    log_event(level <= 3 ? LOG_WARN : LOG_DEBUG, "kafka_client", "facility=%s text=%s", facility, log_quote(text));
}

static bool conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *e) {
    char why[200];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK) return true;
    err_set(e, ERR_INVALID, "expected a value that librdkafka takes for %s, got \"%s\": correct the setting", name,
            why);
    return false;
}

/* Ours last: what the audit rests on is not the configuration's to change. */
static bool conf_set_all(rd_kafka_conf_t *conf, const struct config *c, struct err *e) {
    /* A backlog of 16 MB a partition keeps jansson busy; the default of 64 MB a partition is much for 64 of them. */
    if (!conf_set(conf, "queued.max.messages.kbytes", "16384", e)) return false;
    for (uint32_t i = 0; i < c->kafka_props_n; i++)
        if (!conf_set(conf, c->kafka_props[i].name, c->kafka_props[i].value, e)) return false;
    static const char *const ours[][2] = {{"enable.auto.commit", "false"},
                                          {"enable.auto.offset.store", "false"},
                                          {"enable.partition.eof", "true"},
                                          {"auto.offset.reset", "error"},
                                          {"allow.auto.create.topics", "false"}};
    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        if (!conf_set(conf, ours[i][0], ours[i][1], e)) return false;
    return conf_set(conf, "bootstrap.servers", c->brokers, e) && conf_set(conf, "group.id", c->group, e);
}

static rd_kafka_t *client_open(const struct config *c, struct err *e) {
    char why[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, client_log);
    if (!conf_set_all(conf, c, e)) goto fail;
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (rk == NULL) {
        err_set(e, ERR_INVALID, "expected settings that librdkafka takes, got \"%s\": correct them", why);
        goto fail;
    }
    rd_kafka_poll_set_consumer(rk); /* conf is now owned by rk */
    return rk;
fail:
    rd_kafka_conf_destroy(conf);
    return NULL;
}

static int log_refused(struct err *e, const char *what, const char *topic, rd_kafka_resp_err_t why) {
    return err_set(e, ERR_IO, "Kafka: expected %s of %s, got \"%s\": check TOPKD_BROKERS and this user's rights", what,
                   topic, rd_kafka_err2str(why));
}

static int span_ask_ends(struct kafka_log *log, const struct span *s, int64_t *low, int64_t *high, struct err *e) {
    rd_kafka_resp_err_t status =
        rd_kafka_query_watermark_offsets(log->rk, s->topic, s->partition, low, high, ASK_TIMEOUT_MS);
    return status != 0 ? log_refused(e, "the ends", s->topic, status) : 0;
}

static void log_add_spans(struct kafka_log *log, size_t topic_i, int partitions) {
    log->first[topic_i] = log->n;
    log->spans = mem_realloc(log->spans, log->n + (size_t)partitions, sizeof *log->spans);
    for (int p = 0; p < partitions; p++)
        log->spans[log->n++] = (struct span){.topic = log->topics.names[topic_i], .partition = p};
}

static int log_find_partitions(struct kafka_log *log, size_t topic_i, struct err *e) {
    const char *topic = log->topics.names[topic_i];
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(log->rk, topic, NULL);
    if (rkt == NULL) return log_refused(e, "the name", topic, rd_kafka_last_error());
    rd_kafka_resp_err_t status = rd_kafka_metadata(log->rk, 0, rkt, &md, ASK_TIMEOUT_MS);
    if (status == 0 && md->topic_cnt == 1) status = md->topics[0].err;
    int partitions = status == 0 && md->topic_cnt == 1 ? md->topics[0].partition_cnt : 0;
    if (partitions > 0) log_add_spans(log, topic_i, partitions);
    if (md != NULL) rd_kafka_metadata_destroy(md);
    rd_kafka_topic_destroy(rkt);
    if (status != 0) return log_refused(e, "the partitions", topic, status);
    return partitions > 0
               ? 0
               : err_set(e, ERR_IO, "Kafka: expected partitions of the topic %s, got none: create it", topic);
}

int kafka_log_open(const struct config *c, struct kafka_log **out, struct err *e) {
    rd_kafka_t *rk = client_open(c, e);
    if (rk == NULL) return e->code;
    struct kafka_log *log = mem_zalloc(1, sizeof *log);
    log->config = c;
    log->rk = rk;
    int status = topics_find(rk, c, ASK_TIMEOUT_MS, &log->topics, e);
    log->first = mem_zalloc(log->topics.n + 1, sizeof *log->first);
    for (size_t i = 0; status == 0 && i < log->topics.n; i++) status = log_find_partitions(log, i, e);
    for (size_t i = 0; status == 0 && i < log->n; i++) {
        status = span_ask_ends(log, &log->spans[i], &log->spans[i].low, &log->spans[i].end, e);
        log->spans[i].start = log->spans[i].low;
    }
    if (status == 0)
        *out = log;
    else
        kafka_log_close(log);
    return status;
}

void kafka_log_close(struct kafka_log *log) {
    if (log == NULL) return;
    (void)rd_kafka_consumer_close(log->rk);
    rd_kafka_destroy(log->rk);
    mem_free(log->spans);
    mem_free(log->first);
    topics_deinit(&log->topics);
    mem_free(log);
}

struct span *kafka_log_spans(struct kafka_log *log, size_t *n) {
    *n = log->n;
    return log->spans;
}

static rd_kafka_topic_partition_list_t *log_spans_list(const struct kafka_log *log) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)log->n);
    for (size_t i = 0; i < log->n; i++)
        rd_kafka_topic_partition_list_add(list, log->spans[i].topic, log->spans[i].partition);
    return list;
}

/* Assigns every span that has something to read. */
static int log_assign(struct kafka_log *log, struct err *e) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)log->n);
    for (size_t i = 0; i < log->n; i++) {
        struct span *s = &log->spans[i];
        s->next = s->start > s->low ? s->start - 1 : s->start;
        s->done = s->next >= s->end;
        if (!s->done) rd_kafka_topic_partition_list_add(list, s->topic, s->partition)->offset = s->next;
    }
    log->open = (size_t)list->cnt;
    rd_kafka_resp_err_t status = rd_kafka_assign(log->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return status != 0 ? log_refused(e, "an assignment", log->topics.names[0], status) : 0;
}

static size_t log_span_of(const struct kafka_log *log, const rd_kafka_message_t *rkm) {
    size_t topic_i = topics_number(&log->topics, rd_kafka_topic_name(rkm->rkt));
    return log->first[topic_i] + (size_t)rkm->partition;
}

/* Nothing more is fetched of a partition that is read. */
static void log_finish(struct kafka_log *log, struct span *s) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, s->topic, s->partition);
    (void)rd_kafka_pause_partitions(log->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    s->done = true;
    log->open--;
}

/* librdkafka takes the headers apart when it is first asked for them: so only where a field is one. */
static struct bytes message_header(const void *from, const char *name) {
    rd_kafka_headers_t *headers; /* the message's */
    const void *value = NULL;
    size_t n = 0;
    if (rd_kafka_message_headers(from, &headers) != 0) return (struct bytes){NULL, 0};
    if (rd_kafka_header_get_last(headers, name, &value, &n) != 0) return (struct bytes){NULL, 0};
    return (struct bytes){value, n};
}

static struct record record_of(const rd_kafka_message_t *rkm, const char *topic) {
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(rkm, &type);
    return (struct record){.offset = rkm->offset,
                           .time_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : ms,
                           .value = {rkm->payload, rkm->len},
                           .key = {rkm->key, rkm->key_len},
                           .topic = topic,
                           .header = message_header,
                           .from = rkm};
}

/* Errors that reconnecting mends; the silence limit ends the waiting. */
static bool error_passes(rd_kafka_resp_err_t err) {
    return err == RD_KAFKA_RESP_ERR__TRANSPORT || err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
           err == RD_KAFKA_RESP_ERR__RESOLVE || err == RD_KAFKA_RESP_ERR__TIMED_OUT;
}

/* One message or event of the consumer. */
static int log_take(struct kafka_log *log, const rd_kafka_message_t *rkm,
                    void (*visit)(void *self, size_t span, const struct record *r), void *self, struct err *e) {
    if (rkm->err && rkm->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (error_passes(rkm->err)) return 0;
        return err_set(e, ERR_IO, "Kafka: expected records, got \"%s\": start the audit again",
                       rd_kafka_message_errstr(rkm));
    }
    size_t i = log_span_of(log, rkm);
    struct span *s = &log->spans[i];
    if (s->done) return 0;
    if (rkm->err == 0 && rkm->offset < s->end) {
        struct record r = record_of(rkm, s->topic);
        visit(self, i, &r);
    }
    s->next = rkm->err ? rkm->offset : rkm->offset + 1; /* the end of the log says the offset that comes next */
    if (s->next >= s->end) log_finish(log, s);
    return 0;
}

/* A log at rest still says where it ends, so a minute without a word is a broken way. */
static int log_check_silence(const rd_kafka_message_t *rkm, int64_t *heard_ms, struct err *e) {
    int64_t now_ms = clock_mono_ms(&clock_system);
    if (rkm != NULL && (rkm->err == 0 || rkm->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)) *heard_ms = now_ms;
    if (now_ms - *heard_ms < SILENCE_MAX_MS) return 0;
    return err_set(e, ERR_TIMEOUT, "Kafka: expected records, got nothing for %d s: check that the brokers are up",
                   SILENCE_MAX_MS / 1000);
}

int kafka_log_read(struct kafka_log *log, void (*visit)(void *self, size_t span, const struct record *r), void *self,
                   struct err *e) {
    int status = log_assign(log, e);
    int64_t heard_ms = clock_mono_ms(&clock_system);
    while (status == 0 && log->open > 0) {
        rd_kafka_message_t *rkm = rd_kafka_consumer_poll(log->rk, POLL_MS);
        status = log_check_silence(rkm, &heard_ms, e);
        if (rkm == NULL) continue;
        if (status == 0) status = log_take(log, rkm, visit, self, e);
        rd_kafka_message_destroy(rkm);
    }
    (void)rd_kafka_assign(log->rk, NULL);
    return status;
}

int kafka_log_committed(struct kafka_log *log, int64_t *offsets, struct err *e) {
    rd_kafka_topic_partition_list_t *list = log_spans_list(log);
    rd_kafka_resp_err_t status = rd_kafka_committed(log->rk, list, ASK_TIMEOUT_MS);
    for (size_t i = 0; status == 0 && i < log->n; i++) {
        const rd_kafka_topic_partition_t *p = &list->elems[i];
        if (p->err) status = p->err;
        offsets[i] = p->offset >= 0 ? p->offset : -1;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status != 0 ? log_refused(e, "the committed offsets", log->config->group, status) : 0;
}

int kafka_log_ends_now(struct kafka_log *log, int64_t *offsets, struct err *e) {
    for (size_t i = 0; i < log->n; i++) {
        int64_t low;
        int status = span_ask_ends(log, &log->spans[i], &low, &offsets[i], e);
        if (status != 0) return status;
    }
    return 0;
}
