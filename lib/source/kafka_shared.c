/* source/kafka_shared.c - what the members of a process share: a handle outside the group that asks for metadata, the
 * way to the dead letter topic if there is one, and a thread. The thread serves their callbacks, keeps the metadata
 * fresh and says what is wrong. A producer is made only for dead letters: it needs rights that a reader has not. */
#include "source/kafka_shared.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/kafka_conf.h"
#include "source/kafka_library.h"

enum {
    REFRESH_MS = 10000,        /* or topic.metadata.refresh.interval.ms, if that is less */
    REFRESH_MISSING_MS = 1000, /* while a topic or a leader is missing, or no broker answers */
    SERVE_MS = 100,
    STALLED_MS = 5000
};

/* -- the thread ---------------------------------------------------------------------------------- */

static bool is_stopping(struct kafka_shared *s) { return atomic_load_explicit(&s->stop, memory_order_relaxed); }

/* Callbacks that wait: what they note is the cause of what comes next. */
static void callbacks_serve(struct kafka_shared *s, int timeout_ms) {
    rd_kafka_poll(s->rk, s->dead_letters != NULL ? 0 : timeout_ms);
    if (s->dead_letters != NULL) kafka_dead_letters_serve(s->dead_letters, timeout_ms);
}

static void broker_answered(struct kafka_shared *s) {
    if (s->unreachable_since_ms != 0)
        kafka_tell_reachable(s);
    else
        kafka_tell_note(s, KAFKA_CONNECTION); /* some broker, not all of them */
    kafka_notes_over(&s->notes, KAFKA_CONNECTION);
}

static void topics_show(struct kafka_shared *s) {
    size_t read, left_out;
    kafka_topics_count(&s->topics, &read, &left_out);
    metric_set(metrics_get(s->notes.metrics, METRIC_TOPICS, ""), (double)read);
    metric_set(metrics_get(s->notes.metrics, METRIC_TOPICS_LEFT_OUT, ""), (double)left_out);
}

/* True if there is nothing to wait for: all topics whole. */
static bool topics_refresh(struct kafka_shared *s) {
    bool all_whole;
    rd_kafka_resp_err_t err = kafka_topics_find(&s->topics, s->rk, &all_whole);
    for (uint32_t i = 0; i < s->topics.asked_n && !err && !is_stopping(s); i++) {
        bool whole;
        err = kafka_topics_refresh(&s->topics, i, &whole);
        all_whole &= whole;
    }
    topics_show(s);
    atomic_store(&s->reachable, err == RD_KAFKA_RESP_ERR_NO_ERROR);
    callbacks_serve(s, 0);
    if (err)
        kafka_tell_unreachable(s, err);
    else
        broker_answered(s);
    return all_whole && !err;
}

static void dead_letters_watch(struct kafka_shared *s, struct metric *waiting_gauge) {
    uint64_t settled, waiting;
    int64_t now = clock_mono_ms(s->clock);
    kafka_all_tickets_count(&s->tickets, &settled, &waiting);
    metric_set(waiting_gauge, (double)waiting);
    if (waiting == 0 || settled != s->dead_letters_settled) s->dead_letters_moved_ms = now;
    s->dead_letters_settled = settled;
    atomic_store(&s->dead_letters_stalled, now - s->dead_letters_moved_ms >= STALLED_MS);
}

/* An error of a connection is looked into soon: it may be the beginning of an outage. */
static int64_t refresh_due(struct kafka_shared *s, int64_t refreshed_ms, int64_t due_ms) {
    bool soon = atomic_load(&s->reachable) && kafka_notes_get(&s->notes, KAFKA_CONNECTION).fresh;
    return soon ? i64_smaller(refreshed_ms + REFRESH_MISSING_MS, due_ms) : due_ms;
}

static void *shared_main(void *self) {
    struct kafka_shared *s = self;
    struct metric *waiting_gauge = metrics_get(s->notes.metrics, METRIC_DEAD_LETTERS_WAITING, "");
    int64_t refreshed = s->dead_letters_moved_ms = clock_mono_ms(s->clock), due = refreshed;
    while (!is_stopping(s)) {
        if (clock_mono_ms(s->clock) >= refresh_due(s, refreshed, due)) {
            bool whole = topics_refresh(s);
            refreshed = clock_mono_ms(s->clock);
            due = refreshed + (whole ? s->refresh_ms : REFRESH_MISSING_MS);
        }
        callbacks_serve(s, SERVE_MS);
        kafka_tell_note(s, KAFKA_GROUP);
        kafka_tell_note(s, KAFKA_OTHER);
        dead_letters_watch(s, waiting_gauge);
    }
    return NULL;
}

