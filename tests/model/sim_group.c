/* The group and its broker, as one member's source sees them: generations, commits, assignments, look-ups. */
#include <stdio.h>
#include <string.h>

#include "base/testhook.h"
#include "model/sim.h"
#include "protocol/commit.h"

static const char topic[] = "t";

void sim_rebalance(struct sim *s) {
    int alive[WORKERS_MAX], n = 0;
    for (int i = 0; i < s->workers_n; i++)
        if (s->workers[i].alive && !s->workers[i].dying) alive[n++] = i;
    if (n == 0) return;
    s->generation++;
    for (int p = 0; p < s->partitions; p++) {
        int owner = alive[rng_below(&s->rng, (uint64_t)n)];
        s->owner[p] = sim_is_there(s, p) ? owner : -1;
    }
}

/* -- commits -- */

static bool meta_goes_back(const struct commit_meta *old, const struct commit_meta *new) {
    return new->rewind < old->rewind || new->settled < old->settled || new->incarnation < old->incarnation;
}

static void history_add(struct sim *s, int p, const struct commit_meta *m) {
    if (s->history_n[p] == HISTORY_MAX) return;
    s->history[p][s->history_n[p]].older_until = m->older_until;
    s->history[p][s->history_n[p]++].configuration = m->meaning == s->meanings[1];
}

static void commit_accept(struct sim *s, int p, const struct source_commit *c) {
    struct sim_commit *at = &s->commits[p];
    struct commit_meta old, new;
    if (!commit_meta_parse(c->metadata, &new)) {
        sim_fail(s, "commit without metadata");
        return;
    }
    bool known = at->set && commit_meta_parse(at->metadata, &old);
    if (!at->set && p == s->partitions - 1 && s->added_ms > 0) {
        s->log[p].above = new.settled; /* what was closed without it */
        sim_recount(s, p);
        s->events[SAW_JOIN] += new.settled != NO_MINUTE;
    }
    if (known && (c->offset < at->offset || meta_goes_back(&old, &new))) sim_fail(s, "commit went back");
    if (p == s->partitions - 1 && s->was_retired && (!known || new.incarnation != old.incarnation)) {
        s->retired_to = i64_larger(s->retired_to, new.settled);
        s->unsure = i64_larger(s->unsure, s->retired_to);
        s->events[SAW_RETURN]++;
    }
    if (new.rewind > c->offset) sim_fail(s, "R beyond F");
    if (!known || new.incarnation != old.incarnation) {
        history_add(s, p, &new);
        int64_t w = sim_log_time_max(s, p, c->offset);
        if (known && w != TIME_NEVER && minute_of(w) + 1 > s->unsure) s->unsure = minute_of(w) + 1;
    }
    if (s->trust_x[p]) {
        s->trust_x[p] = false;
        if (new.unsure_until > minute_of(BASE_MS + s->now_ms) + 2) sim_fail(s, "x is beyond reason");
        if (new.unsure_until > s->unsure) s->unsure = new.unsure_until;
    }
    at->set = true;
    at->offset = c->offset;
    snprintf(at->metadata, sizeof at->metadata, "%s", c->metadata);
}

/* Without rule 2 an incarnation is taken for committed as soon as that was asked for. */
static bool is_taken_for_committed(const struct sim *s, const struct source_commit *c) {
    const struct sim_commit *at = &s->commits[c->tp.partition];
    struct commit_meta old, new;
    if (RULE(2, incarnation_first) || !commit_meta_parse(c->metadata, &new)) return false;
    return !at->set || !commit_meta_parse(at->metadata, &old) || old.incarnation != new.incarnation;
}

