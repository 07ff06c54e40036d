/* source/kafka_dead_letter_queue.c - dead letters that were refused and wait to be sent again, and when that is.
 *
 * They wait together, with a rest that doubles each time until none is left: what is missing (a right, a topic, a
 * replica) is missing for all of them. One whose batch was too large goes at once. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "source/kafka_dead_letters_internal.h"

enum { REST_MIN_MS = 500, REST_MAX_MS = 10000 };

static struct kafka_dead_waiting *waiting_create(const struct kafka_dead_letter *dead_letter, bool alone) {
    struct bytes key = dead_letter->key, value = dead_letter->value;
    struct kafka_dead_waiting *w = mem_alloc(sizeof *w + key.n + value.n);
    *w = (struct kafka_dead_waiting){.dead_letter = *dead_letter, .alone = alone};
    if (key.n > 0) memcpy(w->bytes, key.p, key.n);
    if (value.n > 0) memcpy(w->bytes + key.n, value.p, value.n);
    if (key.p != NULL) w->dead_letter.key.p = w->bytes;
    if (value.p != NULL) w->dead_letter.value.p = w->bytes + key.n;
    return w;
}

void kafka_dead_waiting_destroy(struct kafka_dead_waiting *w) {
    if (w->dead_letter.headers != NULL) rd_kafka_headers_destroy(w->dead_letter.headers);
    mem_free(w);
}

/* -- when they go again -------------------------------------------------------------------------- */

/* Locked. One that only was in the wrong company goes at once: the broker takes it. */
static void queue_schedule(struct kafka_dead_letters *d, enum kafka_fate fate) {
    int64_t now = clock_mono_ms(d->clock);
    if (fate == KAFKA_FATE_TOO_LARGE) {
        d->due_ms = now;
        return;
    }
    if (d->due_ms != 0) return;
    if (d->rest_ms < REST_MIN_MS) d->rest_ms = REST_MIN_MS;
    d->due_ms = now + d->rest_ms;
    d->rest_ms = d->rest_ms < REST_MAX_MS / 2 ? d->rest_ms * 2 : REST_MAX_MS;
}

void kafka_dead_letters_end_if_none_waits(struct kafka_dead_letters *d) {
    if (d->waiting != NULL || d->resent_n > 0) return;
    d->refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    d->rest_ms = REST_MIN_MS;
}

void kafka_dead_letters_resent(struct kafka_dead_letters *d) {
    pthread_mutex_lock(&d->lock);
    d->resent_n++;
    pthread_mutex_unlock(&d->lock);
}

void kafka_dead_letters_answered(struct kafka_dead_letters *d) {
    pthread_mutex_lock(&d->lock);
    assert(d->resent_n > 0);
    d->resent_n--;
    kafka_dead_letters_end_if_none_waits(d);
    pthread_mutex_unlock(&d->lock);
}

/* -- in and out ---------------------------------------------------------------------------------- */

void kafka_dead_letters_hold(struct kafka_dead_letters *d, const struct kafka_dead_letter *dead_letter,
                             rd_kafka_resp_err_t code, bool alone) {
    assert(code != RD_KAFKA_RESP_ERR_NO_ERROR);
    struct kafka_dead_waiting *w = waiting_create(dead_letter, alone);
    enum kafka_fate fate = kafka_fate_of(code);
    pthread_mutex_lock(&d->lock);
    kafka_dead_letters_check(d);
    assert(d->out_n > 0); /* what waits is not settled */
    *d->waiting_tail = w;
    d->waiting_tail = &w->next;
    queue_schedule(d, fate);
    if (fate == KAFKA_FATE_HEALS && (d->refused == RD_KAFKA_RESP_ERR_NO_ERROR || kafka_refusal_is_known(code))) {
        d->refused = code;
        kafka_dead_letter_name(dead_letter->headers, d->refused_name);
    }
    pthread_mutex_unlock(&d->lock);
}

struct kafka_dead_waiting *kafka_dead_letters_take_due(struct kafka_dead_letters *d) {
    struct kafka_dead_waiting *list = NULL;
    pthread_mutex_lock(&d->lock);
    kafka_dead_letters_check(d);
    if (d->due_ms != 0 && clock_mono_ms(d->clock) >= d->due_ms) {
        list = d->waiting;
        d->waiting = NULL;
        d->waiting_tail = &d->waiting;
        d->due_ms = 0;
    }
    pthread_mutex_unlock(&d->lock);
    return list;
}

void kafka_dead_letters_put_back(struct kafka_dead_letters *d, struct kafka_dead_waiting *list) {
    struct kafka_dead_waiting **end = &list;
    assert(list != NULL);
    while (*end != NULL) end = &(*end)->next;
    pthread_mutex_lock(&d->lock);
    *end = d->waiting;
    if (d->waiting == NULL) d->waiting_tail = end;
    d->waiting = list;
    d->due_ms = clock_mono_ms(d->clock) + REST_MIN_MS;
    kafka_dead_letters_check(d);
    pthread_mutex_unlock(&d->lock);
}

void kafka_dead_letters_drop_waiting(struct kafka_dead_letters *d) {
    while (d->waiting != NULL) {
        struct kafka_dead_waiting *w = d->waiting;
        d->waiting = w->next;
        kafka_dead_waiting_destroy(w);
    }
}
