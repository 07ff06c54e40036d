/* unit/base/check_metrics.c - metrics as Prometheus reads them. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/metrics.h"

static struct metrics *m;

static void setup(void) { m = metrics_create(); }
static void teardown(void) { metrics_destroy(m); }

static const char *text_now(void) {
    static struct buf out;
    buf_clear(&out);
    metrics_write(m, &out);
    return buf_text(&out);
}

static void expect_text(const char *part) {
    const char *text = text_now();
    ck_assert_msg(strstr(text, part) != NULL, "no\n%s\nin\n%s", part, text);
}

START_TEST(nothing_used_writes_nothing) { ck_assert_str_eq(text_now(), ""); }
END_TEST

START_TEST(counter_has_help_type_labels_and_an_exact_value) {
    metric_add(metrics_get(m, METRIC_EVENTS, "outcome=\"late\""), 2);
    metric_add(metrics_get(m, METRIC_EVENTS, "outcome=\"applied\""), UINT64_C(9007199254740993)); /* no double is */
    ck_assert_str_eq(text_now(), "# HELP topkd_events_total Events read, by outcome. Every event has exactly one\n"
                                 "# TYPE topkd_events_total counter\n"
                                 "topkd_events_total{outcome=\"applied\"} 9007199254740993\n"
                                 "topkd_events_total{outcome=\"late\"} 2\n");
}
END_TEST

START_TEST(series_is_made_once_and_found_again) {
    struct metric *s = metrics_get(m, METRIC_MESSAGES, "");
    metric_add(s, 3);
    for (int i = 0; i < 100; i++) { /* others come between, the pointer stays */
        char labels[32];
        snprintf(labels, sizeof labels, "partition=\"%d\"", i * 37 % 100);
        metric_set(metrics_get(m, METRIC_LAG_RECORDS, labels), i);
    }
    ck_assert_ptr_eq(metrics_get(m, METRIC_MESSAGES, ""), s);
    ck_assert_double_eq(metric_value(s), 3);
    expect_text("# TYPE topkd_messages_total counter\ntopkd_messages_total 3\n");
    expect_text("topkd_lag_records{partition=\"0\"} 0\ntopkd_lag_records{partition=\"1\"} ");
}
END_TEST

static const struct {
    double value;
    const char *text;
} gauges[] = {
    {0, "0"},
    {-1, "-1"},
    {0.25, "0.25"},
    {1795287288.123, "1795287288.123"},
    {123456789012345, "123456789012345"},
    {INFINITY, "+Inf"},
    {-INFINITY, "-Inf"},
    {NAN, "NaN"},
};

START_TEST(gauge_shows_the_last_value) {
    char expected[64];
    struct metric *s = metrics_get(m, METRIC_COMMIT_AGE, "");
    metric_set(s, 99);
    metric_set(s, gauges[_i].value);
    snprintf(expected, sizeof expected, "\ntopkd_commit_age_seconds %s\n", gauges[_i].text);
    expect_text(expected);
}
END_TEST

START_TEST(histogram_buckets_add_up_and_bounds_are_inclusive) {
    struct metric *s = metrics_get(m, METRIC_PUBLISH_SECONDS, "shard=\"1\"");
    const double seen[] = {0, .001, .0011, 1, 60, 61};
    for (size_t i = 0; i < ARRAY_LEN(seen); i++) metric_observe(s, seen[i]);
    expect_text("# TYPE topkd_publish_seconds histogram\n"
                "topkd_publish_seconds_bucket{shard=\"1\",le=\"0.001\"} 2\n"
                "topkd_publish_seconds_bucket{shard=\"1\",le=\"0.0025\"} 3\n");
    expect_text("le=\"0.5\"} 3\ntopkd_publish_seconds_bucket{shard=\"1\",le=\"1\"} 4\n");
    expect_text("le=\"60\"} 5\n"
                "topkd_publish_seconds_bucket{shard=\"1\",le=\"+Inf\"} 6\n"
                "topkd_publish_seconds_sum{shard=\"1\"} 122.0021\n"
                "topkd_publish_seconds_count{shard=\"1\"} 6\n");
    metric_observe(metrics_get(m, METRIC_MERGE_SECONDS, ""), 2);
    expect_text("topkd_merge_seconds_bucket{le=\"+Inf\"} 1\n");
}
END_TEST

