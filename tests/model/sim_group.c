/* model/sim_group.c - the group and its broker, as one member's source sees them.
 *
 * Generations, commits, assignments, look-ups, and records one at a time. */
#include <stdio.h>
#include <string.h>

#include "base/testhook.h"
#include "model/sim.h"
#include "protocol/commit.h"

static const char topic[] = "t";

void sim_rebalance(struct sim *s) {
    int up[WORKERS_MAX], n = 0;
    for (int i = 0; i < s->workers_n; i++)
        if (s->workers[i].stage == WORKER_UP) up[n++] = i;
    if (n == 0) return;
    s->generation++;
    for (int p = 0; p < s->partitions_n; p++) {
        int owner = up[chance_below(&s->chance, (uint64_t)n)];
        s->partitions[p].owner = sim_is_there(s, p) ? owner : -1;
    }
}

/* -- commits -- */

/* A commit that arrives, beside the one that it replaces. */
struct arrival {
    int partition;
    int64_t offset;
    struct commit_meta meta;
    bool follows; /* there was one before, of a worker */
    int64_t old_offset;
    struct commit_meta old;
};

static bool arrival_begins(const struct arrival *a) { return !a->follows || a->meta.incarnation != a->old.incarnation; }

static bool arrival_goes_back(const struct arrival *a) {
    return a->offset < a->old_offset || a->meta.rewind < a->old.rewind || a->meta.settled < a->old.settled ||
           a->meta.incarnation < a->old.incarnation;
}

/* What was closed without a partition that joins is not counted. */
static void joined(struct sim *s, const struct arrival *a) {
    if (s->partitions[a->partition].commit.set || !sim_is_last(s, a->partition) || s->joining.added_ms == 0) return;
    s->partitions[a->partition].closed_before_it = a->meta.settled;
    sim_recount(s, a->partition);
    s->seen[SAW_JOIN] += a->meta.settled != NO_MINUTE;
}

/* One that comes back begins above what was closed without it. */
static void returned(struct sim *s, const struct arrival *a) {
    if (!sim_is_last(s, a->partition) || !s->leaving.ever || !arrival_begins(a)) return;
    s->leaving.unknown_until = i64_larger(s->leaving.unknown_until, a->meta.settled);
    sim_unsure_up_to(s, s->leaving.unknown_until);
    s->seen[SAW_RETURN]++;
}

static void meaning_add(struct sim *s, const struct arrival *a) {
    struct sim_partition *partition = &s->partitions[a->partition];
    if (partition->meanings_n == MEANINGS_MAX) return;
    partition->meanings[partition->meanings_n++] =
        (struct sim_meaning){a->meta.older_until, a->meta.meaning == s->meanings[1]};
}

/* Behind a bare offset log time is what the worker found there: nothing else can tell. */
static void epoch_begun(struct sim *s, const struct arrival *a) {
    if (a->follows && a->meta.meaning != a->old.meaning)
        sim_epoch_begin(s, a->partition, a->old.rewind, a->old.rewind_log_time_ms);
    if (!a->follows && s->partitions[a->partition].commit.set)
        sim_epoch_begin(s, a->partition, a->meta.rewind, a->meta.rewind_log_time_ms);
}

static void incarnation_begun(struct sim *s, const struct arrival *a) {
    if (!arrival_begins(a)) return;
    meaning_add(s, a);
    epoch_begun(s, a);
    int64_t log_time_ms = sim_log_time(s, a->partition, a->offset);
    if (a->follows && log_time_ms != TIME_NEVER) sim_unsure_up_to(s, minute_of(log_time_ms) + 1);
}

static void unsure_told(struct sim *s, const struct arrival *a) {
    struct sim_partition *partition = &s->partitions[a->partition];
    if (!partition->next_unsure_is_told) return;
    partition->next_unsure_is_told = false;
    if (a->meta.unsure_until > minute_of(BASE_MS + s->now_ms) + 2) sim_fail(s, "unsure_until is beyond reason");
    sim_unsure_up_to(s, a->meta.unsure_until);
}

static void commit_accept(struct sim *s, const struct source_commit *c, int writer) {
    struct sim_commit *commit = &s->partitions[c->tp.partition].commit;
    struct arrival a = {.partition = c->tp.partition, .offset = c->offset, .old_offset = commit->offset};
    if (!commit_meta_parse(c->metadata, &a.meta)) {
        sim_fail(s, "commit without metadata");
        return;
    }
    a.follows = commit->set && commit_meta_parse(commit->metadata, &a.old);
    joined(s, &a);
    if (a.follows && arrival_goes_back(&a)) sim_fail(s, "commit went back");
    returned(s, &a);
    if (a.meta.rewind > a.offset) sim_fail(s, "rewind beyond the frontier");
    incarnation_begun(s, &a);
    unsure_told(s, &a);
    commit->set = true;
    commit->offset = c->offset;
    commit->writer = writer;
    snprintf(commit->metadata, sizeof commit->metadata, "%s", c->metadata);
}

