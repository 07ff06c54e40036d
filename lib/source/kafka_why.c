/* source/kafka_why.c - what is wrong with Kafka, in words: the lines of the log, and what /readyz shows.
 *
 * The shared thread looks at what librdkafka's callbacks noted. It writes one line when trouble of a kind begins or its
 * cause changes. What is not over yet is what /readyz shows. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "source/kafka_shared.h"

enum { LATELY_MS = 60000, ERROR_LOG_MS = 60000 };

static const char *remedy_for(const struct kafka_shared *s, rd_kafka_resp_err_t code) {
    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION && s->scram_too_old)
        return "use librdkafka 2.6.1 or newer for SCRAM with Kafka 4; else correct user and password";
    return kafka_remedy_of(code);
}

/* -- lines --------------------------------------------------------------------------------------- */

void kafka_tell_unreachable(struct kafka_shared *s, rd_kafka_resp_err_t err) {
    struct kafka_note note = kafka_notes_take(&s->notes, KAFKA_CONNECTION);
    assert(err != RD_KAFKA_RESP_ERR_NO_ERROR);
    if (note.code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        note.code = err;
        snprintf(note.text, sizeof note.text, "%s", rd_kafka_err2str(err));
    }
    if (s->unreachable_since_ms == 0) s->unreachable_since_ms = clock_mono_ms(s->clock);
    if (s->unreachable_told == note.code) return;
    s->unreachable_told = note.code;
    log_event(LOG_WARN, "kafka_unreachable", "brokers=%s kind=%s text=%s remedy=%s", log_quote(s->options->brokers),
              rd_kafka_err2name(note.code), log_quote(note.text), log_quote(remedy_for(s, note.code)));
}

void kafka_tell_reachable(struct kafka_shared *s) {
    if (s->unreachable_since_ms == 0) return;
    log_event(LOG_INFO, "kafka_reachable", "after_ms=%" PRId64, clock_mono_ms(s->clock) - s->unreachable_since_ms);
    s->unreachable_since_ms = 0;
    s->unreachable_told = RD_KAFKA_RESP_ERR_NO_ERROR;
}

void kafka_tell_note(struct kafka_shared *s, enum kafka_scope scope) {
    assert(scope < KAFKA_SCOPES);
    struct kafka_told *told = &s->told[scope];
    int64_t now = clock_mono_ms(s->clock);
    struct kafka_note note = kafka_notes_take(&s->notes, scope);
    if (!note.fresh) return;
    if (s->unreachable_since_ms != 0) return; /* it follows from that, which is told */
    if (told->code == note.code && now < told->next_ms) return;
    *told = (struct kafka_told){note.code, now + ERROR_LOG_MS};
    log_event(LOG_WARN, "kafka_error", "kind=%s text=%s remedy=%s", rd_kafka_err2name(note.code), log_quote(note.text),
              log_quote(kafka_remedy_of(note.code)));
}

/* -- for the probe ------------------------------------------------------------------------------- */

static const char *separator_before(const char *remedy) { return remedy[0] != '\0' ? ": " : ""; }

static const char *trouble_of(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR__SSL:
        return "TLS fails";
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
        return "the broker does not let us in";
    default:
        return "no broker answers";
    }
}

static void why_unreachable(struct kafka_shared *s, char why[WHY_MAX]) {
    struct kafka_note note = kafka_notes_get(&s->notes, KAFKA_CONNECTION);
    rd_kafka_resp_err_t code = note.code ? note.code : RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    const char *remedy = remedy_for(s, code);
    snprintf(why, WHY_MAX, "kafka: %s: %.120s%s%s", trouble_of(code), note.text,
             note.text[0] != '\0' ? separator_before(remedy) : "", remedy);
}

static bool why_dead_letters(struct kafka_shared *s, char why[WHY_MAX]) {
    if (s->dead_letters == NULL) return false;
    if (kafka_dead_letters_why(s->dead_letters, why)) return true;
    if (!atomic_load(&s->dead_letters_stalled)) return false;
    snprintf(why, WHY_MAX,
             "kafka: dead letters wait for an answer: bring back leaders and in-sync replicas of topic %.100s",
             kafka_topics_dead_letters(&s->topics));
    return true;
}

bool kafka_shared_why(struct kafka_shared *s, char why[WHY_MAX]) {
    assert(s != NULL);
    if (!atomic_load(&s->reachable)) {
        why_unreachable(s, why);
        return true;
    }
    return kafka_topics_why(&s->topics, atomic_load(&s->dead_letters_stalled), why) || why_dead_letters(s, why);
}

/* Nobody says when an error of no scope is over. */
static struct kafka_note note_last(struct kafka_shared *s, int64_t now) {
    struct kafka_note note = kafka_notes_get(&s->notes, KAFKA_GROUP);
    if (note.code) return note;
    note = kafka_notes_get(&s->notes, KAFKA_OTHER);
    return now - note.mono_ms < LATELY_MS ? note : (struct kafka_note){0};
}

void kafka_shared_last_error(struct kafka_shared *s, char text[KAFKA_LAST_ERROR_MAX]) {
    assert(s != NULL);
    int64_t now = clock_mono_ms(s->clock);
    struct kafka_note last = note_last(s, now);
    const char *remedy = kafka_remedy_of(last.code);
    text[0] = '\0';
    if (last.code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    snprintf(text, KAFKA_LAST_ERROR_MAX, "%.100s (%" PRId64 " s ago)%s%s", last.text, (now - last.mono_ms) / 1000,
             separator_before(remedy), remedy);
}
