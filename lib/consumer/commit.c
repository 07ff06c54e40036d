/* consumer/commit.c - commits (rules 2 and 8). What there is to commit is frozen at once for all partitions. It is sent
 * when the dead letters before it were delivered. */
#include <string.h>

#include "base/mem.h"
#include "base/testhook.h"
#include "consumer/state.h"

enum { COMMIT_BACKOFF_MIN_MS = 200, COMMIT_BACKOFF_MAX_MS = 10000, COMMIT_LOG_MS = 10000 };

_Static_assert(COMMIT_META_BYTES_MAX <= (int)SOURCE_METADATA_BYTES_MAX, "metadata fits a commit");

/* A look-up that is under way must find the last commit that there is. */
static bool commit_may_hold(const struct consumer *c, const struct assignment *a) {
    return assignment_runs(a) && !(a->state == ASSIGNMENT_LOST && c->lookup.state != LOOKUP_IDLE);
}

static void commit_add(struct consumer *c, struct assignment *a) {
    struct partition_commit pc;
    if (!commit_may_hold(c, a) || !partition_freeze(a->memory, clock_wall_ms(c->hub->clock), &pc)) return;
    struct source_commit *sc = &c->commit.frozen[c->commit.n++];
    *sc = (struct source_commit){.tp = a->tp, .offset = pc.offset};
    memcpy(sc->metadata, pc.metadata, sizeof pc.metadata);
}

static void commit_freeze(struct consumer *c) {
    struct commit *m = &c->commit;
    m->n = 0;
    m->frozen = mem_grow(m->frozen, &m->cap, c->assignments_n, sizeof *m->frozen);
    for (size_t i = 0; i < c->assignments_n; i++) commit_add(c, c->assignments[i]);
    m->ticket = c->source.ops->dead_letters_issued(c->source.self);
    commit_move(m, m->n > 0 ? COMMIT_WAITS_FOR_DEAD_LETTERS : COMMIT_IDLE);
}

/* Asked again at once, a coordinator that refuses would be asked hundreds of times a second. */
static void commit_failed(struct consumer *c) {
    backoff_grow(&c->commit.backoff, clock_mono_ms(c->hub->clock), COMMIT_BACKOFF_MIN_MS, COMMIT_BACKOFF_MAX_MS);
}

static void commit_send(struct consumer *c, int wait_ms) {
    struct commit *m = &c->commit;
    struct err e = {0};
    FAULT(before_commit);
    if (c->source.ops->commit(c->source.self, m->frozen, m->n, wait_ms, &e) == 0) {
        commit_move(m, COMMIT_SENT);
        return;
    }
    commit_move(m, COMMIT_IDLE);
    commit_failed(c);
    log_limited(&m->limit, COMMIT_LOG_MS, LOG_WARN, "commit_not_sent", "why=%s", log_quote(e.text));
    consumer_count_commits(c, 0, m->n);
}

/* While a dead letter has no ticket yet nothing is frozen, for no ticket would hold it back. */
static void commit_send_if_delivered(struct consumer *c, int wait_ms) {
    if (c->commit.state != COMMIT_WAITS_FOR_DEAD_LETTERS) return;
    if (c->source.ops->dead_letters_settled(c->source.self) >= c->commit.ticket) commit_send(c, wait_ms);
}

void consumer_commit_give_up(struct consumer *c) {
    if (c->commit.state == COMMIT_WAITS_FOR_DEAD_LETTERS) commit_move(&c->commit, COMMIT_IDLE);
}

void consumer_commit_now(struct consumer *c, int wait_ms) {
    if (c->commit.state == COMMIT_SENT || c->refused.head != NULL)
        return; /* one answer at a time; the next owner rewinds a little further */
    commit_freeze(c);
    commit_send_if_delivered(c, wait_ms);
    consumer_commit_give_up(c);
}

/* A partition whose incarnation is not committed says nothing: its commit does not wait for the checkpoint tick. */
static bool commit_is_awaited(const struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++) {
        const struct assignment *a = c->assignments[i];
        if (commit_may_hold(c, a) && partition_waits_for_commit(a->memory)) return true;
    }
    return false;
}

bool consumer_commit_waits(const struct consumer *c) {
    return c->commit.state != COMMIT_IDLE || c->refused.head != NULL;
}

void consumer_commit_due(struct consumer *c, int64_t now) {
    struct commit *m = &c->commit;
    commit_send_if_delivered(c, 0);
    if (consumer_commit_waits(c) || !backoff_is_over(&m->backoff, now)) return;
    if (now < m->next_checkpoint_mono_ms && !commit_is_awaited(c)) return;
    if (now >= m->next_checkpoint_mono_ms) m->next_checkpoint_mono_ms = now + c->hub->config->checkpoint_interval_ms;
    commit_freeze(c);
    commit_send_if_delivered(c, 0);
}

static void commit_tell(struct consumer *c, const struct source_commit *answer) {
    struct assignment *a = assignment_find(c, answer->tp);
    struct partition_commit pc = {.offset = answer->offset};
    if (a == NULL || a->memory == NULL) return;
    memcpy(pc.metadata, answer->metadata, sizeof pc.metadata);
    partition_committed(a->memory, &pc, answer->ok);
}

void consumer_committed(struct consumer *c, const struct source_commit *commits, size_t n) {
    uint64_t ok = 0;
    FAULT(after_commit);
    commit_move(&c->commit, COMMIT_IDLE);
    for (size_t i = 0; i < n; i++) {
        ok += commits[i].ok;
        commit_tell(c, &commits[i]);
    }
    if (ok < n)
        commit_failed(c);
    else
        backoff_end(&c->commit.backoff);
    if (ok > 0) c->commit.acknowledged_mono_ms = clock_mono_ms(c->hub->clock);
    consumer_count_commits(c, ok, n - ok);
}
