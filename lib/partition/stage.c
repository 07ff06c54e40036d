/* partition/stage.c - what may be said now, and as which incarnation (rules 1 to 3). */
#include <assert.h>
#include <string.h>

#include "base/testhook.h"
#include "partition/state.h"

/* The arrows of partition.h: a step forward, or a memory that begins (partition_begin). */
void partition_stage_move(struct partition *p, enum partition_stage to) {
    assert(to == p->stage + 1);
    p->stage = to;
}

bool partition_is_at_frontier(const struct partition *p) { return p->next >= p->frontier; }

bool partition_is_restored(const struct partition *p) {
    return partition_is_at_frontier(p) && p->probe == PROBE_NOTHING;
}

/* -- what may be said -- */

/* Below the frontier a copy would hold less than what was already said. */
bool partition_may_publish(const struct partition *p) {
    return p->stage >= STAGE_SILENT && (partition_is_at_frontier(p) || !RULE(3, silence));
}

/* Not before it is known which Redis has the copies. */
bool partition_may_settle(const struct partition *p) {
    return p->stage == STAGE_SPEAKING && (p->life[0] != 0 || !RULE(19, life));
}

bool partition_may_send_row(const struct partition *p) {
    return p->stage == STAGE_SPEAKING && p->probe == PROBE_NOTHING && !p->row_out;
}

bool partition_may_commit(const struct partition *p) {
    if (p->stage == STAGE_ASKING_ROW || p->probe != PROBE_NOTHING) return false;
    return partition_is_at_frontier(p) || !RULE(8, frontier_never_lower);
}

bool partition_waits_for_commit(const struct partition *p) {
    return p->stage == STAGE_COMMITTING && partition_is_restored(p);
}

/* -- incarnation -- */

bool partition_needs_row(const struct partition *p) { return p->stage == STAGE_ASKING_ROW; }

bool partition_waits_for_row(const struct partition *p) { return partition_needs_row(p) && p->start.joins; }

static void meet_board(struct partition *p, const struct partition_joined *joined) {
    bool said_nothing = p->tally.origin == ORIGIN_BEGINNING; /* to any Redis: this is the one that it knows */
    bool without_it = joined->is_new || !said_nothing;
    if (without_it && RULE(23, start_above_closed)) p->settled = i64_larger(p->settled, joined->closable_until);
    /* Its row, which would say what it may have said of these minutes, is gone; and it will not say it again. */
    bool forgotten = !said_nothing && joined->incarnation == 0;
    if (forgotten && RULE(24, forgotten_is_unsure))
        p->unsure_until = i64_larger(p->unsure_until, joined->closable_until);
    if (said_nothing) memcpy(p->life, joined->life, sizeof p->life);
}

static uint64_t u64_larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* Higher than all that ever spoke: than the commit's and the row's, and than one that both have lost. */
static uint64_t incarnation_choose(uint64_t committed, uint64_t of_row, int64_t wall_ms) {
    uint64_t chosen = u64_larger(committed, of_row);
    if (RULE(1, above_known)) chosen++;
    if (wall_ms > 0 && RULE(1, above_clock)) chosen = u64_larger(chosen, (uint64_t)wall_ms);
    return chosen;
}

void partition_row_known(struct partition *p, const struct partition_joined *joined, int64_t wall_ms) {
    partition_check(p);
    if (!partition_needs_row(p)) return;
    if (partition_waits_for_row(p)) meet_board(p, joined);
    p->unsure_until = i64_larger(p->unsure_until, joined->unsure_until);
    p->incarnation = incarnation_choose(p->incarnation, joined->incarnation, wall_ms);
    partition_stage_move(p, STAGE_COMMITTING);
}
