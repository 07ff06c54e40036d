/* source/kafka_resend.c - dead letters that were refused and wait to be sent again.
 *
 * They wait together, with a rest that doubles each time until none is left: what is missing (a right, a topic, a
 * replica) is missing for all of them. A letter whose batch was too large goes at once, by a producer that makes a batch
 * of each message; if it is too large even so, it is given up. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "source/kafka_internal.h"

enum {
    RESEND_REST_MIN_MS = 500,
    RESEND_REST_MAX_MS = 10000,
    METADATA_TIMEOUT_MS = 1000,
    /* Letters that are given up are named one by one, but not without end. */
    GIVEN_UP_LINES_MAX = 100,
    GIVEN_UP_WINDOW_MS = 60000
};

struct kafka_waiting {
    struct kafka_waiting *next;
    struct kafka_parcel parcel; /* points into bytes; headers owned */
    bool alone;
    char bytes[];
};

/* -- names -------------------------------------------------------------------------------------------- */

/* A header of ours; librdkafka ends each value with a NUL. */
static const char *header(const rd_kafka_headers_t *h, const char *name) {
    const void *value;
    size_t n;
    return rd_kafka_header_get_last(h, name, &value, &n) == RD_KAFKA_RESP_ERR_NO_ERROR ? value : "?";
}

void kafka_letter_name(const rd_kafka_headers_t *h, char name[KAFKA_NAME_MAX]) {
    snprintf(name, KAFKA_NAME_MAX, "topic=%s partition=%s offset=%s index=%s", header(h, "topkd.topic"),
             header(h, "topkd.partition"), header(h, "topkd.offset"), header(h, "topkd.index"));
}

static void remedy_for(const struct kafka_post *p, rd_kafka_resp_err_t code, char remedy[KAFKA_REMEDY_MAX]) {
    snprintf(remedy, KAFKA_REMEDY_MAX, "%s topic %.90s", kafka_letter_rule(code)->remedy, p->topic);
}

/* Locked. How many lines of this window were written before; starts a new window when it is over. */
static unsigned line_number(struct kafka_post *p) {
    int64_t now = clock_mono_ms(p->shared->clock);
    if (p->given_up_n == 0 || now - p->given_up_ms >= GIVEN_UP_WINDOW_MS) {
        p->given_up_ms = now;
        p->given_up_n = 0;
    }
    return p->given_up_n++;
}

void kafka_post_tell_given_up(struct kafka_post *p, const char *name, rd_kafka_resp_err_t code) {
    char remedy[KAFKA_REMEDY_MAX];
    remedy_for(p, code, remedy);
    pthread_mutex_lock(&p->lock);
    unsigned line = line_number(p);
    pthread_mutex_unlock(&p->lock);
    if (line > GIVEN_UP_LINES_MAX) return;
    log_event(LOG_ERROR, "dead_letter_given_up", "%s kind=%s text=%s remedy=%s%s", name, rd_kafka_err2name(code),
              log_quote(rd_kafka_err2str(code)), log_quote(remedy),
              line == GIVEN_UP_LINES_MAX ? " more=\"in topkd_dead_letters_total\"" : "");
}

/* -- waiting ------------------------------------------------------------------------------------------- */

static struct kafka_waiting *waiting_create(const struct kafka_parcel *parcel, bool alone) {
    struct kafka_waiting *w = mem_alloc(sizeof *w + parcel->key.n + parcel->value.n);
    *w = (struct kafka_waiting){.parcel = *parcel, .alone = alone};
    if (parcel->key.n > 0) memcpy(w->bytes, parcel->key.p, parcel->key.n);
    if (parcel->value.n > 0) memcpy(w->bytes + parcel->key.n, parcel->value.p, parcel->value.n);
    if (parcel->key.p) w->parcel.key.p = w->bytes;
    if (parcel->value.p) w->parcel.value.p = w->bytes + parcel->key.n;
    return w;
}

static void waiting_destroy(struct kafka_waiting *w) {
    if (w->parcel.headers) rd_kafka_headers_destroy(w->parcel.headers);
    mem_free(w);
}

