/* source/kafka_shared.c - what the members of a process share: one producer handle, and a thread that serves its
 * callbacks and keeps the topics' metadata fresh. */
#include "base/mem.h"
#include "source/kafka_internal.h"
#include <string.h>

enum {
    REFRESH_MS = 10000,
    REFRESH_MISSING_MS = 1000, /* while a topic or a leader is missing, or no broker answers */
    METADATA_TIMEOUT_MS = 2000,
    SERVE_MS = 100,
    FLUSH_MS = 1000, /* the worker waited for its letters before; these are leftovers */
    MISSING_LOG_MS = 10000,
    ERROR_TEXT_MAX = 200
};

static bool is_whole(const struct rd_kafka_metadata_topic *t) {
    for (int i = 0; i < t->partition_cnt; i++)
        if (t->partitions[i].leader < 0) return false;
    return t->partition_cnt > 0;
}

/* Locked. What was known of a topic stays when it is missing: its partitions may come back. */
static void store_topic(struct kafka_topic *topic, const struct rd_kafka_metadata_topic *t) {
    topic->missing = t->err != RD_KAFKA_RESP_ERR_NO_ERROR || t->partition_cnt <= 0;
    if (topic->missing) return;
    topic->partitions = (uint32_t)t->partition_cnt;
    topic->leaders = mem_realloc(topic->leaders, topic->partitions, sizeof *topic->leaders);
    for (uint32_t i = 0; i < topic->partitions; i++) topic->leaders[i] = -1;
    for (int i = 0; i < t->partition_cnt; i++) {
        int32_t id = t->partitions[i].id;
        if (id >= 0 && (uint32_t)id < topic->partitions) topic->leaders[id] = t->partitions[i].leader;
    }
}

static void say_missing(struct kafka_topic *topic, rd_kafka_resp_err_t err) {
    log_limited(&topic->missing_log, MISSING_LOG_MS, LOG_WARN, "topic_missing", "topic=%s text=%s remedy=%s",
                log_quote(topic->name), log_quote(rd_kafka_err2str(err)), log_quote("create it or allow us to see it"));
}

