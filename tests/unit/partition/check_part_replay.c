/* The crash test in miniature. Goal: what is published is a pure function of the log, whoever dies when. Method: one
 * partition reads a random log to its end, and every copy is kept. Then others read it, are killed after every k-th
 * record for every k, and successors begin at the last commit; each of their copies must be, byte for byte, what the
 * first one said up to the same offset, and no final copy that was not settled may be missing. Sketches are tiny, so
 * that they overflow and their random admission is part of what must repeat. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/mem.h"
#include "list/packed.h"
#include "partition_given.h"

enum { RECORDS_MAX = 400, EVENTS_MAX = 800, ITEMS = 300, PLACES = 4, MINUTES = 32 };

static struct { /* slices of one array of events */
    int64_t time_ms;
    size_t first, n;
} records[RECORDS_MAX];
static int64_t records_n;
static struct event events[EVENTS_MAX];
static size_t events_n;
static char item_names[ITEMS][8];

/* What the first reader said, newest first, per place and minute; and which last words were heard in this run. */
struct kept {
    struct kept *older;
    bool final;
    int64_t at;
    struct buf items;
};
static struct kept *reference[PLACES][MINUTES];
static bool heard_final[PLACES][MINUTES];
static struct unanswered {
    int place;
    int64_t minute, at;
} unanswered[PLACES * MINUTES];
static size_t unanswered_n;
static enum { KEEP, COMPARE_ALL, COMPARE_FINAL } listener;

static struct delivery_rules rules;
static struct sketch_budget budget;
static struct partition *reader;
static struct partition_commit group;
static bool group_has;
static int64_t mono_ms, tick_every, checkpoint_every, let_go_every; /* records */
static struct partition_view last_seen;                             /* of the reader that died last */

static int64_t first_ms(void) { return ms_of("19:00"); }
static int64_t first_minute(void) { return minute_at("18:55"); }

/* -- chance -- */

static uint64_t seed;

static uint64_t below(uint64_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % n;
}

/* Few items are popular, most are seen once. */
static size_t some_item(void) { return below(3) == 0 ? below(8) : below(ITEMS); }

static struct event some_event(int64_t time_ms) {
    static const char *const places[] = {"A", "B", "C", NULL};
    const char *place = places[below(PLACES)], *item = item_names[some_item()];
    return (struct event){.item = {item, strlen(item)},
                          .location = {place, place == NULL ? 0 : 1},
                          .time_ms = time_ms,
                          .weight = 1 + (uint32_t)below(4),
                          .outcome = EVENT_APPLIED};
}

/* -- logs -- */

static void append_record(int64_t time_ms, size_t first, size_t n) {
    records[records_n].time_ms = time_ms;
    records[records_n].first = first;
    records[records_n++].n = n;
}

/* A record long after everything else, so that all minutes seal. */
static void append_last_record(int64_t time_ms) {
    events[events_n] = some_event(time_ms + 10 * MINUTE_MS);
    append_record(time_ms + 10 * MINUTE_MS, events_n++, 1);
}

/* Minutes of traffic with late, future and backward times, records of no events, of one and of some. */
static void given_random_log(int64_t n) {
    int64_t now = first_ms();
    records_n = 0;
    events_n = 0;
    for (int64_t i = 0; i < n - 1; i++) {
        now += (int64_t)below(7000);
        int64_t time = now - (below(6) == 0 ? (int64_t)below(70000) : 0);
        size_t first = events_n, some = below(7);
        for (size_t k = 0; k < some; k++) events[events_n++] = some_event(time - 150000 + (int64_t)below(280000));
        append_record(time, first, some);
    }
    append_last_record(now);
}

/* Events nearly in order; no shape of records makes one of them late. */
static void given_orderly_events(size_t n) {
    int64_t now = first_ms();
    events_n = 0;
    for (size_t i = 0; i < n; i++) {
        now += (int64_t)below(2500);
        events[events_n++] = some_event(now - (int64_t)below(20000));
    }
}

/* The same events in records of up to SIZE (0: random sizes), each as old as its newest event. */
static void given_shape(size_t size) {
    int64_t newest = 0;
    size_t n;
    records_n = 0;
    for (size_t i = 0; i < events_n; i += n) {
        n = size > 0 ? size : 1 + below(40);
        if (n > events_n - i) n = events_n - i;
        for (size_t k = i; k < i + n; k++)
            if (events[k].time_ms > newest) newest = events[k].time_ms;
        append_record(newest, i, n);
    }
    append_record(newest + 10 * MINUTE_MS, 0, 0);
}

/* -- listening -- */

static struct kept *said_before(struct kept *newest, int64_t at) {
    while (newest != NULL && newest->at > at) newest = newest->older;
    return newest;
}

static void keep(struct kept **newest, const struct bucket_copy *copy) {
    struct kept *k = mem_zalloc(1, sizeof *k);
    *k = (struct kept){.older = *newest, .final = copy->final, .at = copy->at};
    buf_add(&k->items, copy->items.p, copy->items.n);
    *newest = k;
}