/* Locked. One that only was in the wrong company goes at once: the broker takes it. */
static void schedule(struct kafka_post *p, enum letter_fate fate) {
    int64_t now = clock_mono_ms(p->shared->clock);
    if (fate == LETTER_TOO_LARGE) {
        p->due_ms = now;
        return;
    }
    if (p->due_ms != 0) return;
    if (p->rest_ms < RESEND_REST_MIN_MS) p->rest_ms = RESEND_REST_MIN_MS;
    p->due_ms = now + p->rest_ms;
    p->rest_ms = p->rest_ms < RESEND_REST_MAX_MS / 2 ? p->rest_ms * 2 : RESEND_REST_MAX_MS;
}

/* What is in no table explains nothing. */
static bool is_known(rd_kafka_resp_err_t code) { return kafka_letter_rule(code)->code == code; }

void kafka_post_hold(struct kafka_post *p, const struct kafka_parcel *parcel, rd_kafka_resp_err_t code, bool alone) {
    struct kafka_waiting *w = waiting_create(parcel, alone);
    enum letter_fate fate = kafka_letter_rule(code)->fate;
    pthread_mutex_lock(&p->lock);
    *p->waiting_tail = w;
    p->waiting_tail = &w->next;
    schedule(p, fate);
    if (fate == LETTER_HEALS && (!p->refused || is_known(code))) {
        p->refused = code;
        kafka_letter_name(parcel->headers, p->refused_name);
    }
    pthread_mutex_unlock(&p->lock);
}

void kafka_post_drop_waiting(struct kafka_post *p) {
    while (p->waiting) {
        struct kafka_waiting *w = p->waiting;
        p->waiting = w->next;
        waiting_destroy(w);
    }
}

/* Locked. */
static void end_if_none_waits(struct kafka_post *p) {
    if (p->waiting || p->resent_n > 0) return;
    p->refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    p->rest_ms = RESEND_REST_MIN_MS;
}

void kafka_post_answered(struct kafka_post *p) {
    pthread_mutex_lock(&p->lock);
    p->resent_n--;
    end_if_none_waits(p);
    pthread_mutex_unlock(&p->lock);
}

/* -- again ----------------------------------------------------------------------------------------------- */

/* Locked. */
static struct kafka_waiting *take_due(struct kafka_post *p) {
    struct kafka_waiting *list = NULL;
    if (p->due_ms != 0 && clock_mono_ms(p->shared->clock) >= p->due_ms) {
        list = p->waiting;
        p->waiting = NULL;
        p->waiting_tail = &p->waiting;
        p->due_ms = 0;
    }
    return list;
}

/* In front of what came meanwhile: librdkafka's queue was full. */
static void put_back(struct kafka_post *p, struct kafka_waiting *list) {
    struct kafka_waiting **end = &list;
    while (*end) end = &(*end)->next;
    pthread_mutex_lock(&p->lock);
    *end = p->waiting;
    if (!p->waiting) p->waiting_tail = end;
    p->waiting = list;
    p->due_ms = clock_mono_ms(p->shared->clock) + RESEND_REST_MIN_MS;
    pthread_mutex_unlock(&p->lock);
}

static bool has_singles(struct kafka_post *p) {
    struct err e = {0};
    if (p->singles) return true;
    p->singles = kafka_post_producer(p, true, &e);
    if (p->singles)
        p->singles_rkt = rd_kafka_topic_new(p->singles, p->topic, NULL);
    else
        log_limited(&p->producer_log, KAFKA_ERROR_LOG_MS, LOG_ERROR, "dead_letter_producer_failed", "why=%s",
                    log_quote(e.text));
    return p->singles != NULL;
}

