/* partition/probe.c - what only the first record can tell (rules 5, 6 and 7): whether the log is the one we knew, and
 * what log time is where the commit does not say. */
#include <assert.h>
#include <string.h>

#include "base/testhook.h"
#include "partition/state.h"

/* -- log time -- */

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

/* -- the anchor -- */

static bool anchor_differs(const struct anchor *a, const struct log_record *rec) {
    return rec->offset == a->offset && (rec->time_ms != a->time_ms || record_hash(rec) != a->hash);
}

static void begin_other_log(struct partition *p) {
    minutes_deinit(&p->minutes);
    ids_clear(p->ids);
    p->dirty = (struct dirty_queue){0};
    p->buckets_n = p->pending_n = 0;
    partition_resume_other_log(p->rules, &p->start);
    struct partition_start s = p->start;
    partition_begin(p, &s);
}

static bool probe_anchor(struct partition *p, const struct log_record *rec) {
    p->probe = PROBE_NOTHING;
    p->tally.unproven = rec->offset != p->start.anchor.offset;
    if (!anchor_differs(&p->start.anchor, rec)) return false;
    begin_other_log(p);
    return true;
}

/* -- what there is to look at -- */

bool probe_record(struct partition *p, const struct log_record *rec, int64_t record_ms, int64_t wall_ms) {
    if (p->probe == PROBE_ANCHOR) return probe_anchor(p, rec);
    if (record_ms == TIME_NEVER && rec->offset < p->next) return false; /* the first one that counts may have a time */
    probe_time(p, record_ms == TIME_NEVER ? wall_stand_in(p, wall_ms) : record_ms);
    return false;
}

void probe_end_of_log(struct partition *p, int64_t wall_ms) {
    if (p->probe == PROBE_ANCHOR) p->tally.unproven = true;
    if (p->probe != PROBE_NOTHING) probe_time(p, wall_stand_in(p, wall_ms));
}

/* As if the record had been compacted away (rules 5 and 8). */
bool partition_damaged(struct partition *p) {
    partition_check(p);
    if (p->probe == PROBE_NOTHING || p->start.consume_from >= p->next) return false;
    if (p->probe == PROBE_ANCHOR) {
        p->tally.unproven = true;
        p->probe = PROBE_NOTHING;
    }
    p->start.consume_from = p->next;
    return true;
}

/* A start that goes on as this memory is, if the log turns out to be the same. */
static struct partition_start start_as_it_is(const struct partition *p, int64_t log_start) {
    struct partition_start s = {.origin = p->start.origin,
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
    memcpy(s.life, p->life, sizeof s.life);
    return s;
}

bool partition_doubt(struct partition *p, int64_t log_start) {
    assert(partition_holds_no_record(p));
    partition_check(p);
    if (p->probe == PROBE_ANCHOR) return p->start.anchor.offset >= log_start; /* not looked at yet */
    if (p->probe != PROBE_NOTHING || !p->last.set || p->last.offset < log_start) return false;
    p->start = start_as_it_is(p, log_start);
    p->probe = PROBE_ANCHOR;
    return true;
}
