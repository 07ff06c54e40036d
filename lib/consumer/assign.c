/* Coming and going of partitions (rules 3 to 7).
 *
 *   ASSIGN   everything named is WAITING; parked memory of anything else is dropped; Kafka is asked for commits and log
 * bounds. LOOKUP   per partition: the parked memory goes on if the commit is its own, else a new one begins as the
 * commit says. Then all that run are assigned at the offsets that we know, never at what the library remembers. REVOKE
 * F is committed within a second, then the memories are parked. What is on its way to Redis stays on its way. */
#include "base/mem.h"
#include "consumer/state.h"

#include <inttypes.h>
#include <string.h>

enum {
    LOOKUP_RETRY_MS = 1000,
    REVOKE_COMMIT_MS = 1000,
    ASSIGN_REST_MIN_MS = 200,
    ASSIGN_REST_MAX_MS = 10000,
    ASSIGN_LOG_MS = 10000
};

static void count_states(struct consumer *c) {
    uint32_t owned = 0, waiting = 0;
    for (size_t i = 0; i < c->assignments_n; i++) {
        owned += c->assignments[i]->state == ASSIGNMENT_WAITING || c->assignments[i]->state == ASSIGNMENT_RUNNING;
        waiting += c->assignments[i]->state == ASSIGNMENT_WAITING;
    }
    struct hub_consumer *me = &c->hub->consumers[c->number];
    if (owned > 0 && atomic_load(&me->owned) == 0) atomic_store(&me->owned_since_mono_ms, clock_mono_ms(c->hub->clock));
    atomic_store(&me->owned, owned);
    atomic_store(&me->waiting, waiting);
}

static void own(struct consumer *c, const struct assignment *s, bool ours) {
    shards_own(&c->hub->shards, c->number, s->tp.topic, s->tp.partition, ours);
}

static void assign_refused(struct consumer *c, size_t n, const struct err *e) {
    rest_grow(&c->assign_rest, clock_mono_ms(c->hub->clock), ASSIGN_REST_MIN_MS, ASSIGN_REST_MAX_MS);
    log_limited(&c->assign_limit, ASSIGN_LOG_MS, LOG_ERROR, "assign_failed",
                "partitions=%zu rest_ms=%" PRId64 " why=%s", n, c->assign_rest.ms, log_quote(e->text));
}

/* The library was told where each runs from; pauses are forgotten by it. */
void consumer_reassign(struct consumer *c) {
    struct err e = {0};
    c->assign_again = false;
    struct source_assign *a = mem_zalloc(c->assignments_n + 1, sizeof *a);
    size_t n = 0;
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct assignment *s = c->assignments[i];
        if (s->state == ASSIGNMENT_RUNNING && !s->position_lost && !partition_waits_for_row(s->memory))
            a[n++] = (struct source_assign){s->tp, partition_next(s->memory)};
    }
    if (c->source.ops->assign(c->source.self, a, n, &e) != 0)
        assign_refused(c, n, &e);
    else
        rest_end(&c->assign_rest);
    consumer_rests_forgotten(c);
    c->paused = false;
    mem_free(a);
}

void consumer_assign_due(struct consumer *c, int64_t now) {
    if (c->assign_rest.ms > 0 && rest_is_over(&c->assign_rest, now)) consumer_reassign(c);
}

static void park_nothing_else(struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++)
        if (c->assignments[i]->state == ASSIGNMENT_PARKED) {
            assignment_drop_memory(c, c->assignments[i]);
            c->assignments[i]->state = ASSIGNMENT_FREE;
        }
}

void consumer_assigned(struct consumer *c, const struct source_tp *tps, size_t n) {
    int64_t now = clock_mono_ms(c->hub->clock);
    for (size_t i = 0; i < n; i++) {
        struct assignment *s = assignment_get(c, tps[i]);
        if (s->state == ASSIGNMENT_RUNNING) continue; /* told twice */
        s->state = ASSIGNMENT_WAITING;
        s->assigned_mono_ms = now;
        own(c, s, true);
        log_event(LOG_INFO, "partition_assigned", "topic=%s partition=%d", s->tp.topic, (int)s->tp.partition);
    }
    park_nothing_else(c);
    c->assigned_once = true;
    rest_end(&c->commit_rest); /* another generation */
    consumer_count_rebalance(c, "assign");
    count_states(c);
    consumer_reassign(c); /* answers the group at once; what waits joins when it is looked up */
    c->next_lookup_mono_ms = now;
    consumer_lookup_due(c, now);
}

