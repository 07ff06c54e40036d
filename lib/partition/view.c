/* partition/view.c - looking in: for metrics, readiness and tests. */
#include <string.h>

#include "partition/state.h"

static void look_at_position(const struct partition *p, struct partition_view *v) {
    v->stage = p->stage;
    v->probe = p->probe;
    v->at_frontier = partition_is_at_frontier(p);
    v->restored = partition_is_restored(p);
    v->next = p->next;
    v->frontier = p->frontier;
    v->rewind = partition_rewind(p).offset;
    v->committed = p->committed;
    v->counted = i64_larger(p->counted, p->next);
    v->log_time_ms = p->log_time_ms;
    v->settled = p->settled;
    v->incarnation = p->incarnation;
    memcpy(v->life, p->life, sizeof v->life);
}

static void look_at_minutes(const struct partition *p, struct partition_view *v) {
    v->live_minutes = (uint32_t)p->minutes.n;
    v->sealed_minutes = 0;
    v->locations = 0;
    for (size_t i = 0; i < p->minutes.n; i++) {
        const struct minute *m = p->minutes.all[i];
        v->sealed_minutes += m->sealed;
        if (minute_locations(m) > v->locations) v->locations = minute_locations(m);
    }
    v->live_buckets = p->buckets_n;
    v->dirty_buckets = p->dirty.n;
}

static void look_at_ids(const struct partition *p, struct partition_view *v) {
    if (p->ids == NULL) return;
    v->ids_remembered = sightings_remembered(&p->ids->seen);
    v->ids_bytes = sightings_bytes(&p->ids->seen);
    v->ids_seen = p->ids->seen.next - 1;
    v->ids_age_s = sightings_oldest_age_s(&p->ids->seen);
}

/* The row that Redis has says what it would say now, and that the log ended here. */
static bool row_is_current(const struct partition *p) {
    const struct progress_row *stored = &p->row_stored.row;
    return p->row_stored.next == p->next && stored->settled == p->settled && stored->log_time_ms == p->log_time_ms &&
           stored->end_ms != TIME_NEVER;
}

void partition_look(const struct partition *p, struct partition_view *v) {
    partition_check(p);
    *v = p->tally;
    look_at_position(p, v);
    look_at_minutes(p, v);
    look_at_ids(p, v);
    v->all_clean = p->dirty.unclean_n == 0;
    v->all_settled = v->all_clean && v->sealed_minutes == 0;
    v->row_current = row_is_current(p);
}