START_TEST(families_come_in_the_order_of_the_table) {
    metric_add(metrics_get(m, METRIC_LOG_REPLACED, ""), 1);
    metric_add(metrics_get(m, METRIC_MESSAGES, ""), 1);
    const char *text = text_now();
    ck_assert(strstr(text, "topkd_messages_total 1") < strstr(text, "topkd_log_replaced_total 1"));
}
END_TEST

START_TEST(partition_that_left_takes_its_series_along) {
    const char *gone = "topic=\"events\",partition=\"3\"", *stays = "topic=\"events\",partition=\"31\"";
    metric_set(metrics_get(m, METRIC_LAG_RECORDS, gone), 1);
    metric_set(metrics_get(m, METRIC_POSITION, gone), 2);
    metric_set(metrics_get(m, METRIC_POSITION, stays), 3);
    metric_add(metrics_get(m, METRIC_MESSAGES, ""), 4);
    metrics_hide(m, gone);
    metrics_hide(m, "topic=\"never\"");
    ck_assert_ptr_null(strstr(text_now(), "partition=\"3\""));
    ck_assert_ptr_null(strstr(text_now(), "topkd_lag_records"));
    expect_text("topkd_position_offset{topic=\"events\",partition=\"31\"} 3\n");
    expect_text("topkd_messages_total 4\n");
    metric_set(metrics_get(m, METRIC_POSITION, gone), 5); /* and comes back */
    expect_text("partition=\"3\"} 5\n");
}
END_TEST

static void *count_many(void *arg) {
    (void)arg;
    for (int i = 0; i < 10000; i++) {
        metric_add(metrics_get(m, METRIC_MESSAGES, ""), 1);
        metric_observe(metrics_get(m, METRIC_MERGE_SECONDS, ""), .5);
    }
    return NULL;
}

START_TEST(nothing_is_lost_between_threads) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, count_many, NULL);
    for (int i = 0; i < 100; i++) text_now();
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    ck_assert_double_eq(metric_value(metrics_get(m, METRIC_MESSAGES, "")), 40000);
    expect_text("topkd_merge_seconds_sum 20000\ntopkd_merge_seconds_count 40000\n");
}
END_TEST

START_TEST(table_for_the_readme_names_every_metric_once) {
    struct buf out = {0};
    metrics_write_markdown(&out);
    int lines = 0;
    for (const char *p = buf_text(&out); *p; p++) lines += *p == '\n';
    ck_assert_int_eq(lines, METRIC_IDS + 2);
    ck_assert_ptr_nonnull(strstr(out.data, "| `topkd_lag_records` | gauge | `topic,partition` | High"));
    ck_assert_ptr_nonnull(strstr(out.data, "| `topkd_messages_total` | counter |  | "));
    buf_free(&out);
}
END_TEST

Suite *metrics_suite(void);
Suite *metrics_suite(void) {
    Suite *s = suite_create("metrics");
    TCase *t = tcase_create("metrics");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, nothing_used_writes_nothing);
    tcase_add_test(t, counter_has_help_type_labels_and_an_exact_value);
    tcase_add_test(t, series_is_made_once_and_found_again);
    tcase_add_loop_test(t, gauge_shows_the_last_value, 0, (int)ARRAY_LEN(gauges));
    tcase_add_test(t, histogram_buckets_add_up_and_bounds_are_inclusive);
    tcase_add_test(t, families_come_in_the_order_of_the_table);
    tcase_add_test(t, partition_that_left_takes_its_series_along);
    tcase_add_test(t, nothing_is_lost_between_threads);
    tcase_add_test(t, table_for_the_readme_names_every_metric_once);
    suite_add_tcase(s, t);
    return s;
}
