/* source/kafka_dead_letter_resend.c - sends again what was refused.
 *
 * One whose batch was too large goes by a producer that makes a batch of each message; if it is too large even so, it
 * is given up. */
#include <assert.h>

#include "source/kafka_dead_letters_internal.h"

enum {
    METADATA_TIMEOUT_MS = 1000,
    PRODUCER_LOG_MS = 60000 /* at most one line in so long */
};

/* NULL: librdkafka makes none now. */
static struct kafka_dead_producer *producer_of(struct kafka_dead_letters *d, bool alone) {
    struct kafka_dead_producer *p = alone ? &d->singles : &d->batches;
    struct err e = {0};
    if (p->rk != NULL || kafka_dead_producer_open(d, alone, &e) == 0) return p;
    log_limited(&d->producer_log, PRODUCER_LOG_MS, LOG_ERROR, "dead_letter_producer_failed", "why=%s",
                log_quote(e.text));
    return NULL;
}

/* A handle that was told that the topic is missing, or not ours, believes it until it asks again. */
static void producer_ask_for_topic(const struct kafka_dead_producer *p) {
    const struct rd_kafka_metadata *md = NULL;
    if (p->rk == NULL) return;
    if (rd_kafka_metadata(p->rk, 0, p->rkt, &md, METADATA_TIMEOUT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(md);
}

static rd_kafka_resp_err_t waiting_send(struct kafka_dead_letters *d, struct kafka_dead_waiting *w) {
    const struct kafka_dead_producer *p = producer_of(d, w->alone);
    w->dead_letter.ticket.resent = true;
    if (p == NULL) return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    rd_kafka_resp_err_t code = kafka_dead_letter_produce(p->rk, p->rkt, &w->dead_letter);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return code;
    w->dead_letter.headers = NULL; /* the producer's */
    kafka_dead_letters_resent(d);
    return code;
}

/* Refused by librdkafka itself, as it stands. */
static void waiting_refused(struct kafka_dead_letters *d, struct kafka_dead_waiting *w, rd_kafka_resp_err_t code) {
    if (kafka_fate_of(code) == KAFKA_FATE_HEALS)
        kafka_dead_letters_hold(d, &w->dead_letter, code, w->alone);
    else
        kafka_dead_letters_give_up(d, &w->dead_letter, code);
    w->dead_letter.headers = NULL;
}

static void waiting_send_all(struct kafka_dead_letters *d, struct kafka_dead_waiting *list) {
    producer_ask_for_topic(&d->batches);
    producer_ask_for_topic(&d->singles);
    while (list != NULL) {
        struct kafka_dead_waiting *w = list;
        rd_kafka_resp_err_t code = waiting_send(d, w);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            kafka_dead_letters_put_back(d, list);
            return;
        }
        list = w->next;
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) waiting_refused(d, w, code);
        kafka_dead_waiting_destroy(w);
    }
}

void kafka_dead_letters_serve(struct kafka_dead_letters *d, int timeout_ms) {
    assert(d->batches.rk != NULL);
    rd_kafka_poll(d->batches.rk, timeout_ms);
    if (d->singles.rk != NULL) rd_kafka_poll(d->singles.rk, 0);
    struct kafka_dead_waiting *due = kafka_dead_letters_take_due(d);
    if (due != NULL) waiting_send_all(d, due);
    kafka_dead_letters_tell_change(d);
}
