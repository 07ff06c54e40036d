/* What happens at ticks: answers in, copies out, ends asked for, pauses. */
#include "base/mem.h"
#include "base/testhook.h"
#include "consumer/state.h"
#include "hub/memory.h"

#include <inttypes.h>
#include <string.h>

enum { ENDS_INTERVAL_MS = 1000, PAUSE_RETRY_MS = 1000, PAUSE_LOG_MS = 5000 };

/* -- answers -- */

/* Until now it was not consumed, if nothing was known of it (rule 23). */
static void joined(struct consumer *c, struct assignment *s, const struct mail *m) {
    const struct mail_join *a = mail_join(m);
    struct partition_joined j = {
        .incarnation = a->incarnation, .closed = a->closed, .is_new = a->is_new, .unsure_until = a->unsure_until};
    memcpy(j.life, a->life, sizeof j.life);
    s->joining = false;
    c->assign_again = c->assign_again || (s->state == ASSIGNMENT_RUNNING && partition_waits_for_row(s->memory));
    partition_row_known(s->memory, &j, clock_wall_ms(c->hub->clock));
}

/* It was away, or thought to be, for so long that the lists went on without it. What it has in memory may be for lists
 * that are closed: it begins again where its commit says, as one that joins. */
static void left_out(struct consumer *c, struct assignment *s, int64_t now) {
    if (s->state != ASSIGNMENT_RUNNING) return;
    log_event(LOG_WARN, "partition_left_out", "topic=%s partition=%d meaning=%s", s->tp.topic, (int)s->tp.partition,
              log_quote("its topic was known with fewer partitions for minutes, and lists went on without it: what it "
                        "brings for those that are final by now is late"));
    assignment_drop_memory(c, s);
    s->counted = 0; /* what it read since its commit was counted as applied: once more, as what it is */
    s->left_out = c->assign_again = true;
    s->state = ASSIGNMENT_WAITING;
    c->next_lookup_mono_ms = now;
}

static void deliver(struct consumer *c, const struct mail *m, int64_t now) {
    struct assignment *s = assignment_of_instance(c, m->instance);
    if (s == NULL && !RULE(11, answer_to_its_memory)) /* only in the property test: any memory of the partition */
        for (size_t i = 0; i < c->assignments_n; i++)
            if (c->assignments[i]->memory != NULL && strcmp(c->assignments[i]->name, m->partition_name) == 0)
                s = c->assignments[i];
    if (s == NULL) return; /* an answer for a memory that is gone */
    switch (m->type) {
    case MAIL_COPY:
        partition_answered(s->memory, mail_location(m), mail_copy(m)->minute, mail_copy(m)->at, now);
        break;
    case MAIL_ROW:
        partition_row_answered(s->memory, &(struct partition_row_answer){
                                              m->handed_mono_ms, now, mail_row(m)->rows_stored, mail_row(m)->redis_ms});
        break;
    case MAIL_OTHER_LIFE:
        partition_other_life(s->memory, mail_other_life(m)->life);
        break;
    case MAIL_LEFT_OUT:
        left_out(c, s, now);
        break;
    case MAIL_JOIN:
        joined(c, s, m);
        break;
    case MAIL_BROKEN:
        break;
    }
}

static void broken(struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++) {
        c->assignments[i]->joining = false;
        if (c->assignments[i]->memory != NULL) partition_broken(c->assignments[i]->memory);
    }
}

void consumer_mail(struct consumer *c) {
    struct mail *list = mailbox_take(&c->hub->consumers[c->number].inbox, 0, 0);
    int64_t now = list == NULL ? 0 : clock_mono_ms(c->hub->clock);
    for (const struct mail *m = list; m != NULL; m = m->next) {
        if (m->type == MAIL_BROKEN)
            broken(c);
        else
            deliver(c, m, now);
    }
    mail_free_all(list);
    if (c->assign_again) consumer_reassign(c);
}

/* -- copies -- */

