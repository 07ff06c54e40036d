/* unit/partition/check_partition_settle.c - when a minute may be forgotten, and what that leaves for a successor.
 * It must be sealed, stored, and confirmed by a progress row that left SETTLE_DELAY (5 s) after its last answer. What
 * stays decides where a successor begins. */
#include <check.h>

#include "partition_given.h"

static void expect_settled(const char *clock, uint32_t live_minutes) {
    ck_assert_int_eq(view().settled, minute_at(clock));
    ck_assert_uint_eq(view().live_minutes, live_minutes);
}

/* 19:08 is sealed, and 19:10 is open. */
static void given_a_sealed_minute(void) {
    it_is("19:08");
    (void)views("US", "cat", 1);
    it_is("19:10");
    (void)views(NULL, "cat", 1);
}

static void move_log_time(const char *clock) {
    it_is(clock);
    record_of(NULL, 0);
}

START_TEST(a_minute_settles_when_a_row_left_late_enough) {
    given_a_sealed_minute();
    publish_and_answer();
    wait_ms(4999);
    confirm_and_settle();
    expect_settled("19:07", 2);
    wait_ms(1);
    confirm_and_settle();
    expect_settled("19:08", 1);
    ck_assert_uint_eq(view().live_buckets, 1);
}
END_TEST

START_TEST(the_delay_counts_from_the_last_answer_of_the_minute) {
    given_a_sealed_minute();
    publish();
    answer_copy(&evening.said[0]);
    wait_ms(3000);
    answer_all();
    row_behind();
    wait_ms(4999);
    confirm_and_settle();
    expect_settled("19:07", 2);
    wait_ms(1);
    confirm_and_settle();
    expect_settled("19:08", 1);
}
END_TEST

START_TEST(a_minute_does_not_settle_before_it_is_sealed) {
    it_is("19:08");
    (void)views("US", "cat", 1);
    move_log_time("19:09:59.999");
    publish_and_answer();
    wait_ms(60000);
    confirm_and_settle();
    expect_settled("19:07", 1);
}
END_TEST

/* Sealed after its last copy: the final copy is still to be said. */
START_TEST(a_minute_does_not_settle_before_its_final_copy_is_answered) {
    it_is("19:08");
    (void)views("US", "cat", 1);
    publish_and_answer();
    move_log_time("19:10");
    wait_ms(60000);
    confirm_and_settle();
    expect_settled("19:07", 1);
    publish();
    answer_copy(&evening.said[0]);
    wait_ms(60000);
    confirm_and_settle();
    expect_settled("19:07", 1);
    answer_copy(&evening.said[1]);
    row_behind();
    wait_ms(5000);
    confirm_and_settle();
    expect_settled("19:08", 0);
}
END_TEST

START_TEST(a_row_counts_from_when_it_was_handed_over_not_from_its_answer) {
    given_a_sealed_minute();
    publish_and_answer();
    wait_ms(4999);
    ck_assert(hand_row());
    wait_ms(10000);
    answer_row();
    partition_settle(evening.partition);
    expect_settled("19:07", 2);
}
END_TEST

/* All of the sealed minute is answered after the row that is out left: only the next one has it, and settles it. */
static void expect_the_next_row_is_behind_it(void) {
    wait_ms(1);
    answer_all();
    answer_row();
    wait_ms(5000);
    confirm_and_settle();
    expect_settled("19:07", 2);
    wait_ms(5000);
    confirm_and_settle();
    expect_settled("19:08", 1);
}

/* What was stored after a row left is not in a Redis that keeps the row and lost what came later. */
START_TEST(a_row_that_left_before_the_answers_is_not_behind_them) {
    given_a_sealed_minute();
    publish();
    ck_assert(hand_row());
    expect_the_next_row_is_behind_it();
}
END_TEST

START_TEST(a_row_that_left_between_the_answers_is_not_behind_the_last) {
    given_a_sealed_minute();
    publish();
    answer_copy(&evening.said[0]);
    ck_assert(hand_row());
    expect_the_next_row_is_behind_it();
}
END_TEST

START_TEST(a_row_that_is_not_answered_confirms_nothing) {
    given_a_sealed_minute();
    publish_and_answer();
    wait_ms(6000);
    ck_assert(hand_row());
    partition_settle(evening.partition);
    expect_settled("19:07", 2);
    partition_row_answered(evening.partition, NULL); /* the queue was full: it was never sent */
    partition_settle(evening.partition);
    expect_settled("19:07", 2);
}
END_TEST

