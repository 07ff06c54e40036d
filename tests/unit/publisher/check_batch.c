/* unit/publisher/check_batch.c - the order in which the publisher works: list by list, and where it may cut. */
#include <string.h>

#include <check.h>

#include "publisher/batch.h"

static struct mail *mails, **tail;
static int64_t made;

static void setup(void) {
    mails = NULL;
    tail = &mails;
    made = 0;
}

static void teardown(void) { mail_free_all(mails); }

static struct bytes text(const char *s) { return (struct bytes){s, strlen(s)}; }

/* The next mail that was taken; handed_mono_ms says which it was. */
static void given(enum mail_type type, const char *location, int64_t minute, int64_t at) {
    struct mail *m = mail_create(type, text(location), text("items"));
    if (type == MAIL_COPY) m->as.copy = (struct mail_copy){.minute = minute, .at = at};
    m->handed_mono_ms = made++;
    *tail = m;
    tail = &m->next;
}

static void given_copy(const char *location, int64_t minute, int64_t at) { given(MAIL_COPY, location, minute, at); }

/* LIST holds exactly these mails, by their numbers, ended by -1. */
static void expect(const struct mail *list, const int64_t *numbers) {
    for (; list != NULL; list = list->next) ck_assert_int_eq(list->handed_mono_ms, *numbers++);
    ck_assert_int_eq(*numbers, -1);
}

/* Cuts and expects; the rest stays. */
static void expect_cut(size_t bytes_max, const int64_t *numbers) {
    struct mail *cut = batch_cut(&mails, bytes_max);
    expect(cut, numbers);
    mail_free_all(cut);
}

#define NUMBERS(...) ((const int64_t[]){__VA_ARGS__, -1})

START_TEST(the_copies_of_a_list_stand_together_whoever_made_them) {
    given_copy("US", 7, 1); /* partition by partition, as consumers say it */
    given_copy("DE", 7, 1);
    given_copy("US", 7, 2);
    given_copy("DE", 7, 2);
    given_copy("US", 6, 2);
    mails = batch_order(mails);
    expect(mails, NUMBERS(4, 1, 3, 0, 2));
    ck_assert(batch_same_list(mails->next, mails->next->next));
    ck_assert(!batch_same_list(mails, mails->next->next->next)); /* US of two minutes */
}
END_TEST

START_TEST(a_location_is_not_its_beginning) {
    given_copy("USA", 7, 1);
    given_copy("US", 7, 1);
    given_copy("USA", 7, 2);
    given_copy("", 7, 1);
    mails = batch_order(mails);
    expect(mails, NUMBERS(3, 1, 0, 2));
    ck_assert(!batch_same_list(mails->next, mails->next->next));
}
END_TEST

START_TEST(the_newer_copy_of_a_partition_comes_last) {
    given_copy("US", 7, 9);
    given_copy("US", 7, 4);
    mails = batch_order(mails);
    expect(mails, NUMBERS(1, 0));
}
END_TEST

/* A row may speak of what the copies before it say; what it says must not be in Redis before them. */
START_TEST(rows_and_questions_come_after_all_copies_as_they_came) {
    given(MAIL_ROW, "", 0, 0);
    given_copy("US", 7, 1);
    given(MAIL_JOIN, "", 0, 0);
    given(MAIL_ROW, "", 0, 0);
    given_copy("US", 6, 1);
    ck_assert(!batch_is_in_order(mails));
    mails = batch_order(mails);
    ck_assert(batch_is_in_order(mails));
    expect(mails, NUMBERS(4, 1, 0, 2, 3));
    ck_assert(!batch_same_list(mails->next, mails->next->next));
    ck_assert(!batch_same_list(mails->next->next, mails->next->next->next));
}
END_TEST

START_TEST(nothing_is_in_order) {
    ck_assert_ptr_null(batch_order(NULL));
    ck_assert_ptr_null(batch_cut(&mails, 1000));
}
END_TEST

START_TEST(a_cut_falls_between_two_lists_only) {
    for (int64_t at = 1; at <= 3; at++) given_copy("DE", 7, at);
    for (int64_t at = 1; at <= 2; at++) given_copy("US", 7, at);
    given(MAIL_ROW, "", 0, 0);
    expect_cut(1, NUMBERS(0, 1, 2)); /* a list is never cut, however large */
    expect_cut(2 * mail_bytes(mails), NUMBERS(3, 4));
    expect_cut(1, NUMBERS(5));
    ck_assert_ptr_null(mails);
}
END_TEST

START_TEST(a_cut_takes_what_fits) {
    for (int64_t minute = 1; minute <= 5; minute++) given_copy("US", minute, 1);
    size_t one = mail_bytes(mails);
    expect_cut(3 * one, NUMBERS(0, 1, 2));
    expect_cut(2 * one - 1, NUMBERS(3));
    expect_cut(10 * one, NUMBERS(4));
}
END_TEST

Suite *batch_suite(void);
Suite *batch_suite(void) {
    Suite *s = suite_create("batch");
    TCase *c = tcase_create("order");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, the_copies_of_a_list_stand_together_whoever_made_them);
    tcase_add_test(c, a_location_is_not_its_beginning);
    tcase_add_test(c, the_newer_copy_of_a_partition_comes_last);
    tcase_add_test(c, rows_and_questions_come_after_all_copies_as_they_came);
    tcase_add_test(c, nothing_is_in_order);
    tcase_add_test(c, a_cut_falls_between_two_lists_only);
    tcase_add_test(c, a_cut_takes_what_fits);
    suite_add_tcase(s, c);
    return s;
}
