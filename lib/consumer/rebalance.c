/* consumer/rebalance.c - partitions come and go (rules 3 to 7).
 *
 *   assigned    Everything named is WAITING. Parked memory of anything else is dropped. Kafka is asked for commits and
 *               log bounds (lookup.c).
 *   looked up   Each partition begins (start.c). Then all that run are assigned at the offsets that we know (assign.c).
 *   revoked     What was applied is committed within a second. Then the memories are parked. What is on its way to
 *               Redis stays on its way. */
#include "consumer/state.h"

enum { REVOKE_COMMIT_MS = 1000 };

static void ownership_tell(struct consumer *c, const struct assignment *a, bool ours) {
    shards_own(&c->hub->shards, c->number, a->tp.topic, a->tp.partition, ours);
}

static void partition_assigned(struct consumer *c, struct assignment *a, int64_t now) {
    if (assignment_runs(a)) return; /* told twice */
    assignment_move(a, ASSIGNMENT_WAITING);
    a->restore.assigned_mono_ms = now;
    ownership_tell(c, a, true);
    log_event(LOG_INFO, "partition_assigned", "topic=%s partition=%d", a->tp.topic, (int)a->tp.partition);
}

static void parked_drop(struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct assignment *a = c->assignments[i];
        if (a->state != ASSIGNMENT_PARKED) continue;
        assignment_drop_memory(c, a);
        assignment_move(a, ASSIGNMENT_FREE);
    }
}

void consumer_assigned(struct consumer *c, const struct source_tp *tps, size_t n) {
    int64_t now = clock_mono_ms(c->hub->clock);
    for (size_t i = 0; i < n; i++) partition_assigned(c, assignment_get(c, tps[i]), now);
    parked_drop(c);
    c->assigning.once = true;
    backoff_end(&c->commit.backoff); /* another generation */
    consumer_count_rebalance(c, "assign");
    assignments_tell_counts(c);
    consumer_reassign(c); /* answers the group at once; what waits joins when it is looked up */
    c->lookup.next_mono_ms = now;
    consumer_lookup_due(c, now);
}

static void partition_revoked(struct consumer *c, struct assignment *a, bool lost) {
    if (!assignment_runs(a) && a->state != ASSIGNMENT_WAITING) return;
    assignment_move(a, a->memory == NULL ? ASSIGNMENT_FREE : ASSIGNMENT_PARKED);
    a->motion.rests = false;
    ownership_tell(c, a, false);
    log_event(LOG_INFO, "partition_revoked", "topic=%s partition=%d lost=%s", a->tp.topic, (int)a->tp.partition,
              lost ? "true" : "false");
}

void consumer_revoked(struct consumer *c, bool lost) {
    if (!lost) consumer_commit_now(c, REVOKE_COMMIT_MS);
    consumer_commit_give_up(c); /* what is not sent by now is the next owner's to say */
    if (c->lookup.state == LOOKUP_ASKED) lookup_move(&c->lookup, LOOKUP_STALE);
    backoff_end(&c->assigning.backoff);
    for (size_t i = 0; i < c->assignments_n; i++) partition_revoked(c, c->assignments[i], lost);
    consumer_count_rebalance(c, lost ? "lost" : "revoke");
    assignments_tell_counts(c);
}
