/* unit/store/check_store_fake.c - the faults of the fake store do what they say.
 * A delivery test over faults that do not happen would prove nothing. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/testhook.h"
#include "support/fake_store.h"

static const int64_t minute = 29921468;
static const struct bytes us = {"US", 2}, uk = {"UK", 2};
static struct fake_redis *redis;
static struct fake_store *one, *two;
static struct err error;
static int64_t now_ms;

/* What the hook answers to the nth element, then FAKE_DO; and what it was asked. */
static int fates[16], kinds[16];
static size_t asked;
static void (*meanwhile)(int kind); /* other actors */

static int hook(void *ctx, int kind) {
    (void)ctx;
    size_t i = asked++;
    if (i < ARRAY_LEN(kinds)) kinds[i] = kind;
    if (meanwhile != NULL) meanwhile(kind);
    return i < ARRAY_LEN(fates) ? fates[i] : FAKE_DO;
}

static int64_t read_now(void *ctx) {
    (void)ctx;
    return now_ms;
}

static void setup(void) {
    redis = fake_redis_create("topk", 3600 * 1000);
    redis->now_ms = read_now;
    one = fake_store_create(redis, "g");
    two = fake_store_create(redis, "g");
    one->before_call = hook;
    memset(fates, 0, sizeof fates);
    asked = 0;
    meanwhile = NULL;
    now_ms = 1000;
}

static void teardown(void) {
    rule_switch_off(NULL);
    fake_store_destroy(one);
    fake_store_destroy(two);
    fake_redis_destroy(redis);
}

/* -- words -- */

static struct store_part part_of(uint64_t incarnation, int64_t offset, const char *items) {
    struct store_part p = {.partition_name = "events/0", .items = fake_text(items)};
    fence_format(p.fence, incarnation, offset);
    return p;
}

/* US, then UK, in one call. */
static int contribute_two(struct fake_store *s) {
    struct store_part a = part_of(1, 1, "a"), b = part_of(1, 1, "b");
    struct store_parts lists[2] = {{.location = us, .minute = minute, .parts = &a, .n = 1},
                                   {.location = uk, .minute = minute, .parts = &b, .n = 1}};
    struct store ops = fake_store_ops(s);
    return ops.ops->contribute(ops.self, lists, 2, &error);
}

static enum store_answer contribute(struct fake_store *s, uint64_t incarnation, int64_t offset) {
    struct store_part a = part_of(incarnation, offset, "a");
    struct store_parts list = {.location = us, .minute = minute, .parts = &a, .n = 1};
    struct store ops = fake_store_ops(s);
    ck_assert_int_eq(ops.ops->contribute(ops.self, &list, 1, &error), STORE_OK);
    return a.answer;
}

static int write_rows(struct fake_store *s, const char *life, const char *new_life) {
    struct store_row row = {.partition_name = "events/0", .value = {"v", 1}};
    fence_format(row.fence, 1, 1);
    snprintf(row.life, sizeof row.life, "%s", life);
    struct store ops = fake_store_ops(s);
    int status = ops.ops->rows_write(ops.self, &row, 1, new_life, &error);
    return status == STORE_OK ? (int)row.answer : status;
}

static enum store_answer write_list(struct fake_store *s, const char *state) {
    static const struct store_list_item top[] = {{{"cat", 3}, 2}, {{"dog", 3}, 2}, {{"eel", 3}, 7}};
    struct store_hash hash = {.location = us, .minute = minute};
    struct store_lists_read reading = {.hashes = &hash, .hashes_n = 1};
    struct store ops = fake_store_ops(s);
    ck_assert_int_eq(ops.ops->lists_read(ops.self, &reading, &error), STORE_OK);
    struct store_list l = {.location = us,
                           .minute = minute,
                           .writes = hash.writes,
                           .state = state,
                           .final = strcmp(state, "final") == 0,
                           .merged = {"m", 1},
                           .top = top,
                           .top_n = ARRAY_LEN(top),
                           .log_time_ms = INT64_MIN};
    strcpy(l.hash_token, hash.hash_token);
    store_lists_read_deinit(&reading);
    ck_assert_int_eq(ops.ops->lists_write(ops.self, &l, 1, now_ms, &error), STORE_OK);
    return l.answer;
}

static int64_t stored_in(struct bytes location) {
    struct fake_list l;
    fake_redis_list(redis, location, minute, &l);
    int64_t n = l.writes;
    fake_list_deinit(&l);
    return n;
}

static void expect_stored(int64_t in_us, int64_t in_uk) {
    ck_assert_int_eq(stored_in(us), in_us);
    ck_assert_int_eq(stored_in(uk), in_uk);
}

