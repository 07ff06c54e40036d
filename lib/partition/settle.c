/* partition/settle.c - what is final and durable goes; what the progress row says (rules 12 and 19 to 22). */
#include <assert.h>
#include <string.h>

#include "base/testhook.h"
#include "partition/state.h"

/* -- settling -- */

/* All of it is stored, and so was a row behind it: a Redis that lost what it may keeps that row (rule 22). */
static bool minute_is_stored(const struct minute *m) { return m->unclean_n == 0 && m->first_row != 0; }

/* SETTLE_DELAY after that row another one was handed over, and the same Redis answered it. */
static bool minute_outlived_delay(const struct partition *p, const struct minute *m) {
    if (p->confirmed_mono_ms == TIME_NEVER) return false;
    return m->first_row_mono_ms + p->rules->settle_delay_ms <= p->confirmed_mono_ms;
}

/* Only duplicates came for it: nothing of it was ever said, so there is nothing to be stored. */
static bool minute_says_nothing(const struct minute *m) { return m->buckets_n == 0; }

static bool minute_may_settle(const struct partition *p, const struct minute *m) {
    if (!minute_sealed(p->rules, m->minute, p->log_time_ms)) return false;
    if (minute_says_nothing(m)) return true;
    if (!minute_is_stored(m) && RULE(20, clean)) return false;
    return minute_outlived_delay(p, m) || !RULE(20, settle_delay);
}

static void settle_first(struct partition *p) {
    struct minute *m = p->minutes.all[0];
    dirty_forget(&p->dirty, m);
    p->buckets_n -= m->buckets_n;
    if (!minute_says_nothing(m)) p->rows_kept = i64_larger(p->rows_kept, m->first_row);
    minutes_remove_first(&p->minutes);
}

void partition_settle(struct partition *p) {
    assert(partition_holds_no_record(p));
    partition_check_whole(p);
    if (!partition_may_settle(p)) return;
    while (p->minutes.n > 0 && minute_may_settle(p, p->minutes.all[0])) settle_first(p);
    int64_t reach = minute_horizon(p->rules, p->log_time_ms);
    if (p->minutes.n > 0) reach = i64_smaller(reach, p->minutes.all[0]->minute - 1);
    p->settled = i64_larger(p->settled, reach);
}

/* -- the progress row -- */

bool partition_row(struct partition *p, struct partition_row_out *out) {
    assert(partition_holds_no_record(p));
    partition_check(p);
    if (!partition_may_send_row(p)) return false;
    p->row_out = true;
    *out = (struct partition_row_out){.row = {.log_time_ms = p->log_time_ms,
                                              .settled = p->settled,
                                              .older_until = p->older_until,
                                              .unsure_until = p->unsure_until,
                                              .end_ms = p->end_wall_ms,
                                              .vouch = p->vouch},
                                      .incarnation = p->incarnation,
                                      .frontier = p->next};
    if (RULE(22, rows_kept)) out->rows_kept = p->rows_kept;
    if (p->dirty.unclean_n > 0 && RULE(18, end_when_clean)) out->row.end_ms = TIME_NEVER;
    memcpy(out->life, p->life, sizeof out->life);
    p->row_sent = (struct row_at){out->row, p->next};
    return true;
}

/* A Redis that has this row has all that was stored before it was handed over. */
static void minutes_note_row(struct partition *p, const struct partition_row_answer *a) {
    for (size_t i = 0; i < p->minutes.n; i++) {
        struct minute *m = p->minutes.all[i];
        if (m->first_row != 0 || m->unclean_n != 0 || m->acked_mono_ms > a->handed_mono_ms) continue;
        m->first_row = a->count;
        m->first_row_mono_ms = a->mono_ms;
    }
}

/* What is stored from now on is kept until then: less, perhaps, than under a RETENTION before. */
static void vouch_lower(struct vouch *v, int64_t until_ms) {
    if (v->until_ms != 0) v->until_ms = i64_smaller(v->until_ms, until_ms);
}

void vouch_not_for(struct partition *p, int64_t minute) {
    p->vouch.above = i64_larger(p->vouch.above, minute);
    p->vouch_next.above = i64_larger(p->vouch_next.above, minute);
}

/* A minute that is not sealed yet will be stored for good later than now, but for those that may have expired. What the
 * row says is between a quarter and
 * half of RETENTION old: old enough to vouch for a partition that lags behind, young enough to be vouched for when this
 * one stands still. */
static void vouch_advance(struct partition *p, int64_t redis_ms) {
    struct vouch now = {i64_larger(p->settled, minute_horizon(p->rules, p->log_time_ms)),
                        retention_kept_until(p->rules, redis_ms)};
    if (p->vouch.until_ms == 0) p->vouch.until_ms = now.until_ms;
    if (p->vouch.until_ms <= redis_ms) p->vouch = p->vouch_next = now; /* away for so long that they prove nothing */
    vouch_lower(&p->vouch, now.until_ms);
    vouch_lower(&p->vouch_next, now.until_ms);
    if (p->vouch_next.until_ms != 0 && now.until_ms - p->vouch_next.until_ms < p->rules->retention_ms / 4) return;
    if (p->vouch_next.until_ms != 0) p->vouch = p->vouch_next;
    p->vouch_next = now;
}

void partition_row_answered(struct partition *p, const struct partition_row_answer *a) {
    partition_check(p);
    p->row_out = false;
    if (a == NULL) return;
    p->row_stored = p->row_sent;
    p->confirmed_mono_ms = i64_larger(p->confirmed_mono_ms, a->handed_mono_ms);
    minutes_note_row(p, a);
    vouch_advance(p, a->redis_ms);
}

void partition_end_seen(struct partition *p, int64_t end, int64_t wall_ms) {
    partition_check(p);
    if (end == p->next && time_is_believed(wall_ms)) p->end_wall_ms = i64_larger(p->end_wall_ms, wall_ms);
}

/* -- when Redis is not what it was -- */

/* It may lack anything that was ever said, and what is settled cannot be said again. */
void partition_other_life(struct partition *p, const char *life) {
    partition_check(p);
    p->row_out = false;
    if (strcmp(p->life, life) == 0) return;
    if (RULE(19, life)) {
        p->unsure_until = i64_larger(p->unsure_until, p->settled);
        p->rows_kept = 0;
        dirty_doubt_all(&p->dirty, &p->minutes);
    }
    memcpy(p->life, life, LIFE_LEN);
    p->life[LIFE_LEN] = 0;
}

void partition_broken(struct partition *p) {
    partition_check(p);
    p->row_out = false;
    if (RULE(12, redirty)) dirty_doubt_all(&p->dirty, &p->minutes);
}
