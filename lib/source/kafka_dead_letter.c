/* source/kafka_dead_letter.c - rejected events on their way to DLQ_TOPIC.
 *
 * A letter is settled when the broker has it, or when it is given up, which is counted and named; no commit passes one
 * that is not settled. What the broker refuses is judged by the code of the error (letter_rules): nearly everything can
 * be mended by somebody, so the letter waits (kafka_resend.c). All letters that are not settled, on their way or waiting
 * to be sent again, share one bound; above it the queue is full, and partitions pause.
 *
 * The producer is not idempotent. That would need more rights on old brokers, and a missing right, or a sequence that
 * broke, would end the handle for good. So a letter can arrive twice when an answer was lost; its headers say which it
 * is. A report carries ticket and member packed in the message's opaque word: no allocation, and nothing dangles when a
 * member is gone before its reports come. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/kafka_internal.h"

enum {
    MEMBER_SHIFT = 48, /* opaque: a mark on top, then the member, the ticket below */
    RESENT_SHIFT = 63,
    /* Of a letter in memory, beside key and value: librdkafka's message, five headers. */
    LETTER_OVERHEAD_BYTES = 512,
    FLUSH_MS = 1000 /* the worker waited for its letters before; these are leftovers */
};

/* -- what a refusal means -------------------------------------------------------------------------- */

static const struct letter_rule letter_rules[] = {
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, LETTER_HEALS, "grant Write on"},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, LETTER_HEALS, "grant Write on"},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, LETTER_HEALS, "create"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, LETTER_HEALS, "create"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, LETTER_HEALS, "restart the worker, partitions went from"},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, LETTER_HEALS, "set TOPKD_DLQ_TOPIC to another than"},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, LETTER_HEALS, "bring back the brokers of"},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, LETTER_HEALS, "bring back the brokers of"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, LETTER_HEALS, "bring back brokers until min.insync.replicas holds for"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, LETTER_HEALS,
     "bring back brokers until min.insync.replicas holds for"},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, LETTER_HEALS, "mend the disks that hold"},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, LETTER_HEALS, "look at the broker's policies for"},
    /* Of a letter without a key in a compacted topic: the topic is wrong, not the letter. */
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, LETTER_HEALS, "set cleanup.policy=delete on"},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, LETTER_HEALS,
     "compare the clocks, or raise message.timestamp.before.max.ms of"},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, LETTER_HEALS, "bring back the brokers of"},
    {RD_KAFKA_RESP_ERR__TRANSPORT, LETTER_HEALS, "bring back the brokers of"},
    /* The broker measures whole batches; librdkafka one message against its own message.max.bytes. */
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, LETTER_TOO_LARGE, "raise max.message.bytes of"},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, LETTER_TOO_LARGE, "raise segment.bytes of"},
    /* It never left: no broker, right or setting can make a request of it. */
    {RD_KAFKA_RESP_ERR__INVALID_ARG, LETTER_NEVER, "tell the authors: no request can be made for"},
    {RD_KAFKA_RESP_ERR__BAD_MSG, LETTER_NEVER, "tell the authors: no request can be made for"},
};

const struct letter_rule *kafka_letter_rule(rd_kafka_resp_err_t code) {
    static const struct letter_rule other = {RD_KAFKA_RESP_ERR_UNKNOWN, LETTER_HEALS, "look at the brokers and at"};
    for (size_t i = 0; i < ARRAY_LEN(letter_rules); i++)
        if (letter_rules[i].code == code) return &letter_rules[i];
    return &other;
}

/* -- the opaque word --------------------------------------------------------------------------------- */

static void *pack(const struct kafka_letters *l, uint64_t ticket) {
    return (void *)(uintptr_t)((uint64_t)kafka_letters_member(l) << MEMBER_SHIFT | ticket);
}

void *kafka_letter_mark_resent(void *opaque) {
    return (void *)(uintptr_t)((uint64_t)(uintptr_t)opaque | UINT64_C(1) << RESENT_SHIFT);
}

static bool is_resent(const void *opaque) { return (uint64_t)(uintptr_t)opaque >> RESENT_SHIFT != 0; }

static void settle(struct kafka_post *p, const void *opaque) {
    uint64_t packed = (uint64_t)(uintptr_t)opaque & ~(UINT64_C(1) << RESENT_SHIFT);
    kafka_letters_settle(p->shared->letters[packed >> MEMBER_SHIFT], packed & ((UINT64_C(1) << MEMBER_SHIFT) - 1));
}

/* -- the bound ---------------------------------------------------------------------------------------- */

