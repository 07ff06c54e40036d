/* model/replay_log.h - the logs that the crash test in miniature reads: random ones, and one evening in any shape. */
#ifndef TOPKD_TESTS_MODEL_REPLAY_LOG_H
#define TOPKD_TESTS_MODEL_REPLAY_LOG_H

#include "base/clock.h"
#include "event/event.h"
#include "model/chance.h"
#include "protocol/rules.h"

enum {
    REPLAY_RECORDS_MAX = 2400,
    REPLAY_EVENTS_MAX = 8000,
    REPLAY_ITEMS = 300,
    REPLAY_LOCATIONS = 4, /* with the global one, which is the last */
    REPLAY_MINUTES = 32   /* counted from REPLAY_FIRST_MINUTE */
};
#define REPLAY_BEGIN_MS     INT64_C(1795287600000) /* 2026-11-21T19:00Z */
#define REPLAY_FIRST_MINUTE (REPLAY_BEGIN_MS / MINUTE_MS - 5)

/* A slice of the log's events. */
struct replay_record {
    int64_t time_ms;
    size_t first, events_n;
};

struct replay_log {
    struct chance chance;
    struct replay_record records[REPLAY_RECORDS_MAX];
    int64_t records_n;
    struct event events[REPLAY_EVENTS_MAX]; /* as decoded: time decisions are not made yet */
    size_t events_n;
    char item_names[REPLAY_ITEMS][8];
};

void replay_log_init(struct replay_log *log, uint64_t seed);
/* What a plain recount of a random log says of each event: only FUTURE, LATE, DUPLICATE or, for all else, APPLIED. */
void replay_log_judge(const struct replay_log *log, const struct delivery_rules *rules, enum event_outcome *outcomes);
/* Minutes of traffic with late, future and backward times, records of no events, of one and of some. */
void replay_log_random(struct replay_log *log, int64_t records_n);
/* Events nearly in order; no shape of records makes one of them late. They are in no record yet. */
void replay_log_orderly(struct replay_log *log, size_t events_n);
/* The same events in records of up to SIZE (0: random sizes), each as old as its newest event. */
void replay_log_shape(struct replay_log *log, size_t size);

#endif
