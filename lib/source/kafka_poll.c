/* source/kafka_poll.c - what a member's poll hands out: records, several at a time, and events, one at a time.
 *
 * Records are collected as long as librdkafka has one ready, and nothing else happened. What is no record (the end of a
 * partition, a rebalance, an error) ends the batch and waits as an event until the batch was handed out: so everything
 * comes in the order in which librdkafka told it. Two things follow.
 *  - When a revocation is met in the middle, the records collected before it are handed out before it. They are still
 *    ours, and what they count is in the commit that the revocation asks for.
 *  - When the caller assigns, what waits may speak of positions that are no longer so: it is dropped
 *    (kafka_events_drop_positions). librdkafka itself drops the fetched messages of the assignment before.
 *
 * Measured with librdkafka 2.0.2, 2 M messages of 92 bytes, 4 partitions, a consumer that does nothing; CPU s per
 * million messages, medians of 5, 1 / 2 threads:
 *     poll with a timeout for each       .358 / .364
 *     without for all but the first      .297 / .273
 *     rd_kafka_consume_batch_queue       .239 / .239
 *     rd_kafka_queue_poll                .310 / .316
 * The batch call is not used: below 2.1.0 a pause takes messages out of a batch that its caller never saw and goes on
 * behind them, and up to 2.13.1 the end of a partition moves the position that librdkafka itself would go on from (its
 * issues 4208 and 4844). */
#include <assert.h>

#include "source/kafka_member.h"
#include "source/kafka_record.h"

enum {
    /* While an answer is awaited poll looks for it this often; librdkafka cannot be woken for it. */
    ANSWER_SLICE_MS = 20,
    ERROR_TEXT_MAX = 200,
    SUBSCRIBE_LOG_MS = 60000 /* at most one line in so long */
};

/* -- events -------------------------------------------------------------------------------------- */

static bool event_hand_out(struct kafka_member *m, struct source_event *ev) {
    struct kafka_event *k = kafka_events_take(&m->events);
    if (k == NULL) return false;
    assert(m->records_n == 0 && m->current == NULL);
    m->current = k;
    *ev = k->ev;
    kafka_member_handed_out(m, ev->type);
    return true;
}

static void error_push(struct kafka_member *m, enum source_event_type type, const char *text) {
    struct kafka_event *k = kafka_event_create(type, NULL, 0);
    err_set(&k->ev.error, ERR_IO, "%s", text);
    kafka_events_push(&m->events, k);
}

void kafka_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
    struct kafka_member *m = opaque;
    char text[ERROR_TEXT_MAX];
    kafka_notes_add(&m->shared->notes, (rd_kafka_resp_err_t)code, reason);
    if (code != RD_KAFKA_RESP_ERR__FATAL || m->life != KAFKA_MEMBER_WORKS) return;
    m->life = KAFKA_MEMBER_FAILED;
    rd_kafka_fatal_error(rk, text, sizeof text);
    error_push(m, SOURCE_FATAL, text);
    rd_kafka_yield(rk);
}

/* -- messages ------------------------------------------------------------------------------------ */

static void record_fill(struct source_record *r, const char *topic, const rd_kafka_message_t *rkm) {
    r->tp = (struct source_tp){topic, rkm->partition};
    r->offset = rkm->offset;
    r->time_ms = kafka_record_time_ms(rkm);
    r->key = (struct bytes){rkm->key, rkm->key != NULL ? rkm->key_len : 0};
    r->value = (struct bytes){rkm->payload, rkm->payload != NULL ? rkm->len : 0};
}

struct bytes kafka_member_header(void *self, const struct source_record *r, const char *name) {
    struct kafka_member *m = self;
    assert(r >= m->records && r < m->records + m->records_n);
    return kafka_record_header(m->rkms[r - m->records], name);
}

static bool error_is_damage(rd_kafka_resp_err_t err) {
    return err == RD_KAFKA_RESP_ERR__BAD_MSG || err == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
           err == RD_KAFKA_RESP_ERR_INVALID_MSG;
}

