/* source/kafka_dead_letters.c - rejected events on their way to the dead letter topic.
 *
 * A dead letter is settled when the broker has it, or when it is given up, which is counted and named; no commit passes
 * one that is not settled. What the broker refuses is judged by the code of the error (kafka_remedies.c): nearly
 * everything can be mended by somebody, so the dead letter waits. All that are not settled, on their way or waiting to
 * be sent again, share one bound; above it the queue is full, and partitions pause. */
#include "source/kafka_dead_letters.h"

#include <assert.h>

#include "base/mem.h"
#include "source/kafka_dead_letters_internal.h"

/* -- sending ------------------------------------------------------------------------------------- */

static int send_refuse(struct kafka_dead_letters *d, const struct kafka_dead_letter *dead_letter, struct err *e) {
    rd_kafka_headers_destroy(dead_letter->headers);
    kafka_dead_letters_release(d, kafka_dead_letter_bytes(dead_letter->key, dead_letter->value));
    return err_set(e, ERR_REFUSED, "the queue of dead letters is full");
}

int kafka_dead_letters_send(struct kafka_dead_letters *d, struct kafka_tickets *t,
                            const struct source_dead_letter *rejected, struct err *e) {
    assert(t != NULL);
    if (d == NULL) return err_set(e, ERR_UNSUPPORTED, "no dead-letter topic: set TOPKD_DLQ_TOPIC");
    if (!kafka_dead_letters_reserve(d, kafka_dead_letter_bytes(rejected->key, rejected->value)))
        return err_set(e, ERR_REFUSED, "too many dead letters wait for their answer");
    struct kafka_dead_letter dead_letter = kafka_dead_letter_of(rejected);
    dead_letter.ticket = kafka_tickets_take(t);
    if (dead_letter.ticket.number == 0) return send_refuse(d, &dead_letter, e);
    rd_kafka_resp_err_t code = kafka_dead_letter_produce(d->batches.rk, d->batches.rkt, &dead_letter);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        kafka_tickets_give_back(t);
        return send_refuse(d, &dead_letter, e);
    }
    if (kafka_fate_of(code) == KAFKA_FATE_HEALS)
        kafka_dead_letters_hold(d, &dead_letter, code, false);
    else
        kafka_dead_letters_give_up(d, &dead_letter, code);
    return 0;
}

/* -- reports ------------------------------------------------------------------------------------- */

/* The text of a report is not rd_kafka_message_errstr: for a producer that is the payload, which has no end. */
static void report_refused(struct kafka_dead_letters *d, const rd_kafka_message_t *rkm, bool alone) {
    struct kafka_dead_letter dead_letter = kafka_dead_letter_of_report(rkm);
    enum kafka_fate fate = kafka_fate_of(rkm->err);
    if (fate == KAFKA_FATE_NEVER || (fate == KAFKA_FATE_TOO_LARGE && alone))
        kafka_dead_letters_give_up(d, &dead_letter, rkm->err);
    else
        kafka_dead_letters_hold(d, &dead_letter, rkm->err, alone || fate == KAFKA_FATE_TOO_LARGE);
}

static void report_delivered(struct kafka_dead_letters *d, const rd_kafka_message_t *rkm) {
    struct bytes key = {rkm->key, rkm->key_len}, value = {rkm->payload, rkm->len};
    kafka_dead_letters_count(d, "result=\"delivered\"");
    kafka_dead_letters_release(d, kafka_dead_letter_bytes(key, value));
    kafka_all_tickets_settle(d->tickets, kafka_dead_letter_ticket(rkm));
}

/* Threads: the serving one. */
static void report_take(rd_kafka_t *rk, const rd_kafka_message_t *rkm, void *opaque) {
    struct kafka_dead_letters *d = opaque;
    bool resent = kafka_dead_letter_ticket(rkm).resent;
    if (rkm->err)
        report_refused(d, rkm, rk == d->singles.rk);
    else
        report_delivered(d, rkm);
    if (resent) kafka_dead_letters_answered(d);
}

/* -- open and close ------------------------------------------------------------------------------ */

rd_kafka_t *kafka_dead_letters_rk(const struct kafka_dead_letters *d) { return d->batches.rk; }
rd_kafka_topic_t *kafka_dead_letters_rkt(const struct kafka_dead_letters *d) { return d->batches.rkt; }

int kafka_dead_letters_open(const struct kafka_options *o, struct kafka_notes *notes, struct kafka_all_tickets *all,
                            struct kafka_dead_letters **out, struct err *e) {
    assert(o->dead_letter_topic != NULL && notes != NULL && all != NULL);
    struct kafka_dead_letters *d = mem_zalloc(1, sizeof *d);
    d->options = o;
    d->clock = notes->clock;
    d->metrics = notes->metrics;
    d->notes = notes;
    d->tickets = all;
    d->report = report_take;
    d->waiting_tail = &d->waiting;
    if (kafka_dead_producer_open(d, false, e) != 0) {
        mem_free(d);
        return ERR_INVALID;
    }
    pthread_mutex_init(&d->lock, NULL);
    *out = d;
    return 0;
}

/* Whatever is not settled now was never committed past, so a successor sends it. */
void kafka_dead_letters_close(struct kafka_dead_letters *d) {
    if (d == NULL) return;
    kafka_dead_producer_close(&d->batches);
    kafka_dead_producer_close(&d->singles);
    kafka_dead_letters_drop_waiting(d);
    pthread_mutex_destroy(&d->lock);
    mem_free(d);
}
