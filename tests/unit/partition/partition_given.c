/* unit/partition/partition_given.c - the evening of the partition tests: its log, its Redis and its group. */
#include "partition_given.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "list/packed.h"

struct evening evening;

void evening_begin(void) {
    memset(&evening, 0, sizeof evening);
    evening.rules = (struct delivery_rules){.lateness_ms = MINUTE_MS,
                                            .future_ms = MINUTE_MS,
                                            .slack_ms = 5000,
                                            .settle_delay_ms = 5000,
                                            .retention_ms = 8 * 3600000,
                                            .global = {"global", 6},
                                            .locations_max = 1000,
                                            .list_size = 400,
                                            .sketch_sets = 8,
                                            .meaning = 0xc0ffee};
    evening.budget.limit_bytes = 1 << 24;
    evening.wall_ms = 100;
    evening.mono_ms = 1000000;
    evening.redis_ms = 50000000;
    evening.joined = (struct partition_joined){.closable_until = NO_MINUTE, .unsure_until = NO_MINUTE};
    evening.room = EVENING_COPIES_MAX;
    it_is("19:08");
}

void evening_with_partition(void) {
    evening_begin();
    given_partition();
}

void evening_end(void) {
    partition_destroy(evening.partition);
    evening.partition = NULL;
    ck_assert_uint_eq(evening.budget.pool.used_bytes, 0);
    sketch_budget_deinit(&evening.budget);
}

int64_t ms_of(const char *clock) {
    int hour = 0, minute = 0, second = 0, ms = 0;
    int got = sscanf(clock, "%2d:%2d:%2d.%3d", &hour, &minute, &second, &ms);
    ck_assert_msg(got >= 2, "no clock: %s", clock);
    const int64_t midnight = INT64_C(1795219200000); /* 2026-11-21T00:00Z */
    return midnight + hour * INT64_C(3600000) + minute * INT64_C(60000) + second * INT64_C(1000) + ms;
}

int64_t minute_at(const char *clock) { return minute_of(ms_of(clock)); }

/* -- beginnings -- */

static void begin(void) {
    struct partition_facts facts = {.has_commit = evening.group_has,
                                    .commit_offset = evening.group.offset,
                                    .commit_metadata = evening.group.metadata,
                                    .topic_has_commits = evening.group_has,
                                    .log_start = evening.log_start,
                                    .log_end = evening.log_end,
                                    .left_out = evening.left_out,
                                    .wall_ms = evening.wall_ms,
                                    .mono_ms = evening.mono_ms};
    struct partition_start start;
    partition_resume(&evening.rules, &facts, &start);
    evening.partition = partition_create(&evening.rules, &evening.budget, "events/0", ++evening.instance, &start);
}

void row_is_known(uint64_t incarnation, int64_t wall_ms) {
    evening.joined.incarnation = incarnation;
    partition_row_known(evening.partition, &evening.joined, wall_ms);
}

void given_ready(uint64_t row_incarnation) {
    row_is_known(row_incarnation, evening.wall_ms);
    commit();
    ck_assert(view().stage >= STAGE_SILENT);
}

void given_partition(void) {
    begin();
    given_ready(0);
    partition_other_life(evening.partition, LIFE_A);
}

void given_partition_under(struct delivery_rules rules) {
    partition_destroy(evening.partition);
    evening_begin();
    evening.rules = rules;
    given_partition();
}

void given_successor(void) {
    partition_destroy(evening.partition);
    evening.said_n = 0;
    begin();
}

/* -- the log -- */

void it_is(const char *clock) { evening.time_ms = clock == NULL ? -1 : ms_of(clock); }

static struct log_record record_at(int64_t offset) {
    const struct logged *l = &evening.log[offset];
    return (struct log_record){offset, l->time_ms, {NULL, 0}, {l->value, strlen(l->value)}};
}

