/* source/kafka_dead_letter_producers.c - the handles that send dead letters, and the bound of all that is on its way.
 *
 * A producer is not idempotent. That would need more rights on old brokers, and a missing right, or a sequence that
 * broke, would end the handle for good. So a dead letter can arrive twice when an answer was lost; its headers say
 * which one it is. */
#include <assert.h>
#include <stdlib.h>

#include "source/kafka_conf.h"
#include "source/kafka_dead_letters_internal.h"

enum { FLUSH_MS = 1000 }; /* the worker waited for its dead letters before; these are leftovers */

void kafka_dead_letters_check(const struct kafka_dead_letters *d) {
    assert((d->out_n == 0) == (d->out_bytes == 0)); /* each takes more than its bytes */
    assert((d->waiting == NULL) == (d->due_ms == 0));
    assert((d->waiting == NULL) == (d->waiting_tail == &d->waiting));
}

/* -- the handles --------------------------------------------------------------------------------- */

static void producer_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
    struct kafka_dead_letters *d = opaque;
    (void)rk;
    kafka_notes_add(d->notes, (rd_kafka_resp_err_t)code, reason);
}

/* Of the finished configuration, because a user may have set it. 0 is librdkafka's word for no bound. */
static uint64_t bound_of(const rd_kafka_conf_t *conf, const char *name) {
    char text[32] = "";
    size_t size = sizeof text;
    uint64_t n = rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK ? strtoull(text, NULL, 10) : 0;
    return n > 0 ? n : UINT32_MAX;
}

static void bounds_take(struct kafka_dead_letters *d, const rd_kafka_conf_t *conf) {
    d->max_n = bound_of(conf, "queue.buffering.max.messages");
    d->max_bytes = bound_of(conf, "queue.buffering.max.kbytes") * 1024;
}

int kafka_dead_producer_open(struct kafka_dead_letters *d, bool singles, struct err *e) {
    struct kafka_dead_producer *p = singles ? &d->singles : &d->batches;
    rd_kafka_conf_t *conf;
    char text[KAFKA_TEXT_MAX];
    assert(p->rk == NULL && d->report != NULL);
    if (kafka_conf_producer(d->options, singles, &conf, e) != 0) return ERR_INVALID;
    if (!singles) bounds_take(d, conf);
    rd_kafka_conf_set_opaque(conf, d);
    rd_kafka_conf_set_error_cb(conf, producer_on_error);
    rd_kafka_conf_set_dr_msg_cb(conf, d->report);
    p->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (p->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return err_set(e, ERR_INVALID, "TOPKD_RDKAFKA_*: %s", text);
    }
    p->rkt = rd_kafka_topic_new(p->rk, d->options->dead_letter_topic, NULL); /* conf is now owned by rk */
    return 0;
}

void kafka_dead_producer_close(struct kafka_dead_producer *p) {
    if (p->rk == NULL) return;
    rd_kafka_flush(p->rk, FLUSH_MS);
    rd_kafka_topic_destroy(p->rkt);
    rd_kafka_destroy(p->rk);
}

/* -- the bound ----------------------------------------------------------------------------------- */

bool kafka_dead_letters_reserve(struct kafka_dead_letters *d, uint64_t bytes) {
    pthread_mutex_lock(&d->lock);
    kafka_dead_letters_check(d);
    bool fits = d->out_n == 0 || (d->out_n < d->max_n && d->out_bytes + bytes <= d->max_bytes);
    if (fits) {
        d->out_n++;
        d->out_bytes += bytes;
    }
    pthread_mutex_unlock(&d->lock);
    return fits;
}

void kafka_dead_letters_release(struct kafka_dead_letters *d, uint64_t bytes) {
    pthread_mutex_lock(&d->lock);
    assert(d->out_n > 0 && d->out_bytes >= bytes);
    d->out_n--;
    d->out_bytes -= bytes;
    pthread_mutex_unlock(&d->lock);
}

void kafka_dead_letters_count(struct kafka_dead_letters *d, const char *labels) {
    metric_add(metrics_get(d->metrics, METRIC_DEAD_LETTERS, labels), 1);
}
