/* model/replay.c - reading, dying, and what must be said again. */
#include "model/replay.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "list/packed.h"
#include "model/replay_log.h"
#include "partition/partition.h"

static const char redis_life[] = "aaaaaaaaaaaaaaaa";

/* A copy of the first reader; of each list there is one that is newest. */
struct kept {
    struct kept *older;
    bool final;
    int64_t at;
    struct buf items;
};

/* What is known of one list. */
struct heard {
    struct kept *newest; /* what the first reader said */
    bool final;          /* its last word was said in this run */
};

struct unanswered {
    int location;
    int64_t minute, at;
};

/* How often a reader does what it does, in records. */
struct habits {
    int64_t ticks, checkpoints, lets_go;
};

struct replay {
    struct replay_log log;
    struct delivery_rules rules;
    struct sketch_budget budget;
    struct habits every;

    struct partition *reader;
    uint64_t instance;
    bool group_has; /* what the group keeps */
    struct partition_commit group;
    int64_t mono_ms, rows_n;
    struct partition_view last_seen;         /* of the reader that died last */
    struct event scratch[REPLAY_EVENTS_MAX]; /* of the record that is read */

    void (*hear)(struct replay *r, struct heard *heard, const struct bucket_copy *copy);
    struct heard lists[REPLAY_LOCATIONS][REPLAY_MINUTES];
    struct unanswered unanswered[REPLAY_LOCATIONS * REPLAY_MINUTES];
    size_t unanswered_n;
    char bad[REPLAY_BAD_TEXT]; /* the first violation */
};

static bool is_right(const struct replay *r) { return r->bad[0] == 0; }

/* Whether HOLDS, which the text is about. */
static PRINTF_LIKE(3, 4) bool expect(struct replay *r, bool holds, const char *format, ...) {
    if (holds || !is_right(r)) return holds;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->bad, sizeof r->bad, format, arguments);
    va_end(arguments);
    return false;
}

/* -- listening -- */

static void hear_first(struct replay *r, struct heard *heard, const struct bucket_copy *copy) {
    struct kept *k = mem_zalloc(1, sizeof *k);
    (void)r;
    *k = (struct kept){.older = heard->newest, .final = copy->final, .at = copy->at};
    buf_add(&k->items, copy->items.p, copy->items.n);
    heard->newest = k;
}

static void compare(struct replay *r, const struct kept *k, const struct bucket_copy *copy) {
    if (!expect(r, k != NULL, "a minute that was never there, at %" PRId64, copy->at)) return;
    bool same = k->final == copy->final && k->items.len == copy->items.n &&
                memcmp(k->items.data, copy->items.p, copy->items.n) == 0;
    expect(r, same, "%.*s, minute %" PRId64 ", differs at %" PRId64, (int)copy->location.n, copy->location.p,
           copy->minute - REPLAY_FIRST_MINUTE, copy->at);
}

static void hear_again(struct replay *r, struct heard *heard, const struct bucket_copy *copy) {
    const struct kept *k = heard->newest;
    while (k != NULL && k->at > copy->at) k = k->older;
    compare(r, k, copy);
}

/* Where records have another shape only the last words are the same. */
static void hear_last_words(struct replay *r, struct heard *heard, const struct bucket_copy *copy) {
    if (copy->final) compare(r, heard->newest, copy);
}

static bool copy_out(void *ctx, const struct bucket_copy *copy) {
    struct replay *r = ctx;
    int location = copy->location.n == 1 ? copy->location.p[0] - 'A' : REPLAY_LOCATIONS - 1;
    int64_t minute = copy->minute - REPLAY_FIRST_MINUTE;
    bool known = minute >= 0 && minute < REPLAY_MINUTES;
    if (!expect(r, known, "minute %" PRId64 " is in no record", minute)) return false;
    if (!expect(r, r->unanswered_n < ARRAY_LEN(r->unanswered), "a list is said twice in a tick")) return false;
    struct heard *heard = &r->lists[location][minute];
    r->hear(r, heard, copy);
    if (copy->final) heard->final = true;
    r->unanswered[r->unanswered_n++] = (struct unanswered){location, copy->minute, copy->at};
    return true;
}

