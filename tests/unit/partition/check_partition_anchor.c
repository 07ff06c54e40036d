/* unit/partition/check_partition_anchor.c - how a commit's anchor tells one log from another. */
#include <string.h>

#include <check.h>

#include "partition_given.h"

/* -- the anchor -- */

static void expect_anchor(int64_t offset) {
    struct commit_meta m = frozen_meta();
    ck_assert_int_eq(m.anchor.set, offset >= 0);
    if (offset < 0) return;
    ck_assert_int_eq(m.anchor.offset, offset);
    ck_assert_int_eq(m.anchor.time_ms, evening.log[offset].time_ms);
}

START_TEST(the_anchor_is_the_record_at_the_rewind_or_the_last_applied) {
    expect_anchor(-1); /* nothing was applied */
    record_of(NULL, 0);
    expect_anchor(0);
    hole();
    record_of(NULL, 0);
    expect_anchor(2);
    (void)views("US", "cat", 1);
    record_of(NULL, 0);
    expect_anchor(3);
}
END_TEST

/* Something was read, and nothing of it is open. */
static void given_commit_at_the_end(void) {
    (void)views("US", "cat", 1);
    it_is("19:20");
    record_of(NULL, 0);
    publish_and_answer();
    wait_ms(5000);
    confirm_and_settle();
    commit();
    ck_assert_int_eq(view().rewind, 2);
}

START_TEST(the_same_log_is_recognised) {
    given_commit_at_the_end();
    given_successor();
    ck_assert(view().probe != PROBE_NOTHING);
    ck_assert_int_eq(partition_next(evening.partition), 1);
    ck_assert_int_eq(read_up_to(2), RECORD_REPLAYED);
    ck_assert(view().probe == PROBE_NOTHING && !view().unproven);
    ck_assert_int_eq(partition_next(evening.partition), 2);
    ck_assert_int_eq(view().origin, ORIGIN_COMMIT);
}
END_TEST

START_TEST(an_anchor_that_is_not_there_any_more_proves_nothing) {
    given_commit_at_the_end();
    evening.log[1].hole = true; /* compacted */
    (void)views("US", "cat", 1);
    given_successor();
    ck_assert_int_eq(read_up_to(3), RECORD_APPLIED);
    ck_assert_int_eq(view().origin, ORIGIN_COMMIT);
    ck_assert(view().unproven); /* said in a warning */
}
END_TEST

START_TEST(an_end_without_a_record_proves_nothing) {
    given_commit_at_the_end();
    given_successor();
    partition_eof(evening.partition, 2, 0);
    ck_assert(view().probe == PROBE_NOTHING && view().unproven);
    ck_assert_int_eq(view().origin, ORIGIN_COMMIT);
    ck_assert_int_eq(view().next, 2);
}
END_TEST

static void other_time(void) { evening.log[1].time_ms++; }
static void other_value(void) { strcpy(evening.log[1].value, "other"); }
static void no_time(void) { evening.log[1].time_ms = -1; }
static void (*const spoil[])(void) = {other_time, other_value, no_time};

/* The topic was deleted and made again: everything starts over, and nothing of the old log is vouched for. */
START_TEST(another_log_starts_over) {
    given_commit_at_the_end();
    spoil[_i]();
    given_successor();
    ck_assert_int_eq(read_up_to(2), RECORD_OF_ANOTHER_LOG);
    struct partition_view v = view();
    ck_assert_int_eq(v.origin, ORIGIN_NEW_LOG);
    ck_assert_int_eq(partition_next(evening.partition), 0);
    ck_assert_int_eq(v.frontier, 0);
    ck_assert_int_eq(v.log_time_ms, TIME_NEVER);
    ck_assert_int_eq(v.stage, STAGE_ASKING_ROW);
    row_is_known(0, 0);
    struct commit_meta m = frozen_meta();
    ck_assert_int_eq(m.settled, minute_at("19:18")); /* what is settled stays */
    ck_assert_int_eq(m.older_until, minute_at("19:18"));
    ck_assert_int_eq(m.unsure_until, minute_at("19:22"));
    ck_assert_uint_eq(m.incarnation, 101);
    ck_assert(!m.anchor.set);
}
END_TEST

/* Before its first record nothing of the new log is settled, and what was settled of the old one stays so. */
START_TEST(another_log_settles_nothing_and_forgets_nothing_that_was) {
    given_commit_at_the_end();
    other_value();
    given_successor();
    ck_assert_int_eq(read_up_to(2), RECORD_OF_ANOTHER_LOG);
    given_ready(0);
    publish();
    confirm_and_settle();
    ck_assert_int_eq(view().settled, minute_at("19:18"));
}
END_TEST

/* Where the old log ended says nothing of the new one. */
START_TEST(an_end_seen_of_the_old_log_is_forgotten_with_it) {
    given_commit_at_the_end();
    other_value();
    given_successor();
    partition_end_seen(evening.partition, 2, 5000);
    ck_assert_int_eq(read_up_to(2), RECORD_OF_ANOTHER_LOG);
    given_ready(0);
    publish();
    ck_assert(hand_row());
    ck_assert_int_eq(evening.row.end_ms, TIME_NEVER);
}
END_TEST

