/* unit/source/check_kafka_why.c - what is wrong with Kafka, in words: for /readyz, and once for the log. */
#include <string.h>

#include <check.h>

#include "base/log.h"
#include "kafka_given.h"
#include "source/kafka_library.h"
#include "source/kafka_shared.h"
#include "unit/base/capture.h"

Suite *kafka_why_suite(void);

enum { PRODUCE = 0 };

static struct given g;

static void setup(void) { given_kafka(&g); }
static void teardown(void) { given_gone(&g); }

static int lines_of(const char *text, const char *event) {
    int n = 0;
    for (const char *at = text; (at = strstr(at, event)) != NULL; at++) n++;
    return n;
}

START_TEST(a_topic_that_is_not_there_is_named_with_what_to_do) {
    rd_kafka_mock_topic_set_error(g.cluster, "events", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    given_shared(&g);
    await_why(&g, "create topic events");
    ck_assert_uint_eq(known_topic(&g, "events").partitions, 0);
    rd_kafka_mock_topic_set_error(g.cluster, "events", RD_KAFKA_RESP_ERR_NO_ERROR);
    await_no_why(&g);
    ck_assert_uint_eq(known_topic(&g, "events").partitions, 2);
}
END_TEST

/* Has the topics asked for soon, not in 10 s. */
static void given_trouble_of_a_connection(void) {
    kafka_notes_add(&g.shared->notes, RD_KAFKA_RESP_ERR__TRANSPORT, "told by the test");
}

/* The mock lists the partitions of a topic that it denies, as no broker does, which ends librdkafka 2.4 to 2.8 if they
 * were not known before. Rights that are missing from the beginning are for the real broker, in the integration tests.
 */
static void given_right_taken_away(const char *topic) {
    given_shared(&g);
    await_no_why(&g);
    rd_kafka_mock_topic_set_error(g.cluster, topic, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    given_trouble_of_a_connection();
}

START_TEST(a_right_that_is_taken_away_is_named) {
    given_right_taken_away("events");
    await_why(&g, "grant Read on topic events");
    ck_assert_uint_eq(known_topic(&g, "events").partitions, 2);
    rd_kafka_mock_topic_set_error(g.cluster, "events", RD_KAFKA_RESP_ERR_NO_ERROR);
    await_no_why(&g);
}
END_TEST

START_TEST(partitions_that_were_known_stay_known_while_the_topic_is_away) {
    given_shared(&g);
    await_no_why(&g);
    rd_kafka_mock_topic_set_error(g.cluster, "events", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    given_trouble_of_a_connection();
    await_why(&g, "create topic events");
    ck_assert_uint_eq(known_topic(&g, "events").partitions, 2);
    ck_assert(known_topic(&g, "events").is_away);
    rd_kafka_mock_topic_set_error(g.cluster, "events", RD_KAFKA_RESP_ERR_NO_ERROR);
    await_no_why(&g);
    ck_assert(!known_topic(&g, "events").is_away);
}
END_TEST

START_TEST(a_right_on_the_dead_letter_topic_is_missed_before_one_waits) {
    given_right_taken_away("rejected");
    await_why(&g, "grant Write on topic rejected");
    rd_kafka_mock_topic_set_error(g.cluster, "rejected", RD_KAFKA_RESP_ERR_NO_ERROR);
    await_no_why(&g);
}
END_TEST

/* Perhaps there will never be one. */
START_TEST(a_dead_letter_topic_that_is_missing_stops_nobody_before_one_waits) {
    rd_kafka_mock_topic_set_error(g.cluster, "rejected", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    given_shared(&g);
    await_no_why(&g);
    struct source s = given_member(&g);
    struct source_dead_letter d = {.tp = {events_topic(&g), 0}, .reason = "malformed", .value = {"x", 1}};
    struct err e;
    ck_assert_int_eq(s.ops->dead_letter(s.self, &d, &e), 0);
    await_why(&g, "create topic rejected");
    rd_kafka_mock_topic_set_error(g.cluster, "rejected", RD_KAFKA_RESP_ERR_NO_ERROR);
    await_no_why(&g);
    ck_assert_uint_eq(s.ops->dead_letters_settled(s.self), 1);
    kafka_member_close(&s);
}
END_TEST

/* For a minute and more: librdkafka tries again by itself, and reports nothing. */
static void given_no_leader_of_dead_letters(void) {
    rd_kafka_resp_err_t errors[1000];
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) errors[i] = RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
    rd_kafka_mock_push_request_errors_array(g.cluster, PRODUCE, ARRAY_LEN(errors), errors);
}

START_TEST(dead_letters_that_nobody_answers_are_told) {
    given_shared(&g);
    await_no_why(&g);
    struct source s = given_member(&g);
    struct source_dead_letter d = {.tp = {events_topic(&g), 0}, .reason = "malformed", .value = {"x", 1}};
    struct err e;
    given_no_leader_of_dead_letters();
    ck_assert_int_eq(s.ops->dead_letter(s.self, &d, &e), 0);
    await_why(&g, "in-sync replicas of topic rejected");
    ck_assert_uint_eq(s.ops->dead_letters_settled(s.self), 0);
    rd_kafka_mock_clear_request_errors(g.cluster, PRODUCE);
    await_no_why(&g);
    ck_assert_uint_eq(s.ops->dead_letters_settled(s.self), 1);
    kafka_member_close(&s);
}
END_TEST

/* Every handle is told by librdkafka, again and again: two members, the shared one, the producer. */
START_TEST(an_outage_is_one_line_and_its_end_another) {
    struct capture log;
    given_shared(&g);
    struct source a = given_member(&g), b = given_member(&g);
    await_no_why(&g);
    log_set_level(LOG_INFO);
    capture_begin(&log);
    ck_assert_int_eq(rd_kafka_mock_broker_set_down(g.cluster, 1), 0);
    await_why(&g, "kafka: no broker answers");
    records_within(&a, 2000);
    records_within(&b, 2000);
    ck_assert_int_eq(rd_kafka_mock_broker_set_up(g.cluster, 1), 0);
    await_no_why(&g);
    kafka_member_close(&a);
    kafka_member_close(&b);
    const char *text = capture_end(&log);
    log_set_level(LOG_ERROR);
    ck_assert_msg(lines_of(text, "event=kafka_unreachable") == 1, "%s", text);
    ck_assert_msg(lines_of(text, "event=kafka_reachable") == 1, "%s", text);
    ck_assert_msg(lines_of(text, "event=kafka_error") == 0, "%s", text);
    ck_assert_msg(lines_of(text, "facility=FAIL") == 0, "%s", text);
}
END_TEST

START_TEST(an_address_where_nobody_is_is_named_with_what_to_do) {
    struct kafka_options options = g.options;
    g.options.brokers = "127.0.0.1:1";
    given_shared(&g);
    await_why(&g, "Connection refused");
    await_why(&g, "correct TOPKD_BROKERS");
    kafka_shared_close(g.shared);
    g.options = options;
    given_shared(&g);
    await_no_why(&g);
}
END_TEST

START_TEST(the_last_error_of_the_group_is_kept_until_a_member_is_in) {
    char text[200];
    given_shared(&g);
    kafka_shared_last_error(g.shared, text);
    ck_assert_str_eq(text, "");
    kafka_notes_add(&g.shared->notes, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "FindCoordinator: no");
    kafka_shared_last_error(g.shared, text);
    ck_assert_ptr_nonnull(strstr(text, "FindCoordinator: no (0 s ago): grant Read on the group"));
    kafka_notes_over(&g.shared->notes, KAFKA_GROUP);
    kafka_shared_last_error(g.shared, text);
    ck_assert_str_eq(text, "");
}
END_TEST

/* All brokers being down follows from what was told of one, and says less. */
START_TEST(the_cause_is_kept_when_all_brokers_are_down) {
    g.options.brokers = "127.0.0.1:1"; /* so that nothing is answered meanwhile */
    given_shared(&g);
    await_why(&g, "Connection refused");
    kafka_notes_add(&g.shared->notes, RD_KAFKA_RESP_ERR__AUTHENTICATION, "wrong password");
    kafka_notes_add(&g.shared->notes, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
    char why[WHY_MAX];
    ck_assert(kafka_shared_why(g.shared, why));
    ck_assert_ptr_null(strstr(why, "1/1"));
}
END_TEST

START_TEST(scram_is_too_old_below_2_6_1) {
    ck_assert(kafka_scram_is_too_old(0x020002ff, "SCRAM-SHA-512"));
    ck_assert(kafka_scram_is_too_old(0x020600ff, "scram-sha-256"));
    ck_assert(!kafka_scram_is_too_old(0x020601ff, "SCRAM-SHA-512"));
    ck_assert(!kafka_scram_is_too_old(0x020f00ff, "SCRAM-SHA-512"));
    ck_assert(!kafka_scram_is_too_old(0x020002ff, "PLAIN"));
    ck_assert(!kafka_scram_is_too_old(0x020002ff, ""));
}
END_TEST

Suite *kafka_why_suite(void) {
    Suite *suite = suite_create("kafka_why");
    TCase *t = tcase_create("why");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_topic_that_is_not_there_is_named_with_what_to_do);
    tcase_add_test(t, a_right_that_is_taken_away_is_named);
    tcase_add_test(t, partitions_that_were_known_stay_known_while_the_topic_is_away);
    tcase_add_test(t, a_right_on_the_dead_letter_topic_is_missed_before_one_waits);
    tcase_add_test(t, a_dead_letter_topic_that_is_missing_stops_nobody_before_one_waits);
    tcase_add_test(t, dead_letters_that_nobody_answers_are_told);
    tcase_add_test(t, an_outage_is_one_line_and_its_end_another);
    tcase_add_test(t, an_address_where_nobody_is_is_named_with_what_to_do);
    tcase_add_test(t, the_last_error_of_the_group_is_kept_until_a_member_is_in);
    tcase_add_test(t, the_cause_is_kept_when_all_brokers_are_down);
    suite_add_tcase(suite, t);
    TCase *pure = tcase_create("pure");
    tcase_add_test(pure, scram_is_too_old_below_2_6_1);
    suite_add_tcase(suite, pure);
    return suite;
}
