/* unit/consumer/check_consumer_rebalance.c - what a consumer keeps and forgets when partitions come and go. The
 * delivery rules as a whole are the property test's (tests/model); here are moments that random histories hardly
 * meet. */
#include <check.h>

#include "unit/consumer/consumer_given.h"

/* -- look-ups -- */

START_TEST(a_partition_begins_where_its_look_up_says) {
    kafka_assigns();
    step();
    ck_assert_uint_eq(lookups_asked(), 1);
    ck_assert_uint_eq(assigns_tried(), 1); /* the group is answered at once, with what runs */
    expect_nothing_is_read();
    kafka_finds_commit((struct commit_found){.offset = 8, .rewind = 5});
    step();
    expect_read_from(5);
}
END_TEST

START_TEST(a_look_up_that_failed_is_asked_again) {
    kafka_assigns();
    step();
    ck_assert_uint_eq(lookups_asked(), 1);
    kafka_fails_to_look_up();
    step();
    expect_nothing_is_read();
    tick();
    ck_assert_uint_eq(lookups_asked(), 1);
}
END_TEST

/* Between the question and its answer the partition went and came back; meanwhile another member may have committed,
 * even under a new incarnation. Beginning at the old commit would take all of that back. */
START_TEST(a_look_up_asked_before_a_rebalance_says_nothing_after_it) {
    kafka_assigns();
    step();
    partition_goes((enum way_to_go)_i);
    kafka_assigns();
    step();
    ck_assert_uint_eq(lookups_asked(), 1); /* one question at a time */
    kafka_finds_commit((struct commit_found){.offset = 8, .rewind = 5});
    step();
    expect_nothing_is_read();
    tick();
    ck_assert_uint_eq(lookups_asked(), 1);
    kafka_finds_commit((struct commit_found){.offset = 9, .rewind = 7});
    step();
    expect_read_from(7);
}
END_TEST

/* -- identity -- */

/* The configuration changed, so the row was asked for and answered; then the first record shows another log, which
 * needs a new incarnation again. Symptom: nothing was ever published or committed any more. */
START_TEST(another_log_under_another_configuration_asks_for_the_row_again) {
    kafka_assigns();
    step();
    kafka_finds_commit((struct commit_found){.offset = 2, .rewind = 2, .has_anchor = true, .other_meaning = true});
    tick();
    expect_read_from(1);
    publisher_finds_row(row_question(), ITS_ROW);
    tick();
    ck_assert_ptr_null(row_question());
    kafka_brings(VIEW);
    tick();
    expect_read_from(0);
    expect_no_commit();
    publisher_finds_row(row_question(), ITS_ROW);
    tick();
    expect_commit_at(0);
}
END_TEST

START_TEST(an_answer_for_a_memory_that_is_gone_is_not_taken_for_its_successors) {
    given_new_partition();
    tick();
    struct mail *old = row_question();
    kafka_takes_away();
    given_new_partition();
    tick();
    struct mail *new = row_question();
    publisher_finds_row(old, ITS_ROW);
    tick();
    expect_no_commit();
    publisher_finds_row(new, ITS_ROW);
    tick();
    expect_commit_at(0);
}
END_TEST

/* Its new owner works them; two that do would each undo what the other merged. */
START_TEST(a_partition_that_goes_gives_up_its_shards) {
    uint32_t shards[STORE_SHARDS];
    given_running_partition();
    ck_assert_uint_gt(shards_here(&worker.hub.shards, shards), 0);
    partition_goes((enum way_to_go)_i);
    step();
    ck_assert_uint_eq(shards_here(&worker.hub.shards, shards), 0);
}
END_TEST

/* -- memories -- */

/* Three records are applied; then the partition goes and comes back, and is looked up. */
static void given_partition_back(void) {
    given_running_partition();
    kafka_brings_many(VIEW, 3);
    step();
    kafka_revokes();
    kafka_assigns();
    step();
    expect_commit_at(3);
}

static uint64_t memories_made(void) { return worker.hub.instances; }

START_TEST(a_memory_goes_on_if_the_commit_is_its_own) {
    given_partition_back();
    kafka_finds_own_commit(LOG_END);
    step();
    expect_read_from(3);
    ck_assert_uint_eq(memories_made(), 1);
}
END_TEST

