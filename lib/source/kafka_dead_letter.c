/* source/kafka_dead_letter.c - rejected events on their way to DLQ_TOPIC, and the tickets that say how far they got.
 *
 * Letters of one member may be acknowledged out of order (the topic has several partitions), so a ring of bits
 * remembers the answered tickets above `settled`. A report carries its ticket and member packed in the message's opaque
 * word: no allocation, and nothing dangles when a member is gone before its reports come. */
#include "base/mem.h"
#include "source/kafka_internal.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    /* Above queue.buffering.max.messages, so that librdkafka's queue is full first. */
    TICKETS_OUT_MAX = 1 << 17,
    WORD_BITS = 64,
    MEMBER_SHIFT = 48 /* opaque: member above, ticket below */
};

struct kafka_letters {
    pthread_mutex_t lock;
    unsigned index;
    uint64_t issued, settled;
    uint64_t
        answered[TICKETS_OUT_MAX / WORD_BITS]; /* bit (ticket mod TICKETS_OUT_MAX) for settled < ticket <= issued */
};

struct kafka_letters *kafka_letters_create(unsigned index) {
    struct kafka_letters *l = mem_zalloc(1, sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    l->index = index;
    return l;
}

void kafka_letters_destroy(struct kafka_letters *l) {
    if (!l) return;
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
}

unsigned kafka_letters_member(const struct kafka_letters *l) { return l->index; }

uint64_t kafka_letters_issued(struct kafka_letters *l) {
    pthread_mutex_lock(&l->lock);
    uint64_t n = l->issued;
    pthread_mutex_unlock(&l->lock);
    return n;
}

uint64_t kafka_letters_settled(struct kafka_letters *l) {
    pthread_mutex_lock(&l->lock);
    uint64_t n = l->settled;
    pthread_mutex_unlock(&l->lock);
    return n;
}

static uint64_t *word_of(struct kafka_letters *l, uint64_t ticket, uint64_t *bit) {
    uint64_t at = ticket % TICKETS_OUT_MAX;
    *bit = UINT64_C(1) << (at % WORD_BITS);
    return &l->answered[at / WORD_BITS];
}

static void settle(struct kafka_letters *l, uint64_t ticket) {
    uint64_t bit;
    pthread_mutex_lock(&l->lock);
    uint64_t *word = word_of(l, ticket, &bit);
    *word |= bit;
    while (word = word_of(l, l->settled + 1, &bit), (*word & bit) != 0) {
        *word &= ~bit;
        l->settled++;
    }
    pthread_mutex_unlock(&l->lock);
}

/* 0: too many are out. */
static uint64_t take_ticket(struct kafka_letters *l) {
    pthread_mutex_lock(&l->lock);
    uint64_t ticket = l->issued - l->settled < TICKETS_OUT_MAX ? ++l->issued : 0;
    pthread_mutex_unlock(&l->lock);
    return ticket;
}

/* Only the member's own thread issues, so the last ticket is still the last. */
static void give_ticket_back(struct kafka_letters *l) {
    pthread_mutex_lock(&l->lock);
    l->issued--;
    pthread_mutex_unlock(&l->lock);
}

static void *pack(const struct kafka_letters *l, uint64_t ticket) {
    return (void *)(uintptr_t)((uint64_t)l->index << MEMBER_SHIFT | ticket);
}

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

/* Key and value as they were; both are copied. */
static rd_kafka_resp_err_t produce(struct kafka_shared *s, const struct source_dead_letter *d, void *opaque) {
    rd_kafka_vu_t v[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = s->dead_letter_rkt},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)d->key.p, d->key.n}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)d->value.p, d->value.n}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = opaque},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers_of(d)},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(s->rk, v, ARRAY_LEN(v));
    if (!error) return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(v[ARRAY_LEN(v) - 1].u.headers); /* produceva took them only if it succeeded */
    return code;
}

static void count_result(struct kafka_shared *s, const char *labels) {
    metric_add(metrics_get(s->metrics, METRIC_DEAD_LETTERS, labels), 1);
}

int kafka_letters_send(struct kafka_shared *s, struct kafka_letters *l, const struct source_dead_letter *d,
                       struct err *e) {
    if (!s->dead_letter_rkt) return err_set(e, ERR_UNSUPPORTED, "no dead-letter topic: set TOPKD_DLQ_TOPIC");
    uint64_t ticket = take_ticket(l);
    if (ticket == 0) return err_set(e, ERR_REFUSED, "too many dead letters wait for their answer");
    rd_kafka_resp_err_t code = produce(s, d, pack(l, ticket));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL || code == RD_KAFKA_RESP_ERR__FATAL) {
        give_ticket_back(l);
        return err_set(e, code == RD_KAFKA_RESP_ERR__FATAL ? ERR_IO : ERR_REFUSED, "dead letter: %s",
                       rd_kafka_err2str(code));
    }
    /* Nothing will ever make this one go (it is too large): one lost letter, said and counted, not a stopped partition.
     */
    count_result(s, "result=\"failed\"");
    log_event(LOG_ERROR, "dead_letter_failed", "topic=%s partition=%d offset=%" PRId64 " text=%s",
              log_quote(d->tp.topic), d->tp.partition, d->offset, log_quote(rd_kafka_err2str(code)));
    settle(l, ticket);
    return 0;
}

/* After a fatal error or at the end the letter was not refused, it was never sent: its ticket stays open, so that its
 * offset is not committed and a successor sends it. */
static bool was_never_sent(rd_kafka_t *rk, rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT ||
           code == RD_KAFKA_RESP_ERR__DESTROY || code == RD_KAFKA_RESP_ERR__FATAL ||
           rd_kafka_fatal_error(rk, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

void kafka_letters_report(rd_kafka_t *rk, const rd_kafka_message_t *rkm, void *opaque) {
    struct kafka_shared *s = opaque;
    uint64_t packed = (uint64_t)(uintptr_t)rkm->_private;
    if (rkm->err && was_never_sent(rk, rkm->err)) return;
    if (rkm->err) {
        log_limited(&s->letter_log, KAFKA_ERROR_LOG_MS, LOG_ERROR, "dead_letter_failed", "text=%s",
                    log_quote(rd_kafka_message_errstr(rkm)));
        count_result(s, "result=\"failed\"");
    } else {
        count_result(s, "result=\"delivered\"");
    }
    settle(s->letters[packed >> MEMBER_SHIFT], packed & ((UINT64_C(1) << MEMBER_SHIFT) - 1));
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