static void expect_every_last_word(struct replay *r) {
    for (int l = 0; l < REPLAY_LOCATIONS; l++)
        for (int m = 0; m < REPLAY_MINUTES; m++) {
            const struct heard *heard = &r->lists[l][m];
            bool said = heard->newest != NULL && heard->newest->final;
            expect(r, heard->final == said, "location %d, minute %d: last word %s", l, m,
                   said ? "missing" : "where there is none");
        }
}

/* Redis may have lost what was not settled: a successor says it again, last words too. */
static void forget_what_was_not_settled(struct replay *r) {
    struct partition_view v;
    partition_look(r->reader, &v);
    for (int m = 0; m < REPLAY_MINUTES; m++)
        for (int l = 0; l < REPLAY_LOCATIONS && m + REPLAY_FIRST_MINUTE > v.settled; l++) r->lists[l][m].final = false;
}

/* -- reading -- */

static void reader_begin(struct replay *r) {
    struct partition_facts facts = {.has_commit = r->group_has,
                                    .commit_offset = r->group.offset,
                                    .commit_metadata = r->group.metadata,
                                    .log_end = r->log.records_n};
    struct partition_start start;
    partition_resume(&r->rules, &facts, &start);
    r->reader = partition_create(&r->rules, &r->budget, "events/0", ++r->instance, &start);
    partition_row_known(r->reader, &(struct partition_joined){.closable_until = NO_MINUTE, .unsure_until = NO_MINUTE},
                        1);
    partition_other_life(r->reader, redis_life);
    forget_what_was_not_settled(r);
}

static void checkpoint(struct replay *r, bool acknowledged) {
    partition_let_go(r->reader);
    if (!partition_freeze(r->reader, 1, &r->group)) return;
    r->group_has = true;
    partition_committed(r->reader, &r->group, acknowledged);
}

/* All records have the same bytes, which hold the items of all events, so that nothing is applied before it must. */
static void record_read(struct replay *r, int64_t offset) {
    const struct replay_record *record = &r->log.records[offset];
    struct event_batch batch = {.events = r->scratch, .n = record->events_n};
    struct bytes value = {r->log.item_names[0], sizeof r->log.item_names};
    struct log_record handed = {offset, record->time_ms, {NULL, 0}, value};
    memcpy(r->scratch, r->log.events + record->first, record->events_n * sizeof *r->scratch);
    enum record_outcome took = partition_record(r->reader, &handed, &batch, 0);
    expect(r, took != RECORD_OF_ANOTHER_LOG, "record %" PRId64 " is taken for another log's", offset);
    if ((offset + 1) % r->every.lets_go == 0) partition_let_go(r->reader);
}

/* Redis is quick here. */
static void answer(struct replay *r) {
    static const struct bytes names[REPLAY_LOCATIONS] = {{"A", 1}, {"B", 1}, {"C", 1}, {"global", 6}};
    for (size_t i = 0; i < r->unanswered_n; i++) {
        const struct unanswered *u = &r->unanswered[i];
        partition_answered(r->reader, names[u->location], u->minute, u->at, r->mono_ms);
    }
    r->unanswered_n = 0;
}

static void tick(struct replay *r) {
    struct partition_row_out row;
    r->mono_ms += 1000;
    partition_let_go(r->reader);
    partition_publish(r->reader, partition_publish_begin(r->reader), copy_out, r);
    answer(r);
    if (partition_row(r->reader, &row))
        partition_row_answered(r->reader,
                               &(struct partition_row_answer){r->mono_ms, r->mono_ms, ++r->rows_n, r->mono_ms});
    partition_settle(r->reader);
}

/* Every second acknowledgement is lost. */
static void live_until(struct replay *r, int64_t offset) {
    for (int64_t o = partition_next(r->reader); o < offset && is_right(r); o++) {
        record_read(r, o);
        if ((o + 1) % r->every.checkpoints == 0) checkpoint(r, o % 2 == 0);
        if ((o + 1) % r->every.ticks == 0 || o + 1 == r->log.records_n) tick(r);
    }
}