static uint64_t weight_of(struct bytes key, struct bytes value) { return key.n + value.n + LETTER_OVERHEAD_BYTES; }

/* One letter may always be out, however large. */
static bool reserve(struct kafka_post *p, uint64_t bytes) {
    pthread_mutex_lock(&p->lock);
    bool fits = p->out_n == 0 || (p->out_n < p->max_n && p->out_bytes + bytes <= p->max_bytes);
    if (fits) {
        p->out_n++;
        p->out_bytes += bytes;
    }
    pthread_mutex_unlock(&p->lock);
    return fits;
}

static void release(struct kafka_post *p, uint64_t bytes) {
    pthread_mutex_lock(&p->lock);
    p->out_n--;
    p->out_bytes -= bytes;
    pthread_mutex_unlock(&p->lock);
}

/* -- sending ------------------------------------------------------------------------------------------ */

static void header_text(rd_kafka_headers_t *h, const char *name, const char *value) {
    rd_kafka_header_add(h, name, -1, value, (ssize_t)strlen(value));
}

static void header_number(rd_kafka_headers_t *h, const char *name, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    header_text(h, name, text);
}

static rd_kafka_headers_t *headers_of(const struct source_dead_letter *d) {
    rd_kafka_headers_t *h = rd_kafka_headers_new(5);
    header_text(h, "topkd.reason", d->reason);
    header_text(h, "topkd.topic", d->tp.topic);
    header_number(h, "topkd.partition", d->tp.partition);
    header_number(h, "topkd.offset", d->offset);
    header_number(h, "topkd.index", d->index);
    return h;
}

/* Key and value as they were; both are copied. The headers are taken if it succeeds. */
rd_kafka_resp_err_t kafka_post_produce(rd_kafka_t *rk, rd_kafka_topic_t *rkt, const struct kafka_parcel *parcel) {
    rd_kafka_vu_t v[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = rkt},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)parcel->key.p, parcel->key.n}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)parcel->value.p, parcel->value.n}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = parcel->opaque},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = parcel->headers},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(rk, v, ARRAY_LEN(v));
    if (!error) return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return code;
}

static void count_result(struct kafka_shared *s, const char *labels) {
    metric_add(metrics_get(s->metrics, METRIC_DEAD_LETTERS, labels), 1);
}

static int refuse(struct kafka_post *p, const struct kafka_parcel *parcel, struct err *e) {
    rd_kafka_headers_destroy(parcel->headers);
    release(p, weight_of(parcel->key, parcel->value));
    return err_set(e, ERR_REFUSED, "the queue of dead letters is full");
}

int kafka_letters_send(struct kafka_shared *s, struct kafka_letters *l, const struct source_dead_letter *d,
                       struct err *e) {
    struct kafka_post *p = s->post;
    if (!p) return err_set(e, ERR_UNSUPPORTED, "no dead-letter topic: set TOPKD_DLQ_TOPIC");
    if (!reserve(p, weight_of(d->key, d->value)))
        return err_set(e, ERR_REFUSED, "too many dead letters wait for their answer");
    struct kafka_parcel parcel = {.headers = headers_of(d), .key = d->key, .value = d->value};
    uint64_t ticket = kafka_letters_take(l);
    if (ticket == 0) return refuse(p, &parcel, e);
    parcel.opaque = pack(l, ticket);
    rd_kafka_resp_err_t code = kafka_post_produce(p->rk, p->rkt, &parcel);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        kafka_letters_give_back(l);
        return refuse(p, &parcel, e);
    }
    if (kafka_letter_rule(code)->fate == LETTER_HEALS)
        kafka_post_hold(p, &parcel, code, false);
    else
        kafka_post_give_up(p, &parcel, code);
    return 0;
}

/* -- answers ------------------------------------------------------------------------------------------ */

void kafka_post_give_up(struct kafka_post *p, const struct kafka_parcel *parcel, rd_kafka_resp_err_t code) {
    char name[KAFKA_NAME_MAX];
    kafka_letter_name(parcel->headers, name);
    rd_kafka_headers_destroy(parcel->headers);
    count_result(p->shared, "result=\"failed\"");
    kafka_post_tell_given_up(p, name, code);
    release(p, weight_of(parcel->key, parcel->value));
    settle(p, parcel->opaque);
}

