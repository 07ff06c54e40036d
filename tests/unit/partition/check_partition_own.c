/* unit/partition/check_partition_own.c - whose commit it is: a memory knows what it committed itself (rule 7).
 * What it finds in the group as its own lets it go on. */
#include <check.h>

#include "partition_given.h"

START_TEST(a_memory_knows_its_own_commits) {
    struct partition_commit acked, unheard, other;
    (void)views("US", "cat", 1);
    ck_assert(try_freeze(&acked));
    partition_committed(evening.partition, &acked, true);
    it_is("19:08:01");
    (void)views("US", "cat", 1);
    ck_assert(try_freeze(&unheard)); /* sent; nobody knows what became of it */
    ck_assert(partition_is_own_commit(evening.partition, acked.offset, acked.metadata));
    ck_assert(partition_is_own_commit(evening.partition, unheard.offset, unheard.metadata));
    other = unheard;
    ck_assert(!partition_is_own_commit(evening.partition, other.offset + 1, other.metadata));
    other.metadata[3]++;
    ck_assert(!partition_is_own_commit(evening.partition, other.offset, other.metadata));
    ck_assert(!partition_is_own_commit(evening.partition, unheard.offset, ""));
    ck_assert(!partition_is_own_commit(evening.partition, acked.offset, unheard.metadata));
}
END_TEST

START_TEST(a_refused_commit_may_still_have_arrived) {
    struct partition_commit c;
    (void)views("US", "cat", 1);
    ck_assert(try_freeze(&c));
    partition_committed(evening.partition, &c, false);
    ck_assert(partition_is_own_commit(evening.partition, c.offset, c.metadata));
}
END_TEST

START_TEST(the_commit_that_a_memory_began_with_is_not_its_own) {
    (void)views("US", "cat", 1);
    commit();
    given_successor();
    ck_assert(!partition_is_own_commit(evening.partition, evening.group.offset, evening.group.metadata));
}
END_TEST

START_TEST(the_latest_commits_are_remembered_older_ones_are_not) {
    struct partition_commit c[6];
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        (void)views("US", "cat", 1);
        ck_assert(try_freeze(&c[i]));
    }
    for (size_t i = 0; i < ARRAY_LEN(c); i++)
        ck_assert_int_eq(partition_is_own_commit(evening.partition, c[i].offset, c[i].metadata), i >= 2);
}
END_TEST

START_TEST(a_kept_memory_goes_on_and_says_everything_again) {
    (void)views("US", "cat", 1);
    publish_and_answer();
    partition_keep(evening.partition);
    ck_assert_int_eq(partition_next(evening.partition), 1);
    ck_assert_uint_eq(publish(), 2);
    expect_copy("US 19:08 @1: cat 1");
}
END_TEST

/* The first commit of a new incarnation arrived, its answer did not: found in the group, it is as good as answered. */
START_TEST(a_commit_found_in_the_group_makes_ready) {
    evening.rules.meaning++;
    given_successor();
    row_is_known(0, 0);
    struct partition_commit c;
    ck_assert(try_freeze(&c));
    partition_committed(evening.partition, &c, false);
    ck_assert(view().stage < STAGE_SILENT);
    ck_assert(partition_is_own_commit(evening.partition, c.offset, c.metadata));
    partition_keep(evening.partition);
    ck_assert(view().stage >= STAGE_SILENT);
    (void)views("US", "cat", 1);
    ck_assert_uint_eq(publish(), 2);
}
END_TEST

Suite *partition_own_suite(void);
Suite *partition_own_suite(void) {
    Suite *s = suite_create("partition_own");
    TCase *c = tcase_create("own");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_memory_knows_its_own_commits);
    tcase_add_test(c, a_refused_commit_may_still_have_arrived);
    tcase_add_test(c, the_commit_that_a_memory_began_with_is_not_its_own);
    tcase_add_test(c, the_latest_commits_are_remembered_older_ones_are_not);
    tcase_add_test(c, a_kept_memory_goes_on_and_says_everything_again);
    tcase_add_test(c, a_commit_found_in_the_group_makes_ready);
    suite_add_tcase(s, c);
    return s;
}
