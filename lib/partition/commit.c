/* partition/commit.c - what a commit says, and whose it is (rules 2, 7 and 8). */
#include <assert.h>
#include <string.h>

#include "base/testhook.h"
#include "partition/state.h"

static void meta_of(const struct partition *p, int64_t wall_ms, struct commit_meta *m) {
    struct rewind r = partition_rewind(p);
    assert(r.offset <= p->next);
    *m = (struct commit_meta){.incarnation = p->incarnation,
                              .meaning = p->rules->meaning,
                              .older_until = p->older_until,
                              .unsure_until = NO_MINUTE,
                              .rewind = r.offset,
                              .rewind_log_time_ms = r.log_time_ms,
                              .frontier_log_time_ms = p->log_time_ms,
                              .settled = p->settled,
                              .vouch = p->vouch,
                              .stored_ms = p->dirty.unclean_n == 0 ? wall_ms : TIME_NEVER,
                              .anchor = r.anchor};
    if (RULE(8, commit_unsure)) m->unsure_until = p->unsure_until;
    if (RULE(8, commit_rows_kept)) m->rows_kept = p->rows_kept;
    memcpy(m->life, p->life, sizeof m->life);
}

bool partition_freeze(struct partition *p, int64_t wall_ms, struct partition_commit *out) {
    assert(partition_holds_no_record(p));
    partition_check_whole(p);
    if (!partition_may_commit(p)) return false;
    log_reach_frontier(p);
    struct commit_meta m;
    meta_of(p, wall_ms, &m);
    out->offset = p->next;
    commit_meta_format(&m, out->metadata);
    p->own[p->own_n++ % OWN_COMMITS_MAX] = *out;
    return true;
}

static bool is_own(const struct partition *p, int64_t offset, const char *metadata) {
    for (uint32_t i = 0; i < OWN_COMMITS_MAX && i < p->own_n; i++)
        if (p->own[i].offset == offset && strcmp(p->own[i].metadata, metadata) == 0) return true;
    return false;
}

/* The group has a commit of this incarnation (rule 2). */
static void incarnation_committed(struct partition *p) {
    if (p->stage == STAGE_COMMITTING) partition_stage_move(p, STAGE_SILENT);
}

void partition_committed(struct partition *p, const struct partition_commit *c, bool ok) {
    partition_check(p);
    if (!ok || !is_own(p, c->offset, c->metadata)) return;
    p->frontier = i64_larger(p->frontier, c->offset);
    p->committed = i64_larger(p->committed, c->offset);
    incarnation_committed(p);
}

/* Without an incarnation it committed nothing. */
bool partition_is_own_commit(const struct partition *p, int64_t offset, const char *metadata) {
    partition_check(p);
    if (p->stage == STAGE_ASKING_ROW) return false;
    return is_own(p, offset, metadata) || !RULE(7, own_commit);
}

void partition_keep(struct partition *p) {
    assert(p->stage != STAGE_ASKING_ROW);
    partition_check(p);
    if (RULE(3, redirty_at_frontier)) dirty_doubt_all(&p->dirty, &p->minutes);
    incarnation_committed(p);
}
