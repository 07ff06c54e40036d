/* source/kafka_why.c - what is wrong with Kafka, in words: the last error of each kind with its remedy, and the lines of
 * the log that speak of it.
 *
 * librdkafka tells one fact many times: each handle by itself, each broker, and again after every attempt. So its
 * callbacks only count and note. The shared thread looks at the notes and writes one line when trouble of a kind begins
 * or its cause changes. What is not over yet is what /readyz shows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "source/kafka_internal.h"

enum { LATELY_MS = 60000 };

static const struct advice {
    rd_kafka_resp_err_t code;
    enum kafka_scope scope;
    const char *remedy;
} advices[] = {
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, KAFKA_CONNECTION, "check TOPKD_BROKERS, the network and the brokers"},
    {RD_KAFKA_RESP_ERR__TRANSPORT, KAFKA_CONNECTION,
     "check TOPKD_BROKERS, and that TOPKD_RDKAFKA_SECURITY_PROTOCOL suits their listener"},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, KAFKA_CONNECTION, "check TOPKD_BROKERS, the network and the brokers"},
    {RD_KAFKA_RESP_ERR__RESOLVE, KAFKA_CONNECTION, "check the host names in TOPKD_BROKERS"},
    {RD_KAFKA_RESP_ERR__SSL, KAFKA_CONNECTION, "check TOPKD_RDKAFKA_SSL_CA_LOCATION and the certificates"},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, KAFKA_CONNECTION,
     "check TOPKD_RDKAFKA_SASL_USERNAME, _PASSWORD and _MECHANISMS"},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, KAFKA_CONNECTION,
     "check TOPKD_RDKAFKA_SASL_USERNAME, _PASSWORD and _MECHANISMS"},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, KAFKA_CONNECTION, "check TOPKD_RDKAFKA_SASL_MECHANISMS"},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, KAFKA_GROUP, "grant Read on the group of TOPKD_GROUP"},
    {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, KAFKA_GROUP,
     "set TOPKD_RDKAFKA_SESSION_TIMEOUT_MS to what the brokers allow"},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, KAFKA_GROUP,
     "give TOPKD_GROUP to topkd alone, others use other assignors"},
    {RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED, KAFKA_GROUP, "start fewer members, or raise group.max.size"},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, KAFKA_GROUP,
     "give each worker a TOPKD_RDKAFKA_GROUP_INSTANCE_ID of its own"},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, KAFKA_OTHER, "grant Read on the topics of TOPKD_TOPICS"},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, KAFKA_OTHER, "compare the rights with the README's table"},
};

static const struct advice *advice_of(rd_kafka_resp_err_t code) {
    for (size_t i = 0; i < ARRAY_LEN(advices); i++)
        if (advices[i].code == code) return &advices[i];
    return NULL;
}

enum kafka_scope kafka_scope_of(rd_kafka_resp_err_t code) {
    const struct advice *a = advice_of(code);
    return a ? a->scope : KAFKA_OTHER;
}

const char *kafka_remedy_of(rd_kafka_resp_err_t code) {
    const struct advice *a = advice_of(code);
    return a ? a->remedy : "";
}

static const char *remedy_for(const struct kafka_shared *s, rd_kafka_resp_err_t code) {
    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION && s->scram_too_old)
        return "SCRAM with Kafka 4 needs librdkafka 2.6.1; else check user and password";
    return kafka_remedy_of(code);
}

/* -- notes --------------------------------------------------------------------------------------- */

