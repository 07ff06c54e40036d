/* unit/store/check_redis_odd.c - a board with something in it that no worker writes.
 * What it is about is named and set aside. Everything else goes on, and no list becomes final without what could not be
 * kept. On a real Redis. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <hiredis/hiredis.h>

#include "redis_given.h"
#include "store/redis.h"

enum { RETENTION_MS = 3600 * 1000 };

#define PART "topk:{US}:part:2026-11-21T19:08"

static const int64_t minute = 29921468; /* 2026-11-21T19:08 */
static const struct bytes us = {"US", 2}, jp = {"JP", 2};
static struct redis_server *server;
static struct metrics *metrics;
static struct store store;
static struct err error;
static char odd[4096]; /* all that was said */

static void start(void) { server = redis_server_start(NULL); }
static void stop(void) { redis_server_stop(server); }

static void hear(void *ctx, enum redis_news what, const char *text) {
    size_t n = strlen(odd);
    (void)ctx;
    if (what == REDIS_KEY_ODD) snprintf(odd + n, sizeof odd - n, "%s\n", text);
}

static void setup(void) {
    struct redis_options o = {
        .url = server->url, .board = "topk", .group = "g", .retention_ms = RETENTION_MS, .on_news = hear};
    metrics = metrics_create();
    odd[0] = '\0';
    redis_server_do(server, "FLUSHALL");
    ck_assert_int_eq(redis_store_create(&o, metrics, &store, &error), ERR_OK);
}

static void teardown(void) {
    redis_store_destroy(&store);
    metrics_destroy(metrics);
}

/* -- words -- */

static void expect_redis(const char *want, const char *command) { expect_answer(server, want, command); }

static void expect_said(const char *what) { ck_assert_msg(strstr(odd, what) != NULL, "%s is not in: %s", what, odd); }

static enum store_answer contribute(struct bytes location, const char *partition) {
    struct store_part part = {.partition_name = partition, .items = {"x", 1}};
    struct store_part other = part;
    struct store_parts lists[] = {{location, minute, &part, 1}, {jp, minute, &other, 1}};
    fence_format(part.fence, 1, 1);
    memcpy(other.fence, part.fence, sizeof other.fence);
    ck_assert_msg(store.ops->contribute(store.self, lists, 2, &error) == STORE_OK, "%s", error.text);
    ck_assert_int_eq(other.answer, STORE_STORED); /* the neighbour */
    return part.answer;
}

static struct store_hash read_us(void) {
    struct store_hash hash = {.location = us, .minute = minute};
    struct store_lists_read reading = {.hashes = &hash, .hashes_n = 1};
    ck_assert_msg(store.ops->lists_read(store.self, &reading, &error) == STORE_OK, "%s", error.text);
    struct store_hash head = hash;
    store_lists_read_deinit(&reading);
    head.parts = NULL;
    return head;
}

static enum store_answer write_us(const char *state) {
    static const struct store_list_item top[] = {{{"cat", 3}, 2}};
    struct store_hash hash = read_us();
    struct store_list l = {.location = us,
                           .minute = minute,
                           .writes = hash.writes,
                           .state = state,
                           .final = strcmp(state, "final") == 0,
                           .merged = {"m", 1},
                           .top = top,
                           .top_n = 1,
                           .log_time_ms = 5};
    strcpy(l.hash_token, hash.hash_token);
    ck_assert_msg(store.ops->lists_write(store.self, &l, 1, 1000, &error) == STORE_OK, "%s", error.text);
    return l.answer;
}

static enum store_answer lose_us(void) {
    struct store_loss loss = {.location = us, .minute = minute};
    ck_assert_msg(store.ops->lists_lose(store.self, &loss, 1, &error) == STORE_OK, "%s", error.text);
    return loss.answer;
}

/* -- contributions -- */

