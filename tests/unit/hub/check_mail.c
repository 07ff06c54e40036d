/* unit/hub/check_mail.c - what a mail carries, and what its answer makes of it. */
#include <string.h>

#include <check.h>

#include "base/mem.h"
#include "hub/mail.h"

START_TEST(a_mail_carries_copies_of_its_texts) {
    char location[] = "US", body[] = "a\0b";
    struct mail *m = mail_create(MAIL_ROW, (struct bytes){location, 2}, (struct bytes){body, 3});
    memset(location, 'x', sizeof location);
    memset(body, 'x', sizeof body);
    ck_assert_uint_eq(mail_location(m).n, 2);
    ck_assert_mem_eq(mail_location(m).p, "US", 2);
    ck_assert_uint_eq(mail_body(m).n, 3);
    ck_assert_mem_eq(mail_body(m).p, "a\0b", 3);
    ck_assert_int_eq(m->type, MAIL_ROW);
    ck_assert_uint_eq(mail_bytes(m), sizeof *m + 5);
    ck_assert(m->next == NULL && m->partition_name == NULL && mail_row(m)->incarnation == 0 &&
              mail_row(m)->life[0] == 0);
    mem_free(m);
}
END_TEST

START_TEST(a_mail_needs_no_texts) {
    struct mail *m = mail_bare_create(MAIL_BROKEN);
    ck_assert_uint_eq(mail_bytes(m), sizeof *m);
    mem_free(m);
    mail_free_all(NULL);
}
END_TEST

START_TEST(an_answered_mail_goes_home_without_its_body) {
    struct mail *m =
        mail_copy_create(&(struct mail_copy){.at = 7}, (struct bytes){"US", 2}, (struct bytes){"items", 5});
    m->consumer = 3;
    m = mail_drop_body(m);
    ck_assert_uint_eq(mail_bytes(m), sizeof *m + 2);
    ck_assert_mem_eq(mail_location(m).p, "US", 2);
    ck_assert_uint_eq(mail_body(m).n, 0);
    ck_assert(mail_copy(m)->at == 7 && m->consumer == 3);
    mem_free(m);
}
END_TEST

START_TEST(a_row_that_was_stored_says_how_many_were) {
    struct mail *m = mail_row_create(&(struct mail_row){.frontier = 9, .rows_kept = 3}, (struct bytes){"row", 3});
    mail_row_answer(m, 4, 12345);
    ck_assert(mail_row(m)->rows_stored == 4 && mail_row(m)->redis_ms == 12345);
    ck_assert(mail_row(m)->frontier == 9 && mail_row(m)->rows_kept == 3);
    mem_free(m);
}
END_TEST

START_TEST(a_row_for_another_life_becomes_the_news_of_it) {
    struct mail *m = mail_row_create(&(struct mail_row){.life = "000000000000000a"}, (struct bytes){"row", 3});
    mail_row_answer(m, 1, 1);
    mail_row_other_life(m, "000000000000000b");
    ck_assert_str_eq(mail_other_life(m)->life, "000000000000000b");
    mem_free(m);
}
END_TEST

START_TEST(a_join_comes_back_with_what_the_board_knows) {
    struct mail *m = mail_bare_create(MAIL_JOIN);
    mail_join_answer(m, &(struct mail_join){.is_new = true, .closable_until = 7, .life = "000000000000000a"});
    ck_assert(mail_join(m)->is_new && mail_join(m)->closable_until == 7);
    ck_assert_str_eq(mail_join(m)->life, "000000000000000a");
    mem_free(m);
}
END_TEST

START_TEST(a_row_that_lists_went_on_without_keeps_its_sender) {
    struct mail *m = mail_row_create(&(struct mail_row){.frontier = 9}, (struct bytes){"row", 3});
    m->instance = 5;
    mail_row_left_out(m);
    ck_assert(m->type == MAIL_LEFT_OUT && m->instance == 5);
    mem_free(m);
}
END_TEST

Suite *mail_suite(void);
Suite *mail_suite(void) {
    Suite *s = suite_create("mail");
    TCase *c = tcase_create("mail");
    tcase_add_test(c, a_mail_carries_copies_of_its_texts);
    tcase_add_test(c, a_mail_needs_no_texts);
    tcase_add_test(c, an_answered_mail_goes_home_without_its_body);
    tcase_add_test(c, a_row_that_was_stored_says_how_many_were);
    tcase_add_test(c, a_row_for_another_life_becomes_the_news_of_it);
    tcase_add_test(c, a_join_comes_back_with_what_the_board_knows);
    tcase_add_test(c, a_row_that_lists_went_on_without_keeps_its_sender);
    suite_add_tcase(s, c);
    return s;
}
