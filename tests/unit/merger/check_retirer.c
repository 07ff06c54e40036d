/* unit/merger/check_retirer.c - rows of partitions that are no longer there: when they are given up, and what they say
 * from then on. */
#include <string.h>

#include <check.h>

#include "merger/retirer.h"
#include "protocol/row.h"
#include "support/fake_store.h"
#include "unit/base/capture.h"
#include "unit/worker/worker_given.h"

static struct fake_redis *redis;
static struct fake_store *fake;
static struct retirer *retirer;
static uint64_t rows_written;
static struct capture heard;

static void setup(void) {
    given_hub((const char *const[]){"TOPICS=t", "FUTURE=1m", NULL});
    worker.partitions = 2;
    redis = fake_redis_create("topk", 3600000);
    fake = fake_store_create(redis, "topkd");
    retirer = retirer_create(&worker.hub);
    rows_written = 0;
    capture_begin(&heard);
}

static void teardown(void) {
    capture_end(&heard);
    retirer_destroy(retirer);
    fake_store_destroy(fake);
    fake_redis_destroy(redis);
    worker_gone();
}

/* -- words -- */

/* The partition's row: all that differs from one to the next is the fence. */
static void row_written_at(const char *partition_name, int64_t log_time_ms) {
    struct store store = fake_store_ops(fake);
    struct progress_row row = {
        .log_time_ms = log_time_ms, .settled = 5, .older_until = NO_MINUTE, .unsure_until = 3, .end_ms = TIME_NEVER};
    struct buf value = {0};
    progress_row_format(&row, &value);
    struct store_row sent = {.partition_name = partition_name, .value = {value.data, value.len}};
    struct store_progress known;
    fake_redis_progress(redis, &known);
    memcpy(sent.life, known.life, sizeof sent.life);
    store_progress_deinit(&known);
    fence_format(sent.fence, 1, (int64_t)++rows_written);
    ck_assert_int_eq(store.ops->rows_write(store.self, &sent, 1, "000000000000001f", NULL), STORE_OK);
    if (sent.answer == STORE_OTHER_LIFE)
        row_written_at(partition_name, log_time_ms); /* the first row learns what the life is */
    buf_free(&value);
}

static void row_written(const char *partition_name) { row_written_at(partition_name, worker.wall_ms); }

static void look_at(const struct store_progress *p) {
    struct topics_view topics;
    topics_look(&worker.hub.topics, &topics);
    ck_assert_int_eq(retirer_look(retirer, fake_store_ops(fake), &topics, p, NULL), STORE_OK);
}

static void look_after(int64_t ms) {
    struct store_progress p;
    worker.mono_ms += ms;
    fake_redis_progress(redis, &p);
    look_at(&p);
    store_progress_deinit(&p);
}

static struct progress_row row_of(const char *partition_name) {
    struct store_progress p;
    struct progress_row row = {0};
    bool found = false;
    fake_redis_progress(redis, &p);
    for (size_t i = 0; i < p.n; i++)
        if (strcmp(p.rows[i].partition_name, partition_name) == 0)
            found = progress_row_parse((struct bytes){p.rows[i].value, p.rows[i].value_len}, &row);
    store_progress_deinit(&p);
    ck_assert(found);
    return row;
}

static bool is_retired(const char *partition_name) {
    struct progress_row row = row_of(partition_name);
    return progress_row_is_retired(&row);
}

static double retired(void) { return metric_value(metrics_get(worker.metrics, METRIC_PARTITIONS_RETIRED, "")); }

/* -- when -- */

START_TEST(a_row_beyond_the_topic_is_retired_after_two_minutes) {
    row_written("t/0");
    row_written("t/1");
    row_written("t/2");
    look_after(0);
    look_after(RETIRE_AFTER_MS - 1);
    ck_assert(!is_retired("t/2"));
    look_after(1);
    ck_assert(is_retired("t/2"));
    ck_assert(!is_retired("t/0") && !is_retired("t/1"));
    ck_assert(retired() == 1);
}
END_TEST

START_TEST(a_row_that_still_speaks_is_not_retired) {
    row_written("t/2");
    look_after(0);
    worker.mono_ms += RETIRE_AFTER_MS - 1;
    row_written("t/2"); /* the same again */
    look_after(0);
    look_after(RETIRE_AFTER_MS - 1);
    ck_assert(!is_retired("t/2"));
    look_after(1);
    ck_assert(is_retired("t/2"));
}
END_TEST

START_TEST(a_partition_that_was_there_meanwhile_is_suspected_anew) {
    row_written("t/2");
    look_after(0);
    worker.partitions = 3;
    look_after(RETIRE_AFTER_MS - 1);
    worker.partitions = 2;
    look_after(1);
    ck_assert(!is_retired("t/2"));
    look_after(RETIRE_AFTER_MS);
    ck_assert(is_retired("t/2"));
}
END_TEST