static struct kafka_parcel parcel_of(const rd_kafka_message_t *rkm) {
    struct kafka_parcel parcel = {
        .opaque = rkm->_private, .key = {rkm->key, rkm->key_len}, .value = {rkm->payload, rkm->len}};
    rd_kafka_resp_err_t none = rd_kafka_message_detach_headers((rd_kafka_message_t *)(uintptr_t)rkm, &parcel.headers);
    assert(none == RD_KAFKA_RESP_ERR_NO_ERROR); /* all of ours have some */
    (void)none;
    return parcel;
}

/* The text of a report is not rd_kafka_message_errstr: for a producer that is the payload, which has no end. */
static void refused(struct kafka_post *p, const rd_kafka_message_t *rkm, bool alone) {
    struct kafka_parcel parcel = parcel_of(rkm);
    enum letter_fate fate = kafka_letter_rule(rkm->err)->fate;
    if (fate == LETTER_NEVER || (fate == LETTER_TOO_LARGE && alone))
        kafka_post_give_up(p, &parcel, rkm->err);
    else
        kafka_post_hold(p, &parcel, rkm->err, alone || fate == LETTER_TOO_LARGE);
}

void kafka_letters_report(rd_kafka_t *rk, const rd_kafka_message_t *rkm, void *opaque) {
    struct kafka_shared *s = opaque;
    struct kafka_post *p = s->post;
    bool resent = is_resent(rkm->_private);
    if (rkm->err) {
        refused(p, rkm, rk == p->singles);
    } else {
        count_result(s, "result=\"delivered\"");
        release(p, weight_of((struct bytes){rkm->key, rkm->key_len}, (struct bytes){rkm->payload, rkm->len}));
        settle(p, rkm->_private);
    }
    if (resent) kafka_post_answered(p);
}

uint64_t kafka_letters_waiting(struct kafka_shared *s) {
    pthread_mutex_lock(&s->lock);
    unsigned n = s->members_n;
    pthread_mutex_unlock(&s->lock);
    uint64_t waiting = 0;
    for (unsigned i = 0; i < n; i++) {
        uint64_t settled = kafka_letters_settled(s->letters[i]);
        waiting += kafka_letters_issued(s->letters[i]) - settled;
    }
    return waiting;
}

/* -- open and close ------------------------------------------------------------------------------------ */

/* Of the finished configuration, because a user may have set it. 0 is librdkafka's word for no bound. */
static uint64_t bound_of(const rd_kafka_conf_t *conf, const char *name) {
    char text[32] = "";
    size_t size = sizeof text;
    uint64_t n = rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK ? strtoull(text, NULL, 10) : 0;
    return n > 0 ? n : UINT32_MAX;
}

rd_kafka_t *kafka_post_producer(struct kafka_post *p, bool singles, struct err *e) {
    rd_kafka_conf_t *conf;
    char text[KAFKA_TEXT_MAX];
    if (kafka_conf_producer(p->shared->options, singles, &conf, e) != 0) return NULL;
    if (!singles) {
        p->max_n = bound_of(conf, "queue.buffering.max.messages");
        p->max_bytes = bound_of(conf, "queue.buffering.max.kbytes") * 1024;
    }
    rd_kafka_conf_set_opaque(conf, p->shared);
    rd_kafka_conf_set_error_cb(conf, kafka_shared_on_error);
    rd_kafka_conf_set_dr_msg_cb(conf, kafka_letters_report);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (rk) return rk; /* conf is now owned by rk */
    rd_kafka_conf_destroy(conf);
    (void)err_set(e, ERR_INVALID, "TOPKD_RDKAFKA_*: %s", text);
    return NULL;
}

int kafka_post_open(struct kafka_shared *s, const char *topic, struct kafka_post **out, struct err *e) {
    struct kafka_post *p = mem_zalloc(1, sizeof *p);
    p->shared = s;
    p->topic = topic;
    p->waiting_tail = &p->waiting;
    p->rk = kafka_post_producer(p, false, e);
    if (!p->rk) {
        mem_free(p);
        return ERR_INVALID;
    }
    p->rkt = rd_kafka_topic_new(p->rk, topic, NULL);
    pthread_mutex_init(&p->lock, NULL);
    *out = p;
    return 0;
}

static void close_handle(rd_kafka_t *rk, rd_kafka_topic_t *rkt) {
    if (!rk) return;
    rd_kafka_flush(rk, FLUSH_MS);
    rd_kafka_topic_destroy(rkt);
    rd_kafka_destroy(rk);
}

/* Whatever is not settled now was never committed past, so a successor sends it. */
void kafka_post_close(struct kafka_post *p) {
    if (!p) return;
    close_handle(p->rk, p->rkt);
    close_handle(p->singles, p->singles_rkt);
    kafka_post_drop_waiting(p);
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
}
