/* partition/log.c - a record comes in: its events are judged against log time, log time advances, minutes seal. */
#include <assert.h>

#include "base/testhook.h"
#include "partition/state.h"

/* -- the time of a record -- */

/* TIME_NEVER: it has none, or one that is not believed. */
static int64_t record_time(const struct log_record *rec) {
    return time_is_believed(rec->time_ms) ? rec->time_ms : TIME_NEVER;
}

/* The events of a record are future from this minute on. A record without a time of its own is held against log time,
 * and before there is any nothing of it can be placed. By event clock it may jump, for nothing else moves log time. */
static int64_t future_from(const struct partition *p, const struct log_record *rec) {
    int64_t t = record_time(rec);
    if (t == TIME_NEVER && p->rules->clock_is_event) return INT64_MAX;
    int64_t reach = minute_reach(p->rules, t == TIME_NEVER ? p->log_time_ms : t);
    return reach == NO_MINUTE ? NO_MINUTE : reach + 1;
}

/* Its time is one of the log's: it is not bad. Whether it is future is not decided yet, and nothing else is either. */
static bool has_log_time(const struct event *ev) {
    return ev->outcome == EVENT_APPLIED || ev->outcome == EVENT_WEIGHTLESS;
}

/* The time that a record gives to log time; TIME_NEVER: none. To be asked before its events are placed. */
static int64_t record_clock(const struct partition *p, const struct log_record *rec, const struct event_batch *b) {
    if (!p->rules->clock_is_event) return record_time(rec);
    int64_t newest = TIME_NEVER, future = future_from(p, rec);
    for (size_t i = 0; b != NULL && i < b->n; i++) {
        const struct event *ev = &b->events[i];
        if (has_log_time(ev) && minute_of(ev->time_ms) < future) newest = i64_larger(newest, ev->time_ms);
    }
    return newest;
}

/* -- log time -- */

/* The final copies of what is sealed are to be sent. */
static void minutes_seal(struct partition *p) {
    for (size_t i = 0; i < p->minutes.n; i++) {
        struct minute *m = p->minutes.all[i];
        if (!minute_sealed(p->rules, m->minute, p->log_time_ms)) break;
        if (m->sealed) continue;
        if (p->pending_n > 0) apply_pending(p); /* it may have buckets that are not made yet */
        m->sealed = true;
        if (RULE(10, final_copies)) dirty_change_minute(&p->dirty, m, p->next);
    }
}

static void log_time_advance(struct partition *p, int64_t time_ms) {
    if (time_ms == TIME_NEVER) return;
    if (time_ms <= p->log_time_ms) return;
    p->log_time_ms = time_ms;
    minutes_seal(p);
}

/* Log time is what it was at the frontier, so no record there or beyond may be applied before. */
void log_reach_frontier(struct partition *p) {
    if (p->unsure_at_frontier && RULE(4, config_unsure))
        p->unsure_until = i64_larger(p->unsure_until, minute_reach(p->rules, p->log_time_ms));
    p->unsure_at_frontier = false;
}

/* -- events -- */

/* What the log says of times, the same for every event of a record. */
struct judge {
    int64_t sealed_to;   /* this minute and those before are late by log time */
    int64_t settled;     /* and these, although log time may have been lower when they came */
    int64_t future_from; /* this minute and those behind are future */
    bool news;           /* the record was never counted before */
};

static struct judge judge_of(const struct partition *p, const struct log_record *rec) {
    struct judge j = {.sealed_to = minute_horizon(p->rules, p->log_time_ms),
                      .settled = NO_MINUTE,
                      .future_from = future_from(p, rec),
                      .news = rec->offset >= p->counted};
    if (RULE(3, skip_settled)) j.settled = p->settled;
    return j;
}

/* Its id is seen from now on. True if it was seen before. */
static bool event_is_seen(struct partition *p, const struct event *ev, const struct judge *j,
                          const struct log_record *rec) {
    struct sightings *seen = &p->ids->seen;
    uint64_t early = seen->forgotten_early;
    if (ids_want_mark(p->ids)) {
        struct rewind at = apply_rewind(p, rec);
        ids_mark(p->ids, &at);
    }
    bool before = sightings_add(seen, ev->id_hash);
    if (j->news) p->tally.ids_forgotten_early += seen->forgotten_early - early;
    return before;
}

/* Rule 26. A duplicate opens its minute, as an event that counts does: so the rewind holds what it is a duplicate of,
 * for as long as somebody may have to find that out again. */
static __attribute__((noinline)) bool event_is_duplicate(struct partition *p, const struct event *ev, int64_t minute,
                                                         const struct judge *j, const struct log_record *rec) {
    if (ev->id_hash == 0) {
        p->tally.without_id += j->news;
        return false;
    }
    if (minute > j->settled && RULE(26, duplicate_opens_minute)) apply_minute(p, minute, rec);
    return event_is_seen(p, ev, j, rec);
}

/* Which ids were seen must be a matter of the log alone. What is settled is not: it depends on when Redis answered, and
 * a reader that begins again skips by it events that were applied when they came first (rule 3). These were seen, so
 * they are seen by whoever skips them too. Only what is late by log time is late in every reading. */