void consumer_revoked(struct consumer *c, bool lost) {
    if (!lost) consumer_commit_now(c, REVOKE_COMMIT_MS);
    c->commit_waits = false; /* what is not sent by now is the next owner's to say */
    c->lookup_stale = c->lookup_out;
    rest_end(&c->assign_rest);
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct assignment *s = c->assignments[i];
        if (s->state != ASSIGNMENT_RUNNING && s->state != ASSIGNMENT_WAITING) continue;
        s->state = s->memory == NULL ? ASSIGNMENT_FREE : ASSIGNMENT_PARKED;
        s->position_lost = s->resting = false;
        own(c, s, false);
        log_event(LOG_INFO, "partition_revoked", "topic=%s partition=%d lost=%s", s->tp.topic, (int)s->tp.partition,
                  lost ? "true" : "false");
    }
    consumer_count_rebalance(c, lost ? "lost" : "revoke");
    count_states(c);
}

/* A commit of ours that is under way could land behind the answer, and what begins as the answer says would take it
 * back. */
static bool wants_lookup(const struct consumer *c, const struct assignment *s, int64_t now) {
    bool commits = c->commit_out || c->commit_waits;
    if (s->state == ASSIGNMENT_WAITING) return !(s->left_out && commits);
    return s->state == ASSIGNMENT_RUNNING && s->position_lost && !commits && rest_is_over(&s->read_rest, now);
}

void consumer_lookup_due(struct consumer *c, int64_t now) {
    struct err e = {0};
    if (c->lookup_out || now < c->next_lookup_mono_ms) return;
    struct source_tp *tps = mem_zalloc(c->assignments_n + 1, sizeof *tps);
    size_t n = 0;
    for (size_t i = 0; i < c->assignments_n; i++)
        if (wants_lookup(c, c->assignments[i], now)) tps[n++] = c->assignments[i]->tp;
    if (n > 0) c->lookup_out = c->source.ops->lookup(c->source.self, tps, n, &e) == 0;
    c->next_lookup_mono_ms = now + LOOKUP_RETRY_MS;
    mem_free(tps);
}

static void log_start(const struct assignment *s, const struct partition_start *st) {
    enum log_level level = st->origin == ORIGIN_TRUNCATED || st->origin == ORIGIN_NEW_LOG ? LOG_WARN : LOG_INFO;
    log_event(level, "partition_started",
              "topic=%s partition=%d origin=%s rewind=%" PRId64 " frontier=%" PRId64 " distance=%" PRId64
              " lost_records=%" PRId64,
              s->tp.topic, (int)s->tp.partition, partition_origin_name(st->origin), st->next, st->frontier,
              st->frontier - st->next, st->lost_records);
}

/* Below this offset an earlier memory of ours has counted. A log that is shorter than that is another one. So is one
 * whose commit is gone, for with a topic Kafka deletes its commits; and a newer incarnation may be of another one. */
static int64_t counted_before(const struct assignment *s, const struct source_lookup *l,
                              const struct partition_start *st) {
    bool other = st->origin == ORIGIN_NEW_LOG || l->log_end < s->counted || st->incarnation > s->counted_incarnation;
    bool gone = s->had_commit && l->state == SOURCE_COMMIT_NONE;
    return other || gone ? 0 : s->counted;
}

static void begin(struct consumer *c, struct assignment *s, const struct source_lookup *l) {
    struct partition_facts facts = {.has_commit = l->state == SOURCE_COMMIT_FOUND,
                                    .commit_offset = l->offset,
                                    .commit_metadata = l->metadata,
                                    .topic_has_commits = l->topic_has_commits,
                                    .log_start = l->log_start,
                                    .log_end = l->log_end,
                                    .left_out = s->left_out,
                                    .wall_ms = clock_wall_ms(c->hub->clock),
                                    .mono_ms = clock_mono_ms(c->hub->clock)};
    struct partition_start start;
    partition_resume(&c->hub->rules, &facts, &start);
    start.counted = counted_before(s, l, &start);
    uint64_t instance = atomic_fetch_add(&c->hub->instances, 1) + 1;
    s->memory = partition_create(&c->hub->rules, &c->budget, s->name, instance, &start);
    s->left_out = false;
    s->rewound_from = start.next;
    s->restored = false;
    s->shown = (struct partition_view){0};
    consumer_count_restore(c, start.origin, start.frontier > start.next ? start.frontier - start.next : 0);
    log_start(s, &start);
}