START_TEST(the_key_belongs_to_the_record) {
    struct event_batch none = {0};
    struct log_record rec = {0, ms_of("19:08"), {"k", 1}, {"v", 1}};
    ck_assert_int_eq(partition_record(evening.partition, &rec, &none, 0), RECORD_APPLIED);
    partition_let_go(evening.partition);
    evening.log_end = 1;
    commit();
    const struct bytes keys[] = {{"k", 1}, {"q", 1}, {"", 0}, {NULL, 0}};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        given_successor();
        rec.key = keys[i];
        ck_assert_int_eq(partition_record(evening.partition, &rec, &none, 0),
                         i == 0 ? RECORD_REPLAYED : RECORD_OF_ANOTHER_LOG);
    }
}
END_TEST

/* -- in doubt -- */

/* The broker said that the position is outside the log, and it is not. */
static void given_doubt(void) {
    (void)views("US", "cat", 1);
    commit();
    (void)views("US", "dog", 1);
    ck_assert(partition_doubt(evening.partition, 0));
    ck_assert(view().probe != PROBE_NOTHING);
    ck_assert_int_eq(partition_next(evening.partition), 1);
}

START_TEST(a_memory_in_doubt_goes_on_in_the_same_log) {
    given_doubt();
    ck_assert_int_eq(read_up_to(2), RECORD_REPLAYED);
    ck_assert(view().probe == PROBE_NOTHING && view().stage >= STAGE_SILENT);
    ck_assert_int_eq(partition_next(evening.partition), 2);
    ck_assert_uint_eq(publish(), 2);
    expect_copy("US 19:08 @2: dog 1, cat 1");
}
END_TEST

START_TEST(a_memory_in_doubt_starts_over_in_another_log) {
    given_doubt();
    other_value();
    ck_assert_int_eq(read_up_to(2), RECORD_OF_ANOTHER_LOG);
    struct partition_view v = view();
    ck_assert_int_eq(v.origin, ORIGIN_NEW_LOG);
    ck_assert_int_eq(partition_next(evening.partition), 0);
    ck_assert_int_eq(v.stage, STAGE_ASKING_ROW);
    ck_assert(v.live_buckets == 0 && v.dirty_buckets == 0 && v.all_clean);
    given_ready(0);
    ck_assert_uint_eq(publish(), 0);
    ck_assert_int_eq(read_up_to(1), RECORD_APPLIED);
    ck_assert_uint_eq(publish(), 2);
    expect_copy("US 19:08 @1: cat 1");
}
END_TEST

/* Otherwise a memory would be kept for a commit that knows nothing of its incarnation. */
START_TEST(what_was_committed_of_another_log_is_not_a_memorys_own) {
    given_doubt();
    struct partition_commit before = evening.group;
    ck_assert(partition_is_own_commit(evening.partition, before.offset, before.metadata));
    other_value();
    ck_assert_int_eq(read_up_to(2), RECORD_OF_ANOTHER_LOG);
    ck_assert(!partition_is_own_commit(evening.partition, before.offset, before.metadata));
    partition_committed(evening.partition, &before, true); /* it was under way */
    ck_assert_int_eq(view().frontier, 0);
    ck_assert(view().stage < STAGE_SILENT);
}
END_TEST

START_TEST(without_a_record_to_tell_by_there_is_no_doubt) {
    ck_assert(!partition_doubt(evening.partition, 0));
    (void)views("US", "cat", 1);
    ck_assert(!partition_doubt(evening.partition, 1)); /* it is gone */
    ck_assert(view().probe == PROBE_NOTHING);
}
END_TEST

Suite *partition_anchor_suite(void);
Suite *partition_anchor_suite(void) {
    Suite *s = suite_create("partition_anchor");
    TCase *c = tcase_create("anchor");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, the_anchor_is_the_record_at_the_rewind_or_the_last_applied);
    tcase_add_test(c, the_same_log_is_recognised);
    tcase_add_test(c, an_anchor_that_is_not_there_any_more_proves_nothing);
    tcase_add_test(c, an_end_without_a_record_proves_nothing);
    tcase_add_loop_test(c, another_log_starts_over, 0, ARRAY_LEN(spoil));
    tcase_add_test(c, another_log_settles_nothing_and_forgets_nothing_that_was);
    tcase_add_test(c, an_end_seen_of_the_old_log_is_forgotten_with_it);
    tcase_add_test(c, the_key_belongs_to_the_record);
    suite_add_tcase(s, c);
    c = tcase_create("doubt");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_memory_in_doubt_goes_on_in_the_same_log);
    tcase_add_test(c, a_memory_in_doubt_starts_over_in_another_log);
    tcase_add_test(c, what_was_committed_of_another_log_is_not_a_memorys_own);
    tcase_add_test(c, without_a_record_to_tell_by_there_is_no_doubt);
    suite_add_tcase(s, c);
    return s;
}
