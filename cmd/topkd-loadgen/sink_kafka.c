/* topkd-loadgen/sink_kafka.c - a librdkafka producer that counts a message only when the broker has acknowledged it.
 * Each message carries its tally as opaque, and the delivery report brings it back. Everything happens on the caller's
 * thread (reports are served in wait and send), so nothing is locked. */
#include <string.h>

#include <librdkafka/rdkafka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "sink.h"

enum {
    TOPIC_WAIT_MS = 60000, /* a broker that is still starting is up by then */
    TOPIC_RETRY_MS = 250,
    FULL_WAIT_MS = 100,  /* a report ends the wait earlier */
    FLUSH_STEP_MS = 200, /* how soon a signal is noticed */
    LOG_INTERVAL_MS = 1000,
};

/* The tally of a message on its way. Kept for another message when this one has arrived. */
struct parcel {
    struct tally tally;
    struct parcel *next;
};

struct sink_kafka {
    rd_kafka_t *rk;
    rd_kafka_topic_t *rkt;
    struct totals *totals;
    struct parcel *spare;
    int32_t partitions;
    uint64_t placed; /* the first so many messages take the partitions in turn, for the others the key decides */
    uint64_t number; /* of the next message */
    bool failed;
    struct log_limit log_failures, log_errors;
};

static struct parcel *parcel_take(struct sink_kafka *s, const struct tally *tally) {
    struct parcel *p = s->spare;
    if (p != NULL)
        s->spare = p->next;
    else
        p = mem_alloc(sizeof *p);
    p->tally = *tally;
    return p;
}

static void parcel_give(struct sink_kafka *s, struct parcel *p) {
    p->next = s->spare;
    s->spare = p;
}

/* -- callbacks --------------------------------------------------------------------------------------------------- */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *rkm, void *opaque) {
    struct sink_kafka *s = opaque;
    struct parcel *p = rkm->_private;
    (void)rk;
    if (rkm->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        totals_acknowledge(s->totals, &p->tally, rkm->len + rkm->key_len);
    else
        log_limited(&s->log_failures, LOG_INTERVAL_MS, LOG_ERROR, "message_failed", "reason=%s",
                    log_quote(rd_kafka_err2str(rkm->err)));
    parcel_give(s, p);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
    struct sink_kafka *s = opaque;
    (void)rk;
    if (code == RD_KAFKA_RESP_ERR__FATAL) s->failed = true;
    log_limited(&s->log_errors, LOG_INTERVAL_MS, s->failed ? LOG_ERROR : LOG_WARN, "kafka_error", "code=%s reason=%s",
                rd_kafka_err2name((rd_kafka_resp_err_t)code), log_quote(reason));
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
    (void)rk;
    log_event(level <= 4 ? LOG_WARN : LOG_DEBUG, "kafka_log", "facility=%s text=%s", facility, log_quote(text));
}

/* -- sending ----------------------------------------------------------------------------------------------------- */

/* By produceva, because the macros of producev are statement expressions, and clang's -Wpedantic refuses those. */
static rd_kafka_resp_err_t message_produce(struct sink_kafka *s, const struct message *m, struct parcel *p,
                                           int32_t partition) {
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = s->rkt},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)m->key.p, m->key.n}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)m->value.p, m->value.n}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = m->time_ms},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = p},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(s->rk, parts, ARRAY_LEN(parts));
    rd_kafka_resp_err_t code = rd_kafka_error_code(error); /* of NULL: no error */
    rd_kafka_error_destroy(error);
    return code;
}

static int32_t partition_next(struct sink_kafka *s) {
    uint64_t number = s->number++;
    return number < s->placed ? (int32_t)(number % (uint64_t)s->partitions) : RD_KAFKA_PARTITION_UA;
}

static void kafka_send(void *self, const struct message *m) {
    struct sink_kafka *s = self;
    int32_t partition = partition_next(s);
    struct parcel *p = parcel_take(s, &m->tally);
    s->totals->sent_messages++;
    s->totals->sent_events += tally_events(&m->tally);
    rd_kafka_resp_err_t err = message_produce(s, m, p, partition);
    while (err == RD_KAFKA_RESP_ERR__QUEUE_FULL && stop_signals < 2) {
        rd_kafka_poll(s->rk, FULL_WAIT_MS);
        err = message_produce(s, m, p, partition);
    }
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    log_limited(&s->log_failures, LOG_INTERVAL_MS, LOG_ERROR, "message_failed", "reason=%s",
                log_quote(rd_kafka_err2str(err)));
    parcel_give(s, p);
}

static void kafka_wait(void *self, int64_t ms) {
    struct sink_kafka *s = self;
    rd_kafka_poll(s->rk, (int)ms);
}

