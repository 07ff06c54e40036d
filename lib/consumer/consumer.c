/* consumer/consumer.c - the loop: poll until something is due, hand each event on, do what is due; and the end. Policy
 * only; what it means stands in partition/. */
#include "consumer/consumer.h"

#include "base/mem.h"
#include "consumer/state.h"

enum {
    STEP_RECORDS_MAX = 4096,
    ROOM_WAIT_MS = 5,
    FINISH_POLL_MS = 10,
    LAST_COMMIT_MS = 500,
    COMMIT_WAIT_MAX_MS = 2000
};

struct consumer *consumer_create(struct hub *hub, uint32_t number, struct source source, uint64_t sketch_bytes) {
    struct consumer *c = mem_zalloc(1, sizeof *c);
    const struct config *cfg = hub->config;
    c->hub = hub;
    c->number = number;
    c->source = source;
    c->budget.limit_bytes = sketch_bytes;
    const struct event_rules rules = config_event_rules(cfg);
    c->decoder = decoder_create(&rules);
    c->sends_dead_letters = cfg->dlq_topic[0] != 0;
    c->commit.acknowledged_mono_ms = clock_mono_ms(hub->clock);
    dead_letters_init(&c->refused);
    event_batch_init(&c->batch);
    consumer_metrics_create(c);
    return c;
}

void consumer_destroy(struct consumer *c) {
    if (c == NULL) return;
    dead_letters_deinit(&c->refused);
    assignments_free(c);
    consumer_metrics_destroy(c);
    event_batch_deinit(&c->batch);
    decoder_destroy(c->decoder);
    sketch_budget_deinit(&c->budget);
    mem_free(c->commit.frozen);
    mem_free(c);
}

/* -- events of the source -- */

static void position_lost(struct consumer *c, const struct source_event *ev) {
    struct assignment *a = assignment_find(c, ev->tp);
    if (a != NULL) consumer_position_lost(c, a, &ev->error);
}

static void source_error(struct consumer *c, const struct source_event *ev) {
    struct assignment *a = ev->tp.topic == NULL ? NULL : assignment_find(c, ev->tp);
    if (a != NULL) consumer_unreadable(c, a, &ev->error);
}

static void event_hand_on(struct consumer *c, const struct source_event *ev) {
    switch (ev->type) {
    case SOURCE_RECORDS:
        consumer_records(c, ev->records, ev->n);
        break;
    case SOURCE_EOF:
        consumer_at_end_of_log(c, ev->tp, ev->offset);
        break;
    case SOURCE_ASSIGN:
        consumer_assigned(c, ev->tps, ev->n);
        break;
    case SOURCE_REVOKE:
        consumer_revoked(c, ev->lost);
        break;
    case SOURCE_COMMITTED:
        consumer_committed(c, ev->commits, ev->n);
        break;
    case SOURCE_LOOKUP:
        consumer_looked_up(c, ev->lookups, ev->n);
        break;
    case SOURCE_ENDS:
        consumer_ends(c, ev->ends, ev->n);
        break;
    case SOURCE_RESET:
        position_lost(c, ev);
        break;
    case SOURCE_FATAL:
        health_fail(&c->hub->health, &ev->error);
        break;
    case SOURCE_ERROR:
        source_error(c, ev);
        break;
    case SOURCE_NOTHING:
        break;
    }
}

/* -- the loop -- */

/* A commit that waits is due when what it waits for comes, however long ago its checkpoint was. */
static int until_due_ms(const struct consumer *c, int64_t now, int timeout_ms) {
    int64_t due = c->tick.next_mono_ms;
    if (!consumer_commit_waits(c) && backoff_is_over(&c->commit.backoff, now))
        due = i64_smaller(due, c->commit.next_checkpoint_mono_ms);
    int64_t wait = due > now ? due - now : 0;
    return wait < timeout_ms ? (int)wait : timeout_ms;
}

