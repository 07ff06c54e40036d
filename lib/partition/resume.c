/* partition/resume.c - where a partition begins, told as the cases that a commit can be in.
 *
 *   1. No commit, new topic.
 *      Offset 0, every time and minute minus infinity. Nothing can be missing.
 *   2. No commit, but the log does not begin at 0 (or START=latest).
 *      What lies before is unknown. The record before the first one we read gives log time; minutes that it may have
 *      touched are never vouched for (unsure_until).
 *   3. A commit with our metadata.
 *      The frontier says what was already said, the rewind where the oldest unsettled minute begins. Apply from the
 *      rewind with log time as it was there, silently up to the frontier. A worker that died after storing but before
 *      committing has said more than the frontier: its fences are higher than ours until we pass its offset, then our
 *      copies say the same.
 *   4. The same, but the configuration changed.
 *      The old parts may not be mixed with ours for open minutes: a new incarnation, and older_until is what is
 *      settled. Open minutes may miss events that the old rules ignored: unsure_until is raised at the frontier.
 *   5. A commit without metadata: an operator's tool.
 *      As case 2, at that offset. So too where its times are none that are believed: going on from them would make
 *      everything late for ever.
 *   6. The rewind fell behind the start of the log.
 *      A range is lost; minutes that it may have touched are never vouched for.
 *   7. The frontier lies beyond the end, or the anchor record is another one.
 *      The topic was deleted and made again, or cut. Begin at its start. */
#include "partition/resume.h"

#include <assert.h>
#include <string.h>

#include "base/testhook.h"

const char *partition_origin_name(enum partition_origin o) {
    static const char *const names[] = {"memory", "commit", "config", "beginning", "reset", "truncated", "new_log"};
    return names[o];
}

static int64_t above(int64_t minute) { return minute == NO_MINUTE ? NO_MINUTE : minute + 1; }

static void start_blank(struct partition_start *s, const struct partition_facts *f, enum partition_origin origin,
                        int64_t offset) {
    *s = (struct partition_start){.origin = origin,
                                  .consume_from = offset,
                                  .next = offset,
                                  .frontier = offset,
                                  .log_start = f->log_start,
                                  .log_time_ms = TIME_NEVER,
                                  .frontier_log_time_ms = TIME_NEVER,
                                  .settled = NO_MINUTE,
                                  .older_until = NO_MINUTE,
                                  .unsure_until = NO_MINUTE,
                                  .vouch = VOUCH_NONE,
                                  .stored_mono_ms = TIME_NEVER,
                                  .new_incarnation = true};
}

/* Rule 5: begin at OFFSET, knowing nothing of what lies before. */
static void start_at(struct partition_start *s, const struct partition_facts *f, enum partition_origin origin,
                     int64_t offset) {
    if (offset < f->log_start || offset > f->log_end) offset = f->log_start;
    start_blank(s, f, origin, offset);
    if (offset == 0) return;
    s->probe = PROBE_RESET;
    if (offset > f->log_start) s->consume_from = offset - 1;
}

static void start_without_commit(const struct delivery_rules *r, const struct partition_facts *f,
                                 struct partition_start *s) {
    bool latest = r->start_latest && !f->topic_has_commits; /* what was added later starts at its beginning */
    start_at(s, f, ORIGIN_BEGINNING, latest ? f->log_end : f->log_start);
    s->joins = true;
}

static void start_from_meta(const struct partition_facts *f, const struct commit_meta *m, struct partition_start *s) {
    start_blank(s, f, ORIGIN_COMMIT, m->rewind);
    s->frontier = f->commit_offset;
    s->incarnation = m->incarnation;
    s->new_incarnation = false;
    s->log_time_ms = m->rewind_log_time_ms;
    s->frontier_log_time_ms = m->frontier_log_time_ms;
    s->settled = m->settled;
    s->older_until = m->older_until;
    s->unsure_until = m->unsure_until;
    s->anchor = m->anchor;
    memcpy(s->life, m->life, sizeof s->life);
    s->rows_kept = m->rows_kept;
    s->vouch = m->vouch;
    if (m->stored_ms != TIME_NEVER) s->stored_mono_ms = f->mono_ms - (f->wall_ms - m->stored_ms);
}

