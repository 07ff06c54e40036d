/* partition/publish.c - copies of buckets go out, their answers come in (rules 3, 10 and 11). */
#include <assert.h>

#include "base/testhook.h"
#include "partition/state.h"

/* Its silence ends at the frontier, and nothing that was ever said of the live buckets is relied on. */
static bool begin_to_speak(struct partition *p) {
    if (!partition_may_publish(p)) return false;
    if (p->stage == STAGE_SPEAKING) return true;
    if (RULE(3, redirty_at_frontier)) dirty_doubt_all(&p->dirty, &p->minutes);
    partition_stage_move(p, STAGE_SPEAKING);
    return true;
}

static bool bucket_is_final(const struct partition *p, const struct bucket *b) {
    int64_t minute = b->minute->minute;
    if (!minute_sealed(p->rules, minute, p->log_time_ms)) return false;
    return minute > p->unsure_until || !RULE(10, final_when_sure);
}

static bool bucket_emit(struct partition *p, struct bucket *b, partition_emit *emit, void *ctx) {
    assert(b->minute->minute > p->settled || !RULE(3, skip_settled));
    buf_clear(&p->items);
    sketch_pack(b->sketch, p->rules->list_size, &p->items);
    struct bucket_copy copy = {.from = p,
                               .location = {b->location, b->location_len},
                               .minute = b->minute->minute,
                               .final = bucket_is_final(p, b),
                               .incarnation = p->incarnation,
                               .offset = p->next,
                               .at = p->next,
                               .stored_mono_ms = b->minute->stored_mono_ms,
                               .items = {p->items.data, p->items.len}};
    if (copy.final && RULE(10, final_fence)) copy.offset = -1;
    return emit(ctx, &copy);
}

size_t partition_publish_begin(struct partition *p) {
    assert(partition_holds_no_record(p));
    partition_check_whole(p);
    return begin_to_speak(p) ? p->dirty.n : 0;
}

bool partition_publish(struct partition *p, size_t n, partition_emit *emit, void *ctx) {
    assert(partition_holds_no_record(p));
    partition_check(p);
    if (!begin_to_speak(p)) return true;
    bool room = true;
    for (; n > 0 && room && p->dirty.first != NULL; n--) {
        room = bucket_emit(p, p->dirty.first, emit, ctx);
        if (room) dirty_copied_first(&p->dirty);
    }
    return room;
}

/* A copy of it that was handed over until now may have found no hash, and made none (rule 21). */
static bool minute_may_have_expired(const struct partition *p, const struct minute *m, int64_t mono_ms) {
    return m->stored_mono_ms != TIME_NEVER && mono_ms - m->stored_mono_ms >= p->rules->retention_ms &&
           RULE(21, expired_is_no_proof);
}

/* Rule 11: an answer says that the bucket was stored as it was AT. */
void partition_answered(struct partition *p, struct bytes location, int64_t minute, int64_t at, int64_t mono_ms) {
    partition_check(p);
    struct minute *m = minutes_find(&p->minutes, minute);
    if (m == NULL) return;
    struct bucket *b = minute_find(m, location, location_hash(location));
    if (b == NULL) return;
    dirty_answered(&p->dirty, b, at);
    m->acked_mono_ms = i64_larger(m->acked_mono_ms, mono_ms);
    if (minute_may_have_expired(p, m, mono_ms)) vouch_not_for(p, minute);
    if (m->unclean_n == 0 && m->stored_mono_ms == TIME_NEVER) m->stored_mono_ms = mono_ms;
}
