/* unit/base/check_log.c - log lines as a reader of stderr sees them. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture.h"

static void info_again(void) { log_set_level(LOG_INFO); }

START_TEST(line_has_time_level_event_and_fields) {
    struct capture capture;
    capture_begin(&capture);
    log_event(LOG_WARN, "partition_lost", "topic=%s partition=%d", "events", 3);
    const char *line = capture_end(&capture);
    int64_t minute;
    ck_assert_int_eq(strncmp(line, "ts=", 3), 0);
    ck_assert(minute_parse((struct bytes){line + 3, MINUTE_TEXT_LEN}, &minute));
    ck_assert_int_le(llabs(minute - minute_of(clock_wall_ms(&clock_system))), 1);
    const char *after_time = line + strlen("ts=2026-11-21T19:08:01.123");
    ck_assert_str_eq(after_time, "Z level=warn event=partition_lost topic=events partition=3\n");
}
END_TEST

START_TEST(line_without_fields_has_no_blank_at_its_end) {
    struct capture capture;
    capture_begin(&capture);
    log_event(LOG_ERROR, "stopped", "%s", "");
    log_event(LOG_INFO, "stopped", " ");
    capture_end(&capture);
    ck_assert_ptr_nonnull(strstr(capture.text, "level=error event=stopped"));
}
END_TEST

START_TEST(levels_below_the_chosen_one_are_silent) {
    struct capture capture;
    capture_begin(&capture);
    log_event(LOG_DEBUG, "unseen", "n=%d", 1);
    log_set_level(LOG_ERROR);
    log_event(LOG_WARN, "unseen", "n=%d", 2);
    log_event(LOG_ERROR, "seen", "n=%d", 3);
    log_set_level(LOG_DEBUG);
    log_event(LOG_DEBUG, "seen_too", "n=%d", 4);
    capture_end(&capture);
    ck_assert_ptr_null(strstr(capture.text, "unseen"));
    ck_assert_ptr_nonnull(strstr(capture.text, "level=error event=seen n=3\n"));
    ck_assert_ptr_nonnull(strstr(capture.text, "level=debug event=seen_too n=4\n"));
}
END_TEST

START_TEST(level_names_are_read_exactly) {
    enum log_level level = LOG_INFO;
    ck_assert(log_level_parse("error", &level) && level == LOG_ERROR);
    ck_assert(log_level_parse("debug", &level) && level == LOG_DEBUG);
    ck_assert(!log_level_parse("Debug", &level) && !log_level_parse("", &level) && !log_level_parse("trace", &level));
    ck_assert_int_eq(level, LOG_DEBUG);
}
END_TEST

START_TEST(errno_survives_and_reaches_the_format) {
    struct capture capture;
    capture_begin(&capture);
    errno = ENOENT;
    log_event(LOG_WARN, "file_missing", "error=%s", log_quote(strerror(errno)));
    int after = errno;
    capture_end(&capture);
    ck_assert_int_eq(after, ENOENT);
    ck_assert_ptr_nonnull(strstr(capture.text, "error=\"No such file or directory\"\n"));
}
END_TEST

/* Goal: nobody can forge a second line, and a text longer than the line is cut, not lost. */
START_TEST(one_event_is_one_line_whatever_comes_in) {
    static char long_text[20000];
    struct capture capture;
    memset(long_text, 'x', sizeof long_text - 1);
    capture_begin(&capture);
    log_event(LOG_INFO, "hostile", "text=%s", "a\nts=0 level=error event=forged\r");
    log_event(LOG_INFO, "long", "text=%s", long_text);
    log_event(LOG_INFO, "next", "n=%d", 1);
    capture_end(&capture);
    int lines = 0;
    for (const char *p = capture.text; *p; p++) lines += *p == '\n';
    ck_assert_int_eq(lines, 3);
    ck_assert_ptr_nonnull(strstr(capture.text, "event=next n=1\n"));
    ck_assert_ptr_nonnull(strstr(capture.text, "xxxx\n"));
}
END_TEST

