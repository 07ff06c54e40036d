/* unit/partition/check_partition_row.c - the progress row: what a partition says of itself, one row at a time. */
#include <check.h>

#include "partition_given.h"

START_TEST(a_row_says_where_the_partition_stands) {
    it_is("19:10");
    (void)views("US", "cat", 1);
    publish();
    ck_assert(hand_row());
    ck_assert_uint_eq(evening.row_incarnation, 100);
    ck_assert_int_eq(evening.row_frontier, 1);
    ck_assert_str_eq(evening.row_life, LIFE_A);
    ck_assert_int_eq(evening.row.log_time_ms, ms_of("19:10"));
    ck_assert_int_eq(evening.row.settled, NO_MINUTE);
    ck_assert_int_eq(evening.row.older_until, NO_MINUTE);
    ck_assert_int_eq(evening.row.unsure_until, NO_MINUTE);
    ck_assert_int_eq(evening.row.end_ms, TIME_NEVER);
}
END_TEST

START_TEST(only_one_row_is_out_at_a_time) {
    publish();
    ck_assert(hand_row());
    ck_assert(!hand_row());
    answer_row();
    ck_assert(hand_row());
    partition_broken(evening.partition); /* it is not on its way any more */
    ck_assert(hand_row());
    partition_other_life(evening.partition, LIFE_B); /* refused is answered too */
    ck_assert(hand_row());
    partition_row_answered(evening.partition, NULL); /* not sent after all */
    ck_assert(hand_row());
}
END_TEST

START_TEST(no_row_leaves_in_silence) {
    (void)views("US", "cat", 1);
    commit();
    given_successor();
    publish();
    ck_assert(!hand_row());
    read_up_to(1);
    ck_assert(!hand_row()); /* silence ends with a tick, which makes everything dirty */
    publish();
    ck_assert(hand_row());
}
END_TEST

/* -- the end of the log -- */

static void expect_end(int64_t end_ms) {
    ck_assert(hand_row());
    ck_assert_int_eq(evening.row.end_ms, end_ms);
    answer_row();
}

START_TEST(the_end_is_said_only_while_everything_is_stored) {
    (void)views("US", "cat", 1);
    partition_end_seen(evening.partition, 1, 5000);
    publish();
    expect_end(TIME_NEVER);
    answer_copy(&evening.said[0]);
    expect_end(TIME_NEVER);
    answer_copy(&evening.said[1]);
    expect_end(5000);
    (void)views("US", "cat", 1);
    expect_end(TIME_NEVER);
    publish_and_answer();
    expect_end(5000); /* what was true at 5000 is still true of that moment */
}
END_TEST

START_TEST(only_an_end_where_the_partition_stands_counts) {
    (void)views("US", "cat", 1);
    publish_and_answer();
    partition_end_seen(evening.partition, 2, 5000); /* a record is still to be read */
    expect_end(TIME_NEVER);
    partition_end_seen(evening.partition, 0, 5000); /* an old answer */
    expect_end(TIME_NEVER);
    partition_eof(evening.partition, 3, 0); /* markers at the end */
    partition_end_seen(evening.partition, 3, 6000);
    expect_end(6000);
    partition_end_seen(evening.partition, 3, 5500); /* clocks may be set */
    expect_end(6000);
}
END_TEST

START_TEST(a_row_is_current_when_it_says_everything_and_that_the_log_ended_here) {
    (void)views("US", "cat", 1);
    publish_and_answer();
    partition_end_seen(evening.partition, 1, 5000);
    ck_assert(!view().row_current);
    ck_assert(hand_row());
    ck_assert(!view().row_current);
    answer_row();
    ck_assert(view().row_current);
    it_is("19:30");
    (void)views("US", "cat", 1);
    ck_assert(!view().row_current);
    publish_and_answer();
    partition_end_seen(evening.partition, 2, 6000);
    expect_end(6000);
    ck_assert(view().row_current);
    ck_assert(view().all_clean && !view().all_settled);
    wait_ms(5000);
    expect_end(6000);
    partition_settle(evening.partition);
    ck_assert(view().all_settled && !view().row_current);
    expect_end(6000);
    ck_assert(view().row_current);
}
END_TEST

START_TEST(a_row_without_the_end_is_not_current) {
    (void)views("US", "cat", 1);
    publish_and_answer();
    expect_end(TIME_NEVER);
    ck_assert(!view().row_current);
}
END_TEST

