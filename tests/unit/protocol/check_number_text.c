/* unit/protocol/check_number_text.c - a number's text is read back, and the reader stands behind it then. */
#include <string.h>

#include <check.h>

#include "protocol/text.h"

static const struct {
    int64_t number;
    const char *text;
} numbers[] = {
    {0, "0"},
    {-1, "-1"},
    {1795219740456, "1795219740456"},
    {INT64_MIN + 1, "-9223372036854775807"},
    {INT64_MAX - 1, "9223372036854775806"},
    {INT64_MIN, "-"}, /* minus infinity, or none */
    {INT64_MAX, "+"}, /* plus infinity */
};

START_TEST(a_number_has_one_text_and_comes_back_from_it) {
    char out[NUMBER_TEXT_BYTES], field[NUMBER_TEXT_BYTES + 8];
    ck_assert_str_eq(number_text(numbers[_i].number, out), numbers[_i].text);
    strcpy(field, numbers[_i].text);
    strcat(field, ";next");
    const char *at = field;
    int64_t back = 7;
    ck_assert(number_read(&at, ';', &back));
    ck_assert_int_eq(back, numbers[_i].number);
    ck_assert_str_eq(at, "next");
}
END_TEST

START_TEST(the_last_number_ends_with_its_text) {
    const char *at = numbers[_i].text;
    int64_t back = 7;
    ck_assert(number_read(&at, 0, &back));
    ck_assert_int_eq(back, numbers[_i].number);
    ck_assert_str_eq(at, "");
}
END_TEST

static const char *const no_numbers[] = {"", ";", "x;", "--;", "-+;", "1", "1,2;", "1x;", "9223372036854775808;", "+"};

START_TEST(what_is_no_number_up_to_its_separator_is_refused_and_moves_nothing) {
    const char *at = no_numbers[_i];
    int64_t back = 7;
    ck_assert_msg(!number_read(&at, ';', &back), "taken: %s", no_numbers[_i]);
    ck_assert_int_eq(back, 7);
    ck_assert_ptr_eq(at, no_numbers[_i]);
}
END_TEST

Suite *number_text_suite(void);
Suite *number_text_suite(void) {
    Suite *s = suite_create("number_text");
    TCase *c = tcase_create("number_text");
    tcase_add_loop_test(c, a_number_has_one_text_and_comes_back_from_it, 0, ARRAY_LEN(numbers));
    tcase_add_loop_test(c, the_last_number_ends_with_its_text, 0, ARRAY_LEN(numbers));
    tcase_add_loop_test(c, what_is_no_number_up_to_its_separator_is_refused_and_moves_nothing, 0,
                        ARRAY_LEN(no_numbers));
    suite_add_tcase(s, c);
    return s;
}