START_TEST(nothing_is_retired_of_a_topic_whose_size_is_not_known) {
    row_written("t/2");
    worker.partitions = 0;
    for (int i = 0; i < 3; i++) look_after(RETIRE_AFTER_MS);
    ck_assert(!is_retired("t/2"));
    worker.partitions = 2;
    for (int i = 0; i < 3; i++) look_after(RETIRE_AFTER_MS);
    ck_assert(is_retired("t/2"));
}
END_TEST

START_TEST(a_row_of_a_topic_that_is_not_read_is_retired_when_nobody_speaks_for_it) {
    row_written("old/0");
    look_after(0);
    look_after(RETIRE_AFTER_MS - 1);
    row_written_at("old/0", 1); /* another worker still reads it */
    look_after(1);
    ck_assert(!is_retired("old/0"));
    look_after(RETIRE_AFTER_MS);
    ck_assert(is_retired("old/0"));
}
END_TEST

static bool yes(void *self, uint32_t topic) {
    (void)self, (void)topic;
    return true;
}

START_TEST(a_topic_that_was_deleted_is_retired_only_if_a_pattern_fits_it) {
    row_written("t/0");
    worker.topics.is_away = yes;
    for (int i = 0; i < 3; i++) look_after(RETIRE_AFTER_MS);
    ck_assert(!is_retired("t/0")); /* a plain one is waited for */
    worker.topics.may_go = yes;
    look_after(0);
    look_after(RETIRE_AFTER_MS - 1);
    ck_assert(!is_retired("t/0"));
    look_after(1);
    ck_assert(is_retired("t/0"));
}
END_TEST

START_TEST(nothing_is_retired_before_it_is_known_which_topics_there_are) {
    row_written("old/0");
    worker.topics.incomplete = true;
    for (int i = 0; i < 3; i++) look_after(RETIRE_AFTER_MS);
    ck_assert(!is_retired("old/0"));
    worker.topics.incomplete = false;
    for (int i = 0; i < 3; i++) look_after(RETIRE_AFTER_MS);
    ck_assert(is_retired("old/0"));
}
END_TEST

START_TEST(a_row_that_spoke_after_it_was_read_stays) {
    struct store_progress p;
    row_written("t/2");
    look_after(0);
    worker.mono_ms += RETIRE_AFTER_MS;
    fake_redis_progress(redis, &p);
    row_written("t/2");
    look_at(&p);
    store_progress_deinit(&p);
    ck_assert(!is_retired("t/2"));
    ck_assert(retired() == 0);
}
END_TEST

/* -- what it says -- */

/* FUTURE is a minute: its last record may have touched the minute after its own. */
START_TEST(a_retired_row_does_not_vouch_for_what_it_may_have_touched) {
    row_written_at("t/2", 1000 * MINUTE_MS);
    look_after(0);
    look_after(RETIRE_AFTER_MS);
    struct progress_row row = row_of("t/2");
    ck_assert_int_eq(row.unsure_until, 1002);
    ck_assert_int_eq(row.log_time_ms, 1000 * MINUTE_MS);
    ck_assert_int_eq(row.vouch.until_ms, 0);
}
END_TEST

START_TEST(a_retired_row_that_never_had_a_record_vouches_as_before) {
    row_written_at("t/2", TIME_NEVER);
    look_after(0);
    look_after(RETIRE_AFTER_MS);
    ck_assert(is_retired("t/2"));
    ck_assert_int_eq(row_of("t/2").unsure_until, 3);
}
END_TEST

START_TEST(a_row_is_retired_once) {
    row_written("t/2");
    for (int i = 0; i < 5; i++) look_after(RETIRE_AFTER_MS);
    ck_assert(retired() == 1);
}
END_TEST

Suite *retirer_suite(void);
Suite *retirer_suite(void) {
    Suite *s = suite_create("retirer");
    TCase *c = tcase_create("rows");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_row_beyond_the_topic_is_retired_after_two_minutes);
    tcase_add_test(c, a_row_that_still_speaks_is_not_retired);
    tcase_add_test(c, a_partition_that_was_there_meanwhile_is_suspected_anew);
    tcase_add_test(c, nothing_is_retired_of_a_topic_whose_size_is_not_known);
    tcase_add_test(c, a_row_of_a_topic_that_is_not_read_is_retired_when_nobody_speaks_for_it);
    tcase_add_test(c, a_topic_that_was_deleted_is_retired_only_if_a_pattern_fits_it);
    tcase_add_test(c, nothing_is_retired_before_it_is_known_which_topics_there_are);
    tcase_add_test(c, a_row_that_spoke_after_it_was_read_stays);
    tcase_add_test(c, a_retired_row_does_not_vouch_for_what_it_may_have_touched);
    tcase_add_test(c, a_retired_row_that_never_had_a_record_vouches_as_before);
    tcase_add_test(c, a_row_is_retired_once);
    suite_add_tcase(s, c);
    return s;
}
