/* A partition's memory, told as the story of a crash.
 *
 * Topic of one partition, LATENESS 1 min. Records arrive with log time W; events of 19:08 fill buckets (US, 19:08),
 * (global, 19:08).
 *   1. Every publish tick copies what changed: "up to offset 500, US 19:08 is: cat 40, dog 12", fenced with
 *      (incarnation 7, 500).
 *   2. Every checkpoint tick commits: F = 512, metadata: R = 431 (the first event of 19:08), W_R, M = 19:06,
 *      incarnation 7.
 *   3. kill -9 at 530. The copy fenced (7, 526) is in Redis. Nobody knows more than the commit.
 *   4. The successor starts at R = 431 with W = W_R, skips minutes <= M, and rebuilds 19:08 in silence: up to 512 it
 *      says nothing, for a copy of less than was already said could stand until the next tick.
 *   5. At 512 everything live is dirty. Its copy (7, 512) is refused, a higher fence stands there; the one at (7, 540)
 *      replaces it. Same log, same bytes: where both say (7, 526), they say the same.
 *   6. 19:10 begins, W passes 19:10:00: 19:08 is sealed, each of its buckets is copied once more, final.
 *   7. All answered, and SETTLE_DELAY later a progress row was answered too, by the same Redis: 19:08 settles. M =
 *      19:08; R moves on. Should Redis lose the last seconds after that, it loses nothing of 19:08.
 *
 * Invariants: R <= F <= next (after the rewind). Every event of an open minute lies at or after R. A minute in memory
 * holds all its accepted events below next. Nothing in memory is <= M. */
#include "partition/partition.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/testhook.h"
#include "partition/state.h"

/* Of the lost range, what no earlier memory has told of. */
static uint64_t lost_now(const struct partition_start *s) {
    int64_t from = i64_larger(s->counted, s->log_start - s->lost_records);
    return s->lost_records > 0 && from < s->log_start ? (uint64_t)(s->log_start - from) : 0;
}

static void partition_begin(struct partition *p, const struct partition_start *s) {
    p->start = *s;
    p->probe = s->probe;
    p->next = s->next;
    p->frontier = s->frontier;
    p->log_time_ms = RULE(3, rewind_log_time) ? s->log_time_ms : s->frontier_log_time_ms;
    p->settled = s->settled;
    p->older_until = RULE(4, config_older_until) || s->origin != ORIGIN_CONFIG ? s->older_until : NO_MINUTE;
    p->unsure_until = s->unsure_until;
    p->incarnation = s->incarnation;
    p->needs_row = s->new_incarnation;
    p->ready = !s->new_incarnation;
    p->silent = true;
    p->raise_x = s->raise_x_at_frontier && RULE(4, config_unsure);
    p->last = s->anchor;
    p->end_wall_ms = TIME_NEVER;
    p->rows_kept = s->rows_kept;
    p->vouch = s->vouch;
    p->vouch_next = VOUCH_NONE;
    memcpy(p->life, s->life, sizeof p->life);
    p->tally.origin = s->origin;
    p->tally.unproven = s->unproven;
    p->counted = i64_larger(s->frontier, s->counted);
    p->tally.lost_records += lost_now(s);
}

struct partition *partition_create(const struct delivery_rules *rules, struct sketch_budget *budget, const char *source,
                                   uint64_t instance, const struct partition_start *start) {
    struct partition *p = mem_zalloc(1, sizeof *p);
    p->rules = rules;
    p->budget = budget;
    minutes_init(&p->minutes, &budget->pool);
    p->name = source;
    p->instance = instance;
    p->name_hash = hash64(source, strlen(source), 0);
    p->confirmed_mono_ms = TIME_NEVER;
    p->row_stored = (struct row_at){.row = {.end_ms = TIME_NEVER}, .next = -1};
    p->committed = -1;
    p->tally.last_time_ms = TIME_NEVER;
    partition_begin(p, start);
    return p;
}

void partition_destroy(struct partition *p) {
    if (p == NULL) return;
    minutes_deinit(&p->minutes);
    buf_free(&p->items);
    mem_free(p);
}