static void go_on(struct consumer *c, struct assignment *s) {
    partition_keep(s->memory);
    consumer_count_restore(c, ORIGIN_MEMORY, 0);
    log_event(LOG_INFO, "partition_started", "topic=%s partition=%d origin=memory next=%" PRId64, s->tp.topic,
              (int)s->tp.partition, partition_next(s->memory));
}

static void start_slot(struct consumer *c, struct assignment *s, const struct source_lookup *l) {
    bool found = l->state == SOURCE_COMMIT_FOUND;
    bool keep = s->memory != NULL && found && partition_is_own_commit(s->memory, l->offset, l->metadata) &&
                l->log_end >= l->offset;
    if (keep) {
        go_on(c, s);
    } else {
        assignment_drop_memory(c, s);
        begin(c, s, l);
    }
    s->state = ASSIGNMENT_RUNNING;
    s->end_at_assign = l->log_end;
    s->log_start = l->log_start;
    s->had_traffic = l->log_end > 0;
    s->joining = false;
    s->end_wall_ms = TIME_NEVER;
    s->asked_wall_ms = s->assigned_wall_ms = clock_wall_ms(c->hub->clock);
    if (s->metrics == NULL) assignment_metrics_open(c, s);
    if (!s->had_traffic)
        log_event(LOG_INFO, "partition_without_traffic", "topic=%s partition=%d", s->tp.topic, (int)s->tp.partition);
}

/* The commit is ours, or there never was one. */
static bool nobody_else_committed(const struct assignment *s, const struct source_lookup *l) {
    struct partition_view v;
    if (l->state == SOURCE_COMMIT_FOUND) return partition_is_own_commit(s->memory, l->offset, l->metadata);
    partition_look(s->memory, &v);
    return v.committed < 0;
}

/* Its position is inside the log after all, and the memory belongs to it. */
static bool may_stay(const struct assignment *s, const struct source_lookup *l) {
    int64_t next = partition_next(s->memory);
    return next >= l->log_start && next <= l->log_end && nobody_else_committed(s, l) &&
           partition_doubt(s->memory, l->log_start);
}

/* Not before the answer it is assigned again: when a topic goes, its partitions lose their positions one by one, and
 * assignments in a row have been seen to abort librdkafka 2.0.2 (rktp_started). */
static void place_again(struct consumer *c, struct assignment *s, const struct source_lookup *l) {
    s->position_lost = false;
    if (may_stay(s, l)) return;
    assignment_drop_memory(c, s);
    start_slot(c, s, l);
}

static void start_waiting(struct consumer *c, struct assignment *s, const struct source_lookup *l) {
    start_slot(c, s, l);
    assignment_works(s, clock_mono_ms(c->hub->clock));
}

/* True if the partition is to be consumed from somewhere new. */
static bool take_answer(struct consumer *c, const struct source_lookup *l) {
    struct assignment *s = assignment_find(c, l->tp);
    if (s == NULL || l->state == SOURCE_COMMIT_FAILED) return false;
    if (s->state == ASSIGNMENT_RUNNING && s->position_lost)
        place_again(c, s, l);
    else if (s->state == ASSIGNMENT_WAITING)
        start_waiting(c, s, l);
    else
        return false;
    return true;
}

void consumer_looked_up(struct consumer *c, const struct source_lookup *l, size_t n) {
    size_t started = 0;
    bool stale = c->lookup_stale; /* somebody else may have committed since: asked again at the next tick */
    c->lookup_out = c->lookup_stale = false;
    if (stale) return;
    for (size_t i = 0; i < n; i++) started += take_answer(c, &l[i]);
    count_states(c);
    if (started > 0) consumer_reassign(c);
}