/* -- open and close ------------------------------------------------------------------------------ */

static void shared_on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
    struct kafka_shared *s = opaque;
    (void)rk;
    kafka_notes_add(&s->notes, (rd_kafka_resp_err_t)code, reason);
}

/* A new topic is to be found as soon as librdkafka finds a new partition. What is retired rests on a dozen looks. */
static int64_t refresh_ms_of(const struct kafka_options *o) {
    int64_t ms = REFRESH_MS;
    for (uint32_t i = 0; i < o->properties_n; i++)
        if (strcmp(o->properties[i].name, "topic.metadata.refresh.interval.ms") == 0)
            ms = strtoll(o->properties[i].value, NULL, 10);
    return ms < REFRESH_MISSING_MS ? REFRESH_MS : i64_smaller(ms, REFRESH_MS);
}

static int handle_create(struct kafka_shared *s, struct err *e) {
    rd_kafka_conf_t *conf;
    char text[KAFKA_TEXT_MAX];
    if (kafka_conf_watcher(s->options, &conf, e) != 0) return ERR_INVALID;
    s->scram_too_old = kafka_conf_warn_of_scram(conf);
    rd_kafka_conf_set_opaque(conf, s);
    rd_kafka_conf_set_error_cb(conf, shared_on_error);
    s->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (s->rk != NULL) return 0; /* conf is now owned by rk */
    rd_kafka_conf_destroy(conf);
    return err_set(e, ERR_INVALID, "TOPKD_RDKAFKA_*: %s", text);
}

static void topics_add(struct kafka_shared *s) {
    const struct kafka_options *o = s->options;
    for (uint32_t i = 0; i < o->topics_n; i++) kafka_topics_add(&s->topics, o->topics[i], s->rk);
    if (s->dead_letters != NULL)
        kafka_topics_add_dead_letters(&s->topics, o->dead_letter_topic, kafka_dead_letters_rk(s->dead_letters),
                                      kafka_dead_letters_rkt(s->dead_letters));
}

static int parts_open(struct kafka_shared *s, struct err *e) {
    int status = handle_create(s, e);
    if (status == 0 && s->options->dead_letter_topic != NULL)
        status = kafka_dead_letters_open(s->options, &s->notes, &s->tickets, &s->dead_letters, e);
    if (status == 0) topics_add(s);
    return status;
}

/* The thread has ended, or never began. */
static void shared_destroy(struct kafka_shared *s) {
    kafka_topics_deinit(&s->topics);
    kafka_dead_letters_close(s->dead_letters);
    if (s->rk != NULL) rd_kafka_destroy(s->rk);
    kafka_all_tickets_deinit(&s->tickets);
    kafka_notes_deinit(&s->notes);
    mem_free(s);
}

int kafka_shared_open(const struct kafka_options *o, const struct clock *clock, struct metrics *m,
                      struct kafka_shared **out, struct err *e) {
    assert(o->topics_n > 0 && o->topics_n <= KAFKA_TOPICS_MAX);
    struct kafka_shared *s = mem_zalloc(1, sizeof *s);
    s->options = o;
    s->clock = clock;
    s->refresh_ms = refresh_ms_of(o);
    kafka_notes_init(&s->notes, clock, m);
    kafka_topics_init(&s->topics, clock);
    kafka_all_tickets_init(&s->tickets);
    int status = parts_open(s, e);
    if (status == 0 && pthread_create(&s->thread, NULL, shared_main, s) != 0)
        status = err_set(e, ERR_IO, "no thread for the metadata of Kafka");
    if (status != 0) {
        shared_destroy(s);
        return status;
    }
    *out = s;
    return 0;
}

void kafka_shared_close(struct kafka_shared *s) {
    if (s == NULL) return;
    atomic_store_explicit(&s->stop, true, memory_order_relaxed);
    pthread_join(s->thread, NULL);
    shared_destroy(s);
}

/* -- answers ------------------------------------------------------------------------------------- */

bool kafka_shared_topics(struct kafka_shared *s, void (*visit)(void *self, const struct kafka_topic_known *topic),
                         void *self) {
    return kafka_topics_look(&s->topics, visit, self);
}
