/* The consumer's loop: poll until something is due, apply, do what is due. Policy only; what it means stands in
 * partition/. */
#include "consumer/consumer.h"

#include "base/mem.h"
#include "consumer/state.h"

#include <string.h>

enum { STEP_RECORDS_MAX = 4096, QUEUE_WAIT_MS = 5, FINISH_POLL_MS = 10, LAST_COMMIT_MS = 500 };

struct consumer *consumer_create(struct hub *hub, uint32_t number, struct source source, uint64_t sketch_bytes) {
    struct consumer *c = mem_zalloc(1, sizeof *c);
    const struct config *cfg = hub->config;
    c->hub = hub;
    c->number = number;
    c->source = source;
    c->budget.limit_bytes = sketch_bytes;
    c->event_rules = (struct event_rules){.field_item = cfg->field_item,
                                          .field_location = cfg->field_location,
                                          .field_type = cfg->field_type,
                                          .field_time = cfg->field_time,
                                          .field_user = cfg->field_user,
                                          .field_value = cfg->field_value,
                                          .weights = &cfg->weights,
                                          .has_global = cfg->global[0] != 0};
    c->sends_dead_letters = cfg->dlq_topic[0] != 0;
    c->dead_letters_tail = &c->dead_letters;
    c->committed_mono_ms = clock_mono_ms(hub->clock);
    event_batch_init(&c->batch);
    consumer_metrics_create(c);
    return c;
}

void consumer_destroy(struct consumer *c) {
    if (c == NULL) return;
    dead_letters_free(c);
    assignments_free(c);
    consumer_metrics_destroy(c);
    event_batch_deinit(&c->batch);
    sketch_budget_deinit(&c->budget);
    mem_free(c->frozen);
    mem_free(c);
}

/* -- events of the source -- */

static enum record_outcome apply(struct consumer *c, struct assignment *s, const struct source_record *r,
                                 int64_t wall_ms) {
    struct log_record rec = {r->offset, r->time_ms, r->key, r->value};
    bool wanted = partition_wants(s->memory, r->offset);
    if (wanted) event_decode(&c->event_rules, r->value.p, r->value.n, r->time_ms, &c->batch);
    enum record_outcome took = partition_record(s->memory, &rec, wanted ? &c->batch : NULL, wall_ms);
    if (took == RECORD_APPLIED && !c->example.set) consumer_note_example(c, s, r);
    if (took == RECORD_APPLIED && c->sends_dead_letters) consumer_reject(c, s, r);
    return took;
}

/* Applies the first records of R that are of one partition, N at most; returns how many they were. Stops at once when
 * the partition wants to be assigned again. */
static size_t run_of_records(struct consumer *c, const struct source_record *r, size_t n, int64_t wall_ms,
                             bool *again) {
    struct assignment *s = assignment_find(c, r->tp);
    bool ours = s != NULL && s->state == ASSIGNMENT_RUNNING;
    size_t i = 0;
    for (; i < n && !*again && source_tp_equal(r[i].tp, r->tp); i++) {
        if (!ours) {
            consumer_count_stale(c);
            continue;
        }
        enum record_outcome took = apply(c, s, &r[i], wall_ms);
        s->moved = s->moved || took == RECORD_APPLIED || took == RECORD_REBUILT;
        s->had_traffic = s->had_traffic || took == RECORD_APPLIED;
        *again = took == RECORD_OF_ANOTHER_LOG;
    }
    if (ours) partition_let_go(s->memory);
    if (*again) log_event(LOG_WARN, "log_replaced", "topic=%s partition=%d", s->tp.topic, (int)s->tp.partition);
    return i;
}

/* After an assignment everything that was not applied comes again, so the rest is dropped. */
static void records(struct consumer *c, const struct source_record *r, size_t n) {
    int64_t wall = clock_wall_ms(c->hub->clock);
    bool again = false;
    for (size_t i = 0; i < n && !again;) i += run_of_records(c, r + i, n - i, wall, &again);
    if (!again) return;
    consumer_count_restore(c, ORIGIN_NEW_LOG, 0);
    consumer_reassign(c);
}

static void end_of_log(struct consumer *c, const struct source_event *ev) {
    struct assignment *s = assignment_find(c, ev->tp);
    if (s == NULL || s->state != ASSIGNMENT_RUNNING) return;
    partition_eof(s->memory, ev->offset, clock_wall_ms(c->hub->clock));
    s->moved = true;
}

static void position_lost(struct consumer *c, const struct source_event *ev) {
    struct assignment *s = assignment_find(c, ev->tp);
    if (s != NULL) consumer_position_lost(c, s, &ev->error);
}

