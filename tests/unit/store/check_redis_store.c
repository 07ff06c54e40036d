/* unit/store/check_redis_store.c - the store on a real Redis: limits, refusals, size, restarts.
 * That is what the differential test cannot see. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <hiredis/hiredis.h>

#include "base/mem.h"
#include "redis_given.h"
#include "store/redis.h"
#include "store/redis_scripts.h"

enum { RETENTION_MS = 3600 * 1000, MANY_PARTS = 300, MANY_BYTES = 9000 };

static const int64_t minute = 29921468; /* 2026-11-21T19:08 */
static const struct bytes us = {"US", 2};
static struct redis_server *server;
static struct metrics *metrics;
static struct store store;
static struct err error;

static void start(void) { server = redis_server_start(NULL); }
static void stop(void) { redis_server_stop(server); }

static char odd[512], warned[512]; /* the last of each news */

static void hear(void *ctx, enum redis_news what, const char *text) {
    (void)ctx;
    snprintf(what == REDIS_KEY_ODD ? odd : warned, sizeof odd, "%s", text);
}

static struct store open_store(const char *url, const char *board, const char *group) {
    struct redis_options o = {
        .url = url, .board = board, .group = group, .retention_ms = RETENTION_MS, .on_news = hear};
    struct store out;
    ck_assert_msg(redis_store_create(&o, metrics, &out, &error) == ERR_OK, "%s", error.text);
    return out;
}

static void setup(void) {
    metrics = metrics_create();
    redis_server_do(server, "CONFIG SET maxmemory 0 maxmemory-policy noeviction");
    redis_server_do(server, "FLUSHALL");
    odd[0] = warned[0] = '\0';
    store = open_store(server->url, "topk", "g");
}

static void teardown(void) {
    redis_store_destroy(&store);
    metrics_destroy(metrics);
}

/* -- words -- */

static int contribute(struct bytes location, int64_t at, struct bytes items) {
    struct store_part part = {.partition_name = "events/0", .items = items};
    struct store_parts list = {.location = location, .minute = at, .parts = &part, .n = 1};
    fence_format(part.fence, 1, 1);
    return store.ops->contribute(store.self, &list, 1, &error);
}

static struct store_hash read_one(int64_t at) {
    struct store_hash hash = {.location = us, .minute = at};
    struct store_lists_read reading = {.hashes = &hash, .hashes_n = 1};
    ck_assert_int_eq(store.ops->lists_read(store.self, &reading, &error), STORE_OK);
    struct store_hash head = hash;
    store_lists_read_deinit(&reading);
    head.parts = NULL;
    return head;
}

static struct store_list list_of(int64_t at, const char *state) {
    static const struct store_list_item top[] = {{{"cat", 3}, 2}, {{"dog", 3}, 1}};
    struct store_hash hash = read_one(at);
    struct store_list l = {.location = us,
                           .minute = at,
                           .writes = hash.writes,
                           .state = state,
                           .final = strcmp(state, "final") == 0,
                           .merged = {"m", 1},
                           .top = top,
                           .top_n = ARRAY_LEN(top),
                           .log_time_ms = 5};
    strcpy(l.hash_token, hash.hash_token);
    return l;
}

static int write_list(struct store_list *l) { return store.ops->lists_write(store.self, l, 1, 1000, &error); }

static int write_rows(struct store *s, const char *life) {
    struct store_row row = {.partition_name = "events/0", .value = {"v", 1}};
    fence_format(row.fence, 1, 1);
    snprintf(row.life, sizeof row.life, "%s", life);
    return s->ops->rows_write(s->self, &row, 1, "00000000000000aa", &error);
}

static void expect_redis(const char *want, const char *command) { expect_answer(server, want, command); }

/* -- a server that is full -- */

static void given_a_full_server_with_a_contribution(void) {
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    redis_server_do(server, "CONFIG SET maxmemory 1");
}