/* That all brokers are down follows from what was noted of them one by one, and says less. */
static bool says_less(const struct kafka_note *noted, rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && noted->code != RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Without what librdkafka adds on states and times: the same error is to read the same. */
static void copy_text(char out[KAFKA_TEXT_MAX], const char *text) {
    const char *extra = strstr(text, " (after ");
    int n = extra ? (int)(extra - text) : (int)strlen(text);
    snprintf(out, KAFKA_TEXT_MAX, "%.*s", n, text);
}

void kafka_note_error(struct kafka_shared *s, rd_kafka_resp_err_t code, const char *text) {
    char labels[96];
    struct kafka_note *note = &s->notes[kafka_scope_of(code)];
    snprintf(labels, sizeof labels, "kind=\"%s\"", rd_kafka_err2name(code));
    metric_add(metrics_get(s->metrics, METRIC_KAFKA_ERRORS, labels), 1);
    pthread_mutex_lock(&s->lock);
    if (!says_less(note, code)) {
        note->code = code;
        note->mono_ms = clock_mono_ms(s->clock);
        copy_text(note->text, text ? text : rd_kafka_err2str(code));
    }
    note->fresh = true;
    pthread_mutex_unlock(&s->lock);
}

void kafka_note_over(struct kafka_shared *s, enum kafka_scope scope) {
    pthread_mutex_lock(&s->lock);
    s->notes[scope] = (struct kafka_note){0};
    pthread_mutex_unlock(&s->lock);
}

/* A copy, and whether it was written since the last look. */
static bool look(struct kafka_shared *s, enum kafka_scope scope, struct kafka_note *note) {
    pthread_mutex_lock(&s->lock);
    *note = s->notes[scope];
    s->notes[scope].fresh = false;
    pthread_mutex_unlock(&s->lock);
    return note->fresh;
}

bool kafka_note_is_fresh(struct kafka_shared *s, enum kafka_scope scope) {
    struct kafka_note note;
    return look(s, scope, &note);
}

/* -- lines --------------------------------------------------------------------------------------- */

void kafka_tell_unreachable(struct kafka_shared *s, rd_kafka_resp_err_t err) {
    struct kafka_note note;
    look(s, KAFKA_CONNECTION, &note);
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

void kafka_tell_notes(struct kafka_shared *s, enum kafka_scope scope) {
    struct kafka_note note;
    struct kafka_told *told = &s->told[scope];
    int64_t now = clock_mono_ms(s->clock);
    if (!look(s, scope, &note)) return;
    if (s->unreachable_since_ms != 0) return; /* it follows from that, which is told */
    if (told->code == note.code && now < told->next_ms) return;
    *told = (struct kafka_told){note.code, now + KAFKA_ERROR_LOG_MS};
    log_event(LOG_WARN, "kafka_error", "kind=%s text=%s remedy=%s", rd_kafka_err2name(note.code), log_quote(note.text),
              log_quote(kafka_remedy_of(note.code)));
}

/* -- for the probe ------------------------------------------------------------------------------- */

static const char *separator(const char *remedy) { return remedy[0] ? ": " : ""; }

static const char *trouble_of(rd_kafka_resp_err_t code) {
    if (code == RD_KAFKA_RESP_ERR__SSL) return "TLS fails";
    bool refused = code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED ||
                   code == RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM;
    return refused ? "the broker does not let us in" : "no broker answers";
}

/* Locked. */
static void why_unreachable(const struct kafka_shared *s, char why[WHY_MAX]) {
    const struct kafka_note *note = &s->notes[KAFKA_CONNECTION];
    rd_kafka_resp_err_t code = note->code ? note->code : RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    const char *remedy = remedy_for(s, code);
    snprintf(why, WHY_MAX, "kafka: %s: %.120s%s%s", trouble_of(code), note->text,
             note->text[0] ? separator(remedy) : "", remedy);
}

void kafka_topic_remedy(const struct kafka_topic *t, char remedy[KAFKA_REMEDY_MAX]) {
    const char *what = "look at the brokers and at";
    if (t->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        what = t->dead_letters ? "grant Write on" : "grant Read on";
    else if (t->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        what = "create";
    snprintf(remedy, KAFKA_REMEDY_MAX, "%s topic %.100s", what, t->name);
}

/* Dead letters may never come, so a topic of theirs that is missing stops nobody before they wait for it. A right is
 * not granted by accident: that it is missing is told at once. */
static bool is_in_the_way(const struct kafka_shared *s, const struct kafka_topic *t) {
    if (!t->dead_letters) return t->err || t->partitions == 0;
    return t->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || (t->err && s->letters_stalled);
}

/* Locked. */
static bool why_topic(const struct kafka_shared *s, char why[WHY_MAX]) {
    char remedy[KAFKA_REMEDY_MAX];
    for (uint32_t i = 0; i < kafka_shared_all_topics(s); i++) {
        const struct kafka_topic *t = &s->topics[i];
        if (!is_in_the_way(s, t)) continue;
        kafka_topic_remedy(t, remedy);
        snprintf(why, WHY_MAX, "kafka: %.50s: %s", t->err ? rd_kafka_err2str(t->err) : "no partition is known yet",
                 remedy);
        return true;
    }
    return false;
}

/* Locked. */
static bool why_letters(const struct kafka_shared *s, char why[WHY_MAX]) {
    if (!s->letters_stalled) return false;
    snprintf(why, WHY_MAX,
             "kafka: dead letters wait for an answer: bring back leaders and in-sync replicas of topic %.100s",
             s->topics[s->topics_n].name);
    return true;
}

bool kafka_shared_why(struct kafka_shared *s, char why[WHY_MAX]) {
    pthread_mutex_lock(&s->lock);
    bool found = !s->reachable;
    if (found)
        why_unreachable(s, why);
    else
        found = why_topic(s, why);
    if (!found && s->post) found = kafka_post_why(s->post, why) || why_letters(s, why);
    pthread_mutex_unlock(&s->lock);
    return found;
}

void kafka_shared_last_error(struct kafka_shared *s, char text[200]) {
    const struct kafka_note *last = NULL;
    text[0] = '\0';
    pthread_mutex_lock(&s->lock);
    int64_t now = clock_mono_ms(s->clock);
    if (s->notes[KAFKA_GROUP].code)
        last = &s->notes[KAFKA_GROUP];
    else if (s->notes[KAFKA_OTHER].code && now - s->notes[KAFKA_OTHER].mono_ms < LATELY_MS)
        last = &s->notes[KAFKA_OTHER]; /* nobody says when such a one is over */
    if (last) {
        const char *remedy = kafka_remedy_of(last->code);
        snprintf(text, 200, "%.100s (%" PRId64 " s ago)%s%s", last->text, (now - last->mono_ms) / 1000,
                 separator(remedy), remedy);
    }
    pthread_mutex_unlock(&s->lock);
}
