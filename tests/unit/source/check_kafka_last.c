/* unit/source/check_kafka_last.c - the last records of a topic, over all its partitions. */
#include <string.h>

#include <check.h>

#include "kafka_given.h"
#include "source/kafka_last.h"

Suite *kafka_last_suite(void);

static struct given g;
static struct kafka_last *last;

static void setup(void) {
    given_kafka(&g);
    given_shared(&g); /* its options are whole then */
}

static void teardown(void) {
    kafka_last_close(last);
    last = NULL;
    given_gone(&g);
}

static const struct kafka_last_record *last_records(uint32_t wanted, size_t n) {
    struct err e = {0};
    size_t got;
    kafka_last_close(last);
    last = NULL;
    ck_assert_msg(kafka_last_open(&g.options, "events", wanted, &clock_system, &last, &e) == 0, "%s", e.text);
    const struct kafka_last_record *r = kafka_last_records(last, &got);
    ck_assert_uint_eq(got, n);
    return r;
}

static void expect_record(const struct kafka_last_record *r, int32_t partition, int64_t offset, const char *value) {
    ck_assert_int_eq(r->partition, partition);
    ck_assert_int_eq(r->offset, offset);
    ck_assert_uint_eq(r->value.n, strlen(value));
    ck_assert_mem_eq(r->value.p, value, r->value.n);
}

START_TEST(the_newest_of_all_partitions_come_in_the_order_of_their_times) {
    given_records(&g, 0, 0, 20); /* times 1000..1019 */
    given_records(&g, 1, 16, 3); /* times 1016..1018 */
    const struct kafka_last_record *r = last_records(4, 4);
    expect_record(&r[0], 1, 1, "17");
    expect_record(&r[1], 0, 18, "18");
    expect_record(&r[2], 1, 2, "18");
    expect_record(&r[3], 0, 19, "19");
    ck_assert_int_eq(r[3].time_ms, 1019);
    ck_assert_int_eq(r[3].before_ms, 1018);
    ck_assert_uint_eq(r[3].key.n, 3);
    ck_assert_mem_eq(r[3].key.p, "k19", 3);
    ck_assert_ptr_null(kafka_last_header(&r[3], "none").p);
    ck_assert_ptr_null(kafka_last_header_name(&r[3], 0));
}
END_TEST

/* What only looks old is not left out: the largest time before it counts for it, too. */
START_TEST(a_record_is_as_new_as_those_before_it_in_its_partition) {
    given_records(&g, 0, 30, 1);
    given_records(&g, 0, 0, 2); /* behind it, with times of long ago */
    given_records(&g, 1, 10, 5);
    const struct kafka_last_record *r = last_records(3, 3);
    expect_record(&r[0], 0, 0, "30");
    expect_record(&r[1], 0, 1, "0");
    expect_record(&r[2], 0, 2, "1");
    ck_assert_int_eq(r[0].before_ms, KAFKA_LAST_NO_TIME);
    ck_assert_int_eq(r[2].before_ms, 1030);
}
END_TEST

START_TEST(fewer_records_than_asked_for_are_all_of_them) {
    given_records(&g, 1, 0, 3);
    const struct kafka_last_record *r = last_records(KAFKA_LAST_MAX, 3);
    expect_record(&r[0], 1, 0, "0");
    last_records(1, 1);
}
END_TEST

START_TEST(an_empty_topic_has_no_records) { last_records(10, 0); }
END_TEST

START_TEST(a_wrong_setting_is_named) {
    struct err e = {0};
    given_prop(&g, "fetch.min.bytes", "none");
    ck_assert_int_eq(kafka_last_open(&g.options, "events", 1, &clock_system, &last, &e), ERR_INVALID);
    ck_assert_msg(strstr(e.text, "TOPKD_RDKAFKA_FETCH_MIN_BYTES") != NULL, "%s", e.text);
}
END_TEST

Suite *kafka_last_suite(void) {
    Suite *suite = suite_create("kafka_last");
    TCase *t = tcase_create("last");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_newest_of_all_partitions_come_in_the_order_of_their_times);
    tcase_add_test(t, a_record_is_as_new_as_those_before_it_in_its_partition);
    tcase_add_test(t, fewer_records_than_asked_for_are_all_of_them);
    tcase_add_test(t, an_empty_topic_has_no_records);
    tcase_add_test(t, a_wrong_setting_is_named);
    suite_add_tcase(suite, t);
    return suite;
}
