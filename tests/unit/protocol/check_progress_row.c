/* unit/protocol/check_progress_row.c - a progress row comes back as it was, and nothing else is taken for one.
 * It crosses Redis as text, where workers of the version before wrote theirs. */
#include <string.h>

#include <check.h>

#include "protocol/row.h"

static const struct progress_row rows[] = {
    {1795219740456, 29920266, 29920267, 29920268, 1795219800000, {29920200, 1795219700123}},
    {TIME_NEVER, NO_MINUTE, NO_MINUTE, NO_MINUTE, TIME_NEVER, VOUCH_INIT},
    {INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1, {INT64_MIN + 1, INT64_MIN + 1}},
    {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, {INT64_MAX, INT64_MAX}},
    {-1, 0, -1, 0, -1, {-1, 0}},
};

START_TEST(a_row_comes_back_as_it_was) {
    struct buf text = {0};
    struct progress_row back;
    progress_row_format(&rows[_i], &text);
    ck_assert(progress_row_parse((struct bytes){text.data, text.len}, &back));
    ck_assert_int_eq(back.log_time_ms, rows[_i].log_time_ms);
    ck_assert_int_eq(back.settled, rows[_i].settled);
    ck_assert_int_eq(back.older_until, rows[_i].older_until);
    ck_assert_int_eq(back.unsure_until, rows[_i].unsure_until);
    ck_assert_int_eq(back.end_ms, rows[_i].end_ms);
    ck_assert_int_eq(back.vouch.above, rows[_i].vouch.above);
    ck_assert_int_eq(back.vouch.until_ms, rows[_i].vouch.until_ms);
    buf_free(&text);
}
END_TEST

START_TEST(a_row_is_spelled_as_it_always_was) {
    struct buf text = {0};
    progress_row_format(&rows[0], &text);
    buf_add_byte(&text, ' ');
    progress_row_format(&rows[1], &text);
    ck_assert_str_eq(buf_text(&text),
                     "1795219740456;29920266;29920267;29920268;1795219800000;29920200;1795219700123 -;-;-;-;-;-;0");
    buf_free(&text);
}
END_TEST

START_TEST(a_row_of_the_version_before_is_taken) {
    struct progress_row row;
    ck_assert(progress_row_parse((struct bytes){"1;2;3;4;5", 9}, &row));
    ck_assert_int_eq(row.end_ms, 5);
    ck_assert_int_eq(row.vouch.above, NO_MINUTE);
    ck_assert_int_eq(row.vouch.until_ms, 0);
}
END_TEST

START_TEST(a_retired_row_has_settled_everything_and_vouches_for_nothing_that_it_touched) {
    const struct progress_row row = progress_row_retired(&rows[0], rows[0].unsure_until + 3),
                              lower = progress_row_retired(&rows[0], 1);
    struct buf text = {0};
    struct progress_row back;
    progress_row_format(&row, &text);
    ck_assert_str_eq(buf_text(&text), "1795219740456;+;29920267;29920271;-;-;0");
    ck_assert(progress_row_parse((struct bytes){text.data, text.len}, &back) && progress_row_is_retired(&back));
    ck_assert(!progress_row_is_retired(&rows[0]));
    ck_assert_int_eq(lower.unsure_until, rows[0].unsure_until);
    buf_free(&text);
}
END_TEST

START_TEST(a_row_of_another_shape_is_refused) {
    static const char *const others[] = {"",
                                         "-",
                                         "1;2;3;4",
                                         "1;2;3;4;",
                                         "1;2;3;4;5;",
                                         "1;2;3;4;x",
                                         "1;2;;4;5",
                                         "1;2;3;4;5;6",
                                         "x;2;3;4;5",
                                         "1,2,3,4,5",
                                         "1;2;3;4;5;6;7;8",
                                         "1;2;3;4;5;6;",
                                         "--;-;-;-;-",
                                         "1;2;3;4;99999999999999999999"};
    struct progress_row row;
    char huge[400];
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        ck_assert_msg(!progress_row_parse((struct bytes){others[i], strlen(others[i])}, &row), "taken: %s", others[i]);
    memset(huge, '1', sizeof huge);
    ck_assert(!progress_row_parse((struct bytes){huge, sizeof huge}, &row));
}
END_TEST

/* The bytes come from Redis without a NUL behind them. */
START_TEST(a_row_ends_where_its_bytes_end) {
    struct progress_row row;
    ck_assert(progress_row_parse((struct bytes){"1;2;3;4;56", 9}, &row));
    ck_assert_int_eq(row.end_ms, 5);
}
END_TEST

Suite *progress_row_suite(void);
Suite *progress_row_suite(void) {
    Suite *s = suite_create("progress_row");
    TCase *c = tcase_create("texts");
    tcase_add_loop_test(c, a_row_comes_back_as_it_was, 0, ARRAY_LEN(rows));
    tcase_add_test(c, a_row_is_spelled_as_it_always_was);
    tcase_add_test(c, a_row_of_the_version_before_is_taken);
    tcase_add_test(c, a_retired_row_has_settled_everything_and_vouches_for_nothing_that_it_touched);
    tcase_add_test(c, a_row_of_another_shape_is_refused);
    tcase_add_test(c, a_row_ends_where_its_bytes_end);
    suite_add_tcase(s, c);
    return s;
}