static bool put(struct consumer *c, struct mail *m, const struct partition *p) {
    m->consumer = c->number;
    m->instance = partition_instance(p);
    m->partition_name = partition_name(p);
    m->handed_mono_ms = clock_mono_ms(c->hub->clock);
    if (mailbox_put(&c->hub->outbox, m)) return true;
    mem_free(m);
    return false;
}

/* Redis was told all of it, and has had RETENTION to forget it (rule 21). */
static bool is_past_retention(const struct consumer *c, int64_t stored_mono_ms) {
    return stored_mono_ms != TIME_NEVER && RULE(21, expired_makes_no_hash) &&
           clock_mono_ms(c->hub->clock) - stored_mono_ms >= c->hub->rules.retention_ms;
}

static bool emit(void *ctx, const struct bucket_copy *copy) {
    struct consumer *c = ctx;
    const struct mail_copy sent = {.incarnation = copy->incarnation,
                                   .offset = copy->offset,
                                   .at = copy->at,
                                   .minute = copy->minute,
                                   .final = copy->final,
                                   .only_if_there = is_past_retention(c, copy->stored_mono_ms)};
    return put(c, mail_copy_create(&sent, copy->location, copy->items), copy->from);
}

static void join(struct consumer *c, struct assignment *s) {
    if (s->joining || !partition_needs_row(s->memory)) return;
    s->joining = put(c, mail_bare_create(MAIL_JOIN), s->memory);
}

/* A row that finds no room is as good as one that was lost: it is made again. */
static void put_row(struct consumer *c, struct assignment *s) {
    struct partition_row_out out;
    if (!partition_row(s->memory, &out)) return;
    struct buf text = {0};
    progress_row_format(&out.row, &text);
    struct mail_row row = {.incarnation = out.incarnation, .frontier = out.frontier, .rows_kept = out.rows_kept};
    memcpy(row.life, out.life, sizeof row.life);
    struct mail *m = mail_row_create(&row, (struct bytes){text.data, text.len});
    if (!put(c, m, s->memory)) partition_row_answered(s->memory, NULL);
    buf_free(&text);
}

static void log_restored(struct consumer *c, struct assignment *s) {
    struct partition_view v;
    if (s->restored) return;
    partition_look(s->memory, &v);
    if (v.next < v.frontier || v.probing) return;
    s->restored = true;
    int64_t took = clock_mono_ms(c->hub->clock) - s->assigned_mono_ms;
    consumer_count_restored(c, took);
    if (v.unproven)
        log_event(LOG_WARN, "anchor_gone",
                  "topic=%s partition=%d meaning=\"cannot tell whether the topic was made again\"", s->tp.topic,
                  (int)s->tp.partition);
    log_event(LOG_INFO, "partition_restored", "topic=%s partition=%d records=%" PRId64 " ms=%" PRId64, s->tp.topic,
              (int)s->tp.partition, v.frontier - s->rewound_from, took);
}

enum { COPIES_BETWEEN_LOOKS = 16 };

static void assignment_begin_copies(struct consumer *c, struct assignment *s) {
    if (s->copying) return;
    log_restored(c, s);
    join(c, s);
    s->to_copy = partition_publish_begin(s->memory);
    s->copying = true;
}

enum turn { TURN_DONE, TURN_UP, TURN_FULL };

/* One slot's copies, up to UNTIL; what becomes dirty meanwhile is the next tick's. */
static enum turn assignment_copy(struct consumer *c, struct assignment *s, int64_t until) {
    assignment_begin_copies(c, s);
    while (s->to_copy > 0) {
        size_t n = s->to_copy < COPIES_BETWEEN_LOOKS ? s->to_copy : COPIES_BETWEEN_LOOKS;
        if (!partition_publish(s->memory, n, emit, c)) return TURN_FULL;
        s->to_copy -= n;
        if (s->to_copy > 0 && clock_mono_ms(c->hub->clock) >= until) return TURN_UP;
    }
    partition_settle(s->memory, clock_mono_ms(c->hub->clock));
    put_row(c, s);
    return TURN_DONE;
}

static void publish_begin(struct consumer *c) {
    c->turns_left = c->assignments_n;
    c->queue_full = c->was_full = false;
    for (size_t i = 0; i < c->assignments_n; i++) c->assignments[i]->copying = false;
}

