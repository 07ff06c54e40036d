/* unit/source/check_kafka_tickets.c - how far dead letters got, though their answers come in any order. */
#include <check.h>

#include "source/kafka_tickets.h"

Suite *kafka_tickets_suite(void);

enum { MANY = 1 << 17 };

static struct kafka_all_tickets all;

static void setup(void) { kafka_all_tickets_init(&all); }
static void teardown(void) { kafka_all_tickets_deinit(&all); }

static void given_taken(struct kafka_tickets *t, int n) {
    for (int i = 0; i < n; i++) ck_assert_uint_gt(kafka_tickets_take(t).number, 0);
}

static void settle(struct kafka_tickets *t, uint64_t number) {
    kafka_all_tickets_settle(&all, (struct kafka_ticket){kafka_tickets_member(t), number, false});
}

START_TEST(what_is_settled_has_nothing_open_before_it) {
    struct kafka_tickets *t = kafka_all_tickets_add(&all);
    given_taken(t, 4);
    settle(t, 3);
    settle(t, 2);
    ck_assert_uint_eq(kafka_tickets_settled(t), 0);
    settle(t, 1);
    ck_assert_uint_eq(kafka_tickets_settled(t), 3);
    settle(t, 4);
    ck_assert_uint_eq(kafka_tickets_settled(t), 4);
    ck_assert_uint_eq(kafka_tickets_issued(t), 4);
}
END_TEST

START_TEST(one_that_is_given_back_was_never_taken) {
    struct kafka_tickets *t = kafka_all_tickets_add(&all);
    given_taken(t, 2);
    kafka_tickets_give_back(t);
    ck_assert_uint_eq(kafka_tickets_issued(t), 1);
    ck_assert_uint_eq(kafka_tickets_take(t).number, 2);
}
END_TEST

/* The oldest is open, so the ring cannot turn; when it is settled, all at once are. */
START_TEST(there_is_an_end_to_those_that_are_out) {
    struct kafka_tickets *t = kafka_all_tickets_add(&all);
    given_taken(t, MANY);
    ck_assert_uint_eq(kafka_tickets_take(t).number, 0);
    for (uint64_t i = 2; i <= MANY; i++) settle(t, i);
    ck_assert_uint_eq(kafka_tickets_take(t).number, 0);
    settle(t, 1);
    ck_assert_uint_eq(kafka_tickets_settled(t), MANY);
    ck_assert_uint_eq(kafka_tickets_take(t).number, MANY + 1);
}
END_TEST

START_TEST(members_are_counted_together_and_settled_apart) {
    struct kafka_tickets *a = kafka_all_tickets_add(&all), *b = kafka_all_tickets_add(&all);
    uint64_t settled, waiting;
    ck_assert_uint_eq(kafka_tickets_member(b), 1);
    given_taken(a, 3);
    given_taken(b, 2);
    settle(b, 1);
    kafka_all_tickets_count(&all, &settled, &waiting);
    ck_assert_uint_eq(settled, 1);
    ck_assert_uint_eq(waiting, 4);
    ck_assert_uint_eq(kafka_tickets_settled(a), 0);
}
END_TEST

START_TEST(too_many_members_are_refused) {
    for (int i = 0; i < KAFKA_MEMBERS_MAX; i++) ck_assert_ptr_nonnull(kafka_all_tickets_add(&all));
    ck_assert_ptr_null(kafka_all_tickets_add(&all));
}
END_TEST

Suite *kafka_tickets_suite(void) {
    Suite *suite = suite_create("kafka_tickets");
    TCase *t = tcase_create("tickets");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_settled_has_nothing_open_before_it);
    tcase_add_test(t, one_that_is_given_back_was_never_taken);
    tcase_add_test(t, there_is_an_end_to_those_that_are_out);
    tcase_add_test(t, members_are_counted_together_and_settled_apart);
    tcase_add_test(t, too_many_members_are_refused);
    suite_add_tcase(suite, t);
    return suite;
}