/* Returns the library's verdict on the request; *WHOLE: the topic is there with all leaders. */
static rd_kafka_resp_err_t refresh_topic(struct kafka_shared *s, struct kafka_topic *topic, bool *whole) {
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(s->rk, 0, topic->rkt, &md, METADATA_TIMEOUT_MS);
    *whole = false;
    if (err) return err;
    if (md->topic_cnt == 1) {
        const struct rd_kafka_metadata_topic *t = &md->topics[0];
        pthread_mutex_lock(&s->lock);
        store_topic(topic, t);
        pthread_mutex_unlock(&s->lock);
        *whole = is_whole(t);
        if (t->err || t->partition_cnt <= 0)
            say_missing(topic, t->err ? t->err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    }
    rd_kafka_metadata_destroy(md);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool stopping(struct kafka_shared *s) { return atomic_load_explicit(&s->stop, memory_order_relaxed); }

static uint32_t all_topics_n(const struct kafka_shared *s) { return s->topics_n + (s->dead_letter_rkt ? 1 : 0); }

/* True if there is nothing to wait for: all topics whole. */
static bool refresh(struct kafka_shared *s) {
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    bool all_whole = true;
    for (uint32_t i = 0; i < all_topics_n(s) && !err && !stopping(s); i++) {
        bool whole;
        err = refresh_topic(s, &s->topics[i], &whole);
        all_whole &= whole;
    }
    if (err)
        log_limited(&s->unreachable_log, MISSING_LOG_MS, LOG_WARN, "kafka_unreachable", "brokers=%s text=%s",
                    log_quote(s->config->brokers), log_quote(rd_kafka_err2str(err)));
    pthread_mutex_lock(&s->lock);
    s->reachable = err == RD_KAFKA_RESP_ERR_NO_ERROR;
    pthread_mutex_unlock(&s->lock);
    return all_whole && !err;
}

static void *serve(void *self) {
    struct kafka_shared *s = self;
    struct metric *waiting = metrics_get(s->metrics, METRIC_DEAD_LETTERS_WAITING, "");
    int64_t due = clock_mono_ms(s->clock);
    while (!stopping(s)) {
        if (clock_mono_ms(s->clock) >= due) {
            bool whole = refresh(s);
            due = clock_mono_ms(s->clock) + (whole ? REFRESH_MS : REFRESH_MISSING_MS);
        }
        rd_kafka_poll(s->rk, SERVE_MS);
        metric_set(waiting, (double)kafka_letters_waiting(s));
    }
    return NULL;
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
    struct kafka_shared *s = opaque;
    char text[ERROR_TEXT_MAX];
    kafka_report_error(s->metrics, &s->error_log, (rd_kafka_resp_err_t)code, reason);
    if (code != RD_KAFKA_RESP_ERR__FATAL) return;
    rd_kafka_fatal_error(rk, text, sizeof text);
    log_event(LOG_ERROR, "dead_letters_stopped", "text=%s", log_quote(text));
    atomic_store_explicit(&s->failed, true, memory_order_relaxed);
}

static int create_handle(struct kafka_shared *s, struct err *e) {
    rd_kafka_conf_t *conf;
    char text[ERROR_TEXT_MAX];
    if (kafka_conf_producer(s->config, &conf, e) != 0) return ERR_INVALID;
    rd_kafka_conf_set_opaque(conf, s);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_dr_msg_cb(conf, kafka_letters_report);
    s->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (s->rk) return 0; /* conf is now owned by rk */
    rd_kafka_conf_destroy(conf);
    return err_set(e, ERR_INVALID, "TOPKD_RDKAFKA_*: %s", text);
}

static void add_topics(struct kafka_shared *s) {
    const struct config *c = s->config;
    for (uint32_t i = 0; i < c->topics_n; i++) s->topics[i].name = c->topics[i];
    s->topics_n = c->topics_n;
    bool letters = c->dlq_topic && c->dlq_topic[0] != '\0';
    if (letters) s->topics[s->topics_n].name = c->dlq_topic;
    for (uint32_t i = 0; i < s->topics_n + (letters ? 1 : 0); i++)
        s->topics[i].rkt = rd_kafka_topic_new(s->rk, s->topics[i].name, NULL);
    if (letters) s->dead_letter_rkt = s->topics[s->topics_n].rkt;
}

int kafka_shared_open(const struct config *c, const struct clock *clock, struct metrics *m, struct kafka_shared **out,
                      struct err *e) {
    struct kafka_shared *s = mem_zalloc(1, sizeof *s);
    s->config = c;
    s->clock = clock;
    s->metrics = m;
    int rc = create_handle(s, e);
    if (rc != 0) {
        mem_free(s);
        return rc;
    }
    pthread_mutex_init(&s->lock, NULL);
    add_topics(s);
    if (pthread_create(&s->thread, NULL, serve, s) != 0) {
        atomic_store(&s->stop, true);
        s->thread = pthread_self();
        kafka_shared_close(s);
        return err_set(e, ERR_IO, "no thread for the metadata of Kafka");
    }
    *out = s;
    return 0;
}

void kafka_shared_close(struct kafka_shared *s) {
    if (!s) return;
    atomic_store_explicit(&s->stop, true, memory_order_relaxed);
    if (!pthread_equal(s->thread, pthread_self())) pthread_join(s->thread, NULL);
    rd_kafka_flush(s->rk, FLUSH_MS);
    for (uint32_t i = 0; i < all_topics_n(s); i++) {
        if (s->topics[i].rkt) rd_kafka_topic_destroy(s->topics[i].rkt);
        mem_free(s->topics[i].leaders);
    }
    rd_kafka_destroy(s->rk);
    for (unsigned i = 0; i < s->members_n; i++) kafka_letters_destroy(s->letters[i]);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

uint32_t kafka_shared_partitions(struct kafka_shared *s, uint32_t i) {
    if (i >= s->topics_n) return 0;
    pthread_mutex_lock(&s->lock);
    uint32_t n = s->topics[i].partitions;
    pthread_mutex_unlock(&s->lock);
    return n;
}

uint32_t kafka_shared_topic_partitions(struct kafka_shared *s, const char *topic) {
    for (uint32_t i = 0; i < s->topics_n; i++)
        if (s->topics[i].name == topic) return kafka_shared_partitions(s, i);
    return 0;
}

bool kafka_shared_connected(struct kafka_shared *s) {
    pthread_mutex_lock(&s->lock);
    bool connected = s->reachable;
    for (uint32_t i = 0; i < s->topics_n; i++) connected &= !s->topics[i].missing;
    pthread_mutex_unlock(&s->lock);
    return connected;
}

const char *kafka_shared_intern(struct kafka_shared *s, const char *name) {
    for (uint32_t i = 0; i < s->topics_n; i++)
        if (strcmp(s->topics[i].name, name) == 0) return s->topics[i].name;
    return NULL;
}

bool kafka_shared_has_leader(struct kafka_shared *s, const char *topic, int32_t partition) {
    bool has = true;
    pthread_mutex_lock(&s->lock);
    for (uint32_t i = 0; i < s->topics_n; i++) {
        const struct kafka_topic *t = &s->topics[i];
        if (t->name == topic && partition >= 0 && (uint32_t)partition < t->partitions) has = t->leaders[partition] >= 0;
    }
    pthread_mutex_unlock(&s->lock);
    return has;
}

struct kafka_letters *kafka_shared_add_member(struct kafka_shared *s) {
    struct kafka_letters *l = NULL;
    pthread_mutex_lock(&s->lock);
    if (s->members_n < KAFKA_MEMBERS_MAX) {
        l = kafka_letters_create(s->members_n);
        s->letters[s->members_n++] = l;
    }
    pthread_mutex_unlock(&s->lock);
    return l;
}
