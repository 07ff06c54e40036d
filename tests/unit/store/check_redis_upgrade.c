/* unit/store/check_redis_upgrade.c - a board that workers of version 2 wrote in the middle of a minute goes on.
 * Its fields are written by hand here, with the names that version 2 gave them (store/keys.h). On a real Redis. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "redis_given.h"
#include "store/redis.h"

enum { RETENTION_MS = 3600 * 1000, MANY_PARTS = 700 };

#define PART      "topk:{US}:part:2026-11-21T19:08"
#define OLD_TOKEN "0123456789abcdef"

static const int64_t minute = 29921468; /* 2026-11-21T19:08 */
static const struct bytes us = {"US", 2};
static struct redis_server *server;
static struct metrics *metrics;
static struct store store;
static struct err error;
static bool odd; /* a key was said to be */

static void start(void) { server = redis_server_start(NULL); }
static void stop(void) { redis_server_stop(server); }

static void hear(void *ctx, enum redis_news what, const char *text) {
    (void)ctx;
    (void)text;
    odd = odd || what == REDIS_KEY_ODD;
}

/* -- what version 2 wrote -- */

static void given_board(int version) {
    redis_server_do(server, "HSET topk:progress life 00000000000000aa group g version %d rows 5 members 2", version);
    redis_server_do(server, "HSET topk:progress events/0 00000000000000010000000000000005;7;6;-;-;-;-;0#3");
}

static void given_part(const char *partition, uint64_t incarnation, int64_t offset, const char *items) {
    char fence[FENCE_LEN + 1];
    fence_format(fence, incarnation, offset);
    redis_server_do(server, "HSET " PART " f:%s %s%d i:%s %s", partition, fence, offset == -1, partition, items);
}

/* Two partitions spoke, one of them for the last time; the list was made once, before the last contribution. */
static void given_hash(void) {
    redis_server_do(server, "HSET " PART " e " OLD_TOKEN " born 1700000000000 n 3 ln 2 lr 4 merged m");
    given_part("events/0", 1, 5, "cat");
    given_part("events/1", 1, -1, "dog");
    redis_server_do(server, "PEXPIRE " PART " 1000000");
}

static void setup(void) {
    struct redis_options o = {
        .url = server->url, .board = "topk", .group = "g", .retention_ms = RETENTION_MS, .on_news = hear};
    metrics = metrics_create();
    odd = false;
    redis_server_do(server, "CONFIG SET maxmemory 0");
    redis_server_do(server, "FLUSHALL");
    given_board(2);
    given_hash();
    ck_assert_int_eq(redis_store_create(&o, metrics, &store, &error), ERR_OK);
}

static void teardown(void) {
    redis_store_destroy(&store);
    metrics_destroy(metrics);
}

/* -- words -- */

static void expect_redis(const char *want, const char *command) { expect_answer(server, want, command); }

static enum store_answer contribute(const char *partition, int64_t offset, const char *items) {
    struct store_part part = {.partition_name = partition, .items = {items, strlen(items)}};
    struct store_parts list = {us, minute, &part, 1};
    fence_format(part.fence, 1, offset);
    ck_assert_msg(store.ops->contribute(store.self, &list, 1, &error) == STORE_OK, "%s", error.text);
    return part.answer;
}

/* The caller frees the parts. */
static struct store_hash read_us(void) {
    struct store_hash hash = {.location = us, .minute = minute};
    struct store_lists_read reading = {.hashes = &hash, .hashes_n = 1};
    ck_assert_msg(store.ops->lists_read(store.self, &reading, &error) == STORE_OK, "%s", error.text);
    ck_assert(!reading.life_changed && reading.progress.n == 1 && reading.progress.rows[0].rows_stored == 3);
    store_progress_deinit(&reading.progress);
    ck_assert(!hash.odd && !odd && hash.exists);
    ck_assert_str_eq(hash.hash_token, OLD_TOKEN);
    ck_assert_int_eq(hash.born_ms, 1700000000000);
    return hash;
}

static void expect_part(const struct store_hash *h, const char *partition, const char *items, bool final) {
    for (size_t i = 0; i < h->parts_n; i++) {
        const struct store_hash_part *p = &h->parts[i];
        if (strcmp(p->partition_name, partition) != 0) continue;
        ck_assert_str_eq(p->items, items);
        ck_assert_int_eq(p->final, final);
        return;
    }
    ck_abort_msg("no part of %s", partition);
}

