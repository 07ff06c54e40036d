/* What a commit says, and whose it is (rules 7, 8). */
#include <assert.h>
#include <string.h>

#include "base/testhook.h"
#include "partition/state.h"

struct rewind partition_rewind(const struct partition *p) {
    struct rewind r = {p->next, p->log_time_ms, p->last};
    for (size_t i = 0; i < p->minutes.n; i++) {
        const struct minute *m = p->minutes.all[i];
        if (m->first.offset < r.offset) r = (struct rewind){m->first.offset, m->first_log_time_ms, m->first};
    }
    return r;
}

static void meta_of(const struct partition *p, int64_t wall_ms, struct commit_meta *m) {
    struct rewind r = partition_rewind(p);
    *m = (struct commit_meta){.incarnation = p->incarnation,
                              .meaning = p->rules->meaning,
                              .older_until = p->older_until,
                              .unsure_until = RULE(8, commit_unsure) ? p->unsure_until : NO_MINUTE,
                              .rewind = r.offset,
                              .rewind_log_time_ms = r.log_time_ms,
                              .frontier_log_time_ms = p->log_time_ms,
                              .settled = p->settled,
                              .rows_kept = RULE(8, commit_rows_kept) ? p->rows_kept : 0,
                              .vouch = p->vouch,
                              .stored_ms = p->unclean_n == 0 ? wall_ms : TIME_NEVER,
                              .anchor = r.anchor};
    if (RULE(8, commit_life)) memcpy(m->life, p->life, sizeof m->life);
}

bool partition_freeze(struct partition *p, int64_t wall_ms, struct partition_commit *out) {
    assert(partition_holds_no_record(p));
    if (p->needs_row || p->probe != PROBE_NOTHING || (p->next < p->frontier && RULE(8, frontier_never_lower)))
        return false;
    partition_raise_x(p);
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

void partition_committed(struct partition *p, const struct partition_commit *c, bool ok) {
    if (!ok || !is_own(p, c->offset, c->metadata)) return;
    p->frontier = i64_larger(p->frontier, c->offset);
    p->committed = i64_larger(p->committed, c->offset);
    p->ready = true;
}

bool partition_is_own_commit(const struct partition *p, int64_t offset, const char *metadata) {
    return is_own(p, offset, metadata) || !RULE(7, own_commit);
}

void partition_keep(struct partition *p) {
    if (RULE(3, redirty_at_frontier)) partition_redirty(p);
    p->ready = true;
}
