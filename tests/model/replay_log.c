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

/* Every fourth event is said again, most of them soon; some have no id at all. */
static uint64_t some_id(struct replay_log *log) {
    size_t said = log->events_n, back = 1 + below(log, below(log, 3) == 0 ? 900 : 150);
    if (below(log, 20) == 0) return 0;
    return below(log, 4) == 0 && back <= said ? log->events[said - back].id_hash : chance_next(&log->chance);
}

static void event_append(struct replay_log *log, int64_t time_ms) {
    static const char *const locations[REPLAY_LOCATIONS] = {"A", "B", "C", NULL};
    const char *location = locations[below(log, REPLAY_LOCATIONS)], *item = log->item_names[some_item(log)];
    log->events[log->events_n++] = (struct event){.item = {item, strlen(item)},
                                                  .location = {location, location == NULL ? 0 : 1},
                                                  .time_ms = time_ms,
                                                  .id_hash = some_id(log),
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

/* -- the recount: a list of sightings, and nothing that it shares with lib/ -- */

struct sighting {
    uint64_t id;
    int64_t second;
};

struct recount {
    const struct delivery_rules *rules;
    int64_t log_time_ms; /* before the record; INT64_MIN: none */
    struct sighting seen[REPLAY_EVENTS_MAX];
    size_t seen_n;
};

static bool was_seen(const struct recount *c, uint64_t id, int64_t second) {
    for (size_t i = c->seen_n; i > 0 && c->seen_n - i < c->rules->dedup_ids_max; i--)
        if (c->seen[i - 1].id == id && (second - c->seen[i - 1].second) * 1000 < c->rules->dedup_ms) return true;
    return false;
}

static int64_t log_time_behind(const struct recount *c, const struct replay_log *log,
                               const struct replay_record *record) {
    int64_t newest = c->log_time_ms, ahead = record->time_ms / 60000 + c->rules->future_ms / 60000;
    if (!c->rules->clock_is_event) return record->time_ms > newest ? record->time_ms : newest;
    for (size_t i = record->first; i < record->first + record->events_n; i++) {
        int64_t time_ms = log->events[i].time_ms;
        if (time_ms / 60000 <= ahead && time_ms > newest) newest = time_ms;
    }
    return newest;
}

static enum event_outcome event_judge(struct recount *c, const struct event *ev, int64_t record_ms, int64_t second) {
    int64_t minute = ev->time_ms / 60000, end_ms = (minute + 1) * 60000;
    if (minute > (record_ms + c->rules->future_ms) / 60000) return EVENT_FUTURE;
    if (c->log_time_ms != INT64_MIN && end_ms + c->rules->lateness_ms <= c->log_time_ms) return EVENT_LATE;
    if (ev->id_hash == 0 || c->rules->dedup_ms == 0) return EVENT_APPLIED;
    bool again = was_seen(c, ev->id_hash, second);
    c->seen[c->seen_n++] = (struct sighting){ev->id_hash, second};
    return again ? EVENT_DUPLICATE : EVENT_APPLIED;
}

void replay_log_judge(const struct replay_log *log, const struct delivery_rules *rules, enum event_outcome *outcomes) {
    static struct recount c;
    c = (struct recount){.rules = rules, .log_time_ms = INT64_MIN};
    for (int64_t r = 0; r < log->records_n; r++) {
        const struct replay_record *record = &log->records[r];
        int64_t behind_ms = log_time_behind(&c, log, record);
        for (size_t i = record->first; i < record->first + record->events_n; i++)
            outcomes[i] = event_judge(&c, &log->events[i], record->time_ms, behind_ms / 1000);
        c.log_time_ms = behind_ms;
    }
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