/* The events as the decoder would give them again. */
static enum record_outcome hand_over(int64_t offset, struct event events[EVENING_EVENTS_MAX]) {
    struct event_batch batch = {.events = events, .n = evening.log[offset].n};
    struct log_record rec = record_at(offset);
    bool wanted = partition_wants(evening.partition, offset);
    memcpy(events, evening.log[offset].events, sizeof evening.log[offset].events);
    enum record_outcome took = partition_record(evening.partition, &rec, wanted ? &batch : NULL, evening.wall_ms);
    partition_let_go(evening.partition);
    return took;
}

static void append(const struct event *events, size_t n) {
    ck_assert_int_lt(evening.log_end, EVENING_RECORDS_MAX);
    ck_assert_uint_le(n, EVENING_EVENTS_MAX);
    struct logged *l = &evening.log[evening.log_end];
    *l = (struct logged){.time_ms = evening.time_ms, .n = n};
    if (n > 0) memcpy(l->events, events, n * sizeof *events);
    snprintf(l->value, sizeof l->value, "%" PRId64, evening.log_end++);
}

void record_of(const struct event *events, size_t n) {
    struct event judged[EVENING_EVENTS_MAX];
    append(events, n);
    ck_assert_int_eq(hand_over(evening.log_end - 1, judged), RECORD_APPLIED);
}

void hole(void) { evening.log[evening.log_end++] = (struct logged){.hole = true}; }

struct event event_of(const char *clock, const char *location, const char *item, uint32_t weight) {
    return (struct event){.item = {item, strlen(item)},
                          .location = {location, location == NULL ? 0 : strlen(location)},
                          .time_ms = ms_of(clock),
                          .weight = weight,
                          .outcome = EVENT_APPLIED};
}

enum event_outcome views(const char *location, const char *item, uint32_t n) {
    struct event judged[EVENING_EVENTS_MAX];
    struct event ev = event_of("00:00", location, item, n);
    ev.time_ms = evening.time_ms;
    append(&ev, 1);
    ck_assert_int_eq(hand_over(evening.log_end - 1, judged), RECORD_APPLIED);
    return judged[0].outcome;
}

/* "19:08#7 ...": 7; without '#': no id. */
static uint64_t id_in(const char *clock) {
    const char *at = clock + strcspn(clock, "# ");
    return *at == '#' ? strtoull(at + 1, NULL, 10) : 0;
}

const char *events_of(const char *clocks) {
    static char text[128];
    struct event events[EVENING_EVENTS_MAX] = {0};
    size_t n = 0, len = 0;
    for (const char *at = clocks; at != NULL; at = strchr(at, ' ')) {
        if (*at == ' ') at++;
        events[n] = event_of(at, "US", "cat", 1);
        events[n++].id_hash = id_in(at);
    }
    append(events, n);
    ck_assert_int_eq(hand_over(evening.log_end - 1, events), RECORD_APPLIED);
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i == 0 ? "" : " ",
                                event_outcome_name(events[i].outcome));
    return text;
}

void expect_outcomes(const char *clocks, const char *outcomes) { ck_assert_str_eq(events_of(clocks), outcomes); }

void log_time_reaches(const char *clock) {
    it_is(clock);
    (void)events_of(clock);
    ck_assert_int_eq(view().log_time_ms, ms_of(clock));
}

enum record_outcome read_up_to(int64_t to) {
    enum record_outcome took = RECORD_REPLAYED;
    struct event judged[EVENING_EVENTS_MAX];
    if (to > evening.log_end) to = evening.log_end;
    for (int64_t o = partition_next(evening.partition); o < to; o++)
        if (!evening.log[o].hole && (took = hand_over(o, judged)) == RECORD_OF_ANOTHER_LOG) break;
    return took;
}

/* -- ticks -- */

static void items_text(struct bytes list, char *out, size_t size) {
    struct packed_reader r;
    struct packed_head head;
    struct packed_item it;
    size_t len = 0;
    ck_assert(packed_open(&r, list, &head) && head.exact);
    while (packed_next(&r, &it) == 1)
        len += (size_t)snprintf(out + len, size - len, "%s%.*s %" PRIu64, len == 0 ? "" : ", ", (int)it.item.n,
                                it.item.p, it.count);
}