START_TEST(a_full_server_refuses_what_grows_and_nothing_of_it_happens) {
    struct store_note note = {.location = us, .minute = minute, .token = "1"};
    given_a_full_server_with_a_contribution();
    struct store_list open = list_of(minute, "open");
    ck_assert_int_eq(contribute(us, minute + 1, (struct bytes){"x", 1}), STORE_FULL);
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"y", 1}), STORE_FULL);
    ck_assert_int_eq(store.ops->note(store.self, &note, 1, &error), STORE_FULL);
    ck_assert_int_eq(write_rows(&store, ""), STORE_FULL);
    ck_assert_int_eq(write_list(&open), STORE_FULL);
    expect_redis("1", "DBSIZE");
    ck_assert_int_eq(read_one(minute).writes, 1);
    ck_assert(metric_value(metrics_get(metrics, METRIC_REDIS_ERRORS, "kind=\"oom\"")) == 5);
}
END_TEST

START_TEST(a_final_list_gets_through_to_a_full_server_and_frees_the_parts) {
    given_a_full_server_with_a_contribution();
    struct store_list final = list_of(minute, "final");
    ck_assert_int_eq(write_list(&final), STORE_OK);
    ck_assert_int_eq(final.answer, STORE_STORED);
    ck_assert(read_one(minute).closed);
    expect_redis("2", "ZSCORE topk:{US}:2026-11-21T19:08 cat");
    expect_redis("0", "HEXISTS topk:{US}:part:2026-11-21T19:08 items:events/0");
    expect_redis("1795288140000", "HGET topk:{US}:meta final_until_ms");
}
END_TEST

/* Two mergers for a moment: the one that read the rows first must not have the last word. Nothing would call it back:
 * the other knows its list written, and no new contribution comes. */
START_TEST(a_list_judged_by_older_rows_is_refused) {
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    struct store_list slow = list_of(minute, "open"), quick = list_of(minute, "ended");
    slow.rows_version = 7;
    quick.rows_version = 8;
    ck_assert_int_eq(write_list(&quick), STORE_OK);
    ck_assert_int_eq(write_list(&slow), STORE_OK);
    ck_assert_int_eq(slow.answer, STORE_REFUSED);
    expect_redis("ended", "HGET topk:{US}:states 2026-11-21T19:08");
    ck_assert_int_eq(write_list(&quick), STORE_OK);
    ck_assert_int_eq(quick.answer, STORE_STORED);
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"y", 1}), STORE_OK);
    slow = list_of(minute, "open"); /* a later contribution, whatever the rows */
    slow.rows_version = 7;
    ck_assert_int_eq(write_list(&slow), STORE_OK);
    ck_assert_int_eq(slow.answer, STORE_STORED);
}
END_TEST

START_TEST(every_row_that_is_stored_makes_the_rows_another_version) {
    char life[] = "00000000000000aa";
    for (int i = 0; i < 3; i++) ck_assert_int_eq(write_rows(&store, i == 0 ? "" : life), STORE_OK);
    expect_redis("2", "HGET topk:progress rows"); /* the first one was told the life */
    struct store_progress progress;
    ck_assert_int_eq(store.ops->progress_read(store.self, &progress, &error), STORE_OK);
    ck_assert_int_eq(progress.rows_version, 2);
    store_progress_deinit(&progress);
}
END_TEST

START_TEST(a_list_that_is_there_is_replaced_on_a_full_server) {
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    struct store_list open = list_of(minute, "open");
    ck_assert_int_eq(write_list(&open), STORE_OK);
    redis_server_do(server, "CONFIG SET maxmemory 1");
    ck_assert_int_eq(write_list(&open), STORE_OK);
    expect_redis("2", "HGET topk:{US}:meta seq");
}
END_TEST

static void given_old_minutes(size_t n) {
    for (size_t i = 0; i < n; i++)
        redis_server_do(server, "ZADD topk:{US}:minutes %d 2020-01-01T00:%02d", 1577836800 + 60 * (int)i, (int)i);
}