/* Without rule 2 an incarnation is taken for committed as soon as that was asked for. */
static bool is_taken_for_committed(const struct sim *s, const struct source_commit *c) {
    const struct sim_commit *commit = &s->partitions[c->tp.partition].commit;
    struct commit_meta old, new;
    if (RULE(2, incarnation_first) || !commit_meta_parse(c->metadata, &new)) return false;
    return !commit->set || !commit_meta_parse(commit->metadata, &old) || old.incarnation != new.incarnation;
}

static int source_commit(void *self, const struct source_commit *c, size_t n, int wait_ms, struct err *e) {
    struct sim_source *source = self;
    struct sim *s = source->sim;
    (void)wait_ms;
    (void)e;
    bool owner = source->generation == s->generation || !RULE(8, owner_only);
    double luck = s->faults ? chance_real(&s->chance) : 1;
    for (size_t i = 0; i < n; i++) {
        source->commits[i] = c[i];
        bool arrives = owner && luck >= .06, taken = is_taken_for_committed(s, &c[i]);
        if (taken) arrives = arrives && chance_of(&s->chance, .5);
        if (arrives) commit_accept(s, &c[i], source->worker->memory);
        source->commits[i].ok = taken || (arrives && luck >= .12); /* between: it arrived, the answer did not */
    }
    source->commits_n = n;
    source->commit_ready = true;
    return 0;
}

/* -- assignment -- */

static void positions_drop(struct sim_source *source) {
    for (int p = 0; p < PARTITIONS_MAX; p++) source->positions[p].offset = -1;
}