/* -- dying -- */

static void reader_die(struct replay *r) {
    partition_look(r->reader, &r->last_seen); /* also with records that were not let go */
    partition_destroy(r->reader);
    r->reader = NULL;
    expect(r, r->budget.pool.used_bytes == 0, "a partition that is gone holds memory");
    sketch_budget_deinit(&r->budget);
}

static void begin_anew(struct replay *r) {
    r->group_has = false;
    reader_begin(r);
    checkpoint(r, true);
}

static void end_at_the_same_bytes(struct replay *r) {
    live_until(r, r->log.records_n);
    reader_die(r);
    expect_every_last_word(r);
}

static void live_until_killed(struct replay *r, int64_t offset) {
    live_until(r, offset);
    reader_die(r);
    reader_begin(r);
}

/* It says everything that there is to say; the others now and then. */
static void first_reader(struct replay *r) {
    r->hear = hear_first;
    r->every = (struct habits){.ticks = 1, .checkpoints = 5, .lets_go = 1};
    begin_anew(r);
    end_at_the_same_bytes(r);
    r->every = (struct habits){.ticks = 4, .checkpoints = 5, .lets_go = 7};
}

/* By both clocks: ids mean nothing; they live for some records; the number of them is what limits. */
static void first_reader_of_random_log(struct replay *r, int log) {
    replay_log_init(&r->log, (uint64_t)log / 2 + 1);
    r->rules.clock_is_event = log % 2 == 1;
    r->rules.dedup_ms = log / 2 == 0 ? 0 : 40500;
    r->rules.dedup_ids_max = log / 2 == 1 ? 100000 : 150;
    replay_log_random(&r->log, 100);
    first_reader(r);
}

/* -- cases -- */

static bool any_estimate(const struct replay *r) {
    for (int m = 0; m < REPLAY_MINUTES; m++) {
        struct packed_reader reader;
        struct packed_head head;
        const struct kept *k = r->lists[REPLAY_LOCATIONS - 1][m].newest;
        if (k != NULL && packed_open(&reader, (struct bytes){k->items.data, k->items.len}, &head) && !head.exact)
            return true;
    }
    return false;
}

static void log_is_hard(struct replay *r, int log) {
    first_reader_of_random_log(r, log);
    const struct partition_view *v = &r->last_seen;
    expect(r, v->outcomes[EVENT_LATE] > 0, "no event is late");
    expect(r, v->outcomes[EVENT_FUTURE] > 0, "no event is of the future");
    expect(r, v->outcomes[EVENT_MANY_LOCATIONS] > 0, "no location is one too many");
    expect(r, any_estimate(r), "no sketch overflows");
    expect(r, (v->outcomes[EVENT_DUPLICATE] > 0) == (log / 2 > 0), "no event is said again, or ids mean something");
    expect(r, (v->ids_forgotten_early > 0) == (log / 2 > 1), "too many ids, or too few");
    expect(r, v->settled > REPLAY_BEGIN_MS / MINUTE_MS, "no minute settles");
    expect(r, v->rewind > 0, "the rewind stays at the beginning");
}

/* A record of many events is judged as a whole before the next one. */
static void judged(struct replay *r, int log) {
    static enum event_outcome wanted[REPLAY_EVENTS_MAX];
    first_reader_of_random_log(r, log);
    replay_log_judge(&r->log, &r->rules, wanted);
    begin_anew(r);
    for (int64_t o = 0; o < r->log.records_n && is_right(r); o++) {
        const struct replay_record *record = &r->log.records[o];
        record_read(r, o);
        for (size_t i = 0; i < record->events_n; i++) {
            enum event_outcome got = r->scratch[i].outcome, want = wanted[record->first + i];
            if (got == EVENT_MANY_LOCATIONS) got = EVENT_APPLIED;
            expect(r, got == want, "event %zu of record %" PRId64 " is %s, but to a recount %s", i, o,
                   event_outcome_name(got), event_outcome_name(want));
        }
    }
    reader_die(r);
}