START_TEST(a_part_key_of_another_type_is_named_and_its_neighbour_is_stored) {
    redis_server_do(server, "SET " PART " mine");
    ck_assert_int_eq(contribute(us, "events/0"), STORE_ODD);
    expect_said(PART ": WRONGTYPE");
    expect_redis("mine", "GET " PART);
    ck_assert(read_us().odd);
    ck_assert(metric_value(metrics_get(metrics, METRIC_REDIS_ERRORS, "kind=\"key\"")) == 2);
}
END_TEST

/* Whoever comes after the key was deleted cannot know what the others had to say: never final, even if all settled. */
START_TEST(a_list_that_lost_a_contribution_is_lost_for_good) {
    redis_server_do(server, "SET " PART " mine");
    ck_assert_int_eq(contribute(us, "events/0"), STORE_ODD);
    ck_assert_int_eq(lose_us(), STORE_STORED);
    expect_redis("lost", "HGET topk:{US}:states 2026-11-21T19:08");
    redis_server_do(server, "DEL " PART);
    ck_assert_int_eq(contribute(us, "events/1"), STORE_STORED);
    ck_assert_int_eq(write_us("open"), STORE_STORED);
    expect_redis("lost", "HGET topk:{US}:states 2026-11-21T19:08");
    redis_server_do(server, "DEL topk:{US}:losses");
    ck_assert_int_eq(write_us("final"), STORE_STORED);
    expect_redis("lost", "HGET topk:{US}:states 2026-11-21T19:08");
    expect_redis("2", "ZSCORE topk:{US}:2026-11-21T19:08 cat");
}
END_TEST

START_TEST(a_loss_outlives_the_index_entry_that_it_made) {
    ck_assert_int_eq(lose_us(), STORE_STORED);
    redis_server_do(server, "DEL topk:{US}:minutes topk:{US}:states");
    ck_assert_int_eq(contribute(us, "events/1"), STORE_STORED);
    ck_assert_int_eq(write_us("final"), STORE_STORED);
    expect_redis("lost", "HGET topk:{US}:states 2026-11-21T19:08");
}
END_TEST

START_TEST(a_final_list_stays_final_whatever_becomes_of_its_parts) {
    ck_assert_int_eq(contribute(us, "events/0"), STORE_STORED);
    ck_assert_int_eq(write_us("final"), STORE_STORED);
    ck_assert_int_eq(lose_us(), STORE_CLOSED);
    redis_server_do(server, "SET " PART " mine");
    ck_assert_int_eq(lose_us(), STORE_CLOSED);
    redis_server_do(server, "DEL " PART);
    ck_assert_int_eq(contribute(us, "events/1"), STORE_STORED);
    ck_assert_int_eq(write_us("open"), STORE_CLOSED);
    expect_redis("final", "HGET topk:{US}:states 2026-11-21T19:08");
    expect_redis("1", "HGET topk:{US}:meta seq");
    ck_assert_int_eq(contribute(us, "events/1"), STORE_CLOSED);
}
END_TEST

START_TEST(what_cannot_even_be_called_lost_is_said_to_be_odd) {
    redis_server_do(server, "SET topk:{US}:losses mine");
    ck_assert_int_eq(lose_us(), STORE_ODD);
    expect_said("topk:{US}:losses: WRONGTYPE");
    expect_redis("nil", "HGET topk:{US}:states 2026-11-21T19:08");
}
END_TEST

START_TEST(a_loss_is_kept_though_all_that_is_said_of_it_in_public_is_odd) {
    redis_server_do(server, "SET " PART " x");
    redis_server_do(server, "SET topk:{US}:2026-11-21T19:08 x");
    redis_server_do(server, "SET topk:{US}:minutes x");
    redis_server_do(server, "SET topk:{US}:states x");
    redis_server_do(server, "SET topk:{US}:meta x");
    ck_assert_int_eq(lose_us(), STORE_STORED);
    expect_redis("1", "HGET topk:{US}:losses 2026-11-21T19:08");
}
END_TEST

