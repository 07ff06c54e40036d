/* unit/partition/check_partition_publish.c - what is said, when it is said, and when a bucket counts as stored. */
#include <string.h>

#include <check.h>

#include "partition_given.h"

static void expect_dirty(uint64_t dirty, bool all_clean) {
    ck_assert_uint_eq(view().dirty_buckets, dirty);
    ck_assert_int_eq(view().all_clean, all_clean);
}

/* -- dirty and clean -- */

START_TEST(a_bucket_is_dirty_until_copied_and_unclean_until_answered) {
    expect_dirty(0, true);
    (void)views("US", "cat", 1);
    expect_dirty(2, false);
    ck_assert_uint_eq(publish(), 2);
    expect_dirty(0, false);
    answer_copy(&evening.said[0]);
    expect_dirty(0, false);
    answer_copy(&evening.said[1]);
    expect_dirty(0, true);
}
END_TEST

START_TEST(what_did_not_change_is_not_said_again) {
    (void)views("US", "cat", 1);
    publish_and_answer();
    ck_assert_uint_eq(publish(), 0);
    (void)views("FR", "cat", 1);
    ck_assert_uint_eq(publish(), 2);
    expect_copy("FR 19:08 @2: cat 1");
    expect_copy("global 19:08 @2: cat 2");
}
END_TEST

START_TEST(a_copy_under_way_is_not_said_twice) {
    (void)views("US", "cat", 1);
    ck_assert_uint_eq(publish(), 2);
    ck_assert_uint_eq(publish(), 0);
    expect_dirty(0, false);
}
END_TEST

START_TEST(an_answer_to_an_older_copy_does_not_clean_what_changed_since) {
    (void)views(NULL, "cat", 1);
    publish();
    struct said first = evening.said[0];
    (void)views(NULL, "cat", 1);
    publish();
    answer_copy(&first);
    expect_dirty(0, false);
    answer_copy(&evening.said[0]);
    expect_dirty(0, true);
}
END_TEST

START_TEST(answers_may_come_in_any_order) {
    (void)views(NULL, "cat", 1);
    publish();
    struct said first = evening.said[0];
    (void)views(NULL, "cat", 1);
    publish_and_answer();
    answer_copy(&first);
    expect_dirty(0, true);
}
END_TEST

START_TEST(answers_for_others_change_nothing) {
    (void)views("US", "cat", 1);
    publish();
    struct said other_minute = evening.said[0], other_place = evening.said[0];
    other_minute.minute++;
    strcpy(other_place.location, "FR");
    answer_copy(&other_minute);
    answer_copy(&other_place);
    expect_dirty(0, false);
    ck_assert_uint_eq(view().live_minutes, 1);
    ck_assert_uint_eq(view().live_buckets, 2);
}
END_TEST

START_TEST(a_list_holds_no_more_items_than_its_size) {
    evening.rules.list_size = 2;
    (void)views(NULL, "a", 1);
    (void)views(NULL, "b", 3);
    (void)views(NULL, "c", 3);
    publish();
    ck_assert_str_eq(evening.said[0].text, "global 19:08 @3: c 3, b 3");
}
END_TEST

/* -- a queue that is full -- */

START_TEST(a_full_queue_ends_the_tick_and_the_longest_unsent_goes_on) {
    evening.room = 2;
    (void)views("A", "cat", 1); /* dirty: A, global, B, C */
    (void)views("B", "cat", 1);
    (void)views("C", "cat", 1);
    ck_assert_uint_eq(publish(), 2);
    ck_assert_str_eq(evening.said[0].text, "A 19:08 @3: cat 1");
    ck_assert_str_eq(evening.said[1].text, "global 19:08 @3: cat 3");
    (void)views("A", "cat", 1); /* behind B and C now, and global behind it */
    ck_assert_uint_eq(publish(), 2);
    ck_assert_str_eq(evening.said[0].text, "B 19:08 @4: cat 1");
    ck_assert_str_eq(evening.said[1].text, "C 19:08 @4: cat 1");
    ck_assert_uint_eq(publish(), 2);
    ck_assert_str_eq(evening.said[0].text, "A 19:08 @4: cat 2");
    ck_assert_str_eq(evening.said[1].text, "global 19:08 @4: cat 4");
    ck_assert_uint_eq(publish(), 0);
}
END_TEST

START_TEST(a_queue_without_any_room_loses_nothing) {
    evening.room = 0;
    (void)views("US", "cat", 1);
    ck_assert_uint_eq(publish(), 0);
    expect_dirty(2, false);
    evening.room = 8;
    ck_assert_uint_eq(publish(), 2);
}
END_TEST

/* -- silence -- */

