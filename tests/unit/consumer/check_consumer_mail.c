/* unit/consumer/check_consumer_mail.c - what a consumer says to the publisher when there is no room, when the answer is
 * lost in a break, and when the answer is that lists went on without it. */
#include <check.h>

#include "unit/consumer/consumer_given.h"

/* -- rows -- */

static void expect_question(void) {
    struct mail *question = row_question();
    ck_assert_ptr_nonnull(question);
    mail_free_all(question);
}

static void expect_no_question(void) { ck_assert_ptr_null(row_question()); }

START_TEST(a_question_that_found_no_room_is_asked_again) {
    given_new_partition();
    outbox_fill();
    tick();
    expect_no_question();
    tick();
    expect_question();
    tick();
    expect_no_question(); /* once */
}
END_TEST

START_TEST(a_question_lost_in_a_break_is_asked_again) {
    given_new_partition();
    tick();
    expect_question();
    publisher_loses_connection();
    tick();
    expect_question();
}
END_TEST

START_TEST(a_row_that_found_no_room_is_made_again) {
    given_running_partition();
    outbox_fill();
    tick();
    ck_assert_uint_eq(outbox_count(MAIL_ROW), 0);
    tick();
    ck_assert_uint_eq(outbox_count(MAIL_ROW), 1);
    tick();
    ck_assert_uint_eq(outbox_count(MAIL_ROW), 0); /* it was not answered yet */
}
END_TEST

/* -- left out -- */

/* The row in the outbox is answered as one of a partition that was retired. */
static void publisher_leaves_it_out(void) {
    struct mail *row = outbox_pick(MAIL_ROW);
    ck_assert_ptr_nonnull(row);
    row->type = MAIL_LEFT_OUT;
    publisher_answers(row);
}

START_TEST(a_partition_that_was_left_out_begins_again_as_one_that_joins) {
    given_running_partition();
    tick();
    publisher_leaves_it_out();
    step();
    ck_assert_int_eq(partition_0()->state, ASSIGNMENT_WAITING);
    ck_assert_uint_eq(lookups_asked(), 1);
    kafka_finds_no_commit();
    step();
    ck_assert_int_eq(partition_0()->state, ASSIGNMENT_RUNNING);
    ck_assert(partition_waits_for_row(partition_0()->memory));
    expect_nothing_is_read(); /* before the row says which lists are closed */
}
END_TEST

/* It would land behind the answer, and what begins as that says would take it back. */
START_TEST(a_partition_that_was_left_out_is_not_looked_up_while_a_commit_is_under_way) {
    given_running_partition();
    kafka_brings(VIEW);
    step();
    checkpoint();
    expect_commit_at(1);
    publisher_leaves_it_out();
    tick();
    ck_assert_int_eq(partition_0()->state, ASSIGNMENT_WAITING);
    tick();
    ck_assert_uint_eq(lookups_asked(), 0);
    kafka_takes_commit();
    step();
    tick();
    ck_assert_uint_eq(lookups_asked(), 1);
}
END_TEST

/* A position that is lost is looked up, too; one look-up is enough for both. */
START_TEST(a_partition_that_was_left_out_while_its_position_is_lost_is_read_again_after_one_look_up) {
    given_running_partition();
    tick();
    struct mail *row = outbox_pick(MAIL_ROW);
    kafka_denies_position();
    step();
    ck_assert_int_eq(partition_0()->state, ASSIGNMENT_LOST);
    ck_assert_uint_eq(lookups_asked(), 1);
    row->type = MAIL_LEFT_OUT;
    publisher_answers(row);
    step();
    ck_assert_int_eq(partition_0()->state, ASSIGNMENT_WAITING);
    kafka_finds_own_commit(LOG_END);
    step();
    ck_assert_int_eq(partition_0()->state, ASSIGNMENT_RUNNING);
    tick();
    publisher_finds_row(row_question(), ITS_ROW);
    tick();
    expect_read_from(0);
    ck_assert_uint_eq(lookups_asked(), 0);
}
END_TEST