static int source_assign(void *self, const struct source_assign *a, size_t n, struct err *e) {
    struct sim_source *source = self;
    (void)e;
    positions_drop(source);
    for (size_t i = 0; i < n; i++) {
        if (a[i].offset < source->sim->partitions[a[i].tp.partition].start)
            sim_fail(source->sim, "assigned below the start of the log");
        source->positions[a[i].tp.partition] = (struct sim_position){.offset = a[i].offset};
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

/* -- look-ups -- */

/* What is read of a commit where a rule about what it says is off. */
static void metadata_spoil(struct sim *s, char metadata[SOURCE_METADATA_BYTES_MAX]) {
    struct commit_meta m;
    if (!commit_meta_parse(metadata, &m)) return;
    if (!RULE(3, rewind_log_time)) m.rewind_log_time_ms = m.frontier_log_time_ms;
    if (!RULE(8, commit_life)) sim_life(s, m.life); /* it is taken for the one that was known */
    commit_meta_format(&m, metadata);
}

static bool any_commit(const struct sim *s) {
    for (int p = 0; p < s->partitions_n; p++)
        if (s->partitions[p].commit.set) return true;
    return false;
}

static struct source_lookup commit_look_up(struct sim *s, struct source_tp tp, int asking) {
    const struct sim_commit *commit = &s->partitions[tp.partition].commit;
    struct source_lookup lookup = {.tp = tp,
                                   .state = commit->set ? SOURCE_COMMIT_FOUND : SOURCE_COMMIT_NONE,
                                   .offset = commit->offset,
                                   .topic_has_commits = any_commit(s),
                                   .log_start = s->partitions[tp.partition].start,
                                   .log_end = sim_log_end(s, tp.partition)};
    if (commit->set) memcpy(lookup.metadata, commit->metadata, sizeof lookup.metadata);
    if (commit->set && commit->writer != asking) metadata_spoil(s, lookup.metadata);
    if (s->faults && chance_of(&s->chance, .1)) lookup.state = SOURCE_COMMIT_FAILED;
    return lookup;
}

static int source_lookup(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    struct sim_source *source = self;
    (void)e;
    for (size_t i = 0; i < n; i++) source->lookups[i] = commit_look_up(source->sim, tps[i], source->worker->memory);
    source->lookups_n = n;
    source->lookup_ready = true;
    return 0;
}

static int source_ask_ends(void *self, const struct source_tp *tps, size_t n, struct err *e) {
    struct sim_source *source = self;
    const struct sim *s = source->sim;
    (void)e;
    for (size_t i = 0; i < n; i++) {
        int64_t start = s->partitions[tps[i].partition].start, end = sim_log_end(s, tps[i].partition);
        source->ends[i] = (struct source_end){tps[i], true, BASE_MS + s->now_ms, start, end, end};
    }
    source->ends_n = n;
    source->ends_ready = true;
    return 0;
}

/* -- poll -- */

static void group_assigns(struct sim_source *source, struct source_event *ev) {
    const struct sim *s = source->sim;
    size_t n = 0;
    for (int p = 0; p < s->partitions_n; p++)
        if (s->partitions[p].owner == source->worker->number) source->tps[n++] = (struct source_tp){topic, p};
    *ev = (struct source_event){.type = SOURCE_ASSIGN, .tps = source->tps, .n = n};
    source->membership = MEMBER_ASSIGNED;
    source->generation = s->generation;
}

static void group_revokes(struct sim_source *source, struct source_event *ev) {
    *ev = (struct source_event){.type = SOURCE_REVOKE, .lost = chance_of(&source->sim->chance, .5)};
    source->membership = MEMBER_REVOKED;
    positions_drop(source);
}

/* A member hears of a rebalance some time after it happened; until then it is a zombie. */
static bool poll_group(struct sim_source *source, struct source_event *ev) {
    struct sim *s = source->sim;
    if (source->membership != MEMBER_REVOKED) {
        if (source->generation == s->generation || (s->faults && !chance_of(&s->chance, .3))) return false;
        if (source->membership == MEMBER_ASSIGNED) {
            group_revokes(source, ev);
            return true;
        }
    }
    group_assigns(source, ev);
    return true;
}

/* True if there was an answer; it is handed out once. */
static bool take(bool *ready) {
    bool was = *ready;
    *ready = false;
    return was;
}

static bool poll_answers(struct sim_source *source, struct source_event *ev) {
    if (take(&source->commit_ready))
        *ev = (struct source_event){.type = SOURCE_COMMITTED, .commits = source->commits, .n = source->commits_n};
    else if (take(&source->lookup_ready))
        *ev = (struct source_event){.type = SOURCE_LOOKUP, .lookups = source->lookups, .n = source->lookups_n};
    else if (take(&source->ends_ready))
        *ev = (struct source_event){.type = SOURCE_ENDS, .ends = source->ends, .n = source->ends_n};
    else
        return false;
    return true;
}

static void record_hand_out(struct sim_source *source, int p, struct source_event *ev) {
    struct sim_position *position = &source->positions[p];
    const struct sim_record *rec = &source->sim->partitions[p].records[position->offset];
    source->record = (struct source_record){
        {topic, p}, position->offset++, rec->time_ms, {NULL, 0}, {rec->value, strlen(rec->value)}};
    *ev = (struct source_event){.type = SOURCE_RECORDS, .records = &source->record, .n = 1};
    position->end_said = false;
}

static bool poll_partition(struct sim_source *source, int p, struct source_event *ev) {
    struct sim *s = source->sim;
    struct sim_position *position = &source->positions[p];
    int64_t end = sim_log_end(s, p);
    if (position->offset < 0) return false;
    if (s->faults && chance_of(&s->chance, .002)) { /* the broker denies a position that is inside the log */
        position->offset = -1;
        *ev = (struct source_event){.type = SOURCE_RESET, .tp = {topic, p}};
        return true;
    }
    while (position->offset < end && !s->partitions[p].records[position->offset].exists) position->offset++;
    if (position->offset < end) {
        record_hand_out(source, p, ev);
        return true;
    }
    if (position->end_said) return false;
    position->end_said = true;
    *ev = (struct source_event){.type = SOURCE_EOF, .tp = {topic, p}, .offset = position->offset};
    return true;
}

static void source_poll(void *self, int timeout_ms, struct source_event *ev) {
    struct sim_source *source = self;
    (void)timeout_ms;
    *ev = (struct source_event){.type = SOURCE_NOTHING};
    if (source->budget-- <= 0 || poll_group(source, ev) || poll_answers(source, ev)) return;
    int first = (int)chance_below(&source->sim->chance, PARTITIONS_MAX);
    for (int i = 0; i < source->sim->partitions_n; i++)
        if (poll_partition(source, (first + i) % source->sim->partitions_n, ev)) return;
}

static int source_dead_letter(void *self, const struct source_dead_letter *d, struct err *e) {
    (void)self;
    (void)d;
    return err_set(e, ERR_UNSUPPORTED, "this world has no dead letters");
}

static uint64_t source_no_dead_letters(void *self) {
    (void)self;
    return 0;
}

struct source sim_source_ops(struct sim_source *source) {
    static const struct source_ops ops = {.poll = source_poll,
                                          .assign = source_assign,
                                          .pause = source_nothing,
                                          .resume = source_nothing,
                                          .commit = source_commit,
                                          .lookup = source_lookup,
                                          .ask_ends = source_ask_ends,
                                          .dead_letter = source_dead_letter,
                                          .dead_letters_issued = source_no_dead_letters,
                                          .dead_letters_settled = source_no_dead_letters};
    return (struct source){&ops, source};
}