START_TEST(a_row_that_was_never_sent_is_not_current) {
    publish();
    partition_end_seen(evening.partition, 0, 5000);
    ck_assert(hand_row());
    partition_row_answered(evening.partition, NULL);
    ck_assert(!view().row_current);
}
END_TEST

/* -- what a Redis keeps that has a row -- */

static int64_t kept(void) {
    ck_assert(hand_row());
    partition_row_answered(evening.partition, NULL); /* it was only looked at */
    return evening.row_kept;
}

static void given_a_settled_minute(void) {
    it_is("19:08");
    (void)views("US", "cat", 1);
    it_is("19:10");
    record_of(NULL, 0);
    row_behind(); /* nothing was stored before this one */
    publish_and_answer();
    wait_ms(5000);
    confirm_and_settle();
    ck_assert_int_eq(view().settled, minute_at("19:08"));
}

START_TEST(the_first_row_behind_a_minute_that_settled_must_be_kept) {
    publish();
    ck_assert_int_eq(kept(), 0);
    given_a_settled_minute();
    ck_assert_int_eq(kept(), evening.rows_n - 1); /* the last one confirmed it */
    int64_t rows = kept();
    commit();
    given_successor();
    read_up_to(2);
    publish();
    ck_assert_int_eq(kept(), rows);
}
END_TEST

START_TEST(another_redis_keeps_none_of_the_rows) {
    given_a_settled_minute();
    partition_other_life(evening.partition, LIFE_B);
    ck_assert_int_eq(kept(), 0);
}
END_TEST

START_TEST(another_log_does_not_change_what_redis_has_to_keep) {
    given_a_settled_minute();
    int64_t rows = kept();
    struct vouch vouch = evening.row.vouch;
    ck_assert_int_gt(rows, 0);
    ck_assert_int_ne(vouch.until_ms, 0);
    ck_assert(partition_doubt(evening.partition, 0));
    evening.log[1].time_ms++;
    ck_assert_int_eq(read_up_to(2), RECORD_OF_ANOTHER_LOG);
    given_ready(0);
    publish();
    ck_assert_int_eq(kept(), rows);
    ck_assert_int_eq(evening.row.vouch.until_ms, vouch.until_ms);
}
END_TEST

/* -- since when absence is proof -- */

/* SINCE_MS: when it was answered what holds from then on; 0: never yet. */
static void expect_vouch(int64_t above, int64_t since_ms) {
    (void)kept();
    ck_assert_int_eq(evening.row.vouch.above, above);
    ck_assert_int_eq(evening.row.vouch.until_ms, since_ms == 0 ? 0 : since_ms + evening.rules.retention_ms / 8 * 7);
}

static void log_time_is(const char *clock) {
    it_is(clock);
    record_of(NULL, 0);
    publish_and_answer();
}

/* A copy of what was stored so long ago makes no hash. So nobody can tell that something is missing, but its row. */
START_TEST(what_may_have_expired_is_not_vouched_for) {
    it_is("19:08");
    ck_assert_str_eq(events_of("19:08"), "applied");
    publish_and_answer();
    commit();
    wait_ms(evening.rules.retention_ms - _i);
    given_successor();
    read_up_to(1);
    publish_and_answer();
    log_time_is("19:10:30"); /* its final copy goes out */
    (void)kept();
    ck_assert_int_eq(evening.row.vouch.above >= minute_at("19:08"), _i == 0);
}
END_TEST

START_TEST(a_row_says_what_was_open_when_redis_answered_a_quarter_of_retention_ago) {
    const int64_t quarter = evening.rules.retention_ms / 4;
    const int64_t start = evening.redis_ms;
    publish();
    expect_vouch(NO_MINUTE, 0);
    log_time_is("19:10");
    expect_vouch(NO_MINUTE, start); /* everything was stored since */
    wait_ms(quarter - 1);
    log_time_is("19:20");
    expect_vouch(NO_MINUTE, start);
    wait_ms(1);
    log_time_is("19:30");
    expect_vouch(minute_at("19:08"), start);
    wait_ms(quarter - 1);
    row_behind();
    expect_vouch(minute_at("19:08"), start);
    wait_ms(1);
    row_behind();
    expect_vouch(minute_at("19:28"), start + quarter);
    commit();
    given_successor();
    read_up_to(3);
    publish();
    expect_vouch(minute_at("19:28"), start + quarter);
}
END_TEST