/* -- copies -- */

/* Every copy that went out is answered. */
static struct copies {
    int all;
    int guarded; /* to be stored only where the hash is still there */
} copies_answered(void) {
    struct copies n = {0};
    struct mail *list = outbox_pick(MAIL_COPY);
    for (const struct mail *m = list; m != NULL; m = m->next) {
        n.all++;
        n.guarded += mail_copy(m)->only_if_there;
    }
    publisher_answers(list);
    step();
    return n;
}

static void expect_copies(struct copies expected) {
    struct copies n = copies_answered();
    ck_assert_int_eq(n.all, expected.all);
    ck_assert_int_eq(n.guarded, expected.guarded);
}

START_TEST(what_redis_was_told_and_had_time_to_forget_is_not_made_again) {
    enum { LISTS = 2 }; /* of US and of all */
    int64_t retention_ms = worker.hub.rules.retention_ms;
    given_running_partition();
    kafka_brings(VIEW);
    tick();
    expect_copies((struct copies){.all = LISTS, .guarded = 0});
    publisher_loses_connection();
    step_after(retention_ms - TICK_MS);
    expect_copies((struct copies){.all = LISTS, .guarded = 0});
    publisher_loses_connection();
    tick();
    expect_copies((struct copies){.all = LISTS, .guarded = LISTS});
}
END_TEST

/* The assignment that was refused leaves the one before in force, and its records come to a memory that still asks what
 * is closed. */
START_TEST(who_joins_again_takes_no_record_before_it_knows_what_is_closed) {
    given_running_partition();
    kafka_brings(VIEW);
    step();
    tick();
    publisher_leaves_it_out();
    kafka.refuses_assign = true;
    step();
    kafka_finds_own_commit(LOG_END);
    step();
    ck_assert_int_eq(partition_0()->state, ASSIGNMENT_RUNNING);
    ck_assert(partition_waits_for_row(partition_0()->memory));
    kafka_brings(VIEW);
    step();
    ck_assert_uint_eq(partition_0_view().live_minutes, 0);
}
END_TEST

START_TEST(left_out_while_it_was_parked_it_says_its_row_when_it_is_back) {
    given_running_partition();
    tick();
    struct mail *row = outbox_pick(MAIL_ROW);
    ck_assert_ptr_nonnull(row);
    kafka_revokes();
    step();
    ck_assert_int_eq(partition_0()->state, ASSIGNMENT_PARKED);
    row->type = MAIL_LEFT_OUT;
    publisher_answers(row);
    step();
    kafka_assigns();
    step();
    kafka_finds_own_commit(LOG_END);
    step();
    ck_assert_int_eq(partition_0()->state, ASSIGNMENT_RUNNING);
    tick();
    ck_assert_uint_eq(outbox_count(MAIL_ROW), 1);
}
END_TEST

Suite *consumer_mail_suite(void);
Suite *consumer_mail_suite(void) {
    Suite *s = suite_create("consumer_mail");
    TCase *c = tcase_create("mail");
    tcase_add_checked_fixture(c, usual_consumer, consumer_gone);
    tcase_add_test(c, who_joins_again_takes_no_record_before_it_knows_what_is_closed);
    tcase_add_test(c, left_out_while_it_was_parked_it_says_its_row_when_it_is_back);
    tcase_add_test(c, a_question_that_found_no_room_is_asked_again);
    tcase_add_test(c, a_question_lost_in_a_break_is_asked_again);
    tcase_add_test(c, a_row_that_found_no_room_is_made_again);
    tcase_add_test(c, a_partition_that_was_left_out_begins_again_as_one_that_joins);
    tcase_add_test(c, a_partition_that_was_left_out_is_not_looked_up_while_a_commit_is_under_way);
    tcase_add_test(c, a_partition_that_was_left_out_while_its_position_is_lost_is_read_again_after_one_look_up);
    tcase_add_test(c, what_redis_was_told_and_had_time_to_forget_is_not_made_again);
    suite_add_tcase(s, c);
    return s;
}
