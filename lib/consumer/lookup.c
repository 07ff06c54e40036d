/* consumer/lookup.c - Kafka is asked for commits and log bounds of partitions that wait to begin, and of those whose
 * position it said to be lost. */
#include "base/mem.h"
#include "consumer/state.h"

enum { LOOKUP_RETRY_MS = 1000 };

/* A commit of ours that is under way could land behind the answer, and what begins as the answer says would take it
 * back. */
static bool lookup_is_wanted(const struct consumer *c, const struct assignment *a, int64_t now) {
    bool commits = c->commit.state != COMMIT_IDLE;
    if (a->state == ASSIGNMENT_WAITING) return !(a->before.left_out && commits);
    return a->state == ASSIGNMENT_LOST && !commits && backoff_is_over(&a->motion.retry, now);
}

void consumer_lookup_due(struct consumer *c, int64_t now) {
    struct err e = {0};
    if (c->lookup.state != LOOKUP_IDLE || now < c->lookup.next_mono_ms) return;
    struct source_tp *tps = mem_zalloc(c->assignments_n + 1, sizeof *tps);
    size_t n = 0;
    for (size_t i = 0; i < c->assignments_n; i++)
        if (lookup_is_wanted(c, c->assignments[i], now)) tps[n++] = c->assignments[i]->tp;
    if (n > 0 && c->source.ops->lookup(c->source.self, tps, n, &e) == 0) lookup_move(&c->lookup, LOOKUP_ASKED);
    c->lookup.next_mono_ms = now + LOOKUP_RETRY_MS;
    mem_free(tps);
}

/* The commit is ours, or there never was one. */
static bool nobody_else_committed(const struct assignment *a, const struct source_lookup *l) {
    struct partition_view v;
    if (l->state == SOURCE_COMMIT_FOUND) return partition_is_own_commit(a->memory, l->offset, l->metadata);
    partition_look(a->memory, &v);
    return v.committed < 0;
}

/* Its position is inside the log after all, and the memory belongs to it. */
static bool memory_may_stay(const struct assignment *a, const struct source_lookup *l) {
    int64_t next = partition_next(a->memory);
    return next >= l->log_start && next <= l->log_end && nobody_else_committed(a, l) &&
           partition_doubt(a->memory, l->log_start);
}

/* Not before the answer it is assigned again: when a topic goes, its partitions lose their positions one by one, and
 * assignments in a row have been seen to abort librdkafka 2.0.2 (rktp_started). */
static void lost_looked_up(struct consumer *c, struct assignment *a, const struct source_lookup *l) {
    if (memory_may_stay(a, l)) {
        assignment_move(a, ASSIGNMENT_RUNNING);
        return;
    }
    assignment_drop_memory(c, a);
    consumer_start(c, a, l);
}

static void waiting_looked_up(struct consumer *c, struct assignment *a, const struct source_lookup *l) {
    consumer_start(c, a, l);
    assignment_works(a, clock_mono_ms(c->hub->clock));
}

/* True if the partition is to be consumed from somewhere new. */
static bool answer_apply(struct consumer *c, const struct source_lookup *l) {
    struct assignment *a = assignment_find(c, l->tp);
    if (a == NULL || l->state == SOURCE_COMMIT_FAILED) return false;
    if (a->state == ASSIGNMENT_LOST)
        lost_looked_up(c, a, l);
    else if (a->state == ASSIGNMENT_WAITING)
        waiting_looked_up(c, a, l);
    else
        return false;
    return true;
}

void consumer_looked_up(struct consumer *c, const struct source_lookup *l, size_t n) {
    size_t started = 0;
    bool stale = c->lookup.state == LOOKUP_STALE; /* asked again at the next tick */
    lookup_move(&c->lookup, LOOKUP_IDLE);
    if (stale) return;
    for (size_t i = 0; i < n; i++) started += answer_apply(c, &l[i]);
    assignments_tell_counts(c);
    if (started > 0) consumer_reassign(c);
}