/* A client with a right to the declared keys only, as a node of a cluster would check: the script touches no other. */
START_TEST(a_list_is_written_with_rights_to_its_declared_keys_only) {
    char url[160];
    given_old_minutes(2);
    redis_server_do(server, "ACL SETUSER narrow on >p +@all ~topk:progress ~topk:{US}:part:2026-11-21T19:08 "
                            "~topk:{US}:2026-11-21T19:08 ~topk:{US}:minutes ~topk:{US}:states ~topk:{US}:meta "
                            "~topk:{US}:losses");
    snprintf(url, sizeof url, "unix://narrow:p@%s", server->socket);
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    struct store_list open = list_of(minute, "open");
    struct store narrow = open_store(url, "topk", "g");
    ck_assert_msg(narrow.ops->lists_write(narrow.self, &open, 1, 1000, &error) == STORE_OK, "%s", error.text);
    ck_assert_int_eq(open.answer, STORE_STORED);
    redis_store_destroy(&narrow);
    redis_server_do(server, "ACL DELUSER narrow");
}
END_TEST

/* A script that stops half-way is not taken back: without this or that right it must not have dropped the parts. */
START_TEST(without_a_right_a_final_list_keeps_its_parts) {
    static const char *const rights[] = {"-hset", "-del", "-zadd", "-pexpire", "-zrangebyscore", "-hkeys", "-hdel"};
    char url[160];
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    struct store_list open = list_of(minute, "open"), final = list_of(minute, "final");
    ck_assert_int_eq(write_list(&open), STORE_OK);
    redis_server_do(server, "ACL SETUSER narrow on >p +@all ~*");
    snprintf(url, sizeof url, "unix://narrow:p@%s", server->socket);
    struct store narrow = open_store(url, "topk", "g");
    ck_assert_int_eq(narrow.ops->hello(narrow.self, &error), STORE_OK);
    for (size_t i = 0; i < ARRAY_LEN(rights); i++) {
        redis_server_do(server, "ACL SETUSER narrow +@all %s", rights[i]);
        ck_assert_msg(narrow.ops->lists_write(narrow.self, &final, 1, 1000, &error) == STORE_BROKEN, "%s: %s",
                      rights[i], error.text);
        ck_assert_msg(strstr(error.text, "grant the rights in Redis that RUNBOOK.md lists") != NULL, "%s", error.text);
        expect_redis("1", "HEXISTS topk:{US}:part:2026-11-21T19:08 items:events/0");
        expect_redis("0", "HEXISTS topk:{US}:part:2026-11-21T19:08 closed");
        redis_server_do(server, "ACL SETUSER narrow +@all");
    }
    ck_assert_int_eq(narrow.ops->lists_write(narrow.self, &final, 1, 1000, &error), STORE_OK);
    ck_assert_int_eq(final.answer, STORE_STORED);
    expect_redis("2", "ZSCORE topk:{US}:2026-11-21T19:08 cat");
    redis_store_destroy(&narrow);
    redis_server_do(server, "ACL DELUSER narrow");
}
END_TEST

START_TEST(minutes_without_a_list_leave_the_index_with_the_eighth_that_comes) {
    given_old_minutes(6);
    redis_server_do(server, "ZADD topk:{US}:2020-01-01T00:03 1 cat");
    redis_server_do(server, "HSET topk:{US}:states 2020-01-01T00:02 final 2020-01-01T00:03 final");
    for (int i = 0; i < 2; i++) {
        expect_redis(i == 0 ? "6" : "7", "ZCARD topk:{US}:minutes");
        ck_assert_int_eq(contribute(us, minute + i, (struct bytes){"x", 1}), STORE_OK);
        struct store_list open = list_of(minute + i, "open");
        ck_assert_int_eq(write_list(&open), STORE_OK);
    }
    expect_redis("3", "ZCARD topk:{US}:minutes"); /* the two and the old one whose list is still there */
    expect_redis("3", "HLEN topk:{US}:states");
    expect_redis("final", "HGET topk:{US}:states 2020-01-01T00:03");
}
END_TEST