/* -- fates -- */

START_TEST(a_call_may_break_between_two_lists) {
    fates[1] = FAKE_DROP_BEFORE;
    ck_assert_int_eq(contribute_two(one), STORE_BROKEN);
    expect_stored(1, 0);
    ck_assert_int_eq(contribute_two(one), STORE_OK);
    expect_stored(2, 1);
}
END_TEST

START_TEST(an_answer_may_be_lost_after_the_effect) {
    fates[0] = FAKE_DROP_AFTER;
    ck_assert_int_eq(contribute_two(one), STORE_BROKEN);
    expect_stored(1, 0);
}
END_TEST

START_TEST(a_late_call_happens_when_its_ghosts_run) {
    fates[0] = FAKE_LATE;
    ck_assert_int_eq(contribute_two(one), STORE_BROKEN);
    expect_stored(0, 0);
    ck_assert_uint_eq(redis->ghosts_n, 2);
    fake_redis_run_ghost(redis, 1);
    expect_stored(0, 1);
    fake_redis_run_ghosts(redis);
    expect_stored(1, 1);
}
END_TEST

START_TEST(every_kind_of_write_can_come_late) {
    struct store ops = fake_store_ops(one);
    struct store_note note = {.location = us, .minute = minute, .token = "1"};
    struct store_note_end end = {.location = us, .minute = minute, .token = "1", .wait = true};
    struct buf now = {0}, later = {0};
    ck_assert_int_eq(contribute_two(two), STORE_OK);
    for (size_t i = 0; i < ARRAY_LEN(fates); i++) fates[i] = FAKE_LATE;
    fake_redis_dump(redis, &now);
    ck_assert_int_eq(ops.ops->note(ops.self, &note, 1, &error), STORE_BROKEN);
    ck_assert_int_eq(ops.ops->notes_end(ops.self, &end, 1, &error), STORE_BROKEN);
    ck_assert_int_eq(write_rows(one, "", "00000000000000aa"), STORE_BROKEN);
    ck_assert_int_eq(write_rows(one, "00000000000000aa", "00000000000000aa"), STORE_BROKEN);
    ck_assert_int_eq(ops.ops->locations_touch(ops.self, &us, 1, &error), STORE_BROKEN);
    fake_redis_dump(redis, &later);
    ck_assert_str_eq(buf_text(&now), buf_text(&later));
    fake_redis_run_ghosts(redis);
    buf_clear(&later);
    fake_redis_dump(redis, &later);
    ck_assert_ptr_nonnull(strstr(buf_text(&later), ":waiting\tUS|2026-11-21T19:08\t1"));
    ck_assert_ptr_nonnull(strstr(buf_text(&later), "topk:progress\tevents/0\t"));
    ck_assert_ptr_nonnull(strstr(buf_text(&later), "topk:locations\tUS\t"));
    buf_free(&now);
    buf_free(&later);
}
END_TEST

START_TEST(a_full_server_refuses_one_element_and_takes_the_others) {
    fates[0] = FAKE_FULL;
    ck_assert_int_eq(contribute_two(one), STORE_FULL);
    expect_stored(0, 1);
}
END_TEST

/* -- connections -- */

START_TEST(after_a_break_each_old_connection_fails_once) {
    (void)contribute_two(one);
    fake_redis_break_all(redis);
    ck_assert_int_eq(contribute_two(one), STORE_BROKEN);
    ck_assert_int_eq(contribute_two(one), STORE_OK);
    ck_assert_int_eq(contribute_two(two), STORE_BROKEN);
    ck_assert_int_eq(contribute_two(two), STORE_OK);
    expect_stored(3, 3);
}
END_TEST

static void break_at_second(int kind) {
    (void)kind;
    if (asked == 2) fake_redis_break_all(redis);
}

START_TEST(a_break_in_the_middle_of_a_call_is_seen_by_the_call) {
    meanwhile = break_at_second;
    ck_assert_int_eq(contribute_two(one), STORE_BROKEN);
    expect_stored(1, 0);
    ck_assert_int_eq(contribute_two(one), STORE_OK);
}
END_TEST

START_TEST(nothing_late_reaches_the_server_after_a_break) {
    fates[0] = FAKE_LATE;
    (void)contribute_two(one);
    fake_redis_break_all(redis);
    ck_assert_uint_eq(redis->ghosts_n, 0);
}
END_TEST

/* -- losses -- */

