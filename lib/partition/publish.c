/* What is said of a partition, and when it is believed: dirty buckets, copies, answers, rows, settling (rules 10 to 12,
 * 19, 20). */
#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/testhook.h"
#include "partition/state.h"

/* -- the dirty queue -- */

static void dirty_append(struct partition *p, struct bucket *b) {
    if (b->queued) return;
    b->queued = true;
    b->next_dirty = NULL;
    if (p->dirty_tail == NULL)
        p->dirty_head = b;
    else
        p->dirty_tail->next_dirty = b;
    p->dirty_tail = b;
    p->dirty_n++;
}

static void dirty_drop_first(struct partition *p) {
    struct bucket *b = p->dirty_head;
    p->dirty_head = b->next_dirty;
    if (p->dirty_head == NULL) p->dirty_tail = NULL;
    b->queued = false;
    p->dirty_n--;
}

static void bucket_set_clean(struct partition *p, struct bucket *b, bool clean) {
    if (b->clean == clean) return;
    b->clean = clean;
    if (clean) {
        p->unclean_n--;
        b->minute->unclean_n--;
    } else {
        p->unclean_n++;
        b->minute->unclean_n++;
        b->minute->first_row = 0;
    }
}

void bucket_mark(struct partition *p, struct bucket *b) {
    b->changed = p->next;
    bucket_set_clean(p, b, false);
    dirty_append(p, b);
}

typedef void bucket_visit(struct partition *p, struct bucket *b);

static void minute_each(struct partition *p, struct minute *m, bucket_visit *visit) {
    for (uint32_t i = 0; i < m->table_n; i++)
        if (m->table[i] != NULL) visit(p, m->table[i]);
}

static void bucket_doubt(struct partition *p, struct bucket *b) {
    b->acked = -1;
    bucket_set_clean(p, b, false);
    dirty_append(p, b);
}

void partition_redirty(struct partition *p) {
    for (size_t i = 0; i < p->minutes.n; i++) minute_each(p, p->minutes.all[i], bucket_doubt);
}

void minutes_seal(struct partition *p) {
    for (size_t i = 0; i < p->minutes.n; i++) {
        struct minute *m = p->minutes.all[i];
        if (!minute_sealed(p->rules, m->minute, p->log_time_ms)) break;
        if (m->sealed) continue;
        if (p->staged_n > 0) apply_staged(p); /* it may have buckets that are not made yet */
        m->sealed = true;
        if (RULE(10, final_copies)) minute_each(p, m, bucket_mark);
    }
}

/* -- copies -- */

/* At the frontier the silence ends, and nothing that was ever said of the live buckets is relied on. */
static bool may_speak(struct partition *p) {
    if (!p->ready || p->needs_row || (p->next < p->frontier && RULE(3, silence))) return false;
    if (p->silent && RULE(3, redirty_at_frontier)) partition_redirty(p);
    p->silent = false;
    return true;
}

static bool bucket_emit(struct partition *p, struct bucket *b, partition_emit *emit, void *ctx) {
    int64_t minute = b->minute->minute;
    bool final =
        minute_sealed(p->rules, minute, p->log_time_ms) && (minute > p->unsure_until || !RULE(10, final_when_sure));
    buf_clear(&p->items);
    sketch_pack(b->sketch, p->rules->list_size, &p->items);
    struct bucket_copy copy = {.from = p,
                               .location = {b->location, b->location_len},
                               .minute = minute,
                               .incarnation = p->incarnation,
                               .offset = final && RULE(10, final_fence) ? -1 : p->next,
                               .at = p->next,
                               .final = final,
                               .stored_mono_ms = b->minute->stored_mono_ms,
                               .items = {p->items.data, p->items.len}};
    return emit(ctx, &copy);
}

size_t partition_publish_begin(struct partition *p) {
    assert(partition_holds_no_record(p));
    return may_speak(p) ? p->dirty_n : 0;
}

bool partition_publish(struct partition *p, size_t n, partition_emit *emit, void *ctx) {
    assert(partition_holds_no_record(p));
    if (!may_speak(p)) return true;
    bool room = true;
    for (; n > 0 && room && p->dirty_head != NULL; n--) {
        room = bucket_emit(p, p->dirty_head, emit, ctx);
        if (room) dirty_drop_first(p);
    }
    return room;
}

/* -- settling -- */