START_TEST(numbers_that_are_none_are_written_anew) {
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    redis_server_do(server, "HSET topk:{US}:part:2026-11-21T19:08 merged_writes x merged_rows y");
    redis_server_do(server, "HSET topk:{US}:meta log_time_ms x final_until_ms y seq z");
    struct store_list final = list_of(minute, "final");
    ck_assert_msg(write_list(&final) == STORE_OK, "%s", error.text);
    ck_assert_int_eq(final.answer, STORE_STORED);
    expect_redis("5", "HGET topk:{US}:meta log_time_ms");
    expect_redis("1795288140000", "HGET topk:{US}:meta final_until_ms");
    expect_redis("1", "HGET topk:{US}:meta seq");
}
END_TEST

START_TEST(notes_can_be_put_aside_on_a_full_server) {
    struct store_note note = {.location = us, .minute = minute, .token = "1"};
    struct store_note_end end = {.location = us, .minute = minute, .token = "1", .wait = true};
    uint32_t shard = keys_shard(us);
    ck_assert_int_eq(store.ops->note(store.self, &note, 1, &error), STORE_OK);
    redis_server_do(server, "CONFIG SET maxmemory 1");
    ck_assert_int_eq(store.ops->notes_end(store.self, &end, 1, &error), STORE_OK);
    struct store_notes without = {0}, with = {0};
    ck_assert_int_eq(store.ops->notes_read(store.self, &shard, 1, 0, &without, &error), STORE_OK);
    ck_assert_int_eq(store.ops->notes_read(store.self, &shard, 1, 1, &with, &error), STORE_OK);
    ck_assert(without.n == 0 && with.n == 1);
    store_notes_deinit(&without);
    store_notes_deinit(&with);
}
END_TEST

/* -- boards -- */

/* A wrong group must not get as far as a contribution: its incarnation would stand above the rightful one's. */
START_TEST(another_group_is_refused_before_it_contributes) {
    struct store other = open_store(server->url, "topk", "other-group");
    ck_assert_int_eq(write_rows(&store, ""), STORE_OK);
    ck_assert_int_eq(other.ops->hello(other.self, &error), STORE_FATAL);
    ck_assert_ptr_nonnull(strstr(error.text, "two groups need two boards"));
    ck_assert_int_eq(error.code, ERR_INVALID);
    redis_store_destroy(&other);
}
END_TEST

START_TEST(another_group_is_refused_and_told_what_to_do) {
    struct store other = open_store(server->url, "topk", "other-group"),
                 own = open_store(server->url, "b", "other-group");
    ck_assert_int_eq(write_rows(&store, ""), STORE_OK);
    ck_assert_int_eq(write_rows(&other, ""), STORE_FATAL);
    ck_assert_ptr_nonnull(strstr(error.text, "group g,"));
    ck_assert_ptr_nonnull(strstr(error.text, "other-group"));
    ck_assert_ptr_nonnull(strstr(error.text, "two boards"));
    ck_assert_int_eq(write_rows(&own, ""), STORE_OK);
    redis_store_destroy(&other);
    redis_store_destroy(&own);
}
END_TEST

START_TEST(another_format_is_refused) {
    ck_assert_int_eq(write_rows(&store, ""), STORE_OK);
    redis_server_do(server, "HSET topk:progress version 77");
    ck_assert_int_eq(write_rows(&store, "00000000000000aa"), STORE_FATAL);
    ck_assert_ptr_nonnull(strstr(error.text, "77"));
}
END_TEST

START_TEST(the_first_writer_learns_the_life_and_the_second_try_is_stored) {
    struct store_row row = {.partition_name = "events/0", .value = {"v", 1}};
    fence_format(row.fence, 1, 1);
    ck_assert_int_eq(store.ops->rows_write(store.self, &row, 1, "00000000000000aa", &error), STORE_OK);
    ck_assert_int_eq(row.answer, STORE_OTHER_LIFE);
    ck_assert_str_eq(row.new_life, "00000000000000aa");
    strcpy(row.life, row.new_life);
    ck_assert_int_eq(store.ops->rows_write(store.self, &row, 1, "00000000000000bb", &error), STORE_OK);
    ck_assert_int_eq(row.answer, STORE_STORED);
    expect_redis("00000000000000010000000000000001;v#1", "HGET topk:progress events/0");
    ck_assert_int_eq(row.rows_stored, 1);
    ck_assert_int_gt(row.redis_ms, 1700000000000);
    expect_redis("g", "HGET topk:progress group");
}
END_TEST

