/* unit/source/check_kafka_remedies.c - what an error of Kafka means, and what to do about it. */
#include <string.h>

#include <check.h>

#include "source/kafka_remedies.h"

Suite *kafka_remedies_suite(void);

static void expect_topic_remedy(rd_kafka_resp_err_t code, bool dead_letters, const char *expected) {
    char remedy[KAFKA_REMEDY_MAX];
    kafka_topic_remedy(code, dead_letters, "events", remedy);
    ck_assert_str_eq(remedy, expected);
}

START_TEST(errors_have_a_scope_and_a_remedy) {
    ck_assert_int_eq(kafka_scope_of(RD_KAFKA_RESP_ERR__AUTHENTICATION), KAFKA_CONNECTION);
    ck_assert_int_eq(kafka_scope_of(RD_KAFKA_RESP_ERR__SSL), KAFKA_CONNECTION);
    ck_assert_int_eq(kafka_scope_of(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED), KAFKA_GROUP);
    ck_assert_int_eq(kafka_scope_of(RD_KAFKA_RESP_ERR_UNKNOWN), KAFKA_OTHER);
    ck_assert_ptr_nonnull(strstr(kafka_remedy_of(RD_KAFKA_RESP_ERR__AUTHENTICATION), "SASL_USERNAME"));
    ck_assert_ptr_nonnull(strstr(kafka_remedy_of(RD_KAFKA_RESP_ERR__SSL), "SSL_CA_LOCATION"));
    ck_assert_str_eq(kafka_remedy_of(RD_KAFKA_RESP_ERR_UNKNOWN), "");
}
END_TEST

/* A check that finds no broker ends its line with something to do, whatever librdkafka called it. */
START_TEST(a_broker_that_cannot_be_asked_always_has_a_remedy) {
    ck_assert_str_eq(kafka_broker_remedy(RD_KAFKA_RESP_ERR__SSL), kafka_remedy_of(RD_KAFKA_RESP_ERR__SSL));
    ck_assert_ptr_nonnull(strstr(kafka_broker_remedy(RD_KAFKA_RESP_ERR_UNKNOWN), "correct TOPKD_BROKERS"));
}
END_TEST

START_TEST(a_topic_wants_another_right_for_dead_letters_than_for_reading) {
    expect_topic_remedy(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, false, "grant Read on topic events");
    expect_topic_remedy(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, true, "grant Write on topic events");
    expect_topic_remedy(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, false, "create topic events");
    expect_topic_remedy(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, true, "create topic events");
    expect_topic_remedy(RD_KAFKA_RESP_ERR_UNKNOWN, false, "check the brokers and topic events");
}
END_TEST

START_TEST(each_refusal_has_its_fate) {
    ck_assert_int_eq(kafka_fate_of(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), KAFKA_FATE_HEALS);
    ck_assert_int_eq(kafka_fate_of(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC), KAFKA_FATE_HEALS);
    ck_assert_int_eq(kafka_fate_of(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT), KAFKA_FATE_HEALS);
    ck_assert_int_eq(kafka_fate_of(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), KAFKA_FATE_TOO_LARGE);
    ck_assert_int_eq(kafka_fate_of(RD_KAFKA_RESP_ERR__BAD_MSG), KAFKA_FATE_NEVER);
    ck_assert_int_eq(kafka_fate_of((rd_kafka_resp_err_t)9999), KAFKA_FATE_HEALS); /* rather wait than lose */
    ck_assert(!kafka_refusal_is_known((rd_kafka_resp_err_t)9999));
}
END_TEST

/* So that a line of the log is not written for each. */
START_TEST(refusals_with_one_remedy_are_one_story) {
    ck_assert(kafka_refusals_are_alike(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC));
    ck_assert(!kafka_refusals_are_alike(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                                        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED));
}
END_TEST

Suite *kafka_remedies_suite(void) {
    Suite *suite = suite_create("kafka_remedies");
    TCase *t = tcase_create("remedies");
    tcase_add_test(t, errors_have_a_scope_and_a_remedy);
    tcase_add_test(t, a_broker_that_cannot_be_asked_always_has_a_remedy);
    tcase_add_test(t, a_topic_wants_another_right_for_dead_letters_than_for_reading);
    tcase_add_test(t, each_refusal_has_its_fate);
    tcase_add_test(t, refusals_with_one_remedy_are_one_story);
    suite_add_tcase(suite, t);
    return suite;
}
