/* Commits (rules 2, 8). Frozen at once for all partitions, sent when the dead letters before them were delivered, one
 * under way at a time. */
#include "base/mem.h"
#include "base/testhook.h"
#include "consumer/state.h"

#include <string.h>

enum { COMMIT_REST_MIN_MS = 200, COMMIT_REST_MAX_MS = 10000, COMMIT_LOG_MS = 10000 };

_Static_assert(COMMIT_META_BYTES_MAX <= (int)SOURCE_METADATA_BYTES_MAX, "metadata fits a commit");

/* A look-up that is under way must find the last commit that there is. */
static bool may_freeze(const struct consumer *c, const struct assignment *s) {
    return s->state == ASSIGNMENT_RUNNING && !(s->position_lost && c->lookup_out);
}

static void freeze(struct consumer *c) {
    c->frozen_n = 0;
    if (c->assignments_n > c->frozen_cap) {
        c->frozen_cap = c->assignments_n * 2;
        c->frozen = mem_realloc(c->frozen, c->frozen_cap, sizeof *c->frozen);
    }
    for (size_t i = 0; i < c->assignments_n; i++) {
        struct assignment *s = c->assignments[i];
        struct partition_commit pc;
        if (!may_freeze(c, s) || !partition_freeze(s->memory, clock_wall_ms(c->hub->clock), &pc)) continue;
        struct source_commit *sc = &c->frozen[c->frozen_n++];
        *sc = (struct source_commit){.tp = s->tp, .offset = pc.offset};
        memcpy(sc->metadata, pc.metadata, sizeof pc.metadata);
    }
    c->frozen_ticket = c->source.ops->dead_letters_issued(c->source.self);
    c->commit_waits = c->frozen_n > 0;
}

/* Of what is frozen: that is never done while a letter has no ticket, for no ticket would hold it back. */
static bool letters_delivered(const struct consumer *c) {
    return c->source.ops->dead_letters_settled(c->source.self) >= c->frozen_ticket;
}

/* Asked again at once, a coordinator that refuses would be asked hundreds of times a second. */
static void rest_after_failure(struct consumer *c) {
    rest_grow(&c->commit_rest, clock_mono_ms(c->hub->clock), COMMIT_REST_MIN_MS, COMMIT_REST_MAX_MS);
}

static void send(struct consumer *c, int wait_ms) {
    struct err e = {0};
    c->commit_waits = false;
    FAULT(before_commit);
    if (c->source.ops->commit(c->source.self, c->frozen, c->frozen_n, wait_ms, &e) == 0) {
        c->commit_out = true;
        return;
    }
    rest_after_failure(c);
    log_limited(&c->commit_limit, COMMIT_LOG_MS, LOG_WARN, "commit_not_sent", "why=%s", log_quote(e.text));
    consumer_count_commits(c, 0, c->frozen_n);
}

void consumer_commit_now(struct consumer *c, int wait_ms) {
    if (c->commit_out || c->dead_letters != NULL)
        return; /* one answer at a time; the next owner rewinds a little further */
    freeze(c);
    if (c->commit_waits && letters_delivered(c)) send(c, wait_ms);
    c->commit_waits = false;
}

/* A partition whose incarnation is not committed says nothing: its commit does not wait for the checkpoint tick. */
static bool somebody_waits(const struct consumer *c) {
    for (size_t i = 0; i < c->assignments_n; i++) {
        if (may_freeze(c, c->assignments[i]) && partition_waits_for_commit(c->assignments[i]->memory)) return true;
    }
    return false;
}

bool consumer_commit_waits(const struct consumer *c) {
    return c->commit_out || c->commit_waits || c->dead_letters != NULL;
}

void consumer_commit_due(struct consumer *c, int64_t now) {
    if (c->commit_waits && !c->commit_out && letters_delivered(c)) send(c, 0);
    if (consumer_commit_waits(c) || !rest_is_over(&c->commit_rest, now)) return;
    if (now < c->next_checkpoint_mono_ms && !somebody_waits(c)) return;
    if (now >= c->next_checkpoint_mono_ms) c->next_checkpoint_mono_ms = now + c->hub->config->checkpoint_interval_ms;
    freeze(c);
    if (c->commit_waits && letters_delivered(c)) send(c, 0);
}

void consumer_committed(struct consumer *c, const struct source_commit *commits, size_t n) {
    uint64_t ok = 0;
    FAULT(after_commit);
    c->commit_out = false;
    for (size_t i = 0; i < n; i++) {
        struct assignment *s = assignment_find(c, commits[i].tp);
        struct partition_commit pc = {.offset = commits[i].offset};
        ok += commits[i].ok;
        if (s == NULL || s->memory == NULL) continue;
        memcpy(pc.metadata, commits[i].metadata, sizeof pc.metadata);
        partition_committed(s->memory, &pc, commits[i].ok);
    }
    if (ok < n)
        rest_after_failure(c);
    else
        rest_end(&c->commit_rest);
    if (ok > 0) c->committed_mono_ms = clock_mono_ms(c->hub->clock);
    consumer_count_commits(c, ok, n - ok);
}