static bool time_or_never(int64_t ms) { return ms == TIME_NEVER || time_is_believed(ms); }
static bool minute_or_none(int64_t minute) { return minute == NO_MINUTE || minute_is_believed(minute); }

static bool meta_is_believed(const struct commit_meta *m) {
    return time_or_never(m->rewind_log_time_ms) && time_or_never(m->frontier_log_time_ms) &&
           minute_or_none(m->settled) && minute_or_none(m->older_until) && minute_or_none(m->unsure_until);
}

/* Rule 4. */
static void change_meaning(struct partition_start *s) {
    s->origin = ORIGIN_CONFIG;
    s->new_incarnation = true;
    s->stored_mono_ms = TIME_NEVER;
    if (RULE(4, config_older_until)) s->older_until = s->settled;
    s->unsure_at_frontier = true;
}

/* Rule 6, first half: retention passed the rewind. */
static void cut_range(const struct delivery_rules *r, struct partition_start *s) {
    s->origin = ORIGIN_TRUNCATED;
    s->next = s->consume_from = s->log_start;
    s->anchor.set = false;
    s->stored_mono_ms = TIME_NEVER;
    s->lost_records = s->log_start > s->frontier ? s->log_start - s->frontier : 0;
    if (RULE(6, cut_is_unsure))
        s->unsure_until = i64_larger(s->unsure_until, above(minute_reach(r, s->frontier_log_time_ms)));
    if (s->log_start > s->frontier) s->probe = PROBE_CUT;
}

static void probe_anchor(struct partition_start *s) {
    if (!s->anchor.set) return;
    s->unproven = s->anchor.offset < s->log_start;
    if (s->unproven) return;
    s->probe = PROBE_ANCHOR;
    if (s->anchor.offset < s->consume_from) s->consume_from = s->anchor.offset;
}

void partition_resume_other_log(const struct delivery_rules *r, struct partition_start *s) {
    s->origin = ORIGIN_NEW_LOG;
    s->probe = PROBE_NOTHING;
    s->anchor.set = false;
    s->consume_from = s->next = s->frontier = s->log_start;
    s->unsure_until = i64_larger(s->unsure_until, above(minute_reach(r, s->frontier_log_time_ms)));
    s->log_time_ms = s->frontier_log_time_ms = TIME_NEVER;
    s->new_incarnation = true;
    s->unsure_at_frontier = false;
    s->stored_mono_ms = TIME_NEVER;
    s->counted = 0;
    s->older_until = s->settled;
}

/* Rule 24. What an older incarnation said of lists that are open stands no longer: this one says it again. */
static void join_again(struct partition_start *s) {
    s->joins = s->new_incarnation = true;
    s->stored_mono_ms = TIME_NEVER;
    s->older_until = s->settled;
}

static void resume(const struct delivery_rules *r, const struct partition_facts *f, struct partition_start *s) {
    struct commit_meta m;
    if (!f->has_commit) {
        start_without_commit(r, f, s);
        return;
    }
    if (!commit_meta_parse(f->commit_metadata, &m) || m.rewind > f->commit_offset || !meta_is_believed(&m)) {
        start_at(s, f, ORIGIN_RESET, f->commit_offset);
        return;
    }
    start_from_meta(f, &m, s);
    if (f->commit_offset > f->log_end) {
        partition_resume_other_log(r, s);
        return;
    }
    if (m.meaning != r->meaning) change_meaning(s);
    if (m.rewind < f->log_start)
        cut_range(r, s);
    else
        probe_anchor(s);
}

void partition_resume(const struct delivery_rules *r, const struct partition_facts *f, struct partition_start *s) {
    resume(r, f, s);
    if (f->left_out) join_again(s);
    assert(s->consume_from <= s->next);
    assert(s->probe != PROBE_ANCHOR || s->anchor.set);
}