static void position_push(struct kafka_member *m, enum source_event_type type, const char *topic,
                          const rd_kafka_message_t *rkm) {
    struct kafka_event *k = kafka_event_create(type, NULL, 0);
    k->ev.tp = (struct source_tp){topic, rkm->partition};
    k->ev.offset = rkm->offset;
    if (rkm->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        err_set(&k->ev.error, error_is_damage(rkm->err) ? ERR_INVALID : ERR_IO, "%s", rd_kafka_message_errstr(rkm));
    kafka_events_push(&m->events, k);
}

static void failure_push(struct kafka_member *m, const char *topic, const rd_kafka_message_t *rkm) {
    char text[ERROR_TEXT_MAX];
    const char *what = rd_kafka_message_errstr(rkm);
    kafka_notes_add(&m->shared->notes, rkm->err, what);
    bool fatal = rd_kafka_fatal_error(m->rk, text, sizeof text) != RD_KAFKA_RESP_ERR_NO_ERROR;
    if (fatal) m->life = KAFKA_MEMBER_FAILED; /* nobody polls who closes */
    if (rkm->err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)
        atomic_store_explicit(&m->joined, false, memory_order_relaxed);
    if (fatal)
        error_push(m, SOURCE_FATAL, text);
    else if (topic != NULL)
        position_push(m, SOURCE_ERROR, topic, rkm);
    else
        error_push(m, SOURCE_ERROR, what != NULL ? what : rd_kafka_err2str(rkm->err));
}

/* What librdkafka tells in the form of a message. */
static void told_push(struct kafka_member *m, const rd_kafka_message_t *rkm) {
    const char *topic = kafka_member_topic(m, rkm->rkt);
    switch (rkm->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (topic != NULL) position_push(m, SOURCE_EOF, topic, rkm);
        return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        if (topic == NULL) break;
        position_push(m, SOURCE_RESET, topic, rkm);
        return;
    default:
        break;
    }
    failure_push(m, topic, rkm);
}

/* Takes RKM: into the batch, or as an event, or nowhere if it is not of a topic of ours. Returns the bytes held. */
static size_t message_take(struct kafka_member *m, rd_kafka_message_t *rkm) {
    const char *topic = rkm->err ? NULL : kafka_member_topic(m, rkm->rkt);
    if (topic != NULL) {
        assert(m->records_n < SOURCE_RECORDS_MAX);
        record_fill(&m->records[m->records_n], topic, rkm);
        m->rkms[m->records_n++] = rkm;
        return rkm->len + rkm->key_len;
    }
    if (rkm->err) told_push(m, rkm);
    rd_kafka_message_destroy(rkm);
    return 0;
}

/* Waits up to TIMEOUT_MS for the first message only. */
static void records_collect(struct kafka_member *m, int timeout_ms) {
    rd_kafka_message_t *rkm = rd_kafka_consumer_poll(m->rk, timeout_ms);
    for (size_t bytes = 0; rkm != NULL; rkm = rd_kafka_consumer_poll(m->rk, 0)) {
        bytes += message_take(m, rkm);
        if (kafka_events_wait(&m->events) || m->records_n == SOURCE_RECORDS_MAX || bytes >= SOURCE_RECORD_BYTES_MAX)
            return;
    }
}

static bool records_hand_out(struct kafka_member *m, struct source_event *ev) {
    if (m->records_n == 0) return false;
    ev->type = SOURCE_RECORDS;
    ev->records = m->records;
    ev->n = m->records_n;
    return true;
}

void kafka_member_release(struct kafka_member *m) {
    for (size_t i = 0; i < m->records_n; i++) rd_kafka_message_destroy(m->rkms[i]);
    m->records_n = 0;
    if (m->current == NULL) return;
    kafka_event_destroy(m->current);
    m->current = NULL;
}

/* -- answers ------------------------------------------------------------------------------------- */

static void answer_collect(struct kafka_member *m, struct kafka_asker *a) {
    struct kafka_event *answer = kafka_asker_is_busy(a) ? kafka_asker_take(a) : NULL;
    if (answer != NULL) kafka_events_push(&m->events, answer);
}

static bool answer_is_awaited(const struct kafka_member *m) {
    return m->commits != NULL || kafka_asker_is_busy(&m->lookup) || kafka_asker_is_busy(&m->ends);
}

static void answers_collect(struct kafka_member *m) {
    if (m->commits != NULL) kafka_commit_collect(m);
    answer_collect(m, &m->lookup);
    answer_collect(m, &m->ends);
}

/* -- poll ---------------------------------------------------------------------------------------- */

/* One wait of at most TIMEOUT_MS; false: nothing came. */
static bool poll_once(struct kafka_member *m, int timeout_ms, struct source_event *ev) {
    bool awaits = answer_is_awaited(m);
    if (awaits) answers_collect(m);
    if (event_hand_out(m, ev)) return true;
    records_collect(m, awaits && timeout_ms > ANSWER_SLICE_MS ? ANSWER_SLICE_MS : timeout_ms);
    return records_hand_out(m, ev) || event_hand_out(m, ev);
}

/* Answers do not wake librdkafka's poll, so it is called in slices until one comes or time is up. */
static bool poll_for_answer(struct kafka_member *m, int timeout_ms, struct source_event *ev) {
    const struct clock *clock = m->shared->clock;
    int64_t until = clock_mono_ms(clock) + timeout_ms, left = timeout_ms;
    while (left > 0) {
        if (poll_once(m, (int)left, ev)) return true;
        left = until - clock_mono_ms(clock);
    }
    return false;
}

/* The topics that are read have changed, or there are some at last. */
static void topics_follow(struct kafka_member *m) {
    struct err e;
    uint64_t version = atomic_load_explicit(&m->shared->topics.version, memory_order_relaxed);
    if (version == m->topics_version || m->life != KAFKA_MEMBER_WORKS) return;
    if (kafka_member_subscribe(m, &e) != 0)
        log_limited(&m->subscribe_log, SUBSCRIBE_LOG_MS, LOG_ERROR, "subscribe_failed", "client=%s why=%s",
                    rd_kafka_name(m->rk), log_quote(e.text));
}

void kafka_member_poll(void *self, int timeout_ms, struct source_event *ev) {
    struct kafka_member *m = self;
    kafka_member_check(m);
    assert(m->life != KAFKA_MEMBER_CLOSES && timeout_ms >= 0 && ev != NULL);
    kafka_member_release(m);
    kafka_member_acknowledge(m);
    topics_follow(m);
    bool awaits = answer_is_awaited(m);
    if (poll_once(m, awaits ? 0 : timeout_ms, ev)) return; /* busy: without asking what time it is */
    if (awaits && poll_for_answer(m, timeout_ms, ev)) return;
    ev->type = SOURCE_NOTHING;
}