static void killed_once(struct replay *r, int log) {
    first_reader_of_random_log(r, log);
    r->hear = hear_again;
    for (int64_t k = 1; k < r->log.records_n && is_right(r); k++) {
        begin_anew(r);
        live_until_killed(r, k);
        end_at_the_same_bytes(r);
    }
}

/* And every second successor dies half-way through its rewind. */
static void killed_after_every(struct replay *r, int64_t k) {
    int64_t end = r->log.records_n;
    begin_anew(r);
    for (int lives = 1; r->group.offset < end && is_right(r); lives++) {
        if (!expect(r, lives <= 2 * end, "killed after every %" PRId64 " records it gets no further", k)) break;
        int64_t half = (partition_next(r->reader) + r->group.offset) / 2;
        int64_t until = r->group.offset + k < end ? r->group.offset + k : end;
        if (lives % 2 == 0) live_until_killed(r, half);
        live_until_killed(r, until);
    }
    end_at_the_same_bytes(r);
}

static void killed_often(struct replay *r, int log) {
    first_reader_of_random_log(r, log);
    r->hear = hear_again;
    r->every.checkpoints = 1;
    for (int64_t k = 1; k <= r->log.records_n && is_right(r); k++) killed_after_every(r, k);
}

static void expect_all_applied(struct replay *r, size_t events_n) {
    const uint64_t *outcomes = r->last_seen.outcomes;
    expect(r, outcomes[EVENT_APPLIED] + outcomes[EVENT_MANY_LOCATIONS] == events_n, "an event was not applied");
}

static void shaped(struct replay *r, int log) {
    static const size_t sizes[] = {2, 3, 10, 57, REPLAY_EVENTS_MAX, 0, 0, 0};
    enum { EVENTS = 2000 };
    replay_log_init(&r->log, (uint64_t)log + 1);
    replay_log_orderly(&r->log, EVENTS);
    replay_log_shape(&r->log, 1);
    first_reader(r);
    expect_all_applied(r, EVENTS);
    r->hear = hear_last_words;
    for (size_t i = 0; i < ARRAY_LEN(sizes) && is_right(r); i++) {
        replay_log_shape(&r->log, sizes[i]);
        begin_anew(r);
        end_at_the_same_bytes(r);
        expect_all_applied(r, EVENTS);
    }
}

static const struct replay_case {
    const char *claim;
    void (*run)(struct replay *r, int log);
} cases[REPLAY_CASES] = {
    {"the log has everything that makes it hard", log_is_hard},
    {"every event is what a plain recount says it is", judged},
    {"a reader killed after any record is continued to the same bytes", killed_once},
    {"readers killed after every kth record end at the same bytes", killed_often},
    {"how events are batched changes no final byte", shaped},
};

const char *replay_claim(int number) { return cases[number].claim; }

/* -- one run -- */

static struct replay *replay_create(void) {
    struct replay *r = mem_zalloc(1, sizeof *r);
    r->rules = (struct delivery_rules){.lateness_ms = MINUTE_MS,
                                       .future_ms = MINUTE_MS,
                                       .settle_delay_ms = 3000,
                                       .global = {"global", 6},
                                       .locations_max = 2, /* of three */
                                       .list_size = 20,
                                       .sketch_sets = 4,
                                       .meaning = 1};
    r->budget.limit_bytes = 1 << 24;
    return r;
}

static void kept_free(struct kept *k) {
    for (struct kept *older; k != NULL; k = older) {
        older = k->older;
        buf_free(&k->items);
        mem_free(k);
    }
}

static void replay_destroy(struct replay *r) {
    partition_destroy(r->reader);
    sketch_budget_deinit(&r->budget);
    for (int l = 0; l < REPLAY_LOCATIONS; l++)
        for (int m = 0; m < REPLAY_MINUTES; m++) kept_free(r->lists[l][m].newest);
    mem_free(r);
}

bool replay_run(int number, int log, char bad[REPLAY_BAD_TEXT]) {
    struct replay *r = replay_create();
    cases[number].run(r, log);
    bool right = is_right(r);
    snprintf(bad, REPLAY_BAD_TEXT, "%s", r->bad);
    replay_destroy(r);
    return right;
}
