/* Rows of partitions that are no longer there: when they are retired, and when not. */
#include <check.h>
#include <string.h>

#include "merger_given.h"
#include "worker/retirer.h"

static struct retirer *retirer;

/* A topic of two partitions, with the row of a third. */
static void setup(void) {
    merger_begin();
    retirer = retirer_create(&worker.hub);
    all_settled(given.minute);
    settled("tt/2", given.minute);
}

static void teardown(void) {
    retirer_destroy(retirer);
    merger_end();
}

static void look_after(int64_t ms) {
    struct store_progress progress;
    pass(ms);
    fake_redis_progress(given.redis, &progress);
    ck_assert_int_eq(retirer_look(retirer, fake_store_ops(given.other), &progress, NULL), STORE_OK);
    store_progress_deinit(&progress);
}

static struct part_row row_of(const char *source) {
    struct store_progress p;
    struct part_row row = {.m = 0};
    fake_redis_progress(given.redis, &p);
    for (size_t i = 0; i < p.n; i++)
        if (strcmp(p.rows[i].source, source) == 0)
            ck_assert(part_row_parse((struct bytes){p.rows[i].value, p.rows[i].value_len}, &row));
    store_progress_deinit(&p);
    return row;
}

static void expect_retired(bool retired) {
    struct part_row first = row_of("tt/0"), third = row_of("tt/2");
    ck_assert(!part_row_is_retired(&first));
    ck_assert_int_eq(part_row_is_retired(&third), retired);
}

START_TEST(a_row_without_a_partition_is_retired_after_its_time) {
    look_after(0);
    look_after(RETIRE_AFTER_MS - 1);
    expect_retired(false);
    look_after(1);
    expect_retired(true);
    ck_assert(metric_value(metrics_get(worker.metrics, METRIC_PARTITIONS_RETIRED, "")) == 1);
    look_after(RETIRE_AFTER_MS);
    ck_assert(metric_value(metrics_get(worker.metrics, METRIC_PARTITIONS_RETIRED, "")) == 1);
}
END_TEST

/* Somebody consumes it: it is the metadata that are wrong. */
START_TEST(a_row_that_is_still_written_is_not_retired) {
    look_after(0);
    look_after(RETIRE_AFTER_MS - 1);
    settled("tt/2", given.minute);
    look_after(1);
    look_after(RETIRE_AFTER_MS - 1);
    expect_retired(false);
    look_after(1);
    expect_retired(true);
}
END_TEST

START_TEST(the_time_begins_again_when_the_partition_was_there_in_between) {
    look_after(0);
    worker.partitions = 3;
    look_after(RETIRE_AFTER_MS / 2);
    worker.partitions = 2;
    look_after(RETIRE_AFTER_MS / 2);
    expect_retired(false);
    look_after(RETIRE_AFTER_MS);
    expect_retired(true);
}
END_TEST

START_TEST(no_row_of_a_topic_that_is_not_known_is_retired) {
    worker.partitions = 0;
    look_after(0);
    look_after(2 * RETIRE_AFTER_MS);
    expect_retired(false);
}
END_TEST

START_TEST(what_a_retired_partition_may_have_touched_is_not_vouched_for) {
    int64_t reach = minute_of(worker.wall_ms + (int64_t)worker.config->future_ms);
    look_after(0);
    look_after(RETIRE_AFTER_MS);
    struct part_row row = row_of("tt/2");
    ck_assert_int_gt(row.x, reach);
    ck_assert_int_le(row.x, reach + 1);
}
END_TEST

Suite *retirer_suite(void);
Suite *retirer_suite(void) {
    Suite *s = suite_create("retirer");
    TCase *c = tcase_create("retiring");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_row_without_a_partition_is_retired_after_its_time);
    tcase_add_test(c, a_row_that_is_still_written_is_not_retired);
    tcase_add_test(c, the_time_begins_again_when_the_partition_was_there_in_between);
    tcase_add_test(c, no_row_of_a_topic_that_is_not_known_is_retired);
    tcase_add_test(c, what_a_retired_partition_may_have_touched_is_not_vouched_for);
    suite_add_tcase(s, c);
    return s;
}