static void compare(const struct kept *k, const struct bucket_copy *copy) {
    ck_assert_msg(k != NULL, "a minute that was never there, at %ld", (long)copy->at);
    bool same = k->final == copy->final && k->items.len == copy->items.n &&
                memcmp(k->items.data, copy->items.p, copy->items.n) == 0;
    ck_assert_msg(same, "%.*s, minute %ld, differs at %ld", (int)copy->location.n, copy->location.p, (long)copy->minute,
                  (long)copy->at);
}

static bool listen(void *ctx, const struct bucket_copy *copy) {
    int place = copy->location.n == 1 ? copy->location.p[0] - 'A' : PLACES - 1;
    int64_t minute = copy->minute - first_minute();
    (void)ctx;
    ck_assert(minute >= 0 && minute < MINUTES);
    struct kept **newest = &reference[place][minute];
    if (listener == KEEP) keep(newest, copy);
    if (listener == COMPARE_ALL) compare(said_before(*newest, copy->at), copy);
    if (listener == COMPARE_FINAL && copy->final) compare(*newest, copy);
    if (copy->final) heard_final[place][minute] = true;
    ck_assert_uint_lt(unanswered_n, ARRAY_LEN(unanswered));
    unanswered[unanswered_n++] = (struct unanswered){place, copy->minute, copy->at};
    return true;
}

static void expect_every_last_word(void) {
    for (int p = 0; p < PLACES; p++)
        for (int m = 0; m < MINUTES; m++)
            ck_assert_int_eq(heard_final[p][m], reference[p][m] != NULL && reference[p][m]->final);
}

/* -- reading, dying -- */

/* Redis may have lost what was not settled: a successor says it again, last words too. */
static void forget_what_was_not_settled(void) {
    struct partition_view v;
    partition_look(reader, &v);
    for (int m = 0; m < MINUTES; m++)
        for (int p = 0; p < PLACES && m + first_minute() > v.settled; p++) heard_final[p][m] = false;
}

static void begin(void) {
    static uint64_t instance;
    struct partition_facts facts = {.has_commit = group_has,
                                    .commit_offset = group.offset,
                                    .commit_metadata = group.metadata,
                                    .log_end = records_n};
    struct partition_start start;
    partition_resume(&rules, &facts, &start);
    reader = partition_create(&rules, &budget, "events/0", ++instance, &start);
    partition_row_known(reader, &(struct partition_joined){.closed = NO_MINUTE, .unsure_until = NO_MINUTE}, 1);
    partition_other_life(reader, LIFE_A);
    forget_what_was_not_settled();
}

static void checkpoint(bool acknowledged) {
    partition_let_go(reader);
    if (!partition_freeze(reader, 1, &group)) return;
    group_has = true;
    partition_committed(reader, &group, acknowledged);
}

/* All records have the same bytes, which hold the items of all events, so that nothing is applied before it must. */
static void read_record(int64_t offset) {
    static struct event scratch[EVENTS_MAX];
    struct event_batch batch = {.events = scratch, .n = records[offset].n};
    struct bytes value = {item_names[0], sizeof item_names};
    struct log_record rec = {offset, records[offset].time_ms, {NULL, 0}, value};
    memcpy(scratch, events + records[offset].first, records[offset].n * sizeof *scratch);
    ck_assert_int_ne(partition_record(reader, &rec, &batch, 0), RECORD_OF_ANOTHER_LOG);
    if ((offset + 1) % let_go_every == 0) partition_let_go(reader);
}

/* Redis is quick here. */
static void answer(void) {
    static const struct bytes names[PLACES] = {{"A", 1}, {"B", 1}, {"C", 1}, {"global", 6}};
    for (size_t i = 0; i < unanswered_n; i++)
        partition_answered(reader, names[unanswered[i].place], unanswered[i].minute, unanswered[i].at, mono_ms);
    unanswered_n = 0;
}

static int64_t rows_n;

static void tick(void) {
    struct partition_row_out row;
    mono_ms += 1000;
    partition_let_go(reader);
    partition_publish(reader, partition_publish_begin(reader), listen, NULL);
    answer();
    if (partition_row(reader, &row))
        partition_row_answered(reader, &(struct partition_row_answer){mono_ms, mono_ms, ++rows_n, mono_ms});
    partition_settle(reader);
}

/* Every second acknowledgement is lost. */
static void live_until(int64_t offset) {
    for (int64_t o = partition_next(reader); o < offset; o++) {
        read_record(o);
        if ((o + 1) % checkpoint_every == 0) checkpoint(o % 2 == 0);
        if ((o + 1) % tick_every == 0 || o + 1 == records_n) tick();
    }
}

static void die(void) {
    partition_look(reader, &last_seen); /* also with records that were not let go */
    partition_destroy(reader);
    reader = NULL;
    ck_assert_uint_eq(budget.pool.used_bytes, 0);
    sketch_budget_deinit(&budget);
}

static void begin_anew(void) {
    group_has = false;
    begin();
    checkpoint(true);
}

static void given_reference(void) {
    listener = KEEP;
    tick_every = 1; /* it says everything that there is to say; the others now and then */
    checkpoint_every = 5;
    let_go_every = 1;
    begin_anew();
    live_until(records_n);
    die();
    expect_every_last_word();
    tick_every = 4;
    let_go_every = 7;
}