static enum event_outcome event_place(struct partition *p, const struct event *ev, const struct judge *j,
                                      const struct log_record *rec) {
    int64_t minute = minute_of(ev->time_ms);
    if (minute >= j->future_from) return EVENT_FUTURE;
    if (minute <= j->sealed_to) return EVENT_LATE;
    if (minute <= j->settled && !RULE(26, settled_is_seen)) return EVENT_LATE;
    bool duplicate = p->ids != NULL && event_is_duplicate(p, ev, minute, j, rec);
    if (minute <= j->settled) return EVENT_LATE;
    if (duplicate) return EVENT_DUPLICATE;
    return apply_event(p, ev, minute, rec) ? EVENT_APPLIED : EVENT_MANY_LOCATIONS;
}

static void events_place(struct partition *p, struct event_batch *b, const struct judge *j,
                         const struct log_record *rec) {
    for (size_t i = 0; i < b->n; i++)
        if (b->events[i].outcome == EVENT_APPLIED) b->events[i].outcome = event_place(p, &b->events[i], j, rec);
}

/* LOG_MS: log time behind the record. Before there is any, every event is future, and no id is seen. */
static void ids_advance(struct partition *p, const struct event_batch *b, int64_t log_ms) {
    if (log_ms != TIME_NEVER) sightings_advance(&p->ids->seen, log_ms / 1000);
    for (size_t i = 0; b->n > 1 && i < b->n; i++) sightings_expect(&p->ids->seen, b->events[i].id_hash);
}

/* -- counters -- */

static void count_outcomes(struct partition *p, const struct event_batch *b) {
    uint64_t applied = 0;
    for (size_t i = 0; i < b->n; i++) {
        enum event_outcome outcome = b->events[i].outcome;
        if (outcome == EVENT_APPLIED)
            applied++;
        else
            p->tally.outcomes[outcome]++;
    }
    p->tally.outcomes[EVENT_APPLIED] += applied;
}

static void count_hole(struct partition *p, int64_t offset) {
    int64_t from = i64_larger(p->next, p->counted);
    if (offset <= from) return;
    p->tally.holes++;
    p->tally.hole_records += (uint64_t)(offset - from);
}

static void count_time(struct partition *p, int64_t log_ms, int64_t record_ms) {
    if (log_ms != TIME_NEVER && p->log_time_ms != TIME_NEVER && log_ms <= p->log_time_ms - MINUTE_MS)
        p->tally.steps_back++;
    p->tally.untimed += record_ms == TIME_NEVER;
    p->tally.before_2000 += record_ms != TIME_NEVER && record_ms < YEAR_2000_MS;
}

/* -- records -- */

/* Is it counted for the first time? */
static bool record_apply(struct partition *p, const struct log_record *rec, struct event_batch *b) {
    if (rec->offset > p->next) count_hole(p, rec->offset);
    p->next = rec->offset + 1;
    const struct judge j = judge_of(p, rec);
    int64_t log_ms = record_clock(p, rec, b), record_ms = record_time(rec);
    if (p->ids != NULL) ids_advance(p, b, i64_larger(p->log_time_ms, log_ms));
    events_place(p, b, &j, rec);
    if (j.news) count_time(p, log_ms, record_ms);
    log_time_advance(p, log_ms);
    p->last_record = *rec;
    p->last_unhashed = true;
    if (record_ms != TIME_NEVER) p->tally.last_time_ms = record_ms;
    if (p->texts_elsewhere) apply_pending(p);
    p->texts_elsewhere = false;
    return j.news;
}

bool partition_wants(const struct partition *p, int64_t offset) {
    return offset >= p->next || (p->probe != PROBE_NOTHING && p->rules->clock_is_event);
}

enum record_outcome partition_record(struct partition *p, const struct log_record *rec, struct event_batch *batch,
                                     int64_t wall_ms) {
    partition_check(p);
    if (p->probe != PROBE_NOTHING && probe_record(p, rec, record_clock(p, rec, batch), wall_ms))
        return RECORD_OF_ANOTHER_LOG;
    if (rec->offset < p->next) {
        p->tally.replayed++;
        return RECORD_REPLAYED;
    }
    assert(batch != NULL);
    if (rec->offset >= p->frontier) log_reach_frontier(p);
    if (!record_apply(p, rec, batch)) {
        p->tally.rebuilt++;
        return RECORD_REBUILT;
    }
    p->tally.messages++;
    count_outcomes(p, batch);
    return RECORD_APPLIED;
}

void partition_let_go(struct partition *p) {
    partition_check(p);
    if (p->pending_n > 0) apply_pending(p);
    if (p->last_unhashed)
        p->last = (struct anchor){true, p->last_record.offset, p->last_record.time_ms, record_hash(&p->last_record)};
    p->last_unhashed = false;
}

void partition_eof(struct partition *p, int64_t offset, int64_t wall_ms) {
    partition_check(p);
    probe_end_of_log(p, wall_ms);
    p->next = i64_larger(p->next, offset);
}