const char *partition_name(const struct partition *p) { return p->name; }
uint64_t partition_instance(const struct partition *p) { return p->instance; }
int64_t partition_next(const struct partition *p) {
    return p->probe == PROBE_NOTHING ? p->next : p->start.consume_from;
}

bool partition_wants(const struct partition *p, int64_t offset) {
    return offset >= p->next || (p->probe != PROBE_NOTHING && p->rules->clock_is_event);
}

/* -- the probe: what only the first record can tell -- */

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

/* Its time is one of the log's: it is neither bad nor, as far as that is decided yet, future. */
static bool has_log_time(const struct event *ev) {
    return ev->outcome == EVENT_APPLIED || ev->outcome == EVENT_WEIGHTLESS || ev->outcome == EVENT_LATE ||
           ev->outcome == EVENT_MANY_LOCATIONS;
}

/* The time that a record gives to W; TIME_NEVER: none. */
static int64_t record_clock(const struct partition *p, const struct log_record *rec, const struct event_batch *b) {
    if (!p->rules->clock_is_event) return record_time(rec);
    int64_t w = TIME_NEVER, future = future_from(p, rec);
    for (size_t i = 0; b != NULL && i < b->n; i++) {
        const struct event *ev = &b->events[i];
        if (has_log_time(ev) && minute_of(ev->time_ms) < future) w = i64_larger(w, ev->time_ms);
    }
    return w;
}

/* Rule 5: TIME_MS is of the record before the reset offset, or what stands in for it. */
static void probe_reset(struct partition *p, int64_t time_ms) {
    int64_t reach = minute_reach(p->rules, time_ms);
    p->log_time_ms = time_ms;
    p->settled = i64_larger(p->settled, minute_horizon(p->rules, time_ms));
    if (RULE(5, reset_older_until)) p->older_until = p->settled;
    if (RULE(5, reset_unsure) && reach != NO_MINUTE) p->unsure_until = reach + 1;
}

/* Rule 6: TIME_MS is of the first record after the lost range. */
static void probe_cut(struct partition *p, int64_t time_ms) {
    int64_t reach = minute_reach(p->rules, i64_larger(time_ms, p->start.frontier_log_time_ms));
    if (RULE(6, cut_is_unsure) && reach != NO_MINUTE) p->unsure_until = i64_larger(p->unsure_until, reach + 1);
}

static void probe_time(struct partition *p, int64_t time_ms) {
    if (p->probe == PROBE_RESET) probe_reset(p, time_ms);
    if (p->probe == PROBE_CUT) probe_cut(p, time_ms);
    p->probe = PROBE_NOTHING;
}

static int64_t wall_stand_in(const struct partition *p, int64_t wall_ms) {
    return p->rules->clock_is_event || !time_is_believed(wall_ms) ? TIME_NEVER : wall_ms;
}

static bool anchor_differs(const struct anchor *a, const struct log_record *rec) {
    return rec->offset == a->offset && (rec->time_ms != a->time_ms || record_hash(rec) != a->hash);
}

static void begin_other_log(struct partition *p) {
    minutes_deinit(&p->minutes);
    p->staged_n = 0;
    p->last_unhashed = false;
    p->dirty_head = p->dirty_tail = NULL;
    p->dirty_n = p->buckets_n = p->unclean_n = 0;
    p->own_n = 0; /* they know nothing of the incarnation to come */
    partition_resume_other_log(p->rules, &p->start);
    struct partition_start s = p->start;
    partition_begin(p, &s);
}

bool partition_doubt(struct partition *p, int64_t log_start) {
    assert(partition_holds_no_record(p));
    if (p->probe == PROBE_ANCHOR) return p->start.anchor.offset >= log_start; /* not looked at yet */
    if (p->probe != PROBE_NOTHING || !p->last.set || p->last.offset < log_start) return false;
    p->start = (struct partition_start){.origin = p->start.origin,
                                        .consume_from = p->last.offset,
                                        .next = p->next,
                                        .frontier = p->frontier,
                                        .log_start = log_start,
                                        .log_time_ms = p->log_time_ms,
                                        .frontier_log_time_ms = p->log_time_ms,
                                        .settled = p->settled,
                                        .older_until = p->older_until,
                                        .unsure_until = p->unsure_until,
                                        .incarnation = p->incarnation,
                                        .rows_kept = p->rows_kept,
                                        .vouch = p->vouch,
                                        .stored_mono_ms = TIME_NEVER,
                                        .counted = p->counted,
                                        .anchor = p->last};
    memcpy(p->start.life, p->life, sizeof p->start.life);
    p->probe = PROBE_ANCHOR;
    return true;
}

