/* consumer/publish.c - at ticks copies, rows and questions for rows go to the publisher, one partition after the other.
 * A tick that takes longer than its interval, or waits for room in the queue, goes on in the next steps. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/testhook.h"
#include "consumer/state.h"

enum { COPIES_BETWEEN_LOOKS = 16 }; /* at the clock */

/* -- one mail -- */

static bool outbox_put(struct consumer *c, struct mail *m, const struct partition *p) {
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

static bool copy_put(void *ctx, const struct bucket_copy *copy) {
    struct consumer *c = ctx;
    const struct mail_copy sent = {.incarnation = copy->incarnation,
                                   .offset = copy->offset,
                                   .at = copy->at,
                                   .minute = copy->minute,
                                   .final = copy->final,
                                   .only_if_there = is_past_retention(c, copy->stored_mono_ms)};
    return outbox_put(c, mail_copy_create(&sent, copy->location, copy->items), copy->from);
}

static void row_ask(struct consumer *c, struct assignment *a) {
    if (a->row_asked || !partition_needs_row(a->memory)) return;
    a->row_asked = outbox_put(c, mail_bare_create(MAIL_JOIN), a->memory);
}

/* A row that finds no room is as good as one that was lost: it is made again. */
static void row_put(struct consumer *c, struct assignment *a) {
    struct partition_row_out out;
    if (!partition_row(a->memory, &out)) return;
    struct buf text = {0};
    progress_row_format(&out.row, &text);
    struct mail_row row = {.incarnation = out.incarnation, .frontier = out.frontier, .rows_kept = out.rows_kept};
    memcpy(row.life, out.life, sizeof row.life);
    struct mail *m = mail_row_create(&row, (struct bytes){text.data, text.len});
    if (!outbox_put(c, m, a->memory)) partition_row_answered(a->memory, NULL);
    buf_free(&text);
}

/* -- the turn of one partition -- */

static void restored_log(struct consumer *c, struct assignment *a) {
    struct partition_view v;
    if (a->restore.told) return;
    partition_look(a->memory, &v);
    if (!v.restored) return;
    a->restore.told = true;
    int64_t took = clock_mono_ms(c->hub->clock) - a->restore.assigned_mono_ms;
    consumer_count_restored(c, took);
    if (v.unproven)
        log_event(LOG_WARN, "anchor_gone",
                  "topic=%s partition=%d meaning=\"cannot tell whether the topic was made again\"", a->tp.topic,
                  (int)a->tp.partition);
    log_event(LOG_INFO, "partition_restored", "topic=%s partition=%d records=%" PRId64 " ms=%" PRId64, a->tp.topic,
              (int)a->tp.partition, v.frontier - a->restore.rewound_from, took);
}

static void turn_begin(struct consumer *c, struct assignment *a) {
    if (a->turn.begun) return;
    restored_log(c, a);
    row_ask(c, a);
    a->turn.buckets_left = partition_publish_begin(a->memory);
    a->turn.begun = true;
}

enum turn_outcome { TURN_DONE, TURN_OUT_OF_TIME, TURN_QUEUE_FULL };

/* Copies up to UNTIL; what becomes dirty meanwhile is the next tick's. */
static enum turn_outcome turn_copy(struct consumer *c, struct assignment *a, int64_t until) {
    turn_begin(c, a);
    while (a->turn.buckets_left > 0) {
        size_t n = a->turn.buckets_left < COPIES_BETWEEN_LOOKS ? a->turn.buckets_left : COPIES_BETWEEN_LOOKS;
        if (!partition_publish(a->memory, n, copy_put, c)) return TURN_QUEUE_FULL;
        a->turn.buckets_left -= n;
        if (a->turn.buckets_left > 0 && clock_mono_ms(c->hub->clock) >= until) return TURN_OUT_OF_TIME;
    }
    partition_settle(a->memory);
    row_put(c, a);
    return TURN_DONE;
}

/* -- the tick -- */

static void tick_begin(struct consumer *c) {
    c->tick.turns_left = c->assignments_n;
    c->tick.was_full = false;
    for (size_t i = 0; i < c->assignments_n; i++) c->assignments[i]->turn.begun = false;
    tick_move(&c->tick, c->assignments_n > 0 ? TICK_PUBLISHES : TICK_IDLE);
}

/* Whose turn it is goes on as soon as there is room. */
static void tick_wait_for_room(struct consumer *c) {
    if (!c->tick.was_full) consumer_count_queue_full(c);
    c->tick.was_full = true;
    tick_move(&c->tick, TICK_WAITS_FOR_ROOM);
}

static void tick_end(struct consumer *c) {
    tick_move(&c->tick, TICK_IDLE);
    FAULT(after_copy);
    consumer_show_standing(c);
}

/* Until it is done, the queue is full or time is up. */
static void tick_go_on(struct consumer *c, int64_t until) {
    struct tick *t = &c->tick;
    if (t->state == TICK_WAITS_FOR_ROOM) tick_move(t, TICK_PUBLISHES);
    while (t->turns_left > 0) {
        struct assignment *a = c->assignments[t->turn % c->assignments_n];
        enum turn_outcome outcome = assignment_runs(a) ? turn_copy(c, a, until) : TURN_DONE;
        if (outcome == TURN_QUEUE_FULL) tick_wait_for_room(c);
        if (outcome != TURN_DONE) return;
        t->turn = (t->turn + 1) % c->assignments_n;
        t->turns_left--;
        if (t->turns_left > 0 && clock_mono_ms(c->hub->clock) >= until) return;
    }
    tick_end(c);
}

void consumer_publish(struct consumer *c) {
    tick_begin(c);
    tick_go_on(c, INT64_MAX);
}

/* Ticks fall on multiples of the interval of the wall clock, so that the parts of a list arrive together. */
static int64_t until_next_tick_ms(const struct consumer *c) {
    int64_t interval = c->hub->config->publish_interval_ms;
    return interval - clock_wall_ms(c->hub->clock) % interval;
}

void consumer_publish_due(struct consumer *c, int64_t now) {
    if (now >= c->tick.next_mono_ms) {
        c->tick.next_mono_ms = now + until_next_tick_ms(c);
        consumer_metrics_show(c);
        if (c->tick.state == TICK_IDLE) tick_begin(c);
    }
    if (c->tick.state != TICK_IDLE) tick_go_on(c, now + CONSUMER_SLICE_MS);
}