/* -- lives of keys -- */

static int64_t part_lives_ms(void) {
    redisContext *c = redis_server_connect(server);
    redisReply *left = redisCommand(c, "PTTL topk:{US}:part:2026-11-21T19:08");
    int64_t ms = left->integer;
    freeReplyObject(left);
    redisFree(c);
    return ms;
}

/* Two workers, one of them with a shorter RETENTION: what the other promised to keep is kept (rule 21). */
START_TEST(what_was_stored_to_be_kept_for_longer_is_not_kept_for_less) {
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    redis_server_do(server, "PEXPIRE topk:{US}:part:2026-11-21T19:08 %d", 2 * RETENTION_MS);
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    ck_assert_int_gt(part_lives_ms(), RETENTION_MS);
}
END_TEST

/* Whoever is answered "closed" takes that for stored, and vouches for it (rule 21). */
START_TEST(a_closed_hash_lives_on_from_the_last_part_that_came_for_it) {
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    struct store_list final = list_of(minute, "final");
    ck_assert_int_eq(write_list(&final), STORE_OK);
    redis_server_do(server, "PEXPIRE topk:{US}:part:2026-11-21T19:08 %d", RETENTION_MS / 4);
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"y", 1}), STORE_OK);
    ck_assert(read_one(minute).closed);
    ck_assert_int_gt(part_lives_ms(), RETENTION_MS / 2);
}
END_TEST

/* -- scripts -- */

START_TEST(scripts_that_redis_forgot_are_loaded_again_and_every_call_happens_once) {
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    redis_server_do(server, "SCRIPT FLUSH");
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    ck_assert_int_eq(read_one(minute).writes, 2);
    struct store_list open = list_of(minute, "open");
    ck_assert_int_eq(write_list(&open), STORE_OK);
    ck_assert_int_eq(open.answer, STORE_STORED);
    expect_redis("1", "HGET topk:{US}:meta seq");
    ck_assert(metric_value(metrics_get(metrics, METRIC_REDIS_RECONNECTS, "")) == 0);
}
END_TEST

/* The number of the line of close.lua that holds TEXT. */
static unsigned long line_of(const char *text) {
    char line[256];
    unsigned long number = 0, found = 0;
    FILE *f = fopen("lib/store/lua/close.lua", "r");
    ck_assert_ptr_nonnull(f);
    while (found == 0 && fgets(line, sizeof line, f) != NULL) {
        number++;
        if (strstr(line, text) != NULL) found = number;
    }
    fclose(f);
    ck_assert_uint_gt(found, 0);
    return found;
}

/* Comments do not travel to Redis, but the lines are counted as if they did. */
START_TEST(an_error_in_a_script_names_the_line_of_its_file) {
    redisContext *c = redis_server_connect(server);
    redis_server_do(server, "HSET topk:progress life a members 0 closed 5");
    redisReply *r = redisCommand(c, "EVAL %s 1 topk:progress a 0 none", redis_scripts[REDIS_SCRIPT_CLOSE]);
    ck_assert_int_eq(r->type, REDIS_REPLY_ERROR);
    const char *at = strstr(r->str, "user_script:");
    ck_assert_msg(at != NULL, "%s", r->str);
    ck_assert_uint_eq(strtoul(at + strlen("user_script:"), NULL, 10), line_of("< tonumber(minute)"));
    freeReplyObject(r);
    redisFree(c);
}
END_TEST

/* -- large calls -- */

