/* unit/source/check_kafka_events.c - events wait in order, and those of positions can be forgotten. */
#include <check.h>

#include "source/kafka_events.h"

Suite *kafka_events_suite(void);

static struct kafka_events q;

static void setup(void) { kafka_events_init(&q); }
static void teardown(void) { kafka_events_deinit(&q); }

static void given(enum source_event_type type) { kafka_events_push(&q, kafka_event_create(type, NULL, 0)); }

static void expect(enum source_event_type type) {
    struct kafka_event *k = kafka_events_take(&q);
    ck_assert_ptr_nonnull(k);
    ck_assert_int_eq(k->ev.type, type);
    kafka_event_destroy(k);
}

START_TEST(they_leave_as_they_came) {
    ck_assert(!kafka_events_wait(&q));
    given(SOURCE_ASSIGN);
    given(SOURCE_EOF);
    expect(SOURCE_ASSIGN);
    given(SOURCE_REVOKE);
    expect(SOURCE_EOF);
    expect(SOURCE_REVOKE);
    ck_assert_ptr_null(kafka_events_take(&q));
}
END_TEST

/* At both ends and in the middle; what comes later goes behind what is left. */
START_TEST(positions_are_forgotten_and_nothing_else) {
    given(SOURCE_EOF);
    given(SOURCE_COMMITTED);
    given(SOURCE_RESET);
    given(SOURCE_LOOKUP);
    given(SOURCE_EOF);
    kafka_events_drop_positions(&q);
    given(SOURCE_ENDS);
    expect(SOURCE_COMMITTED);
    expect(SOURCE_LOOKUP);
    expect(SOURCE_ENDS);
    ck_assert(!kafka_events_wait(&q));
}
END_TEST

START_TEST(a_queue_of_positions_only_is_empty_afterwards) {
    given(SOURCE_EOF);
    given(SOURCE_RESET);
    kafka_events_drop_positions(&q);
    ck_assert(!kafka_events_wait(&q));
    given(SOURCE_FATAL);
    expect(SOURCE_FATAL);
}
END_TEST

Suite *kafka_events_suite(void) {
    Suite *suite = suite_create("kafka_events");
    TCase *t = tcase_create("events");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, they_leave_as_they_came);
    tcase_add_test(t, positions_are_forgotten_and_nothing_else);
    tcase_add_test(t, a_queue_of_positions_only_is_empty_afterwards);
    suite_add_tcase(suite, t);
    return suite;
}