START_TEST(a_row_proves_no_more_than_the_shorter_retention_and_anew_after_a_long_absence) {
    int64_t kept_ms = evening.rules.retention_ms / 8 * 7;
    publish_and_answer();
    log_time_is("19:10");
    commit();
    int64_t start = evening.redis_ms;
    evening.rules.retention_ms /= 10;
    given_successor();
    read_up_to(1);
    publish_and_answer();
    (void)kept();
    ck_assert_int_eq(evening.row.vouch.until_ms, start + kept_ms / 10);
    ck_assert_int_eq(evening.row.vouch.above, NO_MINUTE);
    evening.rules.retention_ms *= 10;
    row_behind();
    (void)kept();
    ck_assert_int_eq(evening.row.vouch.until_ms, start + kept_ms / 10);
    wait_ms(2 * kept_ms);
    row_behind();
    (void)kept();
    ck_assert_int_eq(evening.row.vouch.until_ms, evening.redis_ms + kept_ms);
    ck_assert_int_eq(evening.row.vouch.above, minute_at("19:08"));
}
END_TEST

/* -- who joins -- */

START_TEST(a_new_partition_says_nothing_of_what_is_closed_and_vouches_no_more_than_its_row_did) {
    evening.group_has = false;
    given_successor();
    ck_assert(partition_waits_for_row(evening.partition));
    evening.joined = (struct partition_joined){
        .closable_until = minute_at("19:05"), .is_new = true, .unsure_until = minute_at("19:03"), .life = LIFE_B};
    given_ready(7);
    it_is("19:06:30");
    ck_assert_str_eq(events_of("19:05 19:06"), "late applied");
    publish();
    ck_assert(hand_row());
    ck_assert_int_eq(evening.row.settled, minute_at("19:05"));
    ck_assert_int_eq(evening.row.unsure_until, minute_at("19:03"));
    ck_assert_str_eq(evening.row_life, LIFE_B);
}
END_TEST

/* Its row was there all the time: what was closed was closed with what it said. */
START_TEST(without_a_commit_but_with_a_row_it_counts_what_is_closed_again) {
    evening.group_has = false;
    given_successor();
    evening.joined =
        (struct partition_joined){.closable_until = minute_at("19:05"), .unsure_until = NO_MINUTE, .life = LIFE_B};
    given_ready(7);
    it_is("19:06:30");
    ck_assert_str_eq(events_of("19:05 19:06"), "applied applied");
}
END_TEST

START_TEST(what_was_left_out_joins_as_another_incarnation_and_is_late_for_what_is_closed) {
    it_is("19:01");
    ck_assert_str_eq(events_of("19:01"), "applied");
    commit();
    evening.left_out = true;
    given_successor();
    ck_assert(partition_waits_for_row(evening.partition));
    evening.joined = (struct partition_joined){
        .closable_until = minute_at("19:05"), .is_new = true, .unsure_until = minute_at("19:01"), .life = LIFE_A};
    row_is_known(100, 0);
    read_up_to(1);
    commit();
    it_is("19:06:30");
    ck_assert_str_eq(events_of("19:05 19:06"), "late applied");
    publish();
    ck_assert(hand_row());
    ck_assert_uint_eq(evening.row_incarnation, 101);
    ck_assert_int_eq(evening.row.settled, minute_at("19:05"));
    ck_assert_int_eq(evening.row.unsure_until, minute_at("19:01"));
}
END_TEST

/* What it had said of them before is of an older incarnation, and it will not be said again. */
START_TEST(what_was_left_out_and_has_no_row_any_more_is_unsure_of_what_is_closed) {
    it_is("19:01");
    ck_assert_str_eq(events_of("19:01"), "applied");
    commit();
    evening.left_out = true;
    given_successor();
    evening.joined = (struct partition_joined){
        .closable_until = minute_at("19:05"), .is_new = true, .unsure_until = NO_MINUTE, .life = LIFE_A};
    row_is_known(0, 0);
    read_up_to(1);
    commit();
    it_is("19:06:30");
    record_of(NULL, 0);
    publish();
    ck_assert(hand_row());
    ck_assert_int_eq(evening.row.settled, minute_at("19:05"));
    ck_assert_int_eq(evening.row.unsure_until, minute_at("19:05"));
}
END_TEST

