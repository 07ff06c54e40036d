/* consumer/start.c - a partition begins: its memory goes on if the group's commit is its own, else a new one is made as
 * the commit says (rules 3 to 7). */
#include <inttypes.h>

#include "consumer/state.h"

static void start_log(const struct assignment *a, const struct partition_start *st) {
    enum log_level level = st->origin == ORIGIN_TRUNCATED || st->origin == ORIGIN_NEW_LOG ? LOG_WARN : LOG_INFO;
    log_event(level, "partition_started",
              "topic=%s partition=%d origin=%s rewind=%" PRId64 " frontier=%" PRId64 " distance=%" PRId64
              " lost_records=%" PRId64,
              a->tp.topic, (int)a->tp.partition, partition_origin_name(st->origin), st->next, st->frontier,
              st->frontier - st->next, st->lost_records);
}

/* Below this offset an earlier memory of ours has counted. A log that is shorter than that is another one. So is one
 * whose commit is gone, for with a topic Kafka deletes its commits. A newer incarnation may be of another log, too. */
static int64_t counted_before(const struct earlier_memories *before, const struct source_lookup *l,
                              const struct partition_start *st) {
    bool other = st->origin == ORIGIN_NEW_LOG || l->log_end < before->counted || st->incarnation > before->incarnation;
    bool gone = before->had_commit && l->state == SOURCE_COMMIT_NONE;
    return other || gone ? 0 : before->counted;
}

static struct partition_start start_of(const struct consumer *c, const struct assignment *a,
                                       const struct source_lookup *l) {
    struct partition_facts facts = {.has_commit = l->state == SOURCE_COMMIT_FOUND,
                                    .commit_offset = l->offset,
                                    .commit_metadata = l->metadata,
                                    .topic_has_commits = l->topic_has_commits || l->topic_came_later,
                                    .log_start = l->log_start,
                                    .log_end = l->log_end,
                                    .left_out = a->before.left_out,
                                    .wall_ms = clock_wall_ms(c->hub->clock),
                                    .mono_ms = clock_mono_ms(c->hub->clock)};
    struct partition_start start;
    partition_resume(&c->hub->rules, &facts, &start);
    start.counted = counted_before(&a->before, l, &start);
    return start;
}

static void memory_create(struct consumer *c, struct assignment *a, const struct source_lookup *l) {
    struct partition_start start = start_of(c, a, l);
    uint64_t instance = atomic_fetch_add(&c->hub->instances, 1) + 1;
    a->memory = partition_create(&c->hub->rules, &c->budget, a->name, instance, &start);
    a->before.left_out = false;
    a->restore.rewound_from = start.next;
    a->restore.told = false;
    a->shown = (struct partition_view){0};
    consumer_count_restore(c, start.origin, start.frontier > start.next ? start.frontier - start.next : 0);
    start_log(a, &start);
}

static void memory_goes_on(struct consumer *c, struct assignment *a) {
    partition_keep(a->memory);
    consumer_count_restore(c, ORIGIN_MEMORY, 0);
    log_event(LOG_INFO, "partition_started", "topic=%s partition=%d origin=memory next=%" PRId64, a->tp.topic,
              (int)a->tp.partition, partition_next(a->memory));
}

static bool memory_may_go_on(const struct assignment *a, const struct source_lookup *l) {
    return a->memory != NULL && l->state == SOURCE_COMMIT_FOUND &&
           partition_is_own_commit(a->memory, l->offset, l->metadata) && l->log_end >= l->offset;
}

void consumer_start(struct consumer *c, struct assignment *a, const struct source_lookup *l) {
    if (memory_may_go_on(a, l)) {
        memory_goes_on(c, a);
    } else {
        assignment_drop_memory(c, a);
        memory_create(c, a, l);
    }
    assignment_move(a, ASSIGNMENT_RUNNING);
    a->log.end_at_lookup = l->log_end;
    a->log.start = l->log_start;
    a->log.caught_up_wall_ms = TIME_NEVER;
    a->log.asked_wall_ms = a->assigned_wall_ms = clock_wall_ms(c->hub->clock);
    a->had_traffic = l->log_end > 0;
    a->row_asked = false;
    if (a->metrics == NULL) assignment_metrics_open(c, a);
    if (!a->had_traffic)
        log_event(LOG_INFO, "partition_without_traffic", "topic=%s partition=%d", a->tp.topic, (int)a->tp.partition);
}