static int source_commit(void *self, const struct source_commit *c, size_t n, int wait_ms, struct err *e) {
    struct sim_source *src = self;
    struct sim *s = src->sim;
    (void)wait_ms;
    (void)e;
    bool owner = src->generation == s->generation || !RULE(8, owner_only);
    double luck = s->faults ? rng_real(&s->rng) : 1;
    for (size_t i = 0; i < n; i++) {
        src->commits[i] = c[i];
        bool arrives = owner && luck >= .06, taken = is_taken_for_committed(s, &c[i]);
        if (taken) arrives = arrives && rng_chance(&s->rng, .5);
        if (arrives) commit_accept(s, c[i].tp.partition, &c[i]);
        if (arrives) s->commits[c[i].tp.partition].writer = src->worker->consumer;
        src->commits[i].ok = taken || (arrives && luck >= .12); /* between: it arrived, the answer did not */
    }
    src->commits_n = n;
    src->commit_ready = true;
    return 0;
}

/* -- assignment -- */

static int source_assign(void *self, const struct source_assign *a, size_t n, struct err *e) {
    struct sim_source *src = self;
    (void)e;
    for (int p = 0; p < PARTITIONS_MAX; p++) src->position[p] = -1;
    for (size_t i = 0; i < n; i++) {
        if (a[i].offset < src->sim->log[a[i].tp.partition].start)
            sim_fail(src->sim, "assigned below the start of the log");
        src->position[a[i].tp.partition] = a[i].offset;
        src->eof_said[a[i].tp.partition] = false;
    }
    return 0;
}

static int source_nothing(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    (void)self;
    (void)tps;
    (void)n;
    (void)e;
    return 0;
}

/* What is read of a commit where a rule about what it says is off. */
static void metadata_spoil(struct sim *s, char metadata[SOURCE_METADATA_BYTES_MAX]) {
    struct commit_meta m;
    if (!commit_meta_parse(metadata, &m)) return;
    if (!RULE(3, rewind_log_time)) m.rewind_log_time_ms = m.frontier_log_time_ms;
    if (!RULE(8, commit_life)) sim_life(s, m.life); /* it is taken for the one that was known */
    commit_meta_format(&m, metadata);
}

static int source_lookup(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    struct sim_source *src = self;
    struct sim *s = src->sim;
    bool any = false;
    (void)e;
    for (int p = 0; p < s->partitions; p++) any = any || s->commits[p].set;
    for (size_t i = 0; i < n; i++) {
        const struct sim_commit *c = &s->commits[tps[i].partition];
        struct source_lookup *l = &src->lookups[i];
        *l = (struct source_lookup){.tp = tps[i],
                                    .state = c->set ? SOURCE_COMMIT_FOUND : SOURCE_COMMIT_NONE,
                                    .offset = c->offset,
                                    .topic_has_commits = any,
                                    .log_start = s->log[tps[i].partition].start,
                                    .log_end = sim_log_end(s, tps[i].partition)};
        if (c->set) memcpy(l->metadata, c->metadata, sizeof l->metadata);
        if (c->set && c->writer != src->worker->consumer) metadata_spoil(s, l->metadata);
        if (s->faults && rng_chance(&s->rng, .1)) l->state = SOURCE_COMMIT_FAILED;
    }
    src->lookups_n = n;
    src->lookup_ready = true;
    return 0;
}

static int source_ask_ends(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    struct sim_source *src = self;
    (void)e;
    for (size_t i = 0; i < n; i++) {
        int64_t end = sim_log_end(src->sim, tps[i].partition);
        src->ends[i] = (struct source_end){
            tps[i], true, BASE_MS + src->sim->now_ms, src->sim->log[tps[i].partition].start, end, end};
    }
    src->ends_n = n;
    src->ends_ready = true;
    return 0;
}

/* -- poll -- */