/* 2.7 MB of binary items: several chunks, more arguments than one unpack may hold at the end. */
START_TEST(large_calls_arrive_whole_and_can_be_closed) {
    struct store_part *parts = mem_zalloc(MANY_PARTS, sizeof *parts);
    struct store_parts lists[3];
    char items[MANY_BYTES], names[MANY_PARTS][16];
    for (size_t i = 0; i < sizeof items; i++) items[i] = (char)(i * 7);
    for (size_t i = 0; i < MANY_PARTS; i++) {
        snprintf(names[i], sizeof names[i], "events/%zu", i);
        parts[i] = (struct store_part){.partition_name = names[i], .items = {items, sizeof items}};
        fence_format(parts[i].fence, 1, 1);
    }
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        lists[i] = (struct store_parts){
            .location = us, .minute = minute + (int64_t)i, .parts = &parts[i * MANY_PARTS / 3], .n = MANY_PARTS / 3};
    ck_assert_int_eq(store.ops->contribute(store.self, lists, ARRAY_LEN(lists), &error), STORE_OK);
    lists[0] = (struct store_parts){.location = us, .minute = minute, .parts = parts, .n = MANY_PARTS};
    ck_assert_int_eq(store.ops->contribute(store.self, lists, 1, &error), STORE_OK);
    struct store_hash hash = {.location = us, .minute = minute};
    struct store_lists_read reading = {.hashes = &hash, .hashes_n = 1};
    ck_assert_int_eq(store.ops->lists_read(store.self, &reading, &error), STORE_OK);
    ck_assert_uint_eq(hash.parts_n, MANY_PARTS);
    ck_assert_int_eq(hash.writes, MANY_PARTS + MANY_PARTS / 3);
    for (size_t i = 0; i < hash.parts_n; i++) {
        ck_assert_uint_eq(hash.parts[i].items_len, sizeof items);
        ck_assert_mem_eq(hash.parts[i].items, items, sizeof items);
    }
    store_lists_read_deinit(&reading);
    struct store_list final = list_of(minute, "final");
    ck_assert_int_eq(write_list(&final), STORE_OK);
    expect_redis(
        "7", "HLEN topk:{US}:part:2026-11-21T19:08"); /* token born writes merged_writes merged_rows merged closed */
    mem_free(parts);
}
END_TEST

START_TEST(a_call_without_elements_is_no_error) {
    ck_assert_int_eq(store.ops->contribute(store.self, NULL, 0, &error), STORE_OK);
    ck_assert_int_eq(store.ops->note(store.self, NULL, 0, &error), STORE_OK);
    ck_assert_int_eq(store.ops->lists_write(store.self, NULL, 0, 1, &error), STORE_OK);
    ck_assert_int_eq(store.ops->notes_end(store.self, NULL, 0, &error), STORE_OK);
    ck_assert_int_eq(store.ops->locations_touch(store.self, NULL, 0, &error), STORE_OK);
    expect_redis("0", "DBSIZE");
}
END_TEST

/* -- connections -- */

START_TEST(a_restarted_server_is_found_again_after_one_broken_call) {
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
    redis_server_restart(server);
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_BROKEN);
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK); /* it does not know our scripts */
    ck_assert(metric_value(metrics_get(metrics, METRIC_REDIS_RECONNECTS, "")) == 1);
}
END_TEST

START_TEST(user_password_and_database_of_the_url_are_used) {
    char url[160];
    redis_server_do(server, "ACL SETUSER joe on >p@ss ~* &* +@all");
    snprintf(url, sizeof url, "unix://joe:p%%40ss@%s?db=3", server->socket);
    struct store other = open_store(url, "topk", "g");
    ck_assert_msg(write_rows(&other, "") == STORE_OK, "%s", error.text);
    redis_store_destroy(&other);
    expect_redis("0", "DBSIZE");
    snprintf(url, sizeof url, "unix://joe:wrong@%s", server->socket);
    other = open_store(url, "topk", "g");
    ck_assert_int_eq(other.ops->hello(other.self, &error), STORE_BROKEN);
    ck_assert_ptr_nonnull(strstr(error.text, "WRONGPASS"));
    ck_assert_ptr_nonnull(strstr(error.text, "TOPKD_REDIS"));
    ck_assert_ptr_null(strstr(error.text, "joe"));
    ck_assert_ptr_null(strstr(error.text, "wrong@"));
    redis_store_destroy(&other);
}
END_TEST

