/* source/kafka_dead_letter_refusals.c - what is said of dead letters that Kafka does not take, and how one is given up.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "source/kafka_dead_letters_internal.h"

enum {
    /* Those that are given up are named one by one, but not without end. */
    GIVEN_UP_LINES_MAX = 100,
    GIVEN_UP_WINDOW_MS = 60000
};

static void remedy_for(const struct kafka_dead_letters *d, rd_kafka_resp_err_t code, char remedy[KAFKA_REMEDY_MAX]) {
    kafka_refusal_remedy(code, d->options->dead_letter_topic, remedy);
}

/* -- given up ------------------------------------------------------------------------------------ */

/* How many lines of this window were written before; starts a new window when it is over. */
static unsigned given_up_line(struct kafka_dead_letters *d) {
    pthread_mutex_lock(&d->lock);
    int64_t now = clock_mono_ms(d->clock);
    if (d->given_up_n == 0 || now - d->given_up_ms >= GIVEN_UP_WINDOW_MS) {
        d->given_up_ms = now;
        d->given_up_n = 0;
    }
    unsigned line = d->given_up_n++;
    pthread_mutex_unlock(&d->lock);
    return line;
}

static void tell_given_up(struct kafka_dead_letters *d, const char *name, rd_kafka_resp_err_t code) {
    char remedy[KAFKA_REMEDY_MAX];
    unsigned line = given_up_line(d);
    remedy_for(d, code, remedy);
    if (line > GIVEN_UP_LINES_MAX) return;
    log_event(LOG_ERROR, "dead_letter_given_up", "%s kind=%s text=%s remedy=%s%s", name, rd_kafka_err2name(code),
              log_quote(rd_kafka_err2str(code)), log_quote(remedy),
              line == GIVEN_UP_LINES_MAX ? " more=\"in topkd_dead_letters_total\"" : "");
}

void kafka_dead_letters_give_up(struct kafka_dead_letters *d, const struct kafka_dead_letter *dead_letter,
                                rd_kafka_resp_err_t code) {
    char name[KAFKA_NAME_MAX];
    assert(code != RD_KAFKA_RESP_ERR_NO_ERROR);
    kafka_dead_letter_name(dead_letter->headers, name);
    rd_kafka_headers_destroy(dead_letter->headers);
    kafka_dead_letters_count(d, "result=\"failed\"");
    tell_given_up(d, name, code);
    kafka_dead_letters_release(d, kafka_dead_letter_bytes(dead_letter->key, dead_letter->value));
    kafka_all_tickets_settle(d->tickets, dead_letter->ticket);
}

/* -- waiting ------------------------------------------------------------------------------------- */

/* Two codes with one remedy are one story. */
static bool refusal_is_news(rd_kafka_resp_err_t refused, rd_kafka_resp_err_t told) {
    if (refused == RD_KAFKA_RESP_ERR_NO_ERROR || told == RD_KAFKA_RESP_ERR_NO_ERROR) return refused != told;
    return !kafka_refusals_are_alike(refused, told);
}

static void tell_waiting(const struct kafka_dead_letters *d, const char *name, uint64_t out,
                         rd_kafka_resp_err_t refused) {
    char remedy[KAFKA_REMEDY_MAX];
    assert(out > 0); /* what waits is not settled */
    remedy_for(d, refused, remedy);
    log_event(LOG_WARN, "dead_letters_wait", "%s dead_letters=%" PRIu64 " kind=%s text=%s remedy=%s", name, out,
              rd_kafka_err2name(refused), log_quote(rd_kafka_err2str(refused)), log_quote(remedy));
}

void kafka_dead_letters_tell_change(struct kafka_dead_letters *d) {
    char name[KAFKA_NAME_MAX];
    pthread_mutex_lock(&d->lock);
    kafka_dead_letters_end_if_none_waits(d);
    rd_kafka_resp_err_t refused = d->refused;
    bool changed = refusal_is_news(refused, d->told);
    d->told = refused;
    memcpy(name, d->refused_name, sizeof name);
    uint64_t out = d->out_n;
    pthread_mutex_unlock(&d->lock);
    if (!changed) return;
    if (refused != RD_KAFKA_RESP_ERR_NO_ERROR)
        tell_waiting(d, name, out, refused);
    else
        log_event(LOG_INFO, "dead_letters_taken", "dead_letter_topic=%s", log_quote(d->options->dead_letter_topic));
}

bool kafka_dead_letters_why(struct kafka_dead_letters *d, char why[WHY_MAX]) {
    char remedy[KAFKA_REMEDY_MAX];
    pthread_mutex_lock(&d->lock);
    kafka_dead_letters_check(d);
    rd_kafka_resp_err_t refused = d->refused;
    uint64_t out = d->out_n;
    pthread_mutex_unlock(&d->lock);
    if (refused == RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    remedy_for(d, refused, remedy);
    snprintf(why, WHY_MAX, "kafka: %" PRIu64 " dead letters wait: %.50s: %s", out, rd_kafka_err2str(refused), remedy);
    return true;
}
