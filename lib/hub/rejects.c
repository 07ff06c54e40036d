/* hub/rejects.c - counts of the last minute, and the line that is made of them. */
#include "hub/rejects.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"

/* What an operator should look at; NULL: not rejected. */
static const char *const settings_of[EVENT_OUTCOMES] = {
    [EVENT_MALFORMED] = "a message is JSON objects, one behind the other, or an array of them",
    [EVENT_FRAMED] = "the producer's serializer: Avro, Protobuf and UTF-16 are not read, JSON is",
    [EVENT_NO_EVENTS] = "TOPKD_EVENTS_AT",
    [EVENT_NO_ITEM] = "TOPKD_FIELD_ITEM",
    [EVENT_BAD_ITEM] = "TOPKD_FIELD_ITEM",
    [EVENT_NO_LOCATION] = "TOPKD_FIELD_LOCATION TOPKD_GLOBAL",
    [EVENT_BAD_LOCATION] = "TOPKD_FIELD_LOCATION",
    [EVENT_BAD_TIME] = "TOPKD_FIELD_TIME TOPKD_TIME_ZONE",
    [EVENT_BAD_TYPE] = "TOPKD_FIELD_TYPE",
    [EVENT_BAD_VALUE] = "TOPKD_FIELD_VALUE",
    [EVENT_FUTURE] = "TOPKD_FUTURE TOPKD_LOG_CLOCK TOPKD_FIELD_TIME TOPKD_TIME_ZONE",
    [EVENT_LATE] = "TOPKD_LATENESS TOPKD_LOG_CLOCK TOPKD_FIELD_TIME TOPKD_TIME_ZONE",
    [EVENT_MANY_LOCATIONS] = "TOPKD_LOCATIONS_MAX TOPKD_FIELD_LOCATION",
};

void reject_example_take(struct reject_example *x, const struct event *ev, const char *topic, int32_t partition,
                         int64_t offset) {
    *x = (struct reject_example){
        .set = true, .outcome = ev->outcome, .topic = topic, .partition = partition, .offset = offset, .n = ev->raw.n};
    size_t n = ev->raw.n < sizeof x->bytes ? ev->raw.n : sizeof x->bytes;
    if (n > 0) memcpy(x->bytes, ev->raw.p, n);
}

void rejects_init(struct rejects *r) {
    memset(r, 0, sizeof *r);
    pthread_mutex_init(&r->lock, NULL);
}

void rejects_deinit(struct rejects *r) { pthread_mutex_destroy(&r->lock); }

static uint64_t outcomes_rejected(const uint64_t outcomes[EVENT_OUTCOMES]) {
    uint64_t n = 0;
    for (int o = 0; o < EVENT_OUTCOMES; o++)
        if (event_outcome_rejected((enum event_outcome)o)) n += outcomes[o];
    return n;
}

/* The largest first: its setting is the one to look at first. */
static enum event_outcome outcomes_largest(const uint64_t outcomes[EVENT_OUTCOMES], const bool told[EVENT_OUTCOMES]) {
    enum event_outcome best = EVENT_OUTCOMES;
    for (int o = 0; o < EVENT_OUTCOMES; o++) {
        if (!event_outcome_rejected((enum event_outcome)o) || told[o] || outcomes[o] == 0) continue;
        if (best == EVENT_OUTCOMES || outcomes[o] > outcomes[best]) best = (enum event_outcome)o;
    }
    return best;
}

static void outcomes_write(const uint64_t outcomes[EVENT_OUTCOMES], struct buf *counts, struct buf *settings) {
    bool told[EVENT_OUTCOMES] = {false};
    enum event_outcome o;
    while ((o = outcomes_largest(outcomes, told)) != EVENT_OUTCOMES) {
        told[o] = true;
        buf_addf(counts, " %s=%" PRIu64, event_outcome_name(o), outcomes[o]);
        buf_addf(settings, "%s%s: %s", settings->len == 0 ? "" : "; ", event_outcome_name(o), settings_of[o]);
    }
}

static void rejects_warn(const struct rejects *r) {
    struct buf counts = {0}, settings = {0};
    const struct reject_example *x = &r->example;
    outcomes_write(r->outcomes, &counts, &settings);
    log_event(LOG_WARN, "events_rejected",
              "applied=%" PRIu64 " rejected=%" PRIu64 "%s look_at=\"%s\" example=%s example_bytes=%zu "
              "example_outcome=%s topic=%s partition=%d offset=%" PRId64 " try=\"topkd judge --suggest --topic %s\"",
              r->outcomes[EVENT_APPLIED], outcomes_rejected(r->outcomes), buf_text(&counts), buf_text(&settings),
              log_quote_bytes((struct bytes){x->bytes, x->n < sizeof x->bytes ? x->n : sizeof x->bytes}), x->n,
              event_outcome_name(x->outcome), x->topic, (int)x->partition, x->offset, x->topic);
    buf_free(&counts);
    buf_free(&settings);
}

static void rejects_look(struct rejects *r, int64_t mono_ms) {
    bool outweigh = outcomes_rejected(r->outcomes) > r->outcomes[EVENT_APPLIED];
    if (outweigh && r->example.set) rejects_warn(r);
    memset(r->outcomes, 0, sizeof r->outcomes);
    r->example.set = false;
    r->look_mono_ms = 0;
    r->rest_mono_ms = mono_ms + REJECTS_INTERVAL_MS;
}

void rejects_add(struct rejects *r, const uint64_t outcomes[EVENT_OUTCOMES], const struct reject_example *example,
                 int64_t mono_ms) {
    pthread_mutex_lock(&r->lock);
    for (int o = 0; o < EVENT_OUTCOMES; o++) r->outcomes[o] += outcomes[o];
    if (!r->example.set) r->example = *example;
    if (r->look_mono_ms == 0 && outcomes_rejected(r->outcomes) > 0)
        r->look_mono_ms = i64_larger(mono_ms + REJECTS_FIRST_MS, r->rest_mono_ms);
    if (r->look_mono_ms != 0 && mono_ms >= r->look_mono_ms) rejects_look(r, mono_ms);
    pthread_mutex_unlock(&r->lock);
}