static bool take_copy(void *ctx, const struct bucket_copy *copy) {
    char clock[MINUTE_TEXT_LEN + 1], which[32] = "final", items[128] = "";
    (void)ctx;
    if (evening.said_n == evening.room) return false;
    struct said *s = &evening.said[evening.said_n++];
    ck_assert_ptr_eq(copy->from, evening.partition);
    ck_assert_uint_eq(copy->incarnation, view().incarnation);
    ck_assert_int_eq(copy->offset, copy->final ? -1 : copy->at);
    minute_format(copy->minute, clock);
    if (!copy->final) snprintf(which, sizeof which, "@%" PRId64, copy->offset);
    *s = (struct said){.minute = copy->minute, .at = copy->at};
    snprintf(s->location, sizeof s->location, "%.*s", (int)copy->location.n, copy->location.p);
    items_text(copy->items, items, sizeof items);
    snprintf(s->text, sizeof s->text, "%.*s %s %s: %s", (int)copy->location.n, copy->location.p, clock + 11, which,
             items);
    return true;
}

size_t publish(void) {
    evening.said_n = 0;
    bool room = partition_publish(evening.partition, partition_publish_begin(evening.partition), take_copy, NULL);
    ck_assert(room == (view().stage != STAGE_SPEAKING || view().dirty_buckets == 0));
    return evening.said_n;
}

void expect_copy(const char *text) {
    for (size_t i = 0; i < evening.said_n; i++)
        if (strcmp(evening.said[i].text, text) == 0) return;
    for (size_t i = 0; i < evening.said_n; i++) fprintf(stderr, "said: %s\n", evening.said[i].text);
    ck_abort_msg("not said: %s", text);
}

void answer_copy(const struct said *s) {
    partition_answered(evening.partition, (struct bytes){s->location, strlen(s->location)}, s->minute, s->at,
                       evening.mono_ms);
}

void answer_all(void) {
    for (size_t i = 0; i < evening.said_n; i++) answer_copy(&evening.said[i]);
}

void row_behind(void) {
    if (hand_row()) answer_row();
}

void publish_and_answer(void) {
    publish();
    answer_all();
    row_behind();
}

void wait_ms(int64_t ms) {
    evening.mono_ms += ms;
    evening.wall_ms += ms;
    evening.redis_ms += ms;
}

bool hand_row(void) {
    evening.row_handed_ms = evening.mono_ms;
    struct partition_row_out out;
    if (!partition_row(evening.partition, &out)) return false;
    evening.row = out.row;
    evening.row_incarnation = out.incarnation;
    evening.row_frontier = out.frontier;
    evening.row_kept = out.rows_kept;
    memcpy(evening.row_life, out.life, sizeof out.life);
    return true;
}

void answer_row(void) {
    partition_row_answered(evening.partition, &(struct partition_row_answer){evening.row_handed_ms, evening.mono_ms,
                                                                             ++evening.rows_n, evening.redis_ms});
}

void confirm_and_settle(void) {
    ck_assert(hand_row());
    answer_row();
    partition_settle(evening.partition);
}

bool try_freeze(struct partition_commit *c) { return partition_freeze(evening.partition, evening.wall_ms, c); }

void commit(void) {
    ck_assert(try_freeze(&evening.group));
    evening.group_has = true;
    partition_committed(evening.partition, &evening.group, true);
}

struct commit_meta commit_meta_of(const struct partition_commit *c) {
    struct commit_meta m;
    ck_assert(commit_meta_parse(c->metadata, &m));
    return m;
}

struct commit_meta frozen_meta(void) {
    struct partition_commit c;
    ck_assert(try_freeze(&c));
    return commit_meta_of(&c);
}

struct partition_view view(void) {
    struct partition_view v;
    partition_look(evening.partition, &v);
    return v;
}