/* Up to the frontier a copy would say less than was already said. */
START_TEST(a_successor_is_silent_up_to_the_frontier_and_then_says_everything) {
    (void)views("US", "cat", 1);
    (void)views("FR", "cat", 1);
    publish_and_answer();
    commit();
    (void)views("US", "cat", 1);
    given_successor();
    ck_assert_int_eq(read_up_to(1), RECORD_REBUILT);
    ck_assert_uint_eq(publish(), 0);
    ck_assert(view().stage != STAGE_SPEAKING && !hand_row());
    ck_assert_int_eq(read_up_to(2), RECORD_REBUILT);
    ck_assert_uint_eq(publish(), 3);
    expect_copy("US 19:08 @2: cat 1");
    expect_copy("FR 19:08 @2: cat 1");
    expect_copy("global 19:08 @2: cat 2");
    ck_assert_int_eq(read_up_to(3), RECORD_APPLIED);
    ck_assert_uint_eq(publish(), 2);
    ck_assert_uint_eq(view().rebuilt, 2);
    ck_assert_uint_eq(view().messages, 1);
}
END_TEST

START_TEST(nothing_is_said_before_the_incarnation_is_committed) {
    commit();
    evening.rules.meaning++;
    given_successor();
    (void)views("US", "cat", 1);
    ck_assert_uint_eq(publish(), 0);
    row_is_known(0, 0);
    ck_assert_uint_eq(publish(), 0);
    ck_assert(!hand_row());
    struct partition_commit c;
    ck_assert(try_freeze(&c));
    partition_committed(evening.partition, &c, false);
    ck_assert_uint_eq(publish(), 0);
    partition_committed(evening.partition, &c, true);
    ck_assert_uint_eq(publish(), 2);
    ck_assert(hand_row());
}
END_TEST

/* -- final copies -- */

START_TEST(a_sealed_minute_is_said_once_more_and_for_good) {
    (void)views("US", "cat", 1);
    publish_and_answer();
    it_is("19:10");
    (void)views("US", "dog", 1);
    ck_assert_uint_eq(view().sealed_minutes, 1);
    ck_assert_uint_eq(publish(), 4);
    expect_copy("US 19:08 final: cat 1");
    expect_copy("global 19:08 final: cat 1");
    expect_copy("US 19:10 @2: dog 1");
    answer_all();
    (void)views("US", "dog", 1);
    ck_assert_uint_eq(publish(), 2); /* 19:08 has said its last word */
    expect_copy("US 19:10 @3: dog 2");
}
END_TEST

START_TEST(minutes_may_seal_together) {
    it_is("19:07");
    (void)views("US", "cat", 1);
    it_is("19:08");
    (void)views("US", "cat", 1);
    it_is("19:30");
    (void)views(NULL, "cat", 1);
    ck_assert_uint_eq(view().sealed_minutes, 2);
    ck_assert_uint_eq(publish(), 5);
    expect_copy("US 19:07 final: cat 1");
    expect_copy("global 19:08 final: cat 1");
    expect_copy("global 19:30 @3: cat 1");
}
END_TEST

/* An operator's reset to offset 1. What the record before it may have touched, and one minute more, is not vouched
 * for. */
static const struct {
    const char *before, *copy;
} doubts[] = {
    {"19:18:59.999", "US 19:21 final: cat 1"},
    {"19:19:59.999", "US 19:21 @3: cat 1"},
    {"19:20:00", "US 19:21 @3: cat 1"},
};

START_TEST(a_minute_not_vouched_for_is_never_called_final) {
    it_is(doubts[_i].before);
    (void)views("US", "cat", 1);
    it_is("19:21");
    (void)views("US", "cat", 1);
    it_is("19:30");
    (void)views(NULL, "cat", 1);
    evening.group = (struct partition_commit){.offset = 1};
    given_successor();
    read_up_to(3);
    given_ready(0);
    ck_assert_uint_eq(view().sealed_minutes, 1);
    publish();
    expect_copy(doubts[_i].copy);
}
END_TEST

/* All final copies of one incarnation are equal, whoever made them and whenever. */
START_TEST(a_successor_says_the_same_final_copy) {
    (void)views("US", "cat", 3);
    commit();
    it_is("19:10");
    (void)views(NULL, "dog", 1);
    publish();
    expect_copy("US 19:08 final: cat 3");
    given_successor();
    read_up_to(2);
    (void)views(NULL, "eel", 1);
    publish();
    expect_copy("US 19:08 final: cat 3");
    expect_copy("global 19:10 @3: eel 1, dog 1");
}
END_TEST

/* -- rule 12 -- */