/* The slot whose turn it is goes on as soon as there is room. */
static void publish_wait(struct consumer *c) {
    if (!c->was_full) consumer_count_queue_full(c);
    c->queue_full = c->was_full = true;
}

/* Goes on with the tick until it is done, the queue is full or time is up. */
static void publish_some(struct consumer *c, int64_t until) {
    c->queue_full = false;
    while (c->turns_left > 0) {
        struct assignment *s = c->assignments[c->turn % c->assignments_n];
        enum turn turn = s->state == ASSIGNMENT_RUNNING ? assignment_copy(c, s, until) : TURN_DONE;
        if (turn == TURN_FULL) publish_wait(c);
        if (turn != TURN_DONE) return;
        c->turn = (c->turn + 1) % c->assignments_n;
        c->turns_left--;
        if (c->turns_left > 0 && clock_mono_ms(c->hub->clock) >= until) return;
    }
    FAULT(after_copy);
    consumer_show_standing(c);
}

void consumer_publish(struct consumer *c) {
    publish_begin(c);
    publish_some(c, INT64_MAX);
}

bool consumer_publishing(const struct consumer *c) { return c->turns_left > 0; }
bool consumer_queue_full(const struct consumer *c) { return c->turns_left > 0 && c->queue_full; }

/* Ticks fall on multiples of the interval of the wall clock, so that the parts of a list arrive together. */
static int64_t until_next_tick(const struct consumer *c) {
    int64_t interval = c->hub->config->publish_interval_ms;
    return interval - clock_wall_ms(c->hub->clock) % interval;
}

/* A tick that takes longer than the interval, or waits for room in the queue, goes on in the next. */
static void publish_due(struct consumer *c, int64_t now) {
    if (now >= c->next_tick_mono_ms) {
        c->next_tick_mono_ms = now + until_next_tick(c);
        consumer_metrics_show(c);
        if (!consumer_publishing(c)) publish_begin(c);
    }
    if (consumer_publishing(c)) publish_some(c, now + CONSUMER_SLICE_MS);
}

/* -- ends of the logs -- */

static void ask_ends(struct consumer *c, int64_t now) {
    struct err e = {0};
    if (c->ends_out || now < c->next_ends_mono_ms) return;
    c->next_ends_mono_ms = now + ENDS_INTERVAL_MS;
    size_t n;
    struct source_tp *tps = assignments_running(c, &n);
    if (n > 0) c->ends_out = c->source.ops->ask_ends(c->source.self, tps, n, &e) == 0;
    mem_free(tps);
}

/* What may be read ends at log_end; records of open transactions lie behind it, below the high watermark. */
static void see_end(struct assignment *s, const struct source_end *end, int64_t now) {
    struct partition_view v;
    partition_look(s->memory, &v);
    s->log_start = end->log_start;
    s->high_watermark = end->high_watermark;
    s->asked_wall_ms = end->wall_ms;
    if (v.next >= end->high_watermark) s->end_wall_ms = end->wall_ms;
    if (v.next >= end->log_end && !s->position_lost) assignment_works(s, now);
}

void consumer_ends(struct consumer *c, const struct source_end *ends, size_t n) {
    c->ends_out = false;
    for (size_t i = 0; i < n; i++) {
        struct assignment *s = assignment_find(c, ends[i].tp);
        if (s == NULL || s->state != ASSIGNMENT_RUNNING || !ends[i].ok) continue;
        see_end(s, &ends[i], clock_mono_ms(c->hub->clock));
        s->had_traffic = s->had_traffic || ends[i].high_watermark > 0;
        partition_end_seen(s->memory, ends[i].log_end, ends[i].wall_ms);
    }
}

/* -- pauses -- */

/* Sealed minutes that Redis has not confirmed: pausing helps, since they will go. Open minutes go only with more
 * records, so for their sake reading stops only where the process has no memory left. */