START_TEST(a_failover_takes_back_exactly_what_is_younger) {
    struct buf then = {0}, now = {0};
    ck_assert_int_eq(contribute_two(one), STORE_OK);
    (void)write_rows(one, "", "00000000000000aa");
    fake_redis_dump(redis, &then);
    now_ms = 2000;
    ck_assert_int_eq(contribute_two(one), STORE_OK);
    ck_assert_int_eq(write_rows(one, "00000000000000aa", ""), STORE_STORED);
    ck_assert_int_eq(write_list(one, "final"), STORE_STORED);
    now_ms = 2500;
    fake_redis_failover(redis, 1000);
    fake_redis_dump(redis, &now);
    ck_assert_str_eq(buf_text(&then), buf_text(&now));
    ck_assert_int_eq(contribute_two(one), STORE_BROKEN);
    buf_free(&then);
    buf_free(&now);
}
END_TEST

START_TEST(a_flush_leaves_nothing_and_a_failover_may_bring_it_back) {
    struct buf now = {0};
    ck_assert_int_eq(contribute_two(one), STORE_OK);
    now_ms = 2000;
    fake_redis_flush(redis, false);
    fake_redis_dump(redis, &now);
    ck_assert_uint_eq(now.len, 0);
    ck_assert_int_eq(write_rows(one, "00000000000000aa", "00000000000000bb"), STORE_OTHER_LIFE);
    fake_redis_failover(redis, 500);
    expect_stored(1, 1);
    buf_free(&now);
}
END_TEST

/* -- what lists are made of -- */

static void flush_before_hash(int kind) {
    if (kind == FAKE_READ_HASH) fake_redis_flush(redis, false);
    if (kind == FAKE_READ_LIFE) (void)write_rows(two, "", "00000000000000bb");
}

START_TEST(others_may_act_between_the_steps_of_a_reading_and_the_life_tells) {
    struct store ops = fake_store_ops(one);
    struct store_hash hashes[2] = {{.location = us, .minute = minute}, {.location = uk, .minute = minute}};
    struct store_lists_read reading = {.hashes = hashes, .hashes_n = 2};
    (void)write_rows(two, "", "00000000000000aa");
    (void)contribute_two(two);
    meanwhile = flush_before_hash;
    ck_assert_int_eq(ops.ops->lists_read(ops.self, &reading, &error), STORE_OK);
    ck_assert(reading.life_changed && !hashes[0].exists);
    ck_assert_str_eq(reading.progress.life, "00000000000000aa");
    static const int steps[] = {FAKE_READ_PROGRESS, FAKE_READ_HASH, FAKE_READ_HASH, FAKE_READ_LIFE};
    ck_assert_uint_eq(asked, ARRAY_LEN(steps));
    ck_assert_mem_eq(kinds, steps, sizeof steps);
    store_lists_read_deinit(&reading);
}
END_TEST

/* -- clauses -- */

START_TEST(the_fence_holds_unless_switched_off) {
    ck_assert_int_eq(contribute(one, 2, 5), STORE_STORED);
    ck_assert_int_eq(contribute(one, 2, 4), STORE_NEWER);
    rule_switch_off("fence");
    ck_assert_int_eq(contribute(one, 2, 4), STORE_STORED);
}
END_TEST

START_TEST(a_final_list_closes_its_minute_unless_switched_off) {
    (void)contribute(one, 1, 1);
    rule_switch_off("closed");
    ck_assert_int_eq(write_list(one, "final"), STORE_STORED);
    ck_assert_int_eq(contribute(one, 1, 2), STORE_STORED);
    rule_switch_off(NULL);
    ck_assert_int_eq(write_list(one, "final"), STORE_STORED);
    ck_assert_int_eq(contribute(one, 1, 3), STORE_CLOSED);
    ck_assert_int_eq(write_list(one, "open"), STORE_CLOSED);
}
END_TEST

START_TEST(a_closed_hash_lives_on_from_the_last_part_that_came_for_it) {
    (void)contribute(one, 1, 1);
    ck_assert_int_eq(write_list(one, "final"), STORE_STORED);
    now_ms += redis->retention_ms / 2;
    ck_assert_int_eq(contribute(one, 1, 2), STORE_CLOSED);
    now_ms += redis->retention_ms * 3 / 4;
    ck_assert_int_eq(contribute(one, 1, 2), STORE_CLOSED);
    now_ms += redis->retention_ms * 2;
    ck_assert_int_eq(contribute(one, 1, 2), STORE_STORED);
}
END_TEST

