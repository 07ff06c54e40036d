/* unit/merger/check_merger.c - when the merger merges: what is new, at once; what is new again, after a while that
 * grows with the cost. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "list/packed.h"
#include "merger/aside.h"
#include "merger/merger.h"
#include "support/fake_store.h"
#include "unit/worker/worker_given.h"

enum { INTERVAL_MS = 1000, TENTH_MS = INTERVAL_MS / 10, HALF_MS = INTERVAL_MS / 2, MINUTE = 7 };

static struct fake_redis *redis;
static struct fake_store *fake;
static struct merger *merger;
static int64_t write_ms; /* how long the write of a list takes */
static size_t written;
static unsigned tokens;

static int fate_of_writes, fate_of_losses;
static size_t lost;

static int count_writes(void *ctx, int kind) {
    (void)ctx;
    lost += kind == FAKE_LIST_LOSE;
    if (kind == FAKE_LIST_LOSE) return fate_of_losses;
    if (kind != FAKE_LIST_WRITE) return FAKE_DO;
    written++;
    worker.mono_ms += write_ms;
    return fate_of_writes;
}

static void setup(void) {
    given_hub((const char *const[]){"TOPICS=t", NULL});
    worker.partitions = 1;
    shards_own(&worker.hub.shards, 0, "t", 0, true);
    redis = fake_redis_create("topk", 1000000);
    fake = fake_store_create(redis, "topkd");
    fake->before_call = count_writes;
    merger = merger_create(&worker.hub, fake_store_ops(fake));
    write_ms = 0;
    written = tokens = lost = 0;
    fate_of_writes = fate_of_losses = FAKE_DO;
}

static void teardown(void) {
    merger_destroy(merger);
    fake_store_destroy(fake);
    fake_redis_destroy(redis);
    worker_gone();
}

/* A publisher stores a copy of t/0 for this location and leaves its note. */
static void contributed(const char *location) {
    struct store store = fake_store_ops(fake);
    struct buf items = {0};
    tokens++;
    struct packed_item cat = {{"cat", 3}, tokens, tokens, tokens};
    packed_write(&items, &(struct packed_head){.exact = true, .total = tokens, .items_n = 1}, &cat);
    struct store_part part = {.partition_name = "t/0", .items = {items.data, items.len}};
    struct store_parts list = {{location, strlen(location)}, MINUTE, &part, 1};
    struct store_note note = {.location = list.location, .minute = MINUTE};
    fence_format(part.fence, 1, tokens);
    snprintf(note.token, sizeof note.token, "%016u", tokens);
    ck_assert_int_eq(store.ops->contribute(store.self, &list, 1, NULL), STORE_OK);
    ck_assert_int_eq(store.ops->note(store.self, &note, 1, NULL), STORE_OK);
    buf_free(&items);
}

/* A round MS later; how many lists it wrote. */
static size_t round_after(int64_t ms) {
    worker.mono_ms += ms;
    written = 0;
    ck_assert_int_eq(merger_step(merger), TENTH_MS);
    return written;
}

START_TEST(what_was_noted_is_merged_once) {
    contributed("US");
    contributed("DE");
    ck_assert_uint_eq(round_after(0), 2);
    ck_assert_uint_eq(round_after(10 * INTERVAL_MS), 0);
    ck_assert_uint_eq(round_after(10 * INTERVAL_MS), 0);
}
END_TEST

START_TEST(a_part_that_comes_late_is_merged_a_tenth_of_the_interval_later) {
    contributed("US");
    ck_assert_uint_eq(round_after(0), 1);
    contributed("US");
    contributed("DE");
    ck_assert_uint_eq(round_after(TENTH_MS - 1), 1); /* DE is new */
    ck_assert_uint_eq(round_after(1), 1);
    ck_assert_uint_eq(round_after(INTERVAL_MS), 0);
}
END_TEST

START_TEST(the_dearer_merging_is_the_longer_a_late_part_waits) {
    write_ms = TENTH_MS / 2;
    contributed("US");
    ck_assert_uint_eq(round_after(0), 1);
    contributed("US");
    ck_assert_uint_eq(round_after(4 * write_ms - write_ms - 1), 0);
    ck_assert_uint_eq(round_after(write_ms + 1), 1);
}
END_TEST

START_TEST(however_dear_merging_is_a_list_is_merged_again_after_half_an_interval) {
    write_ms = 10 * INTERVAL_MS;
    contributed("US");
    ck_assert_uint_eq(round_after(0), 1);
    contributed("US");
    ck_assert_uint_eq(round_after(HALF_MS - 1), 0);
    ck_assert_uint_eq(round_after(1), 1);
}
END_TEST

/* After a break or a takeover both notes of a list are read at once. Whoever remembers the older one merges the list
 * again a minute later, and cannot end the note of a list that became final meanwhile. */