START_TEST(a_policy_changed_while_connected_is_seen_by_hello) {
    ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_OK);
    redis_server_do(server, "CONFIG SET maxmemory-policy allkeys-lru");
    ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_FATAL);
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_FATAL);
    redis_server_do(server, "CONFIG SET maxmemory-policy noeviction");
    ck_assert_int_eq(contribute(us, minute, (struct bytes){"x", 1}), STORE_OK);
}
END_TEST

START_TEST(a_server_over_tcp_is_reached) {
    char url[64];
    for (int port = 20000 + getpid() % 20000, tries = 0; tries < 20; port++, tries++) {
        redisContext *c = redis_server_connect(server);
        redisReply *r = redisCommand(c, "CONFIG SET port %d", port);
        bool free_port = r != NULL && r->type == REDIS_REPLY_STATUS;
        freeReplyObject(r);
        redisFree(c);
        snprintf(url, sizeof url, "redis://127.0.0.1:%d/0", port);
        if (free_port) break;
    }
    struct store other = open_store(url, "topk", "g");
    ck_assert_msg(other.ops->hello(other.self, &error) == STORE_OK, "%s", error.text);
    redis_store_destroy(&other);
    redis_server_do(server, "CONFIG SET port 0");
}
END_TEST

Suite *redis_store_suite(void);
Suite *redis_store_suite(void) {
    Suite *s = suite_create("redis_store");
    TCase *c = tcase_create("server");
    tcase_add_unchecked_fixture(c, start, stop);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_full_server_refuses_what_grows_and_nothing_of_it_happens);
    tcase_add_test(c, a_final_list_gets_through_to_a_full_server_and_frees_the_parts);
    tcase_add_test(c, a_list_judged_by_older_rows_is_refused);
    tcase_add_test(c, every_row_that_is_stored_makes_the_rows_another_version);
    tcase_add_test(c, a_list_that_is_there_is_replaced_on_a_full_server);
    tcase_add_test(c, a_list_is_written_with_rights_to_its_declared_keys_only);
    tcase_add_test(c, without_a_right_a_final_list_keeps_its_parts);
    tcase_add_test(c, minutes_without_a_list_leave_the_index_with_the_eighth_that_comes);
    tcase_add_test(c, numbers_that_are_none_are_written_anew);
    tcase_add_test(c, notes_can_be_put_aside_on_a_full_server);
    tcase_add_test(c, another_group_is_refused_before_it_contributes);
    tcase_add_test(c, another_group_is_refused_and_told_what_to_do);
    tcase_add_test(c, another_format_is_refused);
    tcase_add_test(c, the_first_writer_learns_the_life_and_the_second_try_is_stored);
    tcase_add_test(c, what_was_stored_to_be_kept_for_longer_is_not_kept_for_less);
    tcase_add_test(c, a_closed_hash_lives_on_from_the_last_part_that_came_for_it);
    tcase_add_test(c, scripts_that_redis_forgot_are_loaded_again_and_every_call_happens_once);
    tcase_add_test(c, an_error_in_a_script_names_the_line_of_its_file);
    tcase_add_test(c, large_calls_arrive_whole_and_can_be_closed);
    tcase_add_test(c, a_call_without_elements_is_no_error);
    tcase_add_test(c, user_password_and_database_of_the_url_are_used);
    tcase_add_test(c, a_policy_changed_while_connected_is_seen_by_hello);
    tcase_add_test(c, a_server_over_tcp_is_reached);
    suite_add_tcase(s, c);
    c = tcase_create("restart"); /* its server dies with its test process, so it has one of its own */
    tcase_add_checked_fixture(c, start, stop);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_restarted_server_is_found_again_after_one_broken_call);
    suite_add_tcase(s, c);
    return s;
}
