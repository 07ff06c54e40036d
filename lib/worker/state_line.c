/* worker/state_line.c - what the metrics counted since the last line. */
#include "worker/state_line.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "event/event.h"
#include "protocol/judge.h"

struct counts {
    double events, rejected, lists;
};

struct lag {
    uint64_t records; /* of all partitions */
    int64_t ms;       /* the largest */
    uint32_t partitions;
};

struct state_line {
    struct hub *hub;
    struct metric *outcomes[EVENT_OUTCOMES], *written[LIST_STATES];
    struct counts last;
    int64_t last_mono_ms;
};

static struct metric *metric_labelled(struct hub *hub, enum metric_id id, const char *name, const char *value) {
    char labels[64];
    snprintf(labels, sizeof labels, "%s=\"%s\"", name, value);
    return metrics_get(hub->metrics, id, labels);
}

struct state_line *state_line_create(struct hub *hub) {
    struct state_line *s = mem_zalloc(1, sizeof *s);
    s->hub = hub;
    s->last_mono_ms = clock_mono_ms(hub->clock);
    for (int o = 0; o < EVENT_OUTCOMES; o++)
        s->outcomes[o] = metric_labelled(hub, METRIC_EVENTS, "outcome", event_outcome_name((enum event_outcome)o));
    for (int i = 0; i < LIST_STATES; i++)
        s->written[i] = metric_labelled(hub, METRIC_LISTS, "state", list_state_name((enum list_state)i));
    return s;
}

void state_line_destroy(struct state_line *s) { mem_free(s); }

static struct counts counts_now(const struct state_line *s) {
    struct counts c = {0};
    for (int o = 0; o < EVENT_OUTCOMES; o++) {
        double n = metric_value(s->outcomes[o]);
        c.events += n;
        if (event_outcome_rejected((enum event_outcome)o)) c.rejected += n;
    }
    for (int i = 0; i < LIST_STATES; i++) c.lists += metric_value(s->written[i]);
    return c;
}

static struct lag lag_now(const struct state_line *s) {
    struct lag lag = {0};
    for (uint32_t i = 0; i < s->hub->consumers_n; i++) {
        struct hub_consumer *c = &s->hub->consumers[i];
        lag.records += atomic_load(&c->lag);
        lag.ms = i64_larger(lag.ms, atomic_load(&c->lag_ms));
        lag.partitions += atomic_load(&c->owned);
    }
    return lag;
}

void state_line_look(struct state_line *s) {
    int64_t now = clock_mono_ms(s->hub->clock), passed_ms = now - s->last_mono_ms;
    if (passed_ms < STATE_LINE_MS) return;
    struct counts c = counts_now(s);
    struct lag lag = lag_now(s);
    double events = c.events - s->last.events;
    log_event(LOG_INFO, "working",
              "events=%.0f rate=%.0f rejected=%.0f lists=%.0f lag=%" PRIu64 " lag_s=%.1f partitions=%" PRIu32
              " topics=%" PRIu32,
              events, events * 1000 / (double)passed_ms, c.rejected - s->last.rejected, c.lists - s->last.lists,
              lag.records, (double)lag.ms / 1000, lag.partitions, hub_spread(s->hub).topics);
    s->last = c;
    s->last_mono_ms = now;
}
