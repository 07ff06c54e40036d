/* partition/partition.c - a partition's memory, told as the story of a crash.
 *
 * Topic of one partition, LATENESS 1 min. Records arrive and carry log time on; events of 19:08 fill the buckets
 * (US, 19:08) and (global, 19:08).
 *
 *   1. Every publish tick copies what changed: "up to offset 500, US 19:08 is: cat 40, dog 12". The copy is fenced with
 *      incarnation 7 and offset 500.
 *   2. Every checkpoint tick commits the frontier 512. The metadata say: rewind to 431 (the first event of 19:08), log
 *      time there, settled up to 19:06, incarnation 7.
 *   3. kill -9 at 530. The copy fenced (7, 526) is in Redis. Nobody knows more than the commit.
 *   4. The successor starts at 431 with the log time of there, skips minutes up to 19:06, and rebuilds 19:08 in
 *      silence. Up to 512 it says nothing, for a copy of less than was already said could stand until the next tick.
 *   5. At 512 everything live is dirty. Its copy (7, 512) is refused, a higher fence stands there; the one at (7, 540)
 *      replaces it. Same log, same bytes: where both say (7, 526), they say the same.
 *   6. 19:10 begins, log time passes 19:10:00: 19:08 is sealed, each of its buckets is copied once more, final.
 *   7. All copies are answered, and SETTLE_DELAY later a progress row is answered too, by the same Redis. 19:08
 *      settles, and the rewind moves on. Should Redis lose the last seconds after that, it loses nothing of 19:08.
 *
 * With FIELD_ID the rewind lies further back, so that the successor also knows the ids that were seen before 19:08
 * began: ids.c. What it reads there is of minutes that are settled.
 *
 * Invariants, which check.c asserts:
 *   - rewind <= frontier of a commit, and frontier <= next once the partition speaks
 *   - every event of an open minute lies at or after the rewind, and so does every id that it may repeat
 *   - a minute in memory holds all its accepted events below next
 *   - no minute in memory is settled. */
#include "partition/partition.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/testhook.h"
#include "partition/state.h"

/* Of the lost range, what no earlier memory has told of. */
static uint64_t lost_now(const struct partition_start *s) {
    int64_t from = i64_larger(s->counted, s->log_start - s->lost_records);
    return s->lost_records > 0 && from < s->log_start ? (uint64_t)(s->log_start - from) : 0;
}

static void begin_in_log(struct partition *p, const struct partition_start *s) {
    p->probe = s->probe;
    p->next = s->next;
    p->frontier = s->frontier;
    p->counted = i64_larger(s->frontier, s->counted);
    p->log_time_ms = s->log_time_ms;
    p->last = s->anchor;
    p->last_unhashed = false;
    p->settled = s->settled;
    p->older_until = s->older_until;
    p->unsure_until = s->unsure_until;
    p->unsure_at_frontier = s->unsure_at_frontier;
    p->end_wall_ms = TIME_NEVER;
}

static void begin_in_redis(struct partition *p, const struct partition_start *s) {
    memcpy(p->life, s->life, sizeof p->life);
    p->rows_kept = s->rows_kept;
    p->vouch = s->vouch;
    p->vouch_next = VOUCH_NONE;
}

void partition_begin(struct partition *p, const struct partition_start *s) {
    p->start = *s;
    p->stage = s->new_incarnation ? STAGE_ASKING_ROW : STAGE_SILENT;
    p->incarnation = s->incarnation;
    p->own_n = 0; /* they know nothing of the incarnation to come */
    begin_in_log(p, s);
    begin_in_redis(p, s);
    p->tally.origin = s->origin;
    p->tally.unproven = s->unproven;
    p->tally.lost_records += lost_now(s);
}

struct partition *partition_create(const struct delivery_rules *rules, struct sketch_budget *budget, const char *name,
                                   uint64_t instance, const struct partition_start *start) {
    struct partition *p = mem_zalloc(1, sizeof *p);
    p->rules = rules;
    p->budget = budget;
    minutes_init(&p->minutes, &budget->pool);
    p->ids = ids_create(rules, &budget->pool);
    p->name = name;
    p->instance = instance;
    p->name_hash = hash64(name, strlen(name), 0);
    p->confirmed_mono_ms = TIME_NEVER;
    p->row_stored = (struct row_at){.row = {.end_ms = TIME_NEVER}, .next = -1};
    p->committed = -1;
    p->tally.last_time_ms = TIME_NEVER;
    partition_begin(p, start);
    return p;
}

void partition_destroy(struct partition *p) {
    if (p == NULL) return;
    minutes_deinit(&p->minutes);
    ids_destroy(p->ids);
    buf_free(&p->items);
    mem_free(p);
}

const char *partition_name(const struct partition *p) { return p->name; }
uint64_t partition_instance(const struct partition *p) { return p->instance; }

int64_t partition_next(const struct partition *p) {
    return p->probe == PROBE_NOTHING ? p->next : p->start.consume_from;
}

struct rewind partition_rewind(const struct partition *p) {
    const struct rewind *mark = p->ids == NULL ? NULL : ids_rewind(p->ids);
    struct rewind r = mark != NULL ? *mark : (struct rewind){p->next, p->log_time_ms, p->last};
    for (size_t i = 0; i < p->minutes.n; i++) {
        const struct minute *m = p->minutes.all[i];
        if (m->rewind.offset < r.offset) r = m->rewind;
    }
    return r;
}
