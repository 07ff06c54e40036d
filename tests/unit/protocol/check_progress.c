/* unit/protocol/check_progress.c - all rows together: which partitions are known, and what is true of all of them. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "protocol/progress.h"

enum { MINUTE = 1000 };

START_TEST(partitions_are_the_union_of_metadata_and_rows_sorted_by_name) {
    struct progress progress = {0};
    struct progress_row row = {.log_time_ms = 7, .settled = 1, .older_until = 2, .unsure_until = 3, .end_ms = 4};
    char name[32];
    for (int i = 0; i < 40; i++) { /* metadata, in an order that is no order */
        snprintf(name, sizeof name, "events/%d", i * 17 % 40);
        progress_add(&progress, name, 0, NULL);
    }
    progress_add(&progress, "events/17", 9, &row);
    progress_add(&progress, "gone/0", 8, &row); /* a row of a partition that metadata do not name */
    progress_add(&progress, "events/17", 0, NULL);
    ck_assert_uint_eq(progress.n, 41);
    for (size_t i = 1; i < progress.n; i++) ck_assert_int_lt(strcmp(progress.all[i - 1].name, progress.all[i].name), 0);
    const struct progress_partition *found = progress_find(&progress, "events/17");
    ck_assert_ptr_nonnull(found);
    ck_assert(found->has_row);
    ck_assert_uint_eq(found->incarnation, 9);
    ck_assert_int_eq(found->row.unsure_until, 3);
    ck_assert(!progress_find(&progress, "events/16")->has_row);
    ck_assert(progress_find(&progress, "gone/0")->has_row);
    ck_assert_ptr_null(progress_find(&progress, "events/40"));
    ck_assert_ptr_null(progress_find(&progress, ""));
    progress_deinit(&progress);
    ck_assert_ptr_null(progress_find(&progress, "events/1"));
}
END_TEST

START_TEST(a_minute_is_settled_everywhere_when_every_row_says_so) {
    struct progress progress = {0};
    struct progress_row row = {.settled = MINUTE};
    ck_assert(progress_settled_everywhere(&progress, MINUTE));
    progress_add(&progress, "events/0", 1, &row);
    row.settled = MINUTE + 5;
    progress_add(&progress, "events/1", 1, &row);
    ck_assert(progress_settled_everywhere(&progress, MINUTE));
    ck_assert(!progress_settled_everywhere(&progress, MINUTE + 1));
    progress_add(&progress, "events/2", 1, NULL);
    ck_assert(!progress_settled_everywhere(&progress, MINUTE));
    ck_assert(!progress_settled_everywhere(&progress, -MINUTE));
    row.settled = NO_MINUTE;
    progress_add(&progress, "events/2", 1, &row);
    ck_assert(!progress_settled_everywhere(&progress, MINUTE));
    progress_deinit(&progress);
}
END_TEST

START_TEST(the_least_log_time_is_not_that_of_a_retired_row) {
    struct progress progress = {0};
    struct progress_row row = {.log_time_ms = 500}, gone = {.log_time_ms = 300, .settled = INT64_MAX};
    ck_assert_int_eq(progress_least_log_time_ms(&progress), TIME_NEVER);
    progress_add(&progress, "events/0", 1, &row);
    progress_add(&progress, "events/1", 1, &gone);
    ck_assert_int_eq(progress_least_log_time_ms(&progress), 500);
    row.log_time_ms = 400;
    progress_add(&progress, "events/2", 1, &row);
    ck_assert_int_eq(progress_least_log_time_ms(&progress), 400);
    progress_add(&progress, "events/3", 1, NULL);
    ck_assert_int_eq(progress_least_log_time_ms(&progress), TIME_NEVER);
    progress_deinit(&progress);
}
END_TEST

START_TEST(log_time_is_the_largest_of_all_rows) {
    struct progress progress = {0};
    struct progress_row row = {.log_time_ms = 500};
    ck_assert_int_eq(progress_log_time_ms(&progress), TIME_NEVER);
    progress_add(&progress, "events/0", 1, NULL);
    ck_assert_int_eq(progress_log_time_ms(&progress), TIME_NEVER);
    progress_add(&progress, "events/1", 1, &row);
    row.log_time_ms = 300;
    progress_add(&progress, "events/2", 1, &row);
    row.log_time_ms = TIME_NEVER;
    progress_add(&progress, "events/3", 1, &row);
    ck_assert_int_eq(progress_log_time_ms(&progress), 500);
    progress_deinit(&progress);
}
END_TEST

Suite *progress_suite(void);
Suite *progress_suite(void) {
    Suite *s = suite_create("progress");
    TCase *c = tcase_create("progress");
    tcase_add_test(c, partitions_are_the_union_of_metadata_and_rows_sorted_by_name);
    tcase_add_test(c, a_minute_is_settled_everywhere_when_every_row_says_so);
    tcase_add_test(c, the_least_log_time_is_not_that_of_a_retired_row);
    tcase_add_test(c, log_time_is_the_largest_of_all_rows);
    suite_add_tcase(s, c);
    return s;
}
