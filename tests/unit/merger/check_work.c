/* unit/merger/check_work.c - one list, from the hash that Redis has of it to what is written. */
#include <string.h>

#include <check.h>

#include "list/packed.h"
#include "merger/work.h"
#include "unit/worker/worker_given.h"

enum { MINUTE = 1000 };

static struct progress progress;
static struct buf items; /* of each part: 5 cats, 4 dogs and 3 eels */
static struct work work;

static void setup(void) {
    static const struct packed_item most[] = {{{"cat", 3}, 5, 5, 5}, {{"dog", 3}, 4, 4, 4}, {{"eel", 3}, 3, 3, 3}};
    given_hub((const char *const[]){"TOPICS=t", "K=2", NULL});
    progress = (struct progress){.rows_version = 1};
    packed_write(&items, &(struct packed_head){.exact = true, .total = 12, .items_n = ARRAY_LEN(most)}, most);
}

static void teardown(void) {
    work_deinit(&work);
    progress_deinit(&progress);
    buf_free(&items);
    worker_gone();
}

/* The partition spoke under this incarnation last, and settled everything up to this minute. */
static void row_of(const char *partition_name, uint64_t incarnation, int64_t settled) {
    const struct progress_row row = {
        .settled = settled, .older_until = NO_MINUTE, .unsure_until = NO_MINUTE, .end_ms = TIME_NEVER};
    progress_add(&progress, partition_name, incarnation, &row);
}

static struct store_hash_part part_of(char *partition_name, uint64_t incarnation, bool final) {
    struct store_hash_part p = {
        .partition_name = partition_name, .final = final, .items = items.data, .items_len = items.len};
    fence_format(p.fence, incarnation, 7);
    return p;
}

static struct store_hash hash_of(struct store_hash_part *parts, size_t n) {
    return (struct store_hash){.location = {"US", 2},
                               .minute = MINUTE,
                               .exists = true,
                               .hash_token = "000000000000abcd",
                               .writes = 4,
                               .parts = parts,
                               .parts_n = n};
}

static uint64_t count_of(size_t rank) { return work.top[rank].count; }

START_TEST(parts_add_up_and_k_of_their_items_are_written) {
    struct store_hash_part parts[] = {part_of("t/0", 1, false), part_of("t/1", 1, true)};
    struct store_hash hash = hash_of(parts, 2);
    row_of("t/0", 1, NO_MINUTE);
    row_of("t/1", 1, NO_MINUTE);
    ck_assert(work_make(&worker.hub.rules, &progress, &hash, &work));
    struct store_list list = work_list(worker.config->k, &hash, &work);
    ck_assert_int_eq(work.state, LIST_OPEN);
    ck_assert_str_eq(list.state, "open");
    ck_assert_uint_eq(list.top_n, 2);
    ck_assert(count_of(0) == 10 && count_of(1) == 8);
    ck_assert(list.writes == 4 && list.minute == MINUTE && !list.final);
    ck_assert_str_eq(list.hash_token, hash.hash_token);
}
END_TEST

/* Another incarnation of its partition has spoken since. */
START_TEST(a_part_that_does_not_count_adds_nothing) {
    struct store_hash_part parts[] = {part_of("t/0", 1, false), part_of("t/1", 1, false)};
    struct store_hash hash = hash_of(parts, 2);
    row_of("t/0", 1, NO_MINUTE);
    row_of("t/1", 2, NO_MINUTE);
    ck_assert(work_make(&worker.hub.rules, &progress, &hash, &work));
    ck_assert(work.parts[0].counts && !work.parts[1].counts);
    ck_assert_uint_eq(count_of(0), 5);
}
END_TEST

START_TEST(what_all_have_settled_is_final) {
    struct store_hash_part parts[] = {part_of("t/0", 1, true)};
    struct store_hash hash = hash_of(parts, 1);
    row_of("t/0", 1, MINUTE);
    ck_assert(work_make(&worker.hub.rules, &progress, &hash, &work));
    ck_assert_int_eq(work.state, LIST_FINAL);
    ck_assert(work_list(worker.config->k, &hash, &work).final);
}
END_TEST

START_TEST(a_list_that_lost_something_is_lost_whatever_the_rows_say) {
    struct store_hash_part parts[] = {part_of("t/0", 1, true)};
    struct store_hash hash = hash_of(parts, 1);
    hash.lost = true;
    row_of("t/0", 1, MINUTE);
    ck_assert(work_make(&worker.hub.rules, &progress, &hash, &work));
    ck_assert_str_eq(work_list(worker.config->k, &hash, &work).state, "lost");
}
END_TEST

START_TEST(a_broken_part_makes_no_list) {
    char garbage[] = "garbage";
    struct store_hash_part parts[] = {part_of("t/0", 1, true), part_of("t/1", 1, true)};
    struct store_hash hash = hash_of(parts, 2);
    parts[1].items = garbage;
    parts[1].items_len = strlen(garbage);
    ck_assert(!work_make(&worker.hub.rules, &progress, &hash, &work));
}
END_TEST

Suite *work_suite(void);
Suite *work_suite(void) {
    Suite *s = suite_create("work");
    TCase *c = tcase_create("list");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, parts_add_up_and_k_of_their_items_are_written);
    tcase_add_test(c, a_part_that_does_not_count_adds_nothing);
    tcase_add_test(c, what_all_have_settled_is_final);
    tcase_add_test(c, a_list_that_lost_something_is_lost_whatever_the_rows_say);
    tcase_add_test(c, a_broken_part_makes_no_list);
    suite_add_tcase(s, c);
    return s;
}