static void source_error(struct consumer *c, const struct source_event *ev) {
    struct assignment *s = ev->tp.topic == NULL ? NULL : assignment_find(c, ev->tp);
    if (s != NULL) consumer_unreadable(c, s, &ev->error);
}

static void handle(struct consumer *c, const struct source_event *ev) {
    switch (ev->type) {
    case SOURCE_RECORDS:
        records(c, ev->records, ev->n);
        break;
    case SOURCE_EOF:
        end_of_log(c, ev);
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
static int until_due(const struct consumer *c, int64_t now, int timeout_ms) {
    int64_t due = c->next_tick_mono_ms;
    if (!consumer_commit_waits(c) && rest_is_over(&c->commit_rest, now))
        due = i64_smaller(due, c->next_checkpoint_mono_ms);
    int64_t wait = due > now ? due - now : 0;
    return wait < timeout_ms ? (int)wait : timeout_ms;
}

/* How long the first poll may wait. */
static int step_wait_ms(const struct consumer *c, int64_t now, int timeout_ms) {
    if (consumer_queue_full(c)) return timeout_ms < QUEUE_WAIT_MS ? timeout_ms : QUEUE_WAIT_MS;
    return consumer_publishing(c) ? 0 : until_due(c, now, timeout_ms);
}

void consumer_step(struct consumer *c, int timeout_ms) {
    struct source_event ev;
    int64_t now = clock_mono_ms(c->hub->clock);
    atomic_store(&c->hub->consumers[c->number].turned_mono_ms, now);
    consumer_mail(c);
    int wait = step_wait_ms(c, now, timeout_ms);
    int64_t until = consumer_publishing(c) ? now + CONSUMER_SLICE_MS : c->next_tick_mono_ms;
    size_t seen = 0;
    do {
        c->source.ops->poll(c->source.self, wait, &ev);
        if (ev.type == SOURCE_NOTHING) break;
        handle(c, &ev);
        wait = 0;
        seen += ev.type == SOURCE_RECORDS ? ev.n : 1;
    } while (seen < STEP_RECORDS_MAX && consumer_has_room(c) && clock_mono_ms(c->hub->clock) < until);
    consumer_ticks(c);
}

/* -- the end -- */

struct standing {
    bool clean, committed, at_end;
};

static struct standing standing_of(struct consumer *c) {
    struct standing st = {true, !c->commit_out && c->dead_letters == NULL, c->assigned_once && !c->lookup_out};
    for (size_t i = 0; i < c->assignments_n; i++) {
        const struct assignment *s = c->assignments[i];
        struct partition_view v;
        if (s->state == ASSIGNMENT_WAITING) st = (struct standing){false, false, false};
        if (s->state != ASSIGNMENT_RUNNING) continue;
        partition_look(s->memory, &v);
        bool silent = v.next < v.frontier;
        st.clean = st.clean && (silent || v.all_clean);
        st.committed = st.committed && (silent || v.committed == v.next);
        st.at_end = st.at_end && v.next >= s->end_at_assign && v.all_settled && v.row_current;
    }
    st.at_end = st.at_end && st.clean && st.committed;
    return st;
}

void consumer_show_standing(struct consumer *c) {
    atomic_store(&c->hub->consumers[c->number].at_end, standing_of(c).at_end);
}

/* Only answers and rebalances matter now; records come again to the next owner. */
static void finish_poll(struct consumer *c) {
    struct source_event ev;
    c->source.ops->poll(c->source.self, FINISH_POLL_MS, &ev);
    if (ev.type != SOURCE_RECORDS && ev.type != SOURCE_EOF) handle(c, &ev);
    consumer_mail(c);
    consumer_dead_letters_due(c);
}

bool consumer_finish(struct consumer *c, int64_t deadline_mono_ms) {
    struct standing st = standing_of(c);
    int64_t give_up = deadline_mono_ms - LAST_COMMIT_MS;
    while (!(st.clean && st.committed) && clock_mono_ms(c->hub->clock) < give_up) {
        consumer_publish(c);
        finish_poll(c);
        st = standing_of(c);
        int64_t now = clock_mono_ms(c->hub->clock), left = give_up - now;
        if (st.clean && !st.committed && left > 0 && rest_is_over(&c->commit_rest, now))
            consumer_commit_now(c, left > 2000 ? 2000 : (int)left);
        st = standing_of(c);
    }
    if (!st.committed)
        consumer_commit_now(c, LAST_COMMIT_MS); /* what was applied is known, though not all of it is stored */
    return st.clean && st.committed;
}

void consumer_look(struct consumer *c, consumer_visit *visit, void *ctx) {
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct partition_view v;
        if (c->assignments[i]->state != ASSIGNMENT_RUNNING) continue;
        partition_look(c->assignments[i]->memory, &v);
        visit(ctx, c->assignments[i]->name, &v);
    }
}
