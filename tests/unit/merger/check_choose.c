/* unit/merger/check_choose.c - what a merger waits for before it merges a list, and what it looks at again later. */
#include <stdio.h>

#include <check.h>

#include "merger_given.h"
#include "unit/worker/worker_given.h"

/* -- what grows old -- */

/* Its hash expired a RETENTION after it was merged, whatever the minute of a log that is ahead of the clock says. */
START_TEST(a_list_without_a_hash_ends_a_retention_after_it_was_merged) {
    int64_t retention_ms = (int64_t)worker.config->retention_ms;
    merging.minute += 7 * 24 * 60;
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(1), 1);
    hash_gone("US");
    pass(retention_ms / 2);
    row_written("tt/0", merging.minute - 1, merging.minute); /* what is looked at in between does not become younger */
    ck_assert_uint_eq(rounds(1), 0);
    pass(retention_ms / 2 - 3 * TENTH_MS);
    ck_assert_uint_eq(rounds(1), 0);
    expect_notes(0, 1);
    ck_assert_uint_eq(rounds(1), 0);
    expect_notes(0, 0);
}
END_TEST

START_TEST(a_list_that_nothing_changes_is_looked_at_a_retention_after_it_was_merged) {
    merging.minute += 7 * 24 * 60;
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    hash_gone("US");
    pass((int64_t)worker.config->retention_ms);
    ck_assert_uint_eq(rounds(1), 0);
    expect_notes(0, 0);
}
END_TEST

/* -- passes over what waits -- */

enum { SHARDS_A_ROUND = 64 };

static const char *location_between(uint32_t least, uint32_t most, char name[16]) {
    uint32_t i = 0;
    do snprintf(name, 16, "place%u", i++);
    while (keys_shard(text(name)) < least || keys_shard(text(name)) > most);
    return name;
}

START_TEST(what_waits_and_was_refused_is_tried_again_soon) {
    contributed("tt/0", "US", false);
    note_waits("US");
    merging.other_writes = true;
    ck_assert_uint_eq(rounds(2 * ROUNDS), 2);
}
END_TEST

START_TEST(what_is_refused_again_and_again_does_not_keep_others_waiting) {
    char first[16], last[16];
    merging.other_location = location_between(0, SHARDS_A_ROUND - 1, first);
    contributed("tt/0", merging.other_location, false);
    note_waits(merging.other_location);
    contributed("tt/0", location_between(STORE_SHARDS - SHARDS_A_ROUND, STORE_SHARDS - 1, last), false);
    note_waits(last);
    for (int i = 0; i < ROUNDS; i++) {
        merging.other_writes = true;
        (void)rounds(1);
    }
    expect_state(last, "open");
}
END_TEST

START_TEST(what_others_let_wait_is_read_within_a_minute) {
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    contributed("tt/0", "US", false);
    note_waits("US");
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    pass(60000);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
}
END_TEST

/* -- what is not known yet -- */

/* No row has changed, and a list may be final all the same: its topic was made again with fewer. */
START_TEST(partitions_that_come_or_go_are_noticed) {
    worker.partitions = PARTITIONS + 1;
    own(PARTITIONS, true);
    all_settled(merging.minute);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "open");
    worker.partitions = PARTITIONS;
    ck_assert_uint_ge(rounds(2), 1);
    expect_state("US", "final");
}
END_TEST

static uint32_t size_of_second; /* of two topics */

static uint32_t size_of(void *self, uint32_t topic) {
    (void)self;
    return topic == 0 ? PARTITIONS : size_of_second;
}

START_TEST(a_topic_whose_partitions_are_not_known_yet_keeps_lists_open) {
    merging_end();
    given_merger("TOPICS=tt,uu");
    worker.topics.partitions = size_of;
    size_of_second = 0;
    all_settled(merging.minute);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "open");
    settled("uu/0", merging.minute);
    size_of_second = 1;
    ck_assert_uint_ge(rounds(ROUNDS), 1);
    expect_state("US", "final");
}
END_TEST

/* -- minutes that are over for some -- */

static void over_for(const char *partition_name, bool over) {
    merging.log_time_ms = over ? minute_end_ms(merging.minute) + worker.hub.rules.lateness_ms : worker.wall_ms;
    settled(partition_name, merging.minute - 1);
}

static void over_for_both(bool first, bool second) {
    over_for("tt/0", first);
    over_for("tt/1", second);
}

enum { HOLD_ROUNDS = 30 }; /* three publish intervals */

START_TEST(the_first_list_of_a_minute_that_is_over_for_some_waits_for_all) {
    over_for_both(true, false);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(HOLD_ROUNDS / 2), 0);
    over_for("tt/1", true);
    ck_assert_uint_eq(rounds(1), 1);
}
END_TEST

START_TEST(or_for_three_intervals) {
    over_for_both(true, false);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(HOLD_ROUNDS), 0);
    ck_assert_uint_eq(rounds(1), 1);
}
END_TEST

START_TEST(what_waits_is_not_held_back) {
    over_for_both(true, false);
    contributed("tt/0", "US", true);
    note_waits("US");
    ck_assert_uint_eq(rounds(ROUNDS), 1);
}
END_TEST

START_TEST(what_was_merged_before_is_not_held_back) {
    over_for_both(false, false);
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(1), 1);
    over_for("tt/0", true);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(2), 1);
}
END_TEST

Suite *choose_suite(void);
Suite *choose_suite(void) {
    Suite *s = suite_create("choose");
    TCase *c = tcase_create("lists");
    tcase_add_checked_fixture(c, merging_begin, merging_end);
    tcase_add_test(c, a_list_without_a_hash_ends_a_retention_after_it_was_merged);
    tcase_add_test(c, a_list_that_nothing_changes_is_looked_at_a_retention_after_it_was_merged);
    tcase_add_test(c, what_waits_and_was_refused_is_tried_again_soon);
    tcase_add_test(c, what_is_refused_again_and_again_does_not_keep_others_waiting);
    tcase_add_test(c, what_others_let_wait_is_read_within_a_minute);
    tcase_add_test(c, partitions_that_come_or_go_are_noticed);
    tcase_add_test(c, a_topic_whose_partitions_are_not_known_yet_keeps_lists_open);
    tcase_add_test(c, the_first_list_of_a_minute_that_is_over_for_some_waits_for_all);
    tcase_add_test(c, or_for_three_intervals);
    tcase_add_test(c, what_waits_is_not_held_back);
    tcase_add_test(c, what_was_merged_before_is_not_held_back);
    suite_add_tcase(s, c);
    return s;
}