static const struct {
    const char *in, *out;
} quotes[] = {
    {"plain-1.2:/x", "plain-1.2:/x"},
    {"", "\"\""},
    {"two words", "\"two words\""},
    {"a=b", "\"a=b\""},
    {"say \"hi\"", "\"say \\\"hi\\\"\""},
    {"back\\slash here", "\"back\\\\slash here\""},
    {"line\nend\r\t", "\"line\\nend\\r\\t\""},
    {"\x01\x7f", "\"\\x01\\x7f\""},
    {"Z\xc3\xbcrich", "\"Z\\xc3\\xbcrich\""},
};

START_TEST(outside_text_becomes_one_value) { ck_assert_str_eq(log_quote(quotes[_i].in), quotes[_i].out); }
END_TEST

START_TEST(quoted_text_is_cut_at_200_bytes_and_eight_live_at_once) {
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    ck_assert_uint_eq(strlen(log_quote(long_text)), 200);
    memset(long_text, 1, sizeof long_text - 1);
    ck_assert_uint_eq(strlen(log_quote(long_text)), 2 + 4 * 200);
    const char *letters = "abcdefgh", *kept[8];
    for (int i = 0; i < 8; i++) kept[i] = log_quote_bytes((struct bytes){letters + i, 1});
    for (int i = 0; i < 8; i++) ck_assert_int_eq(kept[i][0], 'a' + i);
    ck_assert_str_eq(log_quote_bytes((struct bytes){"a\0b", 3}), "\"a\\x00b\"");
}
END_TEST

START_TEST(repeated_event_is_limited_and_says_how_many_were_left_out) {
    struct log_limit limit = {0};
    struct capture capture;
    capture_begin(&capture);
    for (int i = 0; i < 5; i++) log_limited(&limit, 60000, LOG_WARN, "again", "n=%d", i);
    limit.next_ms = clock_mono_ms(&clock_system); /* the interval is over */
    log_limited(&limit, 60000, LOG_WARN, "again", "n=%d", 5);
    limit.next_ms = clock_mono_ms(&clock_system);
    log_limited(&limit, 60000, LOG_WARN, "again", "n=%d", 6);
    capture_end(&capture);
    ck_assert_ptr_nonnull(strstr(capture.text, "event=again n=0\n"));
    ck_assert_ptr_null(strstr(capture.text, "n=1"));
    ck_assert_ptr_nonnull(strstr(capture.text, "event=again n=5 suppressed=4\n"));
    ck_assert_ptr_nonnull(strstr(capture.text, "event=again n=6\n"));
}
END_TEST

static void *log_many(void *arg) {
    for (int i = 0; i < 50; i++) log_event(LOG_INFO, "of_a_thread", "name=%s", log_quote(arg));
    return NULL;
}

START_TEST(lines_of_threads_do_not_mix) {
    struct capture capture;
    pthread_t threads[2];
    static char names[2][8] = {"aaaaaaa", "bbbbbbb"};
    capture_begin(&capture);
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, log_many, names[i]);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    capture_end(&capture);
    int lines = 0;
    for (char *rest = NULL, *line = strtok_r(capture.text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *end = line + strlen("ts=2026-11-21T19:08:01.123Z level=info ");
        ck_assert(strcmp(end, "event=of_a_thread name=aaaaaaa") == 0 ||
                  strcmp(end, "event=of_a_thread name=bbbbbbb") == 0);
        lines++;
    }
    ck_assert_int_eq(lines, 100);
}
END_TEST

Suite *log_suite(void);
Suite *log_suite(void) {
    Suite *s = suite_create("log");
    TCase *t = tcase_create("log");
    tcase_add_checked_fixture(t, info_again, info_again);
    tcase_add_test(t, line_has_time_level_event_and_fields);
    tcase_add_test(t, line_without_fields_has_no_blank_at_its_end);
    tcase_add_test(t, levels_below_the_chosen_one_are_silent);
    tcase_add_test(t, level_names_are_read_exactly);
    tcase_add_test(t, errno_survives_and_reaches_the_format);
    tcase_add_test(t, one_event_is_one_line_whatever_comes_in);
    tcase_add_loop_test(t, outside_text_becomes_one_value, 0, (int)ARRAY_LEN(quotes));
    tcase_add_test(t, quoted_text_is_cut_at_200_bytes_and_eight_live_at_once);
    tcase_add_test(t, repeated_event_is_limited_and_says_how_many_were_left_out);
    tcase_add_test(t, lines_of_threads_do_not_mix);
    suite_add_tcase(s, t);
    return s;
}