static void kafka_finish(void *self, int64_t timeout_ms) {
    struct sink_kafka *s = self;
    int64_t until = clock_mono_ms(&clock_system) + timeout_ms;
    while (rd_kafka_outq_len(s->rk) > 0 && stop_signals < 2 && clock_mono_ms(&clock_system) < until)
        rd_kafka_flush(s->rk, FLUSH_STEP_MS);
    if (rd_kafka_outq_len(s->rk) == 0) return;
    rd_kafka_purge(s->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(s->rk, FLUSH_STEP_MS);
}

static bool kafka_failed(const void *self) { return ((const struct sink_kafka *)self)->failed; }

static void kafka_close(void *self) {
    struct sink_kafka *s = self;
    if (s->rkt != NULL) rd_kafka_topic_destroy(s->rkt);
    if (s->rk != NULL) rd_kafka_destroy(s->rk);
    for (struct parcel *p = s->spare, *next; p != NULL; p = next) {
        next = p->next;
        mem_free(p);
    }
    mem_free(s);
}

/* -- opening ----------------------------------------------------------------------------------------------------- */

static int property_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *e) {
    char reason[200];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) == RD_KAFKA_CONF_OK) return 0;
    return err_set(e, ERR_INVALID, "librdkafka refuses the setting %s: %s", name, reason);
}

static int property_set_given(rd_kafka_conf_t *conf, const struct property *p, struct err *e) {
    char name[128];
    if (p->name_len >= sizeof name)
        return err_set(e, ERR_INVALID, "expected a librdkafka setting NAME=VALUE, got %s: see --help", p->text);
    memcpy(name, p->text, p->name_len);
    name[p->name_len] = '\0';
    return property_set(conf, name, p->text + p->name_len + 1, e);
}

/* Ours first, then those of the environment, then those of the command line. The last one wins. */
static int properties_set(rd_kafka_conf_t *conf, const struct options *o, struct err *e) {
    const char *ours[][2] = {
        {"bootstrap.servers", o->brokers},
        {"compression.codec", o->compression},
        {"enable.idempotence", "true"},
        {"linger.ms", "5"},
        {"sticky.partitioning.linger.ms", "0"}, /* without a key each message goes to a partition of its own */
        {"queue.buffering.max.messages", "500000"},
        {"queue.buffering.max.kbytes", "131072"}, /* 128 MB instead of 1 GB */
    };
    int status = 0;
    for (size_t i = 0; i < ARRAY_LEN(ours) && status == 0; i++) status = property_set(conf, ours[i][0], ours[i][1], e);
    for (uint32_t i = 0; i < o->config->kafka_props_n && status == 0; i++)
        status = property_set(conf, o->config->kafka_props[i].name, o->config->kafka_props[i].value, e);
    for (size_t i = 0; i < o->properties_n && status == 0; i++) status = property_set_given(conf, &o->properties[i], e);
    return status;
}

static int producer_make(struct sink_kafka *s, const struct options *o, struct err *e) {
    char reason[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, s);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    int status = properties_set(conf, o, e);
    if (status != 0) goto fail;
    status = ERR_INVALID;
    s->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (s->rk == NULL) {
        err_set(e, status, "librdkafka refuses the settings: %s", reason);
        goto fail;
    }
    s->rkt = rd_kafka_topic_new(s->rk, o->topic, NULL); /* conf is librdkafka's now */
    if (s->rkt == NULL) return err_set(e, status, "topic %s: %s", o->topic, rd_kafka_err2str(rd_kafka_last_error()));
    return 0;
fail:
    rd_kafka_conf_destroy(conf);
    return status;
}

/* The number of partitions of the topic, 0 if the broker does not know it (yet). */
static int32_t partitions_count(struct sink_kafka *s) {
    const struct rd_kafka_metadata *md;
    if (rd_kafka_metadata(s->rk, 0, s->rkt, &md, TOPIC_RETRY_MS * 4) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    int32_t n = md->topic_cnt == 1 && md->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR ? md->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(md);
    return n;
}

static int topic_await(struct sink_kafka *s, const struct options *o, struct err *e) {
    int64_t until = clock_mono_ms(&clock_system) + TOPIC_WAIT_MS;
    struct log_limit limit = {0};
    int32_t n;
    while ((n = partitions_count(s)) == 0) {
        if (stop_signals > 0 || clock_mono_ms(&clock_system) >= until)
            return err_set(e, ERR_TIMEOUT,
                           "expected the topic %s at %s, got none: check both names, or create the topic", o->topic,
                           o->brokers);
        log_limited(&limit, LOG_INTERVAL_MS * 5, LOG_INFO, "topic_awaited", "topic=%s", log_quote(o->topic));
        rd_kafka_poll(s->rk, TOPIC_RETRY_MS);
    }
    s->partitions = n;
    return 0;
}

/* Late events need an opener in each partition: see traffic_begin_late. */
static uint64_t messages_placed(const struct options *o, int32_t partitions) {
    if (o->round_robin) return UINT64_MAX;
    return o->replay == NULL && o->traffic.late > 0 ? (uint64_t)partitions : 0;
}

int sink_kafka_open(const struct options *o, struct totals *totals, struct sink *out, struct err *e) {
    struct sink_kafka *s = mem_zalloc(1, sizeof *s);
    s->totals = totals;
    int status = producer_make(s, o, e);
    if (status == 0) status = topic_await(s, o, e);
    if (status != 0) {
        kafka_close(s);
        return status;
    }
    s->placed = messages_placed(o, s->partitions);
    *out = (struct sink){{kafka_send, s}, kafka_wait, kafka_finish, kafka_failed, kafka_close, (uint32_t)s->partitions};
    return 0;
}