/* Its owner writes it again, so it need not be set aside. */
START_TEST(a_fence_or_a_count_that_is_none_is_written_anew) {
    ck_assert_int_eq(contribute(us, "events/0"), STORE_STORED);
    ck_assert_int_eq(write_us("open"), STORE_STORED);
    redis_server_do(server, "HSET " PART " fence:events/0 zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz0 writes x");
    ck_assert(read_us().odd);
    ck_assert_int_eq(contribute(us, "events/0"), STORE_STORED);
    expect_redis("2", "HGET " PART " writes"); /* above merged_writes, or the list could not be written */
    ck_assert_int_eq(write_us("open"), STORE_STORED);
}
END_TEST

static const struct {
    const char *field, *value; /* NULL: it is gone */
} odd_fields[] = {
    {"fence:events/0", "short"},
    {"fence:events/9", "000000000000000100000000000000011"}, /* its items are missing */
    {"fence:events/0", NULL},
    {"items:events/0", NULL},
    {"token", "0000000000000000000000000000000000"},
    {"token", NULL},
    {"writes", "x"},
};

START_TEST(a_hash_with_an_odd_field_is_odd_and_named) {
    ck_assert_int_eq(contribute(us, "events/0"), STORE_STORED);
    if (odd_fields[_i].value != NULL)
        redis_server_do(server, "HSET " PART " %s %s", odd_fields[_i].field, odd_fields[_i].value);
    else
        redis_server_do(server, "HDEL " PART " %s", odd_fields[_i].field);
    struct store_hash hash = read_us();
    ck_assert(hash.odd && !hash.exists);
    expect_said(PART);
    expect_said("delete the key");
}
END_TEST

/* -- lists -- */

static const char *const list_keys[] = {"topk:{US}:2026-11-21T19:08", "topk:{US}:minutes", "topk:{US}:states",
                                        "topk:{US}:meta", "topk:{US}:losses"};

/* The parts are still there: when the key is free again, the list is what it would have been. */
START_TEST(a_key_of_a_list_of_another_type_is_named_and_nothing_is_written) {
    ck_assert_int_eq(contribute(us, "events/0"), STORE_STORED);
    redis_server_do(server, "SET %s mine", list_keys[_i]);
    ck_assert_int_eq(write_us("final"), STORE_ODD);
    expect_said(list_keys[_i]);
    expect_redis("1", "HEXISTS " PART " items:events/0");
    expect_redis("0", "HEXISTS " PART " closed");
    expect_redis("3", "DBSIZE");
    redis_server_do(server, "DEL %s", list_keys[_i]);
    ck_assert_int_eq(write_us("final"), STORE_STORED);
    expect_redis("final", "HGET topk:{US}:states 2026-11-21T19:08");
}
END_TEST

/* -- notes -- */

static int note(enum store_answer *answer) {
    struct store_note notes[] = {{.location = us, .minute = minute, .token = "1"},
                                 {.location = us, .minute = minute + 1, .token = "2"},
                                 {.location = jp, .minute = minute, .token = "3"}};
    int status = store.ops->note(store.self, notes, 3, &error);
    ck_assert_int_eq(notes[0].answer, notes[1].answer);
    ck_assert_int_eq(notes[2].answer, STORE_STORED);
    *answer = notes[0].answer;
    return status;
}

static size_t notes_of_us(bool waiting) {
    uint32_t shard = keys_shard(us);
    struct store_notes notes = {0};
    ck_assert_int_eq(store.ops->notes_read(store.self, &shard, 1, waiting, &notes, &error), STORE_OK);
    size_t n = notes.n;
    store_notes_deinit(&notes);
    return n;
}

static void spoil(const char *which) {
    redis_server_do(server, "SET topk:{s%u}:%s mine", (unsigned)keys_shard(us), which);
}

static int end_note(bool wait) {
    struct store_note_end end = {.location = us, .minute = minute, .token = "1", .wait = wait};
    return store.ops->notes_end(store.self, &end, 1, &error);
}

