/* unit/topkd/check_options.c - settings arrive where they are meant to. */
#include <check.h>

#include "topkd/options.h"

Suite *options_suite(void);

static struct config *loaded(const char *const *envp) {
    struct config *c = NULL;
    struct buf problems = {0};
    ck_assert_msg(config_load(envp, &c, &problems) == 0, "%s", buf_text(&problems));
    buf_free(&problems);
    return c;
}

START_TEST(kafka_is_told_what_it_needs) {
    static const char *const envp[] = {"TOPKD_BROKERS=there:9092",  "TOPKD_GROUP=readers",
                                       "TOPKD_TOPICS=first,second", "TOPKD_DLQ_TOPIC=rejected",
                                       "TOPKD_THREADS=3",           "TOPKD_RDKAFKA_FETCH_WAIT_MAX_MS=50",
                                       "TOPKD_RDKAFKA_DEBUG=cgrp",  NULL};
    struct config *c = loaded(envp);
    struct kafka_options o = options_kafka(c);
    ck_assert_str_eq(o.brokers, "there:9092");
    ck_assert_str_eq(o.group, "readers");
    ck_assert_uint_eq(o.topics_n, 2);
    ck_assert_str_eq(o.topics[0], "first");
    ck_assert_str_eq(o.topics[1], "second");
    ck_assert_str_eq(o.dead_letter_topic, "rejected");
    ck_assert_uint_eq(o.members_n, 3);
    ck_assert_uint_eq(o.properties_n, 2);
    ck_assert_str_eq(o.properties[0].name, "debug");
    ck_assert_str_eq(o.properties[0].value, "cgrp");
    ck_assert_str_eq(o.properties[1].name, "fetch.wait.max.ms");
    ck_assert_str_eq(o.properties[1].value, "50");
    config_destroy(c);
}
END_TEST

START_TEST(without_a_dead_letter_topic_there_is_none) {
    static const char *const envp[] = {NULL};
    struct config *c = loaded(envp);
    ck_assert_ptr_null(options_kafka(c).dead_letter_topic);
    ck_assert_uint_eq(options_kafka(c).properties_n, 0);
    config_destroy(c);
}
END_TEST

Suite *options_suite(void) {
    Suite *suite = suite_create("options");
    TCase *t = tcase_create("kafka");
    tcase_add_test(t, kafka_is_told_what_it_needs);
    tcase_add_test(t, without_a_dead_letter_topic_there_is_none);
    suite_add_tcase(suite, t);
    return suite;
}