/* A member hears of a rebalance some time after it happened; until then it is a zombie. */
static bool poll_group(struct sim_source *src, struct source_event *ev) {
    struct sim *s = src->sim;
    if (src->revoked) {
        size_t n = 0;
        for (int p = 0; p < s->partitions; p++)
            if (s->owner[p] == src->worker->number) src->tps[n++] = (struct source_tp){topic, p};
        *ev = (struct source_event){.type = SOURCE_ASSIGN, .tps = src->tps, .n = n};
        src->revoked = false;
        src->member = true;
        src->generation = s->generation;
        return true;
    }
    if (src->generation == s->generation || (s->faults && !rng_chance(&s->rng, .3))) return false;
    src->revoked = true;
    if (!src->member) return poll_group(src, ev);
    *ev = (struct source_event){.type = SOURCE_REVOKE, .lost = rng_chance(&s->rng, .5)};
    for (int p = 0; p < PARTITIONS_MAX; p++) src->position[p] = -1;
    return true;
}

static bool poll_answers(struct sim_source *src, struct source_event *ev) {
    if (src->commit_ready) {
        src->commit_ready = false;
        *ev = (struct source_event){.type = SOURCE_COMMITTED, .commits = src->commits, .n = src->commits_n};
        return true;
    }
    if (src->lookup_ready) {
        src->lookup_ready = false;
        *ev = (struct source_event){.type = SOURCE_LOOKUP, .lookups = src->lookups, .n = src->lookups_n};
        return true;
    }
    if (src->ends_ready) {
        src->ends_ready = false;
        *ev = (struct source_event){.type = SOURCE_ENDS, .ends = src->ends, .n = src->ends_n};
        return true;
    }
    return false;
}

static bool poll_partition(struct sim_source *src, int p, struct source_event *ev) {
    struct sim *s = src->sim;
    int64_t *at = &src->position[p], end = sim_log_end(s, p);
    if (*at < 0) return false;
    if (s->faults && rng_chance(&s->rng, .002)) { /* the broker denies a position that is inside the log */
        *at = -1;
        *ev = (struct source_event){.type = SOURCE_RESET, .tp = {topic, p}};
        return true;
    }
    while (*at < end && !s->log[p].records[*at].exists) ++*at;
    if (*at < end) {
        const struct sim_record *rec = &s->log[p].records[*at];
        src->record =
            (struct source_record){{topic, p}, (*at)++, rec->time_ms, {NULL, 0}, {rec->value, strlen(rec->value)}};
        *ev = (struct source_event){.type = SOURCE_RECORDS, .records = &src->record, .n = 1};
        src->eof_said[p] = false;
        return true;
    }
    if (src->eof_said[p]) return false;
    src->eof_said[p] = true;
    *ev = (struct source_event){.type = SOURCE_EOF, .tp = {topic, p}, .offset = *at};
    return true;
}

static void source_poll(void *self, int timeout_ms, struct source_event *ev) {
    struct sim_source *src = self;
    (void)timeout_ms;
    *ev = (struct source_event){.type = SOURCE_NOTHING};
    if (src->budget-- <= 0 || poll_group(src, ev) || poll_answers(src, ev)) return;
    int first = (int)rng_below(&src->sim->rng, PARTITIONS_MAX);
    for (int i = 0; i < src->sim->partitions; i++)
        if (poll_partition(src, (first + i) % src->sim->partitions, ev)) return;
}

static int source_dead_letter(void *self, const struct source_dead_letter *d, struct err *e) {
    (void)self;
    (void)d;
    return err_set(e, ERR_UNSUPPORTED, "this world has no dead letters");
}

static uint64_t source_no_letters(void *self) {
    (void)self;
    return 0;
}

struct source sim_source_ops(struct sim_source *s) {
    static const struct source_ops ops = {.poll = source_poll,
                                          .assign = source_assign,
                                          .pause = source_nothing,
                                          .resume = source_nothing,
                                          .commit = source_commit,
                                          .lookup = source_lookup,
                                          .ask_ends = source_ask_ends,
                                          .dead_letter = source_dead_letter,
                                          .dead_letters_issued = source_no_letters,
                                          .dead_letters_settled = source_no_letters};
    return (struct source){&ops, s};
}