START_TEST(notes_of_a_shard_whose_hash_is_odd_are_put_aside_and_end_there) {
    enum store_answer answer;
    spoil("changed");
    ck_assert_int_eq(note(&answer), STORE_OK);
    ck_assert_int_eq(answer, STORE_STORED);
    expect_said(":changed: WRONGTYPE");
    ck_assert_uint_eq(notes_of_us(true), 2);
    ck_assert_int_eq(end_note(true), STORE_OK);
    ck_assert_uint_eq(notes_of_us(true), 2);
    ck_assert_int_eq(end_note(false), STORE_OK);
    ck_assert_uint_eq(notes_of_us(true), 1);
}
END_TEST

START_TEST(a_note_that_cannot_be_put_aside_stays_where_it_is) {
    enum store_answer answer;
    spoil("waiting");
    ck_assert_int_eq(note(&answer), STORE_OK);
    ck_assert_int_eq(answer, STORE_STORED);
    ck_assert_int_eq(end_note(true), STORE_OK);
    ck_assert_uint_eq(notes_of_us(true), 2);
    ck_assert_int_eq(end_note(false), STORE_OK);
    ck_assert_uint_eq(notes_of_us(true), 1);
}
END_TEST

START_TEST(notes_without_any_place_are_answered_as_odd) {
    enum store_answer answer;
    spoil("changed");
    spoil("waiting");
    ck_assert_int_eq(note(&answer), STORE_OK);
    ck_assert_int_eq(answer, STORE_ODD);
}
END_TEST

/* -- what is not of a list -- */

START_TEST(an_index_of_locations_of_another_type_is_named) {
    redis_server_do(server, "SET topk:locations mine");
    ck_assert_int_eq(store.ops->locations_touch(store.self, &us, 1, &error), STORE_OK);
    expect_said("topk:locations: WRONGTYPE");
}
END_TEST

/* The clock of a worker does not come into it: one that was a year ahead emptied the index. */
START_TEST(the_index_of_locations_follows_the_clock_of_redis) {
    redisContext *c = redis_server_connect(server);
    redisReply *now = redisCommand(c, "TIME");
    long long now_ms = atoll(now->element[0]->str) * 1000;
    redis_server_do(server, "ZADD topk:locations %lld old %lld young", now_ms - RETENTION_MS - 1,
                    now_ms - RETENTION_MS / 2);
    ck_assert_int_eq(store.ops->locations_touch(store.self, (struct bytes[]){us, jp}, 2, &error), STORE_OK);
    expect_redis("nil", "ZSCORE topk:locations old");
    expect_redis("3", "ZCARD topk:locations");
    redisReply *score = redisCommand(c, "ZSCORE topk:locations US");
    double late_ms = atof(now->element[0]->str) * 1000 - atof(score->str);
    ck_assert_msg(late_ms > -2000 && late_ms < 60000, "written %g ms ago by the clock of Redis", late_ms);
    freeReplyObject(now);
    freeReplyObject(score);
    redisFree(c);
}
END_TEST

static int write_row(const char *partition, const char *life, enum store_answer *answer) {
    struct store_row row = {.partition_name = partition, .value = {"v", 1}};
    fence_format(row.fence, 1, 1);
    snprintf(row.life, sizeof row.life, "%s", life);
    int status = store.ops->rows_write(store.self, &row, 1, "00000000000000aa", &error);
    *answer = row.answer;
    return status;
}

static const char *const odd_rows[] = {"short", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz;v",
                                       "00000000000000010000000000000009v"};

START_TEST(an_odd_row_says_nothing_and_is_written_anew) {
    enum store_answer answer;
    struct store_progress progress;
    ck_assert_int_eq(write_row("events/1", "", &answer), STORE_OK);
    ck_assert_int_eq(write_row("events/1", "00000000000000aa", &answer), STORE_OK);
    redis_server_do(server, "HSET topk:progress events/0 %s", odd_rows[_i]);
    ck_assert_int_eq(store.ops->progress_read(store.self, &progress, &error), STORE_OK);
    ck_assert_uint_eq(progress.n, 2);
    for (size_t i = 0; i < 2; i++)
        ck_assert_uint_eq(progress.rows[i].value_len, strcmp(progress.rows[i].partition_name, "events/1") == 0 ? 1 : 0);
    store_progress_deinit(&progress);
    expect_said("topk:progress: field events/0");
    ck_assert_int_eq(write_row("events/0", "00000000000000aa", &answer), STORE_OK);
    ck_assert_int_eq(answer, STORE_STORED);
    expect_redis("00000000000000010000000000000001;v#1", "HGET topk:progress events/0");
}
END_TEST

