/* unit/merger/check_notes.c - what becomes of a list and its note: kept, waiting, ended; what has a say in it;
 * and what the merger makes up for after a break or a refusal. Seen from outside: the lists and notes that are in Redis
 * after a round. */
#include <stdio.h>

#include <check.h>

#include "merger_given.h"
#include "unit/worker/worker_given.h"

/* -- a note and its hash -- */

START_TEST(the_note_of_an_open_list_waits_and_ends_when_it_is_final) {
    all_settled(merging.minute - 1);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "open");
    expect_notes(0, 1);
    all_settled(merging.minute);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "final");
    expect_notes(0, 0);
}
END_TEST

/* A Redis that lost its last seconds may have lost the hash and not the note. Whoever wrote it stores it again. */
START_TEST(a_note_without_a_hash_stays_until_all_partitions_have_settled_its_minute) {
    settled("tt/0", merging.minute);
    settled("tt/1", merging.minute - 1);
    contributed("tt/0", "US", true);
    hash_gone("US");
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    expect_notes(1, 0);
    settled("tt/1", merging.minute);
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    expect_notes(0, 0);
}
END_TEST

START_TEST(a_hash_that_comes_again_is_merged_for_the_note_that_stayed) {
    all_settled(merging.minute - 1);
    contributed("tt/0", "US", false);
    hash_gone("US");
    ck_assert_uint_eq(rounds(1), 0);
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(2), 1);
    expect_state("US", "open");
    expect_notes(0, 1);
}
END_TEST

/* Its hash expired, and nobody will ever settle what is not there any more. */
START_TEST(a_note_without_a_hash_ends_when_its_minute_is_past_retention) {
    contributed("tt/0", "US", false);
    contributed("tt/0", "DE", false);
    hash_gone("US");
    hash_gone("DE");
    worker.wall_ms = minute_end_ms(merging.minute) + (int64_t)worker.config->retention_ms - TENTH_MS;
    ck_assert_uint_eq(rounds(1), 0);
    expect_notes(2, 0);
    noted("US");
    noted("DE");
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    expect_notes(0, 0);
}
END_TEST

/* Parts of incarnations that are not the last may still cease to count, without a note. */
START_TEST(the_note_of_a_lost_list_waits_until_all_partitions_have_settled_its_minute) {
    row_written("tt/0", merging.minute - 1, merging.minute);
    settled("tt/1", merging.minute - 1);
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    expect_state("US", "lost");
    expect_notes(0, 1);
    row_written("tt/0", merging.minute, merging.minute);
    settled("tt/1", merging.minute);
    ck_assert_uint_ge(rounds(ROUNDS), 1);
    expect_state("US", "lost");
    expect_notes(0, 0);
}
END_TEST

/* -- of others -- */

static const char *location_of_partition(uint32_t partition) {
    static char name[16];
    uint32_t i = 0;
    do snprintf(name, sizeof name, "place%u", i++);
    while (keys_shard(text(name)) % PARTITIONS != partition);
    return name;
}

/* Its merger let it wait and is gone; whoever takes the shard over goes on with it. */
START_TEST(what_waits_in_a_shard_that_comes_is_merged) {
    const char *location = location_of_partition(1);
    own(1, false);
    contributed("tt/0", location, false);
    note_waits(location);
    ck_assert_uint_eq(rounds(ROUNDS), 0);
    own(1, true);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    expect_state(location, "open");
}
END_TEST

/* -- after a break -- */

static const int reads_and_writes[] = {FAKE_NOTES_READ, FAKE_LIST_WRITE, FAKE_NOTE_END};

/* The answer to what it wrote may be lost, so the merger knows nothing: what waits is read and merged again. */
START_TEST(after_a_break_what_waits_is_merged_again) {
    all_settled(merging.minute - 1);
    contributed("tt/0", "US", false);
    ck_assert_uint_eq(rounds(ROUNDS), 1);
    expect_notes(0, 1);
    contributed("tt/0", "DE", false);
    broken_round(reads_and_writes[_i]);
    ck_assert_uint_eq(rounds(ROUNDS), 2);
    expect_notes(0, 2);
}
END_TEST

/* -- refused -- */

START_TEST(a_list_that_was_refused_is_merged_again_though_its_note_says_nothing_new) {
    all_settled(merging.minute - 1);
    contributed("tt/0", "US", false);
    merging.other_writes = true;
    ck_assert_uint_eq(rounds(1), 1);
    expect_notes(1, 0);
    ck_assert_uint_eq(rounds(1), 1);
    expect_notes(0, 1);
    ck_assert_uint_eq(rounds(ROUNDS), 0);
}
END_TEST

/* -- what has a say, and when -- */

/* Such topics may be called nearly as ours. */
static const char *const others[] = {"old/0", "t/0", "ttt/0"};

/* Another worker may read it already, or still. */
START_TEST(the_row_of_a_topic_that_is_not_read_here_has_its_say) {
    settled(others[_i], merging.minute - 1);
    all_settled(merging.minute);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "open");
    settled(others[_i], merging.minute);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "final");
}
END_TEST

START_TEST(so_has_a_part_of_such_a_topic) {
    all_settled(merging.minute);
    contributed("tt/0", "US", true);
    contributed(others[_i], "US", false);
    ck_assert_uint_eq(rounds(1), 1);
    expect_state("US", "open");
    expect_top("US", "cat 10, dog 8");
}
END_TEST

/* Others that were merged a moment ago wait their turn. */
START_TEST(a_list_that_becomes_final_is_merged_at_once) {
    settled("tt/0", merging.minute);
    settled("tt/1", merging.minute - 1);
    contributed("tt/0", "US", true);
    ck_assert_uint_eq(rounds(1), 1);
    settled("tt/1", merging.minute);
    merging.written = 0;
    ck_assert_int_eq(merger_step(merging.merger), TENTH_MS); /* no time passed */
    ck_assert_uint_eq(merging.written, 1);
    expect_state("US", "final");
}
END_TEST

Suite *notes_suite(void);
Suite *notes_suite(void) {
    Suite *s = suite_create("notes");
    TCase *c = tcase_create("notes");
    tcase_add_checked_fixture(c, merging_begin, merging_end);
    tcase_add_test(c, the_note_of_an_open_list_waits_and_ends_when_it_is_final);
    tcase_add_test(c, a_note_without_a_hash_stays_until_all_partitions_have_settled_its_minute);
    tcase_add_test(c, a_hash_that_comes_again_is_merged_for_the_note_that_stayed);
    tcase_add_test(c, a_note_without_a_hash_ends_when_its_minute_is_past_retention);
    tcase_add_test(c, the_note_of_a_lost_list_waits_until_all_partitions_have_settled_its_minute);
    tcase_add_test(c, what_waits_in_a_shard_that_comes_is_merged);
    tcase_add_loop_test(c, after_a_break_what_waits_is_merged_again, 0, (int)ARRAY_LEN(reads_and_writes));
    tcase_add_test(c, a_list_that_was_refused_is_merged_again_though_its_note_says_nothing_new);
    tcase_add_loop_test(c, the_row_of_a_topic_that_is_not_read_here_has_its_say, 0, (int)ARRAY_LEN(others));
    tcase_add_loop_test(c, so_has_a_part_of_such_a_topic, 0, (int)ARRAY_LEN(others));
    tcase_add_test(c, a_list_that_becomes_final_is_merged_at_once);
    suite_add_tcase(s, c);
    return s;
}
