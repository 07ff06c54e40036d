/* unit/consumer/check_consumer_commit.c - when a commit is sent, when it waits, and when it must not be: before dead
 * letters are delivered, after a partition went, too soon after a refusal. */
#include <check.h>

#include "unit/consumer/consumer_given.h"

/* -- behind dead letters -- */

START_TEST(a_commit_waits_for_the_dead_letters_before_it) {
    given_running_partition();
    kafka_brings(BROKEN);
    checkpoint();
    ck_assert_uint_eq(dead_letters_sent(), 1);
    expect_no_commit();
    kafka.dead_letters_delivered = 1;
    step();
    expect_commit_at(1);
}
END_TEST

/* The queue was full, so the dead letter has no ticket yet: nothing but its standing here holds the commit back. */
START_TEST(a_commit_does_not_pass_a_dead_letter_that_a_full_queue_refused) {
    given_running_partition();
    kafka.dead_letter_queue_full = true;
    kafka_brings(BROKEN);
    checkpoint();
    expect_no_commit();
    kafka.dead_letter_queue_full = false;
    checkpoint();
    ck_assert_uint_eq(dead_letters_sent(), 1);
    checkpoint();
    expect_no_commit();
    kafka.dead_letters_delivered = 1;
    step();
    expect_commit_at(1);
}
END_TEST

static const struct last_commit {
    bool of_stop; /* or of a revoke */
    bool queue_full;
} last_commits[] = {{.of_stop = false, .queue_full = false},
                    {.of_stop = false, .queue_full = true},
                    {.of_stop = true, .queue_full = false},
                    {.of_stop = true, .queue_full = true}};

START_TEST(nor_does_the_commit_of_a_revoke_or_a_stop) {
    enum { STOP_MS = 3000 };
    const struct last_commit *last = &last_commits[_i];
    given_running_partition();
    kafka_brings(VIEW);
    kafka.dead_letter_queue_full = last->queue_full;
    kafka_brings(BROKEN);
    step();
    if (last->of_stop) {
        worker.look_ms = 10;
        ck_assert(!consumer_finish(consumer, worker.mono_ms + STOP_MS));
    } else {
        kafka_revokes();
        step();
    }
    ck_assert_uint_eq(dead_letters_sent(), last->queue_full ? 0 : 1);
    expect_no_commit();
}
END_TEST

/* A replay sends what its predecessor did not commit, and nothing below. */
START_TEST(a_rewind_sends_no_dead_letter_from_below_the_frontier) {
    enum { FRONTIER = 8, REWIND = 5 };
    kafka_assigns();
    step();
    kafka_finds_commit((struct commit_found){.offset = FRONTIER, .rewind = REWIND, .log_end = 20});
    step();
    expect_read_from(REWIND);
    while (kafka.next_offset < FRONTIER) kafka_brings(BROKEN);
    step();
    ck_assert_uint_eq(dead_letters_sent(), 0);
    kafka_brings(BROKEN);
    step();
    ck_assert_uint_eq(dead_letters_sent(), 1);
}
END_TEST

/* What is held here is in nobody's bound, so it is never more than one poll brought. */
START_TEST(a_dead_letter_that_is_refused_ends_the_step) {
    given_running_partition();
    kafka.dead_letter_queue_full = true;
    kafka_brings(BROKEN);
    kafka_brings(BROKEN);
    consumer_step(consumer, 0);
    ck_assert_uint_eq(kafka.said_n, 1); /* not heard yet */
}
END_TEST

START_TEST(a_full_queue_of_dead_letters_is_asked_again_after_a_rest) {
    given_running_partition();
    kafka.dead_letter_queue_full = true;
    kafka_brings(BROKEN);
    step();
    step_after(100);
    (void)dead_letters_tried();
    for (int i = 0; i < 10; i++) step_after(1);
    ck_assert_uint_eq(dead_letters_tried(), 0);
    step_after(100);
    ck_assert_uint_eq(dead_letters_tried(), 1);
}
END_TEST

/* -- and rebalances -- */

/* Rule 8: only by the current owner. Whoever owns it now may have committed more. A revoke would commit anew what
 * waits, but for a dead letter that was refused. */
