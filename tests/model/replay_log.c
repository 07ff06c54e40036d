/* model/replay_log.c - events of few popular items and many that are seen once, and the records that hold them. */
#include "model/replay_log.h"

#include <stdio.h>
#include <string.h>

#include "base/base.h"

void replay_log_init(struct replay_log *log, uint64_t seed) {
    memset(log, 0, sizeof *log);
    log->chance.state = seed;
    for (int i = 0; i < REPLAY_ITEMS; i++) snprintf(log->item_names[i], sizeof log->item_names[i], "i%d", i);
}

static size_t below(struct replay_log *log, uint64_t n) { return chance_below(&log->chance, n); }

static size_t some_item(struct replay_log *log) {
    return below(log, 3) == 0 ? below(log, 8) : below(log, REPLAY_ITEMS);
}

static void event_append(struct replay_log *log, int64_t time_ms) {
    static const char *const locations[REPLAY_LOCATIONS] = {"A", "B", "C", NULL};
    const char *location = locations[below(log, REPLAY_LOCATIONS)], *item = log->item_names[some_item(log)];
    log->events[log->events_n++] = (struct event){.item = {item, strlen(item)},
                                                  .location = {location, location == NULL ? 0 : 1},
                                                  .time_ms = time_ms,
                                                  .weight = 1 + (uint32_t)below(log, 4),
                                                  .outcome = EVENT_APPLIED};
}

static void record_append(struct replay_log *log, int64_t time_ms, size_t first, size_t n) {
    log->records[log->records_n++] = (struct replay_record){time_ms, first, n};
}

static void record_of_some(struct replay_log *log, int64_t time_ms) {
    size_t first = log->events_n, n = below(log, 60);
    for (size_t i = 0; i < n; i++) event_append(log, time_ms - 150000 + (int64_t)below(log, 280000));
    record_append(log, time_ms, first, n);
}

/* A record long after everything else, so that all minutes seal. */
static void record_that_seals(struct replay_log *log, int64_t time_ms) {
    event_append(log, time_ms + 10 * MINUTE_MS);
    record_append(log, time_ms + 10 * MINUTE_MS, log->events_n - 1, 1);
}

void replay_log_random(struct replay_log *log, int64_t records_n) {
    int64_t now = REPLAY_BEGIN_MS;
    for (int64_t i = 0; i < records_n - 1; i++) {
        now += (int64_t)below(log, 7000);
        record_of_some(log, now - (below(log, 6) == 0 ? (int64_t)below(log, 70000) : 0));
    }
    record_that_seals(log, now);
}

void replay_log_orderly(struct replay_log *log, size_t events_n) {
    int64_t now = REPLAY_BEGIN_MS;
    for (size_t i = 0; i < events_n; i++) {
        now += (int64_t)below(log, 400);
        event_append(log, now - (int64_t)below(log, 20000));
    }
}

void replay_log_shape(struct replay_log *log, size_t size) {
    int64_t newest = 0;
    log->records_n = 0;
    for (size_t first = 0, n; first < log->events_n; first += n) {
        n = size > 0 ? size : 1 + below(log, 40);
        if (n > log->events_n - first) n = log->events_n - first;
        for (size_t i = first; i < first + n; i++)
            if (log->events[i].time_ms > newest) newest = log->events[i].time_ms;
        record_append(log, newest, first, n);
    }
    record_append(log, newest + 10 * MINUTE_MS, 0, 0);
}