static bool minute_may_settle(const struct partition *p, const struct minute *m, int64_t mono_ms) {
    int64_t delay_ms = RULE(20, settle_delay) ? p->rules->settle_delay_ms : 0;
    if (m->unclean_n != 0 && RULE(20, clean)) return false;
    if (!RULE(20, confirmed)) return m->acked_mono_ms + delay_ms <= mono_ms;
    bool is_kept = m->first_row != 0 || !RULE(20, clean); /* a Redis that lost what it may keeps that row (rule 22) */
    return is_kept && p->confirmed_mono_ms != TIME_NEVER && m->first_row_mono_ms + delay_ms <= p->confirmed_mono_ms;
}

static void minute_forget_dirty(struct partition *p, const struct minute *m) {
    struct bucket *keep = p->dirty_head;
    p->dirty_head = p->dirty_tail = NULL;
    p->dirty_n = 0;
    while (keep != NULL) {
        struct bucket *b = keep;
        keep = b->next_dirty;
        b->queued = false;
        if (b->minute != m) dirty_append(p, b);
    }
}

void partition_settle(struct partition *p, int64_t mono_ms) {
    assert(partition_holds_no_record(p));
    if (!p->ready || p->silent || (p->life[0] == 0 && RULE(19, life))) return;
    while (p->minutes.n > 0) {
        struct minute *m = p->minutes.all[0];
        if (!minute_sealed(p->rules, m->minute, p->log_time_ms) || !minute_may_settle(p, m, mono_ms)) break;
        if (m->unclean_n != 0) minute_forget_dirty(p, m); /* only with a rule switched off */
        p->unclean_n -= m->unclean_n;
        p->buckets_n -= m->buckets_n;
        p->rows_kept = i64_larger(p->rows_kept, m->first_row);
        minutes_remove_first(&p->minutes);
    }
    int64_t reach = minute_horizon(p->rules, p->log_time_ms);
    if (p->minutes.n > 0) reach = i64_smaller(reach, p->minutes.all[0]->minute - 1);
    p->settled = i64_larger(p->settled, reach);
}

/* -- the progress row -- */

bool partition_row(struct partition *p, struct partition_row_out *out) {
    assert(partition_holds_no_record(p));
    if (!p->ready || p->silent || p->row_out || p->probe != PROBE_NOTHING) return false;
    p->row_out = true;
    bool vouched = p->unclean_n == 0 || !RULE(18, end_when_clean);
    *out = (struct partition_row_out){.row = {p->log_time_ms, p->settled, p->older_until, p->unsure_until,
                                              vouched ? p->end_wall_ms : TIME_NEVER, p->vouch},
                                      .incarnation = p->incarnation,
                                      .frontier = p->next,
                                      .rows_kept = RULE(22, rows_kept) ? p->rows_kept : 0};
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

/* A minute that is not sealed yet will be stored for good later than now. What the row says is between a quarter and
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
    p->row_out = false;
    if (a == NULL) return;
    p->row_stored = p->row_sent;
    p->confirmed_mono_ms = i64_larger(p->confirmed_mono_ms, a->handed_mono_ms);
    minutes_note_row(p, a);
    vouch_advance(p, a->redis_ms);
}

void partition_other_life(struct partition *p, const char *life) {
    p->row_out = false;
    if (strcmp(p->life, life) == 0) return;
    bool news = p->life[0] != 0 ||
                RULE(8, commit_life); /* switched off: the first life that is heard of is taken for the old one */
    if (RULE(19, life) && news) {
        p->unsure_until = i64_larger(p->unsure_until, p->settled);
        p->rows_kept = 0;
        partition_redirty(p);
    }
    memcpy(p->life, life, LIFE_LEN);
    p->life[LIFE_LEN] = 0;
}

void partition_end_seen(struct partition *p, int64_t end, int64_t wall_ms) {
    if (end == p->next && time_is_believed(wall_ms)) p->end_wall_ms = i64_larger(p->end_wall_ms, wall_ms);
}

/* -- answers -- */

void partition_answered(struct partition *p, struct bytes location, int64_t minute, int64_t at, int64_t mono_ms) {
    struct minute *m = minutes_find(&p->minutes, minute);
    if (m == NULL) return;
    struct bucket *b = minute_find(m, location, location_hash(location));
    if (b == NULL) return;
    b->acked = i64_larger(b->acked, at);
    m->acked_mono_ms = i64_larger(m->acked_mono_ms, mono_ms);
    if (b->acked >= b->changed && !b->queued) bucket_set_clean(p, b, true); /* queued: it was doubted since */
    if (m->unclean_n == 0 && m->stored_mono_ms == TIME_NEVER) m->stored_mono_ms = mono_ms;
}

void partition_broken(struct partition *p) {
    p->row_out = false;
    if (RULE(12, redirty)) partition_redirty(p);
}