START_TEST(after_a_break_everything_live_is_said_again) {
    (void)views("US", "cat", 1);
    it_is("19:10");
    (void)views(NULL, "cat", 1);
    publish_and_answer();
    expect_dirty(0, true);
    partition_broken(evening.partition);
    expect_dirty(3, false);
    ck_assert_uint_eq(publish(), 3);
    expect_copy("US 19:08 final: cat 1");
    expect_copy("global 19:10 @2: cat 1");
    answer_all();
    expect_dirty(0, true);
}
END_TEST

START_TEST(a_break_in_the_middle_of_a_tick_says_nothing_twice) {
    evening.room = 1;
    (void)views("US", "cat", 1);
    publish();
    partition_broken(evening.partition);
    evening.room = 8;
    ck_assert_uint_eq(publish(), 2);
    ck_assert_uint_eq(publish(), 0);
}
END_TEST

START_TEST(an_answer_from_before_a_break_is_none_to_what_is_said_again) {
    (void)views(NULL, "cat", 1);
    publish();
    struct said before = evening.said[0];
    (void)views(NULL, "cat", 1);
    publish_and_answer();
    expect_dirty(0, true);
    partition_broken(evening.partition);
    ck_assert_uint_eq(publish(), 1);
    answer_copy(&before);
    expect_dirty(0, false);
    answer_all();
    expect_dirty(0, true);
}
END_TEST

START_TEST(another_redis_makes_what_was_settled_unsure_and_hears_everything_again) {
    it_is("19:08");
    (void)views("US", "cat", 1);
    it_is("19:30");
    (void)views("US", "cat", 1);
    publish_and_answer();
    wait_ms(5000);
    confirm_and_settle();
    ck_assert_int_eq(view().settled, minute_at("19:28"));
    ck_assert(hand_row());
    ck_assert_int_eq(evening.row.unsure_until, NO_MINUTE);
    partition_other_life(evening.partition, LIFE_B);
    ck_assert_str_eq(view().life, LIFE_B);
    expect_dirty(2, false);
    ck_assert(hand_row());
    ck_assert_int_eq(evening.row.unsure_until, minute_at("19:28"));
    ck_assert_str_eq(evening.row_life, LIFE_B);
}
END_TEST

START_TEST(the_same_redis_named_again_changes_nothing) {
    (void)views("US", "cat", 1);
    publish_and_answer();
    ck_assert(hand_row());
    partition_other_life(evening.partition, LIFE_A);
    expect_dirty(0, true);
    ck_assert(hand_row());
    ck_assert_int_eq(evening.row.unsure_until, NO_MINUTE);
}
END_TEST

Suite *partition_publish_suite(void);
Suite *partition_publish_suite(void) {
    Suite *s = suite_create("partition_publish");
    TCase *c = tcase_create("dirty");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_bucket_is_dirty_until_copied_and_unclean_until_answered);
    tcase_add_test(c, what_did_not_change_is_not_said_again);
    tcase_add_test(c, a_copy_under_way_is_not_said_twice);
    tcase_add_test(c, an_answer_to_an_older_copy_does_not_clean_what_changed_since);
    tcase_add_test(c, answers_may_come_in_any_order);
    tcase_add_test(c, answers_for_others_change_nothing);
    tcase_add_test(c, a_list_holds_no_more_items_than_its_size);
    tcase_add_test(c, a_full_queue_ends_the_tick_and_the_longest_unsent_goes_on);
    tcase_add_test(c, a_queue_without_any_room_loses_nothing);
    suite_add_tcase(s, c);
    c = tcase_create("silence");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_successor_is_silent_up_to_the_frontier_and_then_says_everything);
    tcase_add_test(c, nothing_is_said_before_the_incarnation_is_committed);
    suite_add_tcase(s, c);
    c = tcase_create("final");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_sealed_minute_is_said_once_more_and_for_good);
    tcase_add_test(c, minutes_may_seal_together);
    tcase_add_loop_test(c, a_minute_not_vouched_for_is_never_called_final, 0, ARRAY_LEN(doubts));
    tcase_add_test(c, a_successor_says_the_same_final_copy);
    suite_add_tcase(s, c);
    c = tcase_create("forgotten");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, after_a_break_everything_live_is_said_again);
    tcase_add_test(c, a_break_in_the_middle_of_a_tick_says_nothing_twice);
    tcase_add_test(c, an_answer_from_before_a_break_is_none_to_what_is_said_again);
    tcase_add_test(c, another_redis_makes_what_was_settled_unsure_and_hears_everything_again);
    tcase_add_test(c, the_same_redis_named_again_changes_nothing);
    suite_add_tcase(s, c);
    return s;
}