START_TEST(a_memory_is_dropped_if_somebody_else_committed) {
    given_partition_back();
    kafka_finds_commit((struct commit_found){.offset = 6, .rewind = 4});
    step();
    expect_read_from(4);
    ck_assert_uint_eq(memories_made(), 2);
}
END_TEST

/* The log was cut short, or is another one: what stands behind its end was counted from records that are gone. */
START_TEST(a_memory_is_dropped_if_the_log_now_ends_below_its_commit) {
    given_partition_back();
    kafka_finds_own_commit(2);
    step();
    expect_read_from(0);
    ck_assert_uint_eq(memories_made(), 2);
}
END_TEST

START_TEST(a_memory_waits_for_one_assignment_only) {
    given_running_partition();
    kafka_brings(VIEW);
    step();
    kafka_revokes();
    kafka_assigns_nothing();
    kafka_revokes();
    kafka_assigns();
    step();
    kafka_finds_own_commit(LOG_END);
    step();
    ck_assert_uint_eq(memories_made(), 2);
}
END_TEST

/* -- assignments -- */

START_TEST(an_assignment_that_the_library_refuses_is_tried_again_with_a_rest) {
    given_running_partition();
    kafka_revokes();
    kafka_assigns();
    step();
    (void)assigns_tried();
    kafka_finds_own_commit(LOG_END);
    kafka.refuses_assign = true;
    step();
    ck_assert_uint_eq(assigns_tried(), 1);
    for (int i = 0; i < 100; i++) step_after(100);
    size_t tried = assigns_tried();
    ck_assert_uint_ge(tried, 3);
    ck_assert_uint_le(tried, 7);
    kafka.refuses_assign = false;
    step_after(10000);
    expect_read_from(kafka.last_commit.offset);
    (void)assigns_tried();
    step_after(20000);
    ck_assert_uint_eq(assigns_tried(), 0);
}
END_TEST

/* The library forgets pauses when it is told an assignment, so whoever relies on one has to ask again. */
START_TEST(what_was_paused_is_paused_again_after_an_assignment) {
    given_running_partition();
    kafka.dead_letter_queue_full = true;
    kafka_brings(BROKEN);
    step();
    ck_assert_uint_eq(pauses_asked(), 1);
    kafka_revokes();
    kafka_assigns();
    kafka_finds_own_commit(LOG_END);
    step();
    expect_read_from(1);
    ck_assert_uint_eq(pauses_asked(), 1);
    kafka.dead_letter_queue_full = false;
    tick(); /* a full queue is asked again after a rest */
    ck_assert_uint_eq(resumes_asked(), 1);
    step();
    ck_assert_uint_eq(resumes_asked(), 0);
}
END_TEST

Suite *consumer_rebalance_suite(void);
Suite *consumer_rebalance_suite(void) {
    Suite *s = suite_create("consumer_rebalance");
    TCase *c = tcase_create("rebalances");
    tcase_add_checked_fixture(c, usual_consumer, consumer_gone);
    tcase_add_test(c, a_partition_begins_where_its_look_up_says);
    tcase_add_test(c, a_look_up_that_failed_is_asked_again);
    tcase_add_loop_test(c, a_look_up_asked_before_a_rebalance_says_nothing_after_it, 0, WAYS_TO_GO);
    tcase_add_test(c, another_log_under_another_configuration_asks_for_the_row_again);
    tcase_add_test(c, an_answer_for_a_memory_that_is_gone_is_not_taken_for_its_successors);
    tcase_add_loop_test(c, a_partition_that_goes_gives_up_its_shards, 0, WAYS_TO_GO);
    tcase_add_test(c, a_memory_goes_on_if_the_commit_is_its_own);
    tcase_add_test(c, a_memory_is_dropped_if_somebody_else_committed);
    tcase_add_test(c, a_memory_is_dropped_if_the_log_now_ends_below_its_commit);
    tcase_add_test(c, a_memory_waits_for_one_assignment_only);
    tcase_add_test(c, an_assignment_that_the_library_refuses_is_tried_again_with_a_rest);
    tcase_add_test(c, what_was_paused_is_paused_again_after_an_assignment);
    suite_add_tcase(s, c);
    return s;
}
