/* topkd-loadgen/drive.c - made-up events, at the rate that was asked for. */
#include "drive.h"

#include "base/log.h"
#include "loadgen/pacer.h"

enum {
    PORTION = 256,      /* events between two looks at the clock: under a millisecond */
    PAUSE_MAX_MS = 100, /* how soon a signal or the deadline is noticed */
};

static void drive_log_progress(const struct drive *d) {
    const struct totals *t = d->totals;
    log_event(LOG_INFO, "loadgen_progress", "made=%llu sent_messages=%llu acknowledged=%llu waiting_messages=%llu",
              (unsigned long long)d->events, (unsigned long long)t->sent_messages, (unsigned long long)t->events,
              (unsigned long long)(t->sent_messages - t->messages));
}

bool drive_on(struct drive *d) {
    int64_t now = clock_mono_ms(d->clock);
    d->sink->wait(d->sink->outlet.self, 0);
    if (d->options->stats_interval_ms > 0 && now >= d->stats_ms) {
        if (d->stats_ms > 0) drive_log_progress(d);
        d->stats_ms = now + d->options->stats_interval_ms;
    }
    return stop_signals == 0 && now < d->deadline_ms && !d->sink->failed(d->sink->outlet.self);
}

void drive_pause(struct drive *d, int64_t ms) {
    if (ms >= d->options->batch_wait_ms) batcher_flush(d->batcher);
    d->sink->wait(d->sink->outlet.self, ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS);
}

/* Milliseconds of event time from one event to the next; 0 = the wall clock's. */
static double event_step_ms(const struct options *o) {
    if (o->start_ms == OPTIONS_START_NOW) return 0;
    if (o->minutes > 0) return o->minutes * (double)MINUTE_MS / (double)o->events;
    return 1000 * (o->speed > 0 ? o->speed : 1) / o->rate;
}

static void drive_add_event(struct drive *d, struct traffic *t, int64_t clock_ms) {
    struct traffic_event ev;
    if (d->totals->sent_messages >= d->sink->openers) traffic_begin_late(t);
    traffic_next(t, clock_ms, &ev);
    enum key_kind key = d->options->key;
    bool by_location = key == KEY_LOCATION;
    batcher_add(d->batcher, &(struct batch_event){.text = ev.text,
                                                  .key = by_location       ? ev.location_name
                                                         : key == KEY_USER ? ev.user
                                                                           : (struct bytes){NULL, 0},
                                                  .slot = by_location && d->options->batch > 1 ? ev.location : 0,
                                                  .clock_ms = clock_ms,
                                                  .outcome = ev.outcome,
                                                  .copy = ev.copy});
    d->events++;
}

static uint64_t drive_portion(const struct drive *d, struct pacer *pacer) {
    uint64_t left = d->options->events > 0 ? d->options->events - d->events : PORTION;
    if (left > PORTION) left = PORTION;
    return d->options->rate > 0 ? pacer_take(pacer, clock_mono_ms(d->clock), left) : left;
}

void drive_traffic(struct drive *d) {
    const struct options *o = d->options;
    struct traffic *t = traffic_create(&o->traffic);
    struct pacer pacer;
    pacer_init(&pacer, o->rate, d->started_ms);
    double step = event_step_ms(o);
    while ((o->events == 0 || d->events < o->events) && drive_on(d)) {
        uint64_t n = drive_portion(d, &pacer);
        if (n == 0) drive_pause(d, pacer_wait_ms(&pacer));
        int64_t wall_ms = clock_wall_ms(d->clock);
        for (; n > 0; n--)
            drive_add_event(d, t, step > 0 ? o->start_ms + (int64_t)((double)d->events * step) : wall_ms);
    }
    batcher_flush(d->batcher);
    traffic_destroy(t);
}
