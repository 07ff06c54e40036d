/* unit/merger/check_chunk.c - what is written of lists, and what must be true in Redis before. */
#include <check.h>

#include "merger_given.h"
#include "unit/worker/worker_given.h"

/* -- what is written -- */

START_TEST(a_list_has_the_k_items_that_are_most_of_all_parts) {
    contributed("tt/0", "US", false);
    contributed("tt/1", "US", false);
    ck_assert_uint_eq(rounds(1), 1);
    expect_top("US", "cat 10, dog 8");
}
END_TEST

START_TEST(every_location_with_a_list_is_in_the_index) {
    contributed("tt/0", "US", false);
    contributed("tt/0", "DE", false);
    ck_assert_uint_eq(rounds(1), 2);
    struct buf name = {0};
    keys_locations(&name, merging.redis->board);
    const struct fake_key *index = fake_look(merging.redis, fake_bytes(&name));
    buf_free(&name);
    ck_assert_uint_eq(index->n, 2);
    ck_assert_ptr_nonnull(fake_get(index, text("US")).p);
}
END_TEST

/* -- lost -- */

START_TEST(a_list_that_lost_a_contribution_is_never_closed) {
    struct store store = fake_store_ops(merging.other);
    struct store_loss loss = {.location = text("US"), .minute = merging.minute};
    struct fake_list list;
    all_settled(merging.minute);
    stored("tt/0", "US", true);
    ck_assert_int_eq(store.ops->lists_lose(store.self, &loss, 1, NULL), STORE_OK);
    noted("US");
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "lost");
    fake_redis_list(merging.redis, text("US"), merging.minute, &list);
    ck_assert(!list.closed);
    ck_assert_uint_eq(list.parts_n, 1);
    fake_list_deinit(&list);
}
END_TEST

/* -- before a list is closed -- */

static int64_t closed_up_to(void) {
    struct store_progress known;
    fake_redis_progress(merging.redis, &known);
    int64_t closed = known.closable_until;
    store_progress_deinit(&known);
    return closed;
}

START_TEST(how_far_lists_are_closed_is_said_with_every_minute) {
    all_settled(merging.minute - 1);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    ck_assert_int_eq(closed_up_to(), INT64_MIN);
    for (int i = 0; i < 2; i++, merging.minute++) {
        contributed("tt/0", "US", true);
        all_settled(merging.minute);
        ck_assert_uint_ge(rounds(2), 1);
        expect_state("US", "final");
        ck_assert_int_eq(closed_up_to(), merging.minute);
    }
}
END_TEST

START_TEST(nothing_is_closed_that_was_judged_without_a_partition_that_joined) {
    all_settled(merging.minute);
    contributed("tt/0", "US", true);
    merging.other_joins = true;
    ck_assert_uint_eq(rounds(1), 0);
    expect_state("US", "");
    expect_notes(1, 0);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    expect_state("US", "open");
}
END_TEST

Suite *chunk_suite(void);
Suite *chunk_suite(void) {
    Suite *s = suite_create("chunk");
    TCase *c = tcase_create("lists");
    tcase_add_checked_fixture(c, merging_begin, merging_end);
    tcase_add_test(c, a_list_has_the_k_items_that_are_most_of_all_parts);
    tcase_add_test(c, every_location_with_a_list_is_in_the_index);
    tcase_add_test(c, a_list_that_lost_a_contribution_is_never_closed);
    tcase_add_test(c, how_far_lists_are_closed_is_said_with_every_minute);
    tcase_add_test(c, nothing_is_closed_that_was_judged_without_a_partition_that_joined);
    suite_add_tcase(s, c);
    return s;
}