/* True if the log turned out to be another one. */
static bool probe_record(struct partition *p, const struct log_record *rec, const struct event_batch *b,
                         int64_t wall_ms) {
    if (p->probe == PROBE_ANCHOR) {
        p->probe = PROBE_NOTHING;
        p->tally.unproven = rec->offset != p->start.anchor.offset;
        if (!anchor_differs(&p->start.anchor, rec)) return false;
        begin_other_log(p);
        return true;
    }
    int64_t t = record_clock(p, rec, b);
    if (t == TIME_NEVER && rec->offset < p->next) return false; /* the first one that counts may have a time */
    probe_time(p, t == TIME_NEVER ? wall_stand_in(p, wall_ms) : t);
    return false;
}

/* -- one record -- */

/* What the log says of times, the same for every event of a record. */
struct judge {
    int64_t sealed_to;   /* this minute and those before are late */
    int64_t future_from; /* this minute and those behind are future */
};

static struct judge judge_of(const struct partition *p, const struct log_record *rec) {
    int64_t sealed = minute_horizon(p->rules, p->log_time_ms);
    return (struct judge){RULE(3, skip_settled) ? i64_larger(sealed, p->settled) : sealed, future_from(p, rec)};
}

static void event_judge(struct partition *p, struct event *ev, const struct judge *j, const struct log_record *rec) {
    if (ev->outcome != EVENT_APPLIED) return;
    int64_t minute = minute_of(ev->time_ms);
    if (minute >= j->future_from)
        ev->outcome = EVENT_FUTURE;
    else if (minute <= j->sealed_to)
        ev->outcome = EVENT_LATE;
    else if (!apply_event(p, ev, minute, rec))
        ev->outcome = EVENT_MANY_LOCATIONS;
}

static void log_time_advance(struct partition *p, int64_t time_ms) {
    if (time_ms == TIME_NEVER) return;
    if (time_ms <= p->log_time_ms) return;
    p->log_time_ms = time_ms;
    minutes_seal(p);
}

/* Rule 4, once: W is what it was at F, so no record at F or beyond may be applied before. */
void partition_raise_x(struct partition *p) {
    if (p->raise_x) p->unsure_until = i64_larger(p->unsure_until, minute_reach(p->rules, p->log_time_ms));
    p->raise_x = false;
}

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

/* Is it counted for the first time? */
static bool record_apply(struct partition *p, const struct log_record *rec, struct event_batch *b) {
    bool news = rec->offset >= p->counted;
    if (rec->offset > p->next) count_hole(p, rec->offset);
    p->next = rec->offset + 1;
    const struct judge j = judge_of(p, rec);
    for (size_t i = 0; i < b->n; i++) event_judge(p, &b->events[i], &j, rec);
    int64_t log_ms = record_clock(p, rec, b), record_ms = record_time(rec);
    if (news) count_time(p, log_ms, record_ms);
    log_time_advance(p, log_ms);
    p->last_record = *rec;
    p->last_unhashed = true;
    if (record_ms != TIME_NEVER) p->tally.last_time_ms = record_ms;
    if (p->texts_elsewhere) apply_staged(p);
    p->texts_elsewhere = false;
    return news;
}

enum record_outcome partition_record(struct partition *p, const struct log_record *rec, struct event_batch *b,
                                     int64_t wall_ms) {
    if (p->probe != PROBE_NOTHING && probe_record(p, rec, b, wall_ms)) return RECORD_OF_ANOTHER_LOG;
    if (rec->offset < p->next) {
        p->tally.replayed++;
        return RECORD_REPLAYED;
    }
    assert(b != NULL);
    if (rec->offset >= p->frontier) partition_raise_x(p);
    if (!record_apply(p, rec, b)) {
        p->tally.rebuilt++;
        return RECORD_REBUILT;
    }
    p->tally.messages++;
    count_outcomes(p, b);
    return RECORD_APPLIED;
}