/* How long the first poll may wait. */
static int step_wait_ms(const struct consumer *c, int64_t now, int timeout_ms) {
    switch (c->tick.state) {
    case TICK_WAITS_FOR_ROOM:
        return timeout_ms < ROOM_WAIT_MS ? timeout_ms : ROOM_WAIT_MS;
    case TICK_PUBLISHES:
        return 0;
    case TICK_IDLE:
        break;
    }
    return until_due_ms(c, now, timeout_ms);
}

static void step_due(struct consumer *c) {
    int64_t now = clock_mono_ms(c->hub->clock);
    consumer_dead_letters_due(c);
    consumer_assign_due(c, now);
    consumer_lookup_due(c, now);
    consumer_commit_due(c, now);
    consumer_publish_due(c, now);
    consumer_ends_due(c, now);
    consumer_still_due(c, now);
    consumer_pause_due(c, now);
}

void consumer_step(struct consumer *c, int timeout_ms) {
    struct source_event ev;
    int64_t now = clock_mono_ms(c->hub->clock);
    consumer_check(c);
    atomic_store(&c->hub->consumers[c->number].turned_mono_ms, now);
    consumer_mail(c);
    int wait = step_wait_ms(c, now, timeout_ms);
    int64_t until = c->tick.state != TICK_IDLE ? now + CONSUMER_SLICE_MS : c->tick.next_mono_ms;
    size_t taken = 0;
    do {
        c->source.ops->poll(c->source.self, wait, &ev);
        if (ev.type == SOURCE_NOTHING) break;
        event_hand_on(c, &ev);
        wait = 0;
        taken += ev.type == SOURCE_RECORDS ? ev.n : 1;
    } while (taken < STEP_RECORDS_MAX && consumer_has_room(c) && clock_mono_ms(c->hub->clock) < until);
    step_due(c);
    consumer_check(c);
}

/* -- the end -- */

/* Only answers and rebalances matter now; records come again to the next owner. */
static void finish_poll(struct consumer *c) {
    struct source_event ev;
    c->source.ops->poll(c->source.self, FINISH_POLL_MS, &ev);
    if (ev.type != SOURCE_RECORDS && ev.type != SOURCE_EOF) event_hand_on(c, &ev);
    consumer_mail(c);
    consumer_dead_letters_due(c);
}

static void finish_commit(struct consumer *c, struct standing st, int64_t give_up_mono_ms) {
    int64_t now = clock_mono_ms(c->hub->clock), left = give_up_mono_ms - now;
    if (!st.stored || st.committed || left <= 0 || !backoff_is_over(&c->commit.backoff, now)) return;
    consumer_commit_now(c, left > COMMIT_WAIT_MAX_MS ? COMMIT_WAIT_MAX_MS : (int)left);
}

bool consumer_finish(struct consumer *c, int64_t deadline_mono_ms) {
    struct standing st = consumer_standing(c);
    int64_t give_up_mono_ms = deadline_mono_ms - LAST_COMMIT_MS;
    consumer_check(c);
    while (!(st.stored && st.committed) && clock_mono_ms(c->hub->clock) < give_up_mono_ms) {
        consumer_publish(c);
        finish_poll(c);
        finish_commit(c, consumer_standing(c), give_up_mono_ms);
        st = consumer_standing(c);
    }
    if (!st.committed)
        consumer_commit_now(c, LAST_COMMIT_MS); /* what was applied is known, though not all of it is stored */
    consumer_check(c);
    return st.stored && st.committed;
}

void consumer_look(struct consumer *c, consumer_visit *visit, void *ctx) {
    consumer_check(c);
    for (size_t i = 0; i < c->assignments_n; i++) {
        const struct assignment *a = c->assignments[i];
        struct partition_view v;
        if (!assignment_runs(a)) continue;
        partition_look(a->memory, &v);
        visit(ctx, a->name, &v);
    }
}