static enum store_answer write_us(const char *state, int64_t writes) {
    static const struct store_list_item top[] = {{{"cat", 3}, 2}};
    struct store_list l = {.location = us,
                           .minute = minute,
                           .hash_token = OLD_TOKEN,
                           .writes = writes,
                           .rows_version = 5,
                           .state = state,
                           .final = strcmp(state, "final") == 0,
                           .merged = {"m", 1},
                           .top = top,
                           .top_n = 1,
                           .log_time_ms = 5};
    ck_assert_msg(store.ops->lists_write(store.self, &l, 1, 1000, &error) == STORE_OK, "%s", error.text);
    return l.answer;
}

static void expect_no_old_names(void) {
    static const char *const names[] = {"e", "n", "ln", "lr", "f:events/0", "i:events/0", "f:events/1", "i:events/1"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char command[80];
        snprintf(command, sizeof command, "HEXISTS " PART " %s", names[i]);
        expect_redis("0", command);
    }
}

/* -- the board -- */

/* Before anything of ours is there: from then on rows of a worker of version 2 are refused, and it settles nothing. */
START_TEST(a_board_of_version_2_is_taken_over_by_who_connects_first) {
    ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_OK);
    expect_redis("3", "HGET topk:progress version");
    expect_redis("00000000000000aa", "HGET topk:progress life");
    ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_OK);
}
END_TEST

/* Its lists become final, and that frees memory. */
START_TEST(a_board_of_version_2_is_taken_over_on_a_full_redis_too) {
    redis_server_do(server, "CONFIG SET maxmemory 1");
    ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_OK);
    redis_server_do(server, "CONFIG SET maxmemory 0");
    expect_redis("3", "HGET topk:progress version");
}
END_TEST

START_TEST(a_board_that_is_not_of_the_version_before_is_refused) {
    static const int versions[] = {1, 4};
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        char format[16];
        snprintf(format, sizeof format, "format %d,", versions[i]);
        given_board(versions[i]);
        ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_FATAL);
        ck_assert_msg(strstr(error.text, format) != NULL, "%s", error.text);
    }
}
END_TEST

START_TEST(a_board_of_version_2_of_another_group_is_left_alone) {
    redis_server_do(server, "HSET topk:progress group other");
    ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_FATAL);
    expect_redis("2", "HGET topk:progress version");
}
END_TEST

/* -- a list in the middle of its minute -- */

/* One partition is read again and goes on, the other had said its last word: the final list has both, and each once. */
START_TEST(what_version_2_stored_counts_once_beside_what_is_said_now) {
    ck_assert_int_eq(contribute("events/0", 4, "c"), STORE_NEWER);
    ck_assert_int_eq(contribute("events/1", 4, "d"), STORE_NEWER);
    ck_assert_int_eq(contribute("events/0", 9, "cats"), STORE_STORED);
    struct store_hash hash = read_us();
    ck_assert_uint_eq(hash.parts_n, 2);
    ck_assert_int_eq(hash.writes, 4);
    expect_part(&hash, "events/0", "cats", false);
    expect_part(&hash, "events/1", "dog", true);
    store_hash_deinit(&hash);
    ck_assert_int_eq(write_us("final", 4), STORE_STORED);
    expect_redis("final", "HGET topk:{US}:states 2026-11-21T19:08");
    expect_redis("7", "HLEN " PART); /* token born writes merged_writes merged_rows merged closed */
    expect_no_old_names();
}
END_TEST

START_TEST(a_list_of_version_2_is_read_though_nobody_contributes) {
    struct store_hash hash = read_us();
    ck_assert_uint_eq(hash.parts_n, 2);
    ck_assert_int_eq(hash.writes, 3);
    expect_part(&hash, "events/0", "cat", false);
    expect_part(&hash, "events/1", "dog", true);
    store_hash_deinit(&hash);
    expect_no_old_names();
    expect_redis("m", "HGET " PART " merged");
    ck_assert_int_eq(write_us("open", 3), STORE_STORED);
}
END_TEST