void partition_let_go(struct partition *p) {
    if (p->staged_n > 0) apply_staged(p);
    if (p->last_unhashed)
        p->last = (struct anchor){true, p->last_record.offset, p->last_record.time_ms, record_hash(&p->last_record)};
    p->last_unhashed = false;
}

void partition_eof(struct partition *p, int64_t offset, int64_t wall_ms) {
    if (p->probe == PROBE_ANCHOR) p->tally.unproven = true;
    if (p->probe != PROBE_NOTHING) probe_time(p, wall_stand_in(p, wall_ms));
    p->next = i64_larger(p->next, offset);
}

/* As if the record had been compacted away (rules 5 and 8). */
bool partition_damaged(struct partition *p) {
    if (p->probe == PROBE_NOTHING || p->start.consume_from >= p->next) return false;
    if (p->probe == PROBE_ANCHOR) {
        p->tally.unproven = true;
        p->probe = PROBE_NOTHING;
    }
    p->start.consume_from = p->next;
    return true;
}

/* -- incarnation -- */

bool partition_needs_row(const struct partition *p) { return p->needs_row; }

bool partition_waits_for_row(const struct partition *p) { return p->needs_row && p->start.joins; }

static void meet_board(struct partition *p, const struct partition_joined *joined) {
    bool said_nothing = p->tally.origin == ORIGIN_BEGINNING; /* to any Redis: this is the one that it knows */
    bool without_it = joined->is_new || !said_nothing;
    if (without_it && RULE(23, start_above_closed)) p->settled = i64_larger(p->settled, joined->closed);
    if (said_nothing) memcpy(p->life, joined->life, sizeof p->life);
}

void partition_row_known(struct partition *p, const struct partition_joined *joined, int64_t wall_ms) {
    if (!p->needs_row) return;
    if (partition_waits_for_row(p)) meet_board(p, joined);
    p->unsure_until = i64_larger(p->unsure_until, joined->unsure_until);
    uint64_t known = p->incarnation > joined->incarnation ? p->incarnation : joined->incarnation;
    uint64_t above = RULE(1, above_known) ? known + 1 : 1;
    uint64_t wall = wall_ms > 0 && RULE(1, above_clock) ? (uint64_t)wall_ms : 0;
    p->incarnation = above > wall ? above : wall;
    p->needs_row = false;
    if (!RULE(2, incarnation_first)) p->ready = true;
}

/* -- looking in -- */

void partition_look(const struct partition *p, struct partition_view *v) {
    *v = p->tally;
    v->silent = p->silent;
    v->ready = p->ready;
    v->probing = p->probe != PROBE_NOTHING;
    v->next = p->next;
    v->frontier = p->frontier;
    v->committed = p->committed;
    v->counted = i64_larger(p->counted, p->next);
    v->rewind = partition_rewind(p).offset;
    v->log_time_ms = p->log_time_ms;
    v->settled = p->settled;
    v->incarnation = p->incarnation;
    memcpy(v->life, p->life, sizeof v->life);
    v->live_minutes = (uint32_t)p->minutes.n;
    v->sealed_minutes = 0;
    v->locations = 0;
    for (size_t i = 0; i < p->minutes.n; i++) {
        const struct minute *m = p->minutes.all[i];
        v->sealed_minutes += m->sealed;
        if (minute_locations(m) > v->locations) v->locations = minute_locations(m);
    }
    v->live_buckets = p->buckets_n;
    v->dirty_buckets = p->dirty_n;
    v->all_clean = p->unclean_n == 0;
    v->row_current = p->row_stored.next == p->next && p->row_stored.row.settled == p->settled &&
                     p->row_stored.row.log_time_ms == p->log_time_ms && p->row_stored.row.end_ms != TIME_NEVER;
    v->all_settled = v->all_clean && v->sealed_minutes == 0;
}