START_TEST(a_break_starts_the_clock_again) {
    given_a_sealed_minute();
    publish_and_answer();
    wait_ms(6000);
    ck_assert(hand_row());
    answer_row();
    partition_broken(evening.partition);
    partition_settle(evening.partition);
    expect_settled("19:07", 2);
    publish_and_answer();
    wait_ms(4999);
    confirm_and_settle();
    expect_settled("19:07", 2);
    wait_ms(1);
    confirm_and_settle();
    expect_settled("19:08", 1);
}
END_TEST

START_TEST(another_redis_starts_the_clock_again) {
    given_a_sealed_minute();
    publish_and_answer();
    wait_ms(6000);
    ck_assert(hand_row());
    partition_other_life(evening.partition, LIFE_B);
    confirm_and_settle();
    expect_settled("19:07", 2);
    publish_and_answer();
    confirm_and_settle();
    expect_settled("19:07", 2);
    wait_ms(5000);
    confirm_and_settle();
    expect_settled("19:08", 1);
}
END_TEST

START_TEST(the_same_redis_named_again_does_not_start_the_clock) {
    given_a_sealed_minute();
    publish_and_answer();
    wait_ms(3000);
    ck_assert(hand_row());
    partition_other_life(evening.partition, LIFE_A);
    wait_ms(2000);
    confirm_and_settle();
    expect_settled("19:08", 1);
}
END_TEST

START_TEST(nothing_settles_before_redis_is_known) {
    partition_destroy(evening.partition);
    evening_begin();
    given_successor(); /* of nobody: a new group */
    given_ready(0);
    given_a_sealed_minute();
    publish_and_answer();
    wait_ms(6000);
    confirm_and_settle();
    ck_assert_int_eq(view().settled, NO_MINUTE);
    ck_assert_uint_eq(view().live_minutes, 2);
}
END_TEST

START_TEST(nothing_settles_in_silence) {
    given_a_sealed_minute();
    partition_other_life(evening.partition, LIFE_A);
    commit();
    given_successor();
    ck_assert_int_eq(read_up_to(1), RECORD_REBUILT);
    partition_settle(evening.partition);
    ck_assert_int_eq(view().settled, NO_MINUTE);
}
END_TEST

/* -- order -- */

START_TEST(minutes_settle_in_order) {
    it_is("19:07");
    (void)views(NULL, "cat", 1);
    it_is("19:08");
    (void)views(NULL, "cat", 1);
    move_log_time("19:30");
    publish();
    struct said first = evening.said[0], second = evening.said[1];
    ck_assert_int_eq(first.minute, minute_at("19:07"));
    answer_copy(&second);
    wait_ms(6000);
    confirm_and_settle();
    expect_settled("19:06", 2);
    answer_copy(&first);
    row_behind();
    wait_ms(5000);
    confirm_and_settle();
    expect_settled("19:28", 0);
}
END_TEST

START_TEST(one_row_may_settle_many_minutes) {
    static const char *const clocks[] = {"19:05", "19:06", "19:07"};
    for (size_t i = 0; i < ARRAY_LEN(clocks); i++) {
        it_is(clocks[i]);
        (void)views("US", "cat", 1);
    }
    move_log_time("19:09");
    publish_and_answer();
    wait_ms(5000);
    confirm_and_settle();
    expect_settled("19:07", 0);
    ck_assert_uint_eq(view().live_buckets, 0);
}
END_TEST

START_TEST(minutes_without_events_settle_with_their_neighbours) {
    it_is("19:08");
    (void)views("US", "cat", 1);
    it_is("19:20");
    (void)views("US", "cat", 1);
    move_log_time("19:20:59");
    publish_and_answer();
    confirm_and_settle();
    expect_settled("19:07", 2);
    wait_ms(5000);
    confirm_and_settle();
    expect_settled("19:18", 1);
    move_log_time("19:21");
    partition_settle(evening.partition);
    expect_settled("19:19", 1);
}
END_TEST

START_TEST(a_log_without_countable_events_settles_by_its_time) {
    move_log_time("19:08");
    publish();
    partition_settle(evening.partition);
    expect_settled("19:06", 0);
}
END_TEST

/* Log time only grows, but a successor begins with the one before the rewind: what was settled stays settled. */
START_TEST(what_was_settled_never_goes_down) {
    given_a_sealed_minute();
    publish_and_answer();
    wait_ms(5000);
    confirm_and_settle();
    commit();
    given_successor();
    expect_settled("19:08", 0);
    read_up_to(2);
    publish();
    partition_settle(evening.partition);
    expect_settled("19:08", 1);
    ck_assert_str_eq(events_of("19:08 19:10"), "late applied");
}
END_TEST