/* A handle that was told that the topic is missing, or not ours, believes it until it asks again. */
static void ask_for_topic(rd_kafka_t *rk, rd_kafka_topic_t *rkt) {
    const struct rd_kafka_metadata *md = NULL;
    if (rd_kafka_metadata(rk, 0, rkt, &md, METADATA_TIMEOUT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(md);
}

static rd_kafka_resp_err_t send_again(struct kafka_post *p, struct kafka_waiting *w) {
    w->parcel.opaque = kafka_letter_mark_resent(w->parcel.opaque);
    if (w->alone && !has_singles(p)) return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    rd_kafka_resp_err_t code =
        kafka_post_produce(w->alone ? p->singles : p->rk, w->alone ? p->singles_rkt : p->rkt, &w->parcel);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return code;
    w->parcel.headers = NULL; /* the producer's */
    pthread_mutex_lock(&p->lock);
    p->resent_n++;
    pthread_mutex_unlock(&p->lock);
    return code;
}

/* Refused by librdkafka itself, as it stands. */
static void refused_again(struct kafka_post *p, struct kafka_waiting *w, rd_kafka_resp_err_t code) {
    if (kafka_letter_rule(code)->fate == LETTER_HEALS)
        kafka_post_hold(p, &w->parcel, code, w->alone);
    else
        kafka_post_give_up(p, &w->parcel, code);
    w->parcel.headers = NULL;
}

static void resend(struct kafka_post *p, struct kafka_waiting *list) {
    ask_for_topic(p->rk, p->rkt);
    if (p->singles) ask_for_topic(p->singles, p->singles_rkt);
    while (list) {
        struct kafka_waiting *w = list;
        rd_kafka_resp_err_t code = send_again(p, w);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            put_back(p, list);
            return;
        }
        list = w->next;
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) refused_again(p, w, code);
        waiting_destroy(w);
    }
}

/* -- the thread's part ------------------------------------------------------------------------------------- */

/* Two codes with one remedy are one story. */
static bool is_news(rd_kafka_resp_err_t refused, rd_kafka_resp_err_t told) {
    if (!refused || !told) return refused != told;
    return strcmp(kafka_letter_rule(refused)->remedy, kafka_letter_rule(told)->remedy) != 0;
}

static void tell_change(struct kafka_post *p) {
    char name[KAFKA_NAME_MAX], remedy[KAFKA_REMEDY_MAX];
    pthread_mutex_lock(&p->lock);
    end_if_none_waits(p);
    rd_kafka_resp_err_t refused = p->refused;
    bool changed = is_news(refused, p->told);
    p->told = refused;
    memcpy(name, p->refused_name, sizeof name);
    uint64_t out = p->out_n;
    pthread_mutex_unlock(&p->lock);
    if (!changed) return;
    if (refused == RD_KAFKA_RESP_ERR_NO_ERROR) {
        log_event(LOG_INFO, "dead_letters_taken", "dead_letter_topic=%s", log_quote(p->topic));
        return;
    }
    remedy_for(p, refused, remedy);
    log_event(LOG_WARN, "dead_letters_wait", "%s letters=%" PRIu64 " kind=%s text=%s remedy=%s", name, out,
              rd_kafka_err2name(refused), log_quote(rd_kafka_err2str(refused)), log_quote(remedy));
}

void kafka_post_serve(struct kafka_post *p, int timeout_ms) {
    rd_kafka_poll(p->rk, timeout_ms);
    if (p->singles) rd_kafka_poll(p->singles, 0);
    pthread_mutex_lock(&p->lock);
    struct kafka_waiting *due = take_due(p);
    pthread_mutex_unlock(&p->lock);
    if (due) resend(p, due);
    tell_change(p);
}

bool kafka_post_why(struct kafka_post *p, char why[WHY_MAX]) {
    char remedy[KAFKA_REMEDY_MAX];
    pthread_mutex_lock(&p->lock);
    rd_kafka_resp_err_t refused = p->refused;
    uint64_t out = p->out_n;
    pthread_mutex_unlock(&p->lock);
    if (refused == RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    remedy_for(p, refused, remedy);
    snprintf(why, WHY_MAX, "kafka: %" PRIu64 " dead letters wait: %.50s: %s", out, rd_kafka_err2str(refused), remedy);
    return true;
}