START_TEST(what_was_merged_by_version_2_is_known) {
    struct store_hash hash = read_us();
    store_hash_deinit(&hash);
    ck_assert_int_eq(write_us("open", 1), STORE_REFUSED);
    ck_assert_int_eq(write_us("open", 2), STORE_STORED);
}
END_TEST

START_TEST(a_closed_list_of_version_2_stays_closed) {
    redis_server_do(server, "HDEL " PART " f:events/0 i:events/0 f:events/1 i:events/1");
    redis_server_do(server, "HSET " PART " closed 1");
    ck_assert_int_eq(contribute("events/0", 9, "cats"), STORE_CLOSED);
    struct store_hash hash = read_us();
    ck_assert(hash.closed && hash.parts_n == 0);
    store_hash_deinit(&hash);
    ck_assert_int_eq(write_us("open", 3), STORE_CLOSED);
}
END_TEST

START_TEST(a_lost_list_of_version_2_stays_lost) {
    redis_server_do(server, "HSET " PART " lost 1");
    struct store_hash hash = read_us();
    ck_assert(hash.lost);
    store_hash_deinit(&hash);
}
END_TEST

/* Its own next copy is stored again by whoever owns the partition now. */
START_TEST(what_a_worker_of_version_2_still_writes_is_read_by_nobody) {
    ck_assert_int_eq(contribute("events/0", 9, "cats"), STORE_STORED);
    redis_server_do(server, "HSET " PART " e 1111111111111111 n 1");
    given_part("events/0", 1, 12, "zombie");
    struct store_hash hash = read_us();
    ck_assert_int_eq(hash.writes, 4);
    expect_part(&hash, "events/0", "cats", false);
    store_hash_deinit(&hash);
    ck_assert_int_eq(contribute("events/0", 11, "catss"), STORE_STORED);
}
END_TEST

START_TEST(many_parts_of_version_2_keep_their_bytes) {
    char items[] = "\x01\xff\x80x", name[16];
    for (int i = 0; i < MANY_PARTS; i++) {
        snprintf(name, sizeof name, "more/%d", i);
        given_part(name, 2, i, items);
    }
    struct store_hash hash = read_us();
    ck_assert_uint_eq(hash.parts_n, MANY_PARTS + 2);
    for (int i = 0; i < MANY_PARTS; i++) {
        snprintf(name, sizeof name, "more/%d", i);
        expect_part(&hash, name, items, false);
    }
    store_hash_deinit(&hash);
}
END_TEST

START_TEST(a_final_list_of_version_2_gets_through_to_a_full_server) {
    ck_assert_int_eq(store.ops->hello(store.self, &error), STORE_OK);
    redis_server_do(server, "CONFIG SET maxmemory 1");
    struct store_hash hash = read_us();
    ck_assert_uint_eq(hash.parts_n, 2);
    store_hash_deinit(&hash);
    ck_assert_int_eq(write_us("final", 3), STORE_STORED);
    expect_redis("0", "HEXISTS " PART " fence:events/0");
    redis_server_do(server, "CONFIG SET maxmemory 0");
}
END_TEST

Suite *redis_upgrade_suite(void);
Suite *redis_upgrade_suite(void) {
    Suite *s = suite_create("redis_upgrade");
    TCase *c = tcase_create("server");
    tcase_add_unchecked_fixture(c, start, stop);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_board_of_version_2_is_taken_over_by_who_connects_first);
    tcase_add_test(c, a_board_of_version_2_is_taken_over_on_a_full_redis_too);
    tcase_add_test(c, a_board_that_is_not_of_the_version_before_is_refused);
    tcase_add_test(c, a_board_of_version_2_of_another_group_is_left_alone);
    tcase_add_test(c, what_version_2_stored_counts_once_beside_what_is_said_now);
    tcase_add_test(c, a_list_of_version_2_is_read_though_nobody_contributes);
    tcase_add_test(c, what_was_merged_by_version_2_is_known);
    tcase_add_test(c, a_closed_list_of_version_2_stays_closed);
    tcase_add_test(c, a_lost_list_of_version_2_stays_lost);
    tcase_add_test(c, what_a_worker_of_version_2_still_writes_is_read_by_nobody);
    tcase_add_test(c, many_parts_of_version_2_keep_their_bytes);
    tcase_add_test(c, a_final_list_of_version_2_gets_through_to_a_full_server);
    suite_add_tcase(s, c);
    return s;
}