START_TEST(of_a_changed_and_a_waiting_note_the_changed_one_is_remembered) {
    for (char name[] = "A"; name[0] <= 'Z'; name[0]++) contributed(name);
    ck_assert_uint_eq(round_after(0), 26);
    for (char name[] = "A"; name[0] <= 'Z'; name[0]++) contributed(name);
    merger_destroy(merger);
    merger = merger_create(&worker.hub, fake_store_ops(fake));
    ck_assert_uint_gt(round_after(0), 26); /* and of some shards what waits, in the first round already */
    for (int i = 0; i < STORE_SHARDS; i++) ck_assert_uint_eq(round_after(0), 0);
    ck_assert_uint_eq(round_after(60000), 0);
}
END_TEST

/* -- lists set aside -- */

static double aside(void) { return metric_value(metrics_get(worker.metrics, METRIC_LISTS_SET_ASIDE, "")); }

/* Nearly a minute between two tries, whatever the tick; its neighbour is not held up. */
START_TEST(a_list_whose_keys_are_odd_is_tried_now_and_then) {
    fate_of_writes = FAKE_ODD;
    contributed("US");
    ck_assert_uint_eq(round_after(0), 1);
    ck_assert(aside() == 1);
    ck_assert_uint_eq(round_after(30000), 0);
    fate_of_writes = FAKE_DO;
    contributed("DE");
    ck_assert_uint_eq(round_after(ASIDE_RETRY_MS - 30001), 1);
    ck_assert_uint_eq(round_after(1), 1);
    ck_assert(aside() == 0);
    ck_assert_uint_eq(lost, 0); /* its contributions are all there */
    ck_assert_uint_eq(round_after(INTERVAL_MS), 0);
}
END_TEST

static void spoil(const char *location, const char *field, const char *value) {
    struct buf key = {0};
    keys_part(&key, "topk", (struct bytes){location, strlen(location)}, MINUTE);
    fake_set(redis, fake_key(redis, fake_bytes(&key)), fake_text(field), fake_text(value));
    buf_free(&key);
}

START_TEST(a_list_of_which_a_contribution_is_broken_is_lost_and_tried_now_and_then) {
    contributed("US");
    contributed("DE");
    spoil("US", "items:t/0", "garbage");
    ck_assert_uint_eq(round_after(0), 1);
    ck_assert(aside() == 1 && lost == 1);
    ck_assert_uint_eq(round_after(ASIDE_RETRY_MS - 1), 0);
    ck_assert_uint_eq(lost, 1);
    ck_assert_uint_eq(round_after(1), 0);
    ck_assert_uint_eq(lost, 2);
    contributed("US"); /* its owner says it again */
    ck_assert_uint_eq(round_after(ASIDE_RETRY_MS), 1);
    ck_assert(aside() == 0);
    struct fake_list list;
    fake_redis_list(redis, (struct bytes){"US", 2}, MINUTE, &list);
    ck_assert_str_eq(list.state, "lost");
    fake_list_deinit(&list);
}
END_TEST

START_TEST(lists_set_aside_are_forgotten_with_their_shard) {
    fate_of_writes = FAKE_ODD;
    contributed("US");
    ck_assert_uint_eq(round_after(0), 1);
    ck_assert(aside() == 1);
    shards_own(&worker.hub.shards, 0, "t", 0, false);
    round_after(0);
    shards_own(&worker.hub.shards, 0, "t", 0, true);
    fate_of_writes = FAKE_DO;
    ck_assert_uint_eq(round_after(0), 1);
    ck_assert(aside() == 0);
}
END_TEST

/* An hour is what a person has to free the keys of a historical log, whose minutes are all older than RETENTION. */
START_TEST(nothing_outlives_retention_but_for_an_hour_of_tries) {
    fate_of_writes = FAKE_ODD;
    contributed("US"); /* in 1970 */
    for (int i = 0; i <= ASIDE_PATIENCE_MS / ASIDE_RETRY_MS; i++) {
        ck_assert_uint_eq(round_after(ASIDE_RETRY_MS), 1);
        ck_assert(aside() == (i < ASIDE_PATIENCE_MS / ASIDE_RETRY_MS));
    }
    fate_of_writes = FAKE_DO;
    ck_assert_uint_eq(round_after(ASIDE_RETRY_MS), 0);
}
END_TEST

Suite *merger_suite(void);
Suite *merger_suite(void) {
    Suite *s = suite_create("merger");
    TCase *c = tcase_create("when");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, what_was_noted_is_merged_once);
    tcase_add_test(c, a_part_that_comes_late_is_merged_a_tenth_of_the_interval_later);
    tcase_add_test(c, the_dearer_merging_is_the_longer_a_late_part_waits);
    tcase_add_test(c, however_dear_merging_is_a_list_is_merged_again_after_half_an_interval);
    tcase_add_test(c, of_a_changed_and_a_waiting_note_the_changed_one_is_remembered);
    tcase_add_test(c, a_list_whose_keys_are_odd_is_tried_now_and_then);
    tcase_add_test(c, a_list_of_which_a_contribution_is_broken_is_lost_and_tried_now_and_then);
    tcase_add_test(c, lists_set_aside_are_forgotten_with_their_shard);
    tcase_add_test(c, nothing_outlives_retention_but_for_an_hour_of_tries);
    suite_add_tcase(s, c);
    return s;
}