static bool redis_holds_memory(struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct partition_view v;
        if (c->assignments[i]->memory == NULL) continue;
        partition_look(c->assignments[i]->memory, &v);
        if (v.next >= v.frontier && v.sealed_minutes > 0) return true;
    }
    return false;
}

/* Below the limit, at which sketches stop growing: a pause costs nothing, a refused growth costs exact counts. */
static uint64_t pause_bytes(const struct consumer *c) { return c->budget.limit_bytes / 4 * 3; }
static uint64_t resume_bytes(const struct consumer *c) { return c->budget.limit_bytes / 2; }

/* Letters that a full queue refused are held outside of its bound: not one poll more of them than there must be. */
bool consumer_has_room(const struct consumer *c) {
    return c->dead_letters == NULL && c->budget.pool.used_bytes < pause_bytes(c);
}

/* Beyond this consumer's share. True if it is beyond what the process may take, too. */
static bool open_minutes_fill_memory(struct consumer *c) {
    uint64_t limit = c->hub->config->memory_limit_bytes, resident = c->hub->resident_bytes();
    bool full = memory_is_full(resident, limit, c->paused);
    log_limited(full ? &c->memory_full : &c->memory_limit, 60000, LOG_ERROR,
                full ? "memory_exhausted" : "memory_limit_reached",
                "buckets=%" PRIu64 " their_share=%" PRIu64 " resident=%" PRIu64 " limit=%" PRIu64
                " means=\"the open minutes need more than there is: %s\" remedy=\"raise TOPKD_MEMORY_LIMIT, start more "
                "workers, or lower TOPKD_LOCATIONS_MAX, TOPKD_LATENESS or TOPKD_SKETCH_KB\"",
                c->budget.pool.used_bytes, c->budget.limit_bytes, resident, limit,
                full ? "nothing more is read, nothing is lost" : "counts become estimates with bounds");
    return full;
}

static bool must_pause(struct consumer *c) {
    uint64_t used = c->budget.pool.used_bytes, limit = c->budget.limit_bytes;
    if (c->dead_letters != NULL) return true;
    if (used < (c->paused ? resume_bytes(c) : pause_bytes(c))) return false;
    if (redis_holds_memory(c)) return true;
    return used >= limit && open_minutes_fill_memory(c);
}

static void log_pause(struct consumer *c, size_t n) {
    log_limited(c->paused ? &c->pause_limit : &c->resume_limit, PAUSE_LOG_MS, c->paused ? LOG_WARN : LOG_INFO,
                c->paused ? "partitions_paused" : "partitions_resumed",
                "partitions=%zu sketch_bytes=%" PRIu64 " letters_waiting=%s", n, c->budget.pool.used_bytes,
                c->dead_letters != NULL ? "true" : "false");
}

static void pause_refused(struct consumer *c, int64_t now, const struct err *e) {
    c->next_pause_mono_ms = now + PAUSE_RETRY_MS;
    log_limited(&c->pause_limit, PAUSE_LOG_MS, LOG_ERROR, "pause_failed", "why=%s", log_quote(e->text));
}

static void pause_due(struct consumer *c, int64_t now) {
    struct err e = {0};
    bool pause = must_pause(c);
    if (pause == c->paused || now < c->next_pause_mono_ms) return;
    size_t n;
    struct source_tp *tps = assignments_running(c, &n);
    int (*act)(void *, const struct source_tp *, size_t, struct err *) =
        pause ? c->source.ops->pause : c->source.ops->resume;
    if (n == 0 || act(c->source.self, tps, n, &e) == 0) {
        c->paused = pause;
        if (!pause) consumer_rests_forgotten(c);
        log_pause(c, n);
    } else {
        pause_refused(c, now, &e);
    }
    mem_free(tps);
}

void consumer_ticks(struct consumer *c) {
    int64_t now = clock_mono_ms(c->hub->clock);
    consumer_dead_letters_due(c);
    consumer_assign_due(c, now);
    consumer_lookup_due(c, now);
    consumer_commit_due(c, now);
    publish_due(c, now);
    ask_ends(c, now);
    consumer_still_due(c, now);
    pause_due(c, now);
}