START_TEST(another_life_is_refused_unless_switched_off) {
    ck_assert_int_eq(write_rows(one, "00000000000000cc", "00000000000000aa"), STORE_OTHER_LIFE);
    rule_switch_off("life");
    ck_assert_int_eq(write_rows(one, "00000000000000cc", ""), STORE_STORED);
    ck_assert_int_eq(write_rows(one, "", ""), STORE_OTHER_LIFE);
}
END_TEST

START_TEST(another_group_is_fatal) {
    struct fake_store *other = fake_store_create(redis, "other");
    (void)write_rows(one, "", "00000000000000aa");
    ck_assert_int_eq(write_rows(other, "00000000000000aa", ""), STORE_FATAL);
    fake_store_destroy(other);
}
END_TEST

/* -- what the verdict reads -- */

static struct {
    size_t lists, notes;
    char before[8], after[8];
} noticed;

static void see_list(void *ctx, const struct fake_list *before, const struct fake_list *after) {
    (void)ctx;
    strcpy(noticed.before, before->state);
    strcpy(noticed.after, after->state);
    ck_assert_uint_eq(before->parts_n, 1);
}

static void count_list(void *ctx, const struct fake_list *l) {
    (void)ctx;
    noticed.lists++;
    if (!fake_eq(fake_bytes(&l->location), us)) return;
    ck_assert_str_eq(l->state, "final");
    ck_assert(l->closed && l->parts_n == 0 && l->top_n == 3);
    ck_assert(fake_eq(l->top[0].item, fake_text("eel")) && l->top[0].count == 7);
    ck_assert(fake_eq(l->top[1].item, fake_text("dog")) && fake_eq(l->top[2].item, fake_text("cat")));
    ck_assert(fake_eq(fake_bytes(&l->merged), fake_text("m")));
}

static void count_note(void *ctx, uint32_t shard, bool waiting, struct bytes location, int64_t at, const char *token) {
    (void)ctx;
    noticed.notes++;
    ck_assert_uint_eq(shard, keys_shard(us));
    ck_assert(!waiting && fake_eq(location, us) && at == minute);
    ck_assert_str_eq(token, "abc");
}

START_TEST(the_verdict_sees_lists_notes_and_every_list_write) {
    struct store ops = fake_store_ops(one);
    struct store_note note = {.location = us, .minute = minute, .token = "abc"};
    memset(&noticed, 0, sizeof noticed);
    redis->on_list = see_list;
    (void)contribute_two(one);
    ck_assert_int_eq(ops.ops->note(ops.self, &note, 1, &error), STORE_OK);
    (void)write_list(one, "open");
    ck_assert_str_eq(noticed.before, "");
    ck_assert_str_eq(noticed.after, "open");
    (void)write_list(one, "final");
    ck_assert_str_eq(noticed.before, "open");
    ck_assert_str_eq(noticed.after, "final");
    fake_redis_each_list(redis, count_list, NULL);
    fake_redis_each_note(redis, count_note, NULL);
    ck_assert_uint_eq(noticed.lists, 2);
    ck_assert_uint_eq(noticed.notes, 1);
}
END_TEST

Suite *store_fake_suite(void);
Suite *store_fake_suite(void) {
    Suite *s = suite_create("store_fake");
    TCase *c = tcase_create("faults");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_call_may_break_between_two_lists);
    tcase_add_test(c, an_answer_may_be_lost_after_the_effect);
    tcase_add_test(c, a_late_call_happens_when_its_ghosts_run);
    tcase_add_test(c, every_kind_of_write_can_come_late);
    tcase_add_test(c, a_full_server_refuses_one_element_and_takes_the_others);
    tcase_add_test(c, after_a_break_each_old_connection_fails_once);
    tcase_add_test(c, a_break_in_the_middle_of_a_call_is_seen_by_the_call);
    tcase_add_test(c, nothing_late_reaches_the_server_after_a_break);
    tcase_add_test(c, a_failover_takes_back_exactly_what_is_younger);
    tcase_add_test(c, a_flush_leaves_nothing_and_a_failover_may_bring_it_back);
    tcase_add_test(c, others_may_act_between_the_steps_of_a_reading_and_the_life_tells);
    tcase_add_test(c, the_fence_holds_unless_switched_off);
    tcase_add_test(c, a_final_list_closes_its_minute_unless_switched_off);
    tcase_add_test(c, a_closed_hash_lives_on_from_the_last_part_that_came_for_it);
    tcase_add_test(c, another_life_is_refused_unless_switched_off);
    tcase_add_test(c, another_group_is_fatal);
    tcase_add_test(c, the_verdict_sees_lists_notes_and_every_list_write);
    suite_add_tcase(s, c);
    return s;
}