/* -- fixtures -- */

static void setup(void) {
    rules = (struct delivery_rules){.lateness_ms = MINUTE_MS,
                                    .future_ms = MINUTE_MS,
                                    .settle_delay_ms = 3000,
                                    .global = {"global", 6},
                                    .locations_max = 2, /* of three */
                                    .list_size = 20,
                                    .sketch_sets = 4,
                                    .meaning = 1};
    budget = (struct sketch_budget){.limit_bytes = 1 << 24};
    memset(reference, 0, sizeof reference);
    for (int i = 0; i < ITEMS; i++) snprintf(item_names[i], sizeof item_names[i], "i%d", i);
}

static void teardown(void) {
    partition_destroy(reader);
    reader = NULL;
    for (int p = 0; p < PLACES; p++)
        for (int m = 0; m < MINUTES; m++)
            for (struct kept *k = reference[p][m], *older; k != NULL; k = older) {
                older = k->older;
                buf_free(&k->items);
                mem_free(k);
            }
}

/* -- tests. Each runs by both clocks, over some logs. -- */

enum { LOGS = 2 };

static void given_log_number(int number) {
    seed = (uint64_t)number / 2 + 3;
    rules.clock_is_event = number % 2 == 1;
    given_random_log(70);
    given_reference();
}

static bool any_estimate(void) {
    for (int m = 0; m < MINUTES; m++) {
        struct packed_reader r;
        struct packed_head head;
        const struct kept *k = reference[PLACES - 1][m];
        if (k != NULL && packed_open(&r, (struct bytes){k->items.data, k->items.len}, &head) && !head.exact)
            return true;
    }
    return false;
}

START_TEST(the_log_of_this_test_has_everything_that_makes_it_hard) {
    given_log_number(_i);
    ck_assert_uint_gt(last_seen.outcomes[EVENT_LATE], 0);
    ck_assert_uint_gt(last_seen.outcomes[EVENT_FUTURE], 0);
    ck_assert_uint_gt(last_seen.outcomes[EVENT_MANY_LOCATIONS], 0);
    ck_assert(any_estimate());
    ck_assert_int_gt(last_seen.settled, minute_at("19:00"));
    ck_assert_int_gt(last_seen.rewind, 0);
}
END_TEST

START_TEST(a_reader_killed_after_any_record_is_continued_to_the_same_bytes) {
    given_log_number(_i);
    listener = COMPARE_ALL;
    for (int64_t k = 1; k < records_n; k++) {
        begin_anew();
        live_until(k);
        die();
        begin();
        live_until(records_n);
        die();
        expect_every_last_word();
    }
}
END_TEST

static void live_until_killed(int64_t offset) {
    live_until(offset);
    die();
    begin();
}

/* And every second successor dies half-way through its rewind. */
START_TEST(readers_killed_after_every_kth_record_end_at_the_same_bytes) {
    given_log_number(_i);
    listener = COMPARE_ALL;
    checkpoint_every = 1;
    for (int64_t k = 1; k <= records_n; k++) {
        begin_anew();
        for (int lives = 1; group.offset < records_n; lives++) {
            int64_t half = (partition_next(reader) + group.offset) / 2;
            int64_t until = group.offset + k < records_n ? group.offset + k : records_n;
            if (lives % 2 == 0) live_until_killed(half);
            live_until_killed(until);
        }
        live_until(records_n);
        die();
        expect_every_last_word();
    }
}
END_TEST

static const size_t shapes[] = {2, 3, 10, 57, EVENTS_MAX, 0, 0, 0};

START_TEST(how_events_are_batched_changes_no_final_byte) {
    seed = (uint64_t)_i + 1;
    given_orderly_events(300);
    given_shape(1);
    given_reference();
    ck_assert_uint_eq(last_seen.outcomes[EVENT_APPLIED] + last_seen.outcomes[EVENT_MANY_LOCATIONS], 300);
    listener = COMPARE_FINAL;
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        given_shape(shapes[i]);
        begin_anew();
        live_until(records_n);
        die();
        ck_assert_uint_eq(last_seen.outcomes[EVENT_APPLIED] + last_seen.outcomes[EVENT_MANY_LOCATIONS], 300);
        expect_every_last_word();
    }
}
END_TEST

Suite *part_replay_suite(void);
Suite *part_replay_suite(void) {
    Suite *s = suite_create("part_replay");
    TCase *c = tcase_create("crashes");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60); /* sanitizers on a busy machine */
    tcase_add_loop_test(c, the_log_of_this_test_has_everything_that_makes_it_hard, 0, LOGS);
    tcase_add_loop_test(c, a_reader_killed_after_any_record_is_continued_to_the_same_bytes, 0, LOGS);
    tcase_add_loop_test(c, readers_killed_after_every_kth_record_end_at_the_same_bytes, 0, LOGS);
    tcase_add_loop_test(c, how_events_are_batched_changes_no_final_byte, 0, 2);
    suite_add_tcase(s, c);
    return s;
}