/* -- where a successor begins -- */

static void expect_rewind(int64_t offset, const char *log_time_before) {
    struct commit_meta m = frozen_meta();
    ck_assert_int_eq(view().rewind, offset);
    ck_assert_int_eq(m.rewind, offset);
    ck_assert_int_eq(m.rewind_log_time_ms, ms_of(log_time_before));
    ck_assert_int_eq(m.frontier_log_time_ms, view().log_time_ms);
}

/* A younger minute can hold the earlier offset: an event dated ahead. Settling the older one must not lose it. */
START_TEST(a_successor_begins_at_the_first_event_of_any_open_minute) {
    move_log_time("19:06");
    it_is("19:08:10");
    ck_assert_str_eq(events_of("19:09"), "applied");
    it_is("19:08:20");
    ck_assert_str_eq(events_of("19:08"), "applied");
    move_log_time("19:10");
    expect_rewind(1, "19:06");
    publish_and_answer();
    wait_ms(5000);
    confirm_and_settle();
    expect_settled("19:08", 1);
    expect_rewind(1, "19:06");
    move_log_time("19:11:30");
    publish_and_answer();
    wait_ms(5000);
    confirm_and_settle();
    expect_settled("19:09", 0);
    expect_rewind(5, "19:11:30");
}
END_TEST

START_TEST(the_rewind_moves_on_to_the_next_open_minute) {
    move_log_time("19:07");
    it_is("19:08");
    (void)views("US", "cat", 1);
    it_is("19:09:30");
    (void)views("US", "cat", 1);
    move_log_time("19:10");
    publish_and_answer();
    wait_ms(5000);
    expect_rewind(1, "19:07");
    confirm_and_settle();
    expect_settled("19:08", 1);
    expect_rewind(2, "19:08");
}
END_TEST

/* A bucket that was doubted while a copy of it was under way: the answer comes while it waits in the queue again. The
 * queue points at it, so it may not be forgotten before it had its turn. */
START_TEST(a_bucket_that_waits_to_be_said_again_is_not_forgotten) {
    given_a_sealed_minute();
    publish();
    partition_keep(evening.partition); /* revoked and assigned again */
    answer_all();
    evening.room = 0; /* and Redis is slow */
    publish();
    wait_ms(5000);
    confirm_and_settle();
    expect_settled("19:07", 2);
    evening.room = 8;
    ck_assert_uint_eq(publish(), 3);
    expect_copy("US 19:08 final: cat 1");
    answer_all();
    row_behind();
    wait_ms(5000);
    confirm_and_settle();
    expect_settled("19:08", 1);
}
END_TEST

Suite *partition_settle_suite(void);
Suite *partition_settle_suite(void) {
    Suite *s = suite_create("partition_settle");
    TCase *c = tcase_create("when");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_minute_settles_when_a_row_left_late_enough);
    tcase_add_test(c, the_delay_counts_from_the_last_answer_of_the_minute);
    tcase_add_test(c, a_minute_does_not_settle_before_it_is_sealed);
    tcase_add_test(c, a_minute_does_not_settle_before_its_final_copy_is_answered);
    tcase_add_test(c, a_row_counts_from_when_it_was_handed_over_not_from_its_answer);
    tcase_add_test(c, a_row_that_left_before_the_answers_is_not_behind_them);
    tcase_add_test(c, a_row_that_left_between_the_answers_is_not_behind_the_last);
    tcase_add_test(c, a_row_that_is_not_answered_confirms_nothing);
    tcase_add_test(c, a_break_starts_the_clock_again);
    tcase_add_test(c, another_redis_starts_the_clock_again);
    tcase_add_test(c, the_same_redis_named_again_does_not_start_the_clock);
    tcase_add_test(c, nothing_settles_before_redis_is_known);
    tcase_add_test(c, nothing_settles_in_silence);
    suite_add_tcase(s, c);
    c = tcase_create("order");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, minutes_settle_in_order);
    tcase_add_test(c, one_row_may_settle_many_minutes);
    tcase_add_test(c, minutes_without_events_settle_with_their_neighbours);
    tcase_add_test(c, a_log_without_countable_events_settles_by_its_time);
    tcase_add_test(c, what_was_settled_never_goes_down);
    suite_add_tcase(s, c);
    c = tcase_create("rewind");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_successor_begins_at_the_first_event_of_any_open_minute);
    tcase_add_test(c, the_rewind_moves_on_to_the_next_open_minute);
    tcase_add_test(c, a_bucket_that_waits_to_be_said_again_is_not_forgotten);
    suite_add_tcase(s, c);
    return s;
}
