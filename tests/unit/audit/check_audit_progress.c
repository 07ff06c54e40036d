/* unit/audit/check_audit_progress.c - what a person is told while the audit works, and how often. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "topkd-audit/progress.h"

static int64_t now_ms;
static int64_t read_now(void *self) {
    (void)self;
    return now_ms;
}
static const struct clock clock_at_hand = {read_now, read_now, NULL};

static char *text;
static size_t text_n;
static struct progress progress;

static void given(bool terminal) {
    now_ms = 1000;
    progress_init(&progress, &clock_at_hand, open_memstream(&text, &text_n), terminal);
}

static void teardown(void) {
    fclose(progress.to);
    free(text);
}

static int lines(void) {
    int n = 0;
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++) n++;
    return n;
}

static void say_each_ms(int64_t for_ms) {
    for (int64_t end_ms = now_ms + for_ms; now_ms < end_ms; now_ms++) progress_say(&progress, "at %d", (int)now_ms);
}

START_TEST(without_a_terminal_what_is_quick_stays_quiet) {
    given(false);
    say_each_ms(PROGRESS_FIRST_MS);
    progress_clear(&progress);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(without_a_terminal_a_line_comes_now_and_then) {
    given(false);
    say_each_ms(PROGRESS_FIRST_MS + 1);
    ck_assert_str_eq(text, "topkd-audit: at 3000\n");
    say_each_ms(PROGRESS_LINE_MS - 1);
    ck_assert_int_eq(lines(), 1);
    say_each_ms(1);
    ck_assert_int_eq(lines(), 2);
    say_each_ms(10 * PROGRESS_LINE_MS);
    ck_assert_int_eq(lines(), 12);
    progress_clear(&progress);
    ck_assert_ptr_null(strchr(text, '\r'));
}
END_TEST

START_TEST(a_terminal_has_one_line_that_is_written_over_and_left_empty) {
    given(true);
    progress_say(&progress, "first");
    progress_say(&progress, "too soon");
    now_ms += PROGRESS_TERMINAL_MS;
    progress_say(&progress, "second");
    progress_clear(&progress);
    ck_assert_str_eq(text, "\r\033[Kfirst\r\033[Ksecond\r\033[K");
    progress_clear(&progress);
    ck_assert_str_eq(text, "\r\033[Kfirst\r\033[Ksecond\r\033[K");
}
END_TEST

START_TEST(a_terminals_line_is_not_longer_than_a_line) {
    given(true);
    progress_say(&progress, "%0300d", 7);
    ck_assert_uint_eq(text_n, strlen("\r\033[K") + PROGRESS_COLUMNS);
}
END_TEST

Suite *audit_progress_suite(void);
Suite *audit_progress_suite(void) {
    Suite *s = suite_create("audit_progress");
    TCase *c = tcase_create("progress");
    tcase_add_checked_fixture(c, NULL, teardown);
    tcase_add_test(c, without_a_terminal_what_is_quick_stays_quiet);
    tcase_add_test(c, without_a_terminal_a_line_comes_now_and_then);
    tcase_add_test(c, a_terminal_has_one_line_that_is_written_over_and_left_empty);
    tcase_add_test(c, a_terminals_line_is_not_longer_than_a_line);
    suite_add_tcase(s, c);
    return s;
}
