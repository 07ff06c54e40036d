/* Where a partition begins, told as the cases that a commit can be in.
 *
 *   1. No commit, new topic: offset 0, everything minus infinity. Nothing can be missing.
 *   2. No commit, but the log does not begin at 0 (or START=latest): what lies before is unknown. W comes from the
 * record before the first one we read, minutes that it may have touched are never vouched for (x).
 *   3. A commit with our metadata: the frontier F says what was already said, R where the oldest unsettled minute
 * begins. Apply from R with W = W_R, silently up to F. A worker that died after storing but before committing has said
 * more than F: its fences are higher than ours until we pass its offset, then our copies say the same.
 *   4. The same, but the configuration changed: the old parts may not be mixed with ours for open minutes (new
 * incarnation, b = M), and open minutes may miss events that the old rules ignored (x, at F).
 *   5. A commit without metadata: an operator's tool. As case 2, at that offset. So too where its times are none that
 * are believed: going on from them would make everything late for ever.
 *   6. R fell behind the start of the log: a range is lost; minutes it may have touched are never vouched for.
 *   7. F lies beyond the end, or the anchor record is another one: the topic was deleted and made again, or cut. Begin
 * at its start. */
#include "partition/resume.h"

#include "base/testhook.h"

#include <string.h>

const char *part_origin_name(enum part_origin o) {
    static const char *const names[] = {"memory", "commit", "config", "beginning", "reset", "truncated", "new_log"};
    return names[o];
}

static int64_t above(int64_t minute) { return minute == PART_NO_MINUTE ? PART_NO_MINUTE : minute + 1; }

static void start_blank(struct part_start *s, const struct part_facts *f, enum part_origin origin, int64_t offset) {
    *s = (struct part_start){.origin = origin,
                             .consume_from = offset,
                             .next = offset,
                             .frontier = offset,
                             .log_start = f->log_start,
                             .w_ms = PART_NEVER,
                             .frontier_w_ms = PART_NEVER,
                             .settled = PART_NO_MINUTE,
                             .b = PART_NO_MINUTE,
                             .x = PART_NO_MINUTE,
                             .vouch = PART_VOUCH_NONE,
                             .told_mono_ms = PART_NEVER,
                             .new_incarnation = true};
}

/* Rule 5: begin at X, knowing nothing of what lies before. */
static void start_at(struct part_start *s, const struct part_facts *f, enum part_origin origin, int64_t x) {
    if (x < f->log_start || x > f->log_end) x = f->log_start;
    start_blank(s, f, origin, x);
    if (x == 0) return;
    s->probe = PROBE_RESET;
    if (x > f->log_start) s->consume_from = x - 1;
}

static void start_without_commit(const struct part_rules *r, const struct part_facts *f, struct part_start *s) {
    bool latest = r->start_latest && !f->topic_has_commits; /* a partition added later starts at its beginning */
    start_at(s, f, ORIGIN_BEGINNING, latest ? f->log_end : f->log_start);
    s->joins = true;
}

static void start_from_meta(const struct part_facts *f, const struct part_meta *m, struct part_start *s) {
    start_blank(s, f, ORIGIN_COMMIT, m->rewind);
    s->frontier = f->commit_offset;
    s->incarnation = m->incarnation;
    s->new_incarnation = false;
    s->w_ms = m->rewind_w_ms;
    s->frontier_w_ms = m->frontier_w_ms;
    s->settled = m->settled;
    s->b = m->b;
    s->x = m->x;
    s->anchor = m->anchor;
    memcpy(s->life, m->life, sizeof s->life);
    s->rows_kept = m->rows_kept;
    s->vouch = m->vouch;
    if (m->told_ms != PART_NEVER) s->told_mono_ms = f->mono_ms - (f->wall_ms - m->told_ms);
}

static bool time_or_never(int64_t ms) { return ms == PART_NEVER || time_is_believed(ms); }
static bool minute_or_none(int64_t minute) { return minute == PART_NO_MINUTE || minute_is_believed(minute); }

static bool meta_is_believed(const struct part_meta *m) {
    return time_or_never(m->rewind_w_ms) && time_or_never(m->frontier_w_ms) && minute_or_none(m->settled) &&
           minute_or_none(m->b) && minute_or_none(m->x);
}

/* Rule 4. */
static void change_meaning(struct part_start *s) {
    s->origin = ORIGIN_CONFIG;
    s->new_incarnation = true;
    s->told_mono_ms = PART_NEVER;
    s->b = s->settled;
    s->raise_x_at_frontier = true;
}

/* Rule 6, first half: retention passed R. */
static void cut_range(const struct part_rules *r, struct part_start *s) {
    s->origin = ORIGIN_TRUNCATED;
    s->next = s->consume_from = s->log_start;
    s->anchor.set = false;
    s->told_mono_ms = PART_NEVER;
    s->lost_records = s->log_start > s->frontier ? s->log_start - s->frontier : 0;
    if (RULE(trunc_x)) s->x = i64_larger(s->x, above(minute_reach(r, s->frontier_w_ms)));
    if (s->log_start > s->frontier) s->probe = PROBE_CUT;
}

static void probe_anchor(struct part_start *s) {
    if (!s->anchor.set) return;
    s->unproven = s->anchor.offset < s->log_start;
    if (s->unproven) return;
    s->probe = PROBE_ANCHOR;
    if (s->anchor.offset < s->consume_from) s->consume_from = s->anchor.offset;
}

void part_resume_other_log(const struct part_rules *r, struct part_start *s) {
    s->origin = ORIGIN_NEW_LOG;
    s->probe = PROBE_NOTHING;
    s->anchor.set = false;
    s->consume_from = s->next = s->frontier = s->log_start;
    s->x = i64_larger(s->x, above(minute_reach(r, s->frontier_w_ms)));
    s->w_ms = s->frontier_w_ms = PART_NEVER;
    s->new_incarnation = true;
    s->raise_x_at_frontier = false;
    s->told_mono_ms = PART_NEVER;
    s->counted = 0;
    s->b = s->settled;
}

/* Rule 24. What an older incarnation said of lists that are open stands no longer: this one says it again. */
static void join_again(struct part_start *s) {
    s->joins = s->new_incarnation = true;
    s->told_mono_ms = PART_NEVER;
    s->b = s->settled;
}

static void resume(const struct part_rules *r, const struct part_facts *f, struct part_start *s) {
    struct part_meta m;
    if (!f->has_commit) {
        start_without_commit(r, f, s);
        return;
    }
    if (!part_meta_parse(f->commit_metadata, &m) || m.rewind > f->commit_offset || !meta_is_believed(&m)) {
        start_at(s, f, ORIGIN_RESET, f->commit_offset);
        return;
    }
    start_from_meta(f, &m, s);
    if (f->commit_offset > f->log_end) {
        part_resume_other_log(r, s);
        return;
    }
    if (m.meaning != r->meaning) change_meaning(s);
    if (m.rewind < f->log_start)
        cut_range(r, s);
    else
        probe_anchor(s);
}

void part_resume(const struct part_rules *r, const struct part_facts *f, struct part_start *s) {
    resume(r, f, s);
    if (f->left_out) join_again(s);
}