START_TEST(a_commit_that_waited_for_dead_letters_is_not_sent_after_the_partition_went) {
    enum way_to_go way = (enum way_to_go)_i;
    given_running_partition();
    kafka_brings(BROKEN);
    checkpoint(); /* frozen */
    kafka.dead_letter_queue_full = way == REVOKED;
    if (way == REVOKED) kafka_brings(BROKEN);
    step();
    partition_goes(way);
    kafka_assigns_nothing();
    step();
    kafka.dead_letter_queue_full = false;
    kafka.dead_letters_delivered = 2;
    tick();
    expect_no_commit();
}
END_TEST

START_TEST(a_revoke_commits_what_was_applied) {
    given_running_partition();
    kafka_brings(VIEW);
    step();
    kafka_revokes();
    step();
    expect_commit_at(1);
}
END_TEST

START_TEST(what_is_lost_is_not_committed) {
    given_running_partition();
    kafka_brings(VIEW);
    step();
    kafka_takes_away();
    kafka_assigns_nothing();
    checkpoint();
    tick();
    expect_no_commit();
}
END_TEST

/* -- how often -- */

/* A coordinator that refuses at once was sent 750 commits a second. */
START_TEST(after_a_refused_commit_the_next_one_has_a_rest_that_grows) {
    enum { WATCHED_MS = 60000, LOOK_MS = 10, COMMITS_MIN = 6, COMMITS_MAX = 16 };
    size_t sent = 0;
    given_new_partition();
    tick();
    publisher_finds_row(row_question(), NO_ROW);
    for (int ms = 0; ms < WATCHED_MS; ms += LOOK_MS) {
        step_after(LOOK_MS);
        size_t now = commits_sent();
        if (now > 0) kafka_refuses_commit();
        sent += now;
    }
    ck_assert_uint_ge(sent, COMMITS_MIN);
    ck_assert_uint_le(sent, COMMITS_MAX);
    step_after(10000);
    kafka_takes_commit();
    step();
    (void)commits_sent();
    checkpoint(); /* without a rest */
    ck_assert_uint_eq(commits_sent(), 1);
}
END_TEST

static const struct overdue {
    const char *record;
    size_t sent;                             /* commits, before it is overdue */
} overdues[] = {{.record = NULL, .sent = 1}, /* its answer does not come */
                {.record = BROKEN, .sent = 0} /* it waits for a dead letter */};

/* Each turn of the loop polled for 0 ms then: a core for each consumer. */
START_TEST(while_a_commit_is_overdue_the_loop_still_waits) {
    const struct overdue *overdue = &overdues[_i];
    given_running_partition();
    if (overdue->record != NULL) kafka_brings(overdue->record);
    checkpoint();
    ck_assert_uint_eq(commits_sent(), overdue->sent);
    step_after(60000); /* long overdue */
    step();
    ck_assert_int_eq(kafka.first_wait_ms, STEP_WAIT_MS);
    expect_no_commit();
}
END_TEST

Suite *consumer_commit_suite(void);
Suite *consumer_commit_suite(void) {
    Suite *s = suite_create("consumer_commit");
    TCase *c = tcase_create("commits");
    tcase_add_checked_fixture(c, usual_consumer, consumer_gone);
    tcase_add_test(c, a_commit_waits_for_the_dead_letters_before_it);
    tcase_add_test(c, a_commit_does_not_pass_a_dead_letter_that_a_full_queue_refused);
    tcase_add_loop_test(c, nor_does_the_commit_of_a_revoke_or_a_stop, 0, ARRAY_LEN(last_commits));
    tcase_add_test(c, a_rewind_sends_no_dead_letter_from_below_the_frontier);
    tcase_add_test(c, a_dead_letter_that_is_refused_ends_the_step);
    tcase_add_test(c, a_full_queue_of_dead_letters_is_asked_again_after_a_rest);
    tcase_add_loop_test(c, a_commit_that_waited_for_dead_letters_is_not_sent_after_the_partition_went, 0, WAYS_TO_GO);
    tcase_add_test(c, a_revoke_commits_what_was_applied);
    tcase_add_test(c, what_is_lost_is_not_committed);
    tcase_add_test(c, after_a_refused_commit_the_next_one_has_a_rest_that_grows);
    tcase_add_loop_test(c, while_a_commit_is_overdue_the_loop_still_waits, 0, ARRAY_LEN(overdues));
    suite_add_tcase(s, c);
    return s;
}