/* -- when all of a minute was told -- */

static bool take_told(void *ctx, const struct bucket_copy *copy) {
    *(int64_t *)ctx = copy->stored_mono_ms;
    return true;
}

/* Everything is said again; when was it told first? */
static int64_t told(void) {
    int64_t at = 0;
    partition_broken(evening.partition);
    ck_assert(partition_publish(evening.partition, partition_publish_begin(evening.partition), take_told, &at));
    return at;
}

START_TEST(a_minute_is_told_when_all_of_it_was_stored_for_the_first_time) {
    it_is("19:08");
    (void)views("US", "cat", 1);
    publish();
    answer_copy(&evening.said[0]);
    ck_assert_int_eq(told(), TIME_NEVER);
    int64_t first = evening.mono_ms;
    answer_all();
    wait_ms(1000);
    ck_assert_int_eq(told(), first);
    answer_all();
    ck_assert_int_eq(told(), first);
    (void)views("US", "cat", 1);
    ck_assert_int_eq(told(), TIME_NEVER);
}
END_TEST

START_TEST(a_successor_knows_when_what_was_committed_was_told) {
    it_is("19:08");
    (void)views("US", "cat", 1);
    commit();
    given_successor();
    read_up_to(1);
    ck_assert_int_eq(told(), TIME_NEVER);
    publish_and_answer();
    partition_broken(evening.partition);
    publish_and_answer();
    commit();
    int64_t committed = evening.mono_ms;
    wait_ms(1000);
    given_successor();
    read_up_to(1);
    ck_assert_int_eq(told(), committed);
    (void)views("US", "cat", 1);
    ck_assert_int_eq(told(), TIME_NEVER);
}
END_TEST

/* What was told under another meaning is not what this one says. */
START_TEST(under_another_meaning_nothing_was_told) {
    it_is("19:08");
    (void)views("US", "cat", 1);
    publish_and_answer();
    commit();
    evening.rules.meaning++;
    given_successor();
    read_up_to(1);
    given_ready(100);
    ck_assert_int_eq(told(), TIME_NEVER);
}
END_TEST

Suite *partition_row_suite(void);
Suite *partition_row_suite(void) {
    Suite *s = suite_create("partition_row");
    TCase *c = tcase_create("rows");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_row_says_where_the_partition_stands);
    tcase_add_test(c, only_one_row_is_out_at_a_time);
    tcase_add_test(c, no_row_leaves_in_silence);
    tcase_add_test(c, the_end_is_said_only_while_everything_is_stored);
    tcase_add_test(c, only_an_end_where_the_partition_stands_counts);
    tcase_add_test(c, a_row_is_current_when_it_says_everything_and_that_the_log_ended_here);
    tcase_add_test(c, a_row_without_the_end_is_not_current);
    tcase_add_test(c, a_row_that_was_never_sent_is_not_current);
    tcase_add_test(c, the_first_row_behind_a_minute_that_settled_must_be_kept);
    tcase_add_test(c, another_redis_keeps_none_of_the_rows);
    tcase_add_test(c, another_log_does_not_change_what_redis_has_to_keep);
    tcase_add_test(c, a_row_proves_no_more_than_the_shorter_retention_and_anew_after_a_long_absence);
    tcase_add_loop_test(c, what_may_have_expired_is_not_vouched_for, 0, 2);
    tcase_add_test(c, a_row_says_what_was_open_when_redis_answered_a_quarter_of_retention_ago);
    tcase_add_test(c, a_new_partition_says_nothing_of_what_is_closed_and_vouches_no_more_than_its_row_did);
    tcase_add_test(c, without_a_commit_but_with_a_row_it_counts_what_is_closed_again);
    tcase_add_test(c, what_was_left_out_and_has_no_row_any_more_is_unsure_of_what_is_closed);
    tcase_add_test(c, what_was_left_out_joins_as_another_incarnation_and_is_late_for_what_is_closed);
    tcase_add_test(c, a_minute_is_told_when_all_of_it_was_stored_for_the_first_time);
    tcase_add_test(c, a_successor_knows_when_what_was_committed_was_told);
    tcase_add_test(c, under_another_meaning_nothing_was_told);
    suite_add_tcase(s, c);
    return s;
}