/* Its partition knows that seven of its rows are kept, and a Redis with fewer would have gone back. */
START_TEST(an_odd_row_is_not_taken_for_a_redis_that_went_back) {
    enum store_answer answer;
    struct store_row row = {
        .partition_name = "events/0", .value = {"v", 1}, .life = "00000000000000aa", .rows_kept = 7};
    fence_format(row.fence, 1, 1);
    ck_assert_int_eq(write_row("events/1", "", &answer), STORE_OK);
    redis_server_do(server, "HSET topk:progress events/0 %s", odd_rows[0]);
    ck_assert_int_eq(store.ops->rows_write(store.self, &row, 1, "00000000000000bb", &error), STORE_OK);
    ck_assert_int_eq(row.answer, STORE_STORED);
    ck_assert_int_eq(row.rows_stored, 8);
    expect_redis("00000000000000aa", "HGET topk:progress life");
    expect_redis("00000000000000010000000000000001;v#8", "HGET topk:progress events/0");
}
END_TEST

START_TEST(a_progress_of_another_type_ends_every_call_and_is_named) {
    enum store_answer answer;
    ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_OK);
    redis_server_do(server, "SET topk:progress mine");
    ck_assert_int_eq(write_row("events/1", "", &answer), STORE_FATAL);
    ck_assert_ptr_nonnull(strstr(error.text, "topk:progress"));
    ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_FATAL);
    ck_assert_ptr_nonnull(strstr(error.text, "topk:progress"));
    ck_assert_ptr_nonnull(strstr(error.text, "TOPKD_BOARD"));
}
END_TEST

Suite *redis_odd_suite(void);
Suite *redis_odd_suite(void) {
    Suite *s = suite_create("redis_odd");
    TCase *c = tcase_create("odd");
    tcase_add_unchecked_fixture(c, start, stop);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_part_key_of_another_type_is_named_and_its_neighbour_is_stored);
    tcase_add_test(c, a_list_that_lost_a_contribution_is_lost_for_good);
    tcase_add_test(c, a_loss_outlives_the_index_entry_that_it_made);
    tcase_add_test(c, a_final_list_stays_final_whatever_becomes_of_its_parts);
    tcase_add_test(c, what_cannot_even_be_called_lost_is_said_to_be_odd);
    tcase_add_test(c, a_loss_is_kept_though_all_that_is_said_of_it_in_public_is_odd);
    tcase_add_test(c, a_fence_or_a_count_that_is_none_is_written_anew);
    tcase_add_loop_test(c, a_hash_with_an_odd_field_is_odd_and_named, 0, ARRAY_LEN(odd_fields));
    tcase_add_loop_test(c, a_key_of_a_list_of_another_type_is_named_and_nothing_is_written, 0, ARRAY_LEN(list_keys));
    tcase_add_test(c, notes_of_a_shard_whose_hash_is_odd_are_put_aside_and_end_there);
    tcase_add_test(c, a_note_that_cannot_be_put_aside_stays_where_it_is);
    tcase_add_test(c, notes_without_any_place_are_answered_as_odd);
    tcase_add_test(c, an_index_of_locations_of_another_type_is_named);
    tcase_add_test(c, the_index_of_locations_follows_the_clock_of_redis);
    tcase_add_loop_test(c, an_odd_row_says_nothing_and_is_written_anew, 0, ARRAY_LEN(odd_rows));
    tcase_add_test(c, an_odd_row_is_not_taken_for_a_redis_that_went_back);
    tcase_add_test(c, a_progress_of_another_type_ends_every_call_and_is_named);
    suite_add_tcase(s, c);
    return s;
}
