/* unit/loadgen/check_replay.c - files with odd lines, ends and times, and what comes out of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <zlib.h>

#include "loadgen/replay.h"

static char path[64];

static void setup(void) {
    strcpy(path, "/tmp/check_replay.XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void) { unlink(path); }

static struct replay *given(const char *content, size_t n) {
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(content, 1, n, f), n);
    fclose(f);
    struct replay *r;
    ck_assert_int_eq(replay_open(path, "ts", &r, NULL), 0);
    return r;
}

static void expect_line(struct replay *r, const char *text, int64_t time_ms) {
    struct replay_line line;
    ck_assert_int_eq(replay_next(r, &line, NULL), 1);
    ck_assert_uint_eq(line.text.n, strlen(text));
    ck_assert_mem_eq(line.text.p, text, line.text.n);
    ck_assert_int_eq(line.time_ms, time_ms);
}

static void expect_end(struct replay *r) {
    struct replay_line line;
    ck_assert_int_eq(replay_next(r, &line, NULL), 0);
    replay_close(r);
}

START_TEST(lines_come_out_as_they_are_with_their_time) {
    const char *content = "{\"ts\":1291191960000 , \"x\":\"\xc3\xa9\"}\n\r\n  \nno json\r\n{\"ts\":1291191961}";
    struct replay *r = given(content, strlen(content));
    expect_line(r, "{\"ts\":1291191960000 , \"x\":\"\xc3\xa9\"}", 1291191960000);
    expect_line(r, "no json", 1291191960000); /* no time of its own: that of the line before */
    expect_line(r, "{\"ts\":1291191961}", 1291191961000);
    expect_end(r);
}
END_TEST

START_TEST(an_empty_file_has_no_lines) { expect_end(given("", 0)); }
END_TEST

/* Far longer than what is read at once, and in all phases of it. */
START_TEST(lines_survive_the_borders_of_what_is_read_at_once) {
    gzFile f = gzopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    enum { LINES = 30000 };
    for (int i = 0; i < LINES; i++) gzprintf(f, "{\"ts\":%d,\"pad\":\"%0*d\"}\n", i, i % 97 + 1, 0);
    gzclose(f);
    struct replay *r;
    ck_assert_int_eq(replay_open(path, "ts", &r, NULL), 0);
    int wrong = 0; /* counted: 30000 assertions of Check take seconds on a busy machine */
    for (int i = 0; i < LINES; i++) {
        char expected[200];
        struct replay_line line = {0};
        int n = snprintf(expected, sizeof expected, "{\"ts\":%d,\"pad\":\"%0*d\"}", i, i % 97 + 1, 0);
        wrong += replay_next(r, &line, NULL) != 1 || line.text.n != (size_t)n || line.time_ms != i * 1000LL ||
                 memcmp(line.text.p, expected, line.text.n) != 0;
    }
    ck_assert_int_eq(wrong, 0);
    expect_end(r);
}
END_TEST

static void expect_error(struct replay *r, int code, const char *words) {
    struct replay_line line;
    struct err e = {0};
    int status;
    while ((status = replay_next(r, &line, &e)) == 1) continue;
    ck_assert_int_eq(status, code);
    ck_assert_msg(strstr(e.text, words) != NULL, "%s", e.text);
    replay_close(r);
}

START_TEST(a_line_too_long_for_a_message_is_an_error) {
    size_t n = REPLAY_LINE_BYTES_MAX + 1;
    char *content = malloc(n + 3);
    ck_assert_ptr_nonnull(content);
    memset(content, 'x', n);
    memcpy(content, "{}\n", 3);
    expect_error(given(content, n), 0, ""); /* 3 bytes less: fits */
    memset(content, 'x', n);
    expect_error(given(content, n), ERR_INVALID, "line 1: expected at most 900000 bytes");
    memcpy(content + n, "\n{}", 3);
    expect_error(given(content, n + 3), ERR_INVALID, "line 1: expected at most 900000 bytes");
    free(content);
}
END_TEST

START_TEST(a_gzip_file_that_is_cut_off_is_an_error) {
    gzFile f = gzopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    for (int i = 0; i < 10000; i++) gzprintf(f, "{\"ts\":%d}\n", i * 7919);
    gzclose(f);
    ck_assert_int_eq(truncate(path, 5000), 0);
    struct replay *r;
    ck_assert_int_eq(replay_open(path, "ts", &r, NULL), 0);
    expect_error(r, ERR_IO, "cut off");
}
END_TEST

START_TEST(a_missing_file_is_an_error) {
    struct replay *r;
    struct err e = {0};
    ck_assert_int_eq(replay_open("/nonexistent/file", "ts", &r, &e), ERR_IO);
    ck_assert_ptr_nonnull(strstr(e.text, "/nonexistent/file"));
}
END_TEST

static void expect_rewritten(const char *in, int64_t time_ms, const char *out) {
    struct replay *r = given(in, strlen(in));
    struct replay_line line;
    struct buf text = {0};
    ck_assert_int_eq(replay_next(r, &line, NULL), 1);
    replay_rewrite(&line, time_ms, &text);
    ck_assert_str_eq(buf_text(&text), out);
    buf_free(&text);
    expect_end(r);
}

START_TEST(a_rewritten_time_keeps_its_unit_and_the_rest_of_the_line) {
    expect_rewritten("{\"a\":1,\"ts\":1291191960000,\"b\":2}", 1767225600123, "{\"a\":1,\"ts\":1767225600123,\"b\":2}");
    expect_rewritten("{\"ts\":1291191960}", 1767225600123, "{\"ts\":1767225600}");
    expect_rewritten("{\"ts\":1291191960000000}", 1767225600123, "{\"ts\":1767225600123000}");
    expect_rewritten("{\"ts\":1291191960.5}", 1767225600123, "{\"ts\":1767225600123}");
    expect_rewritten("{\"ts\":\"2010-12-01T08:26:00Z\"}", 1767225600123, "{\"ts\":1767225600123}");
    expect_rewritten("{\"a\":1}", 1767225600123, "{\"a\":1}");
}
END_TEST

Suite *replay_suite(void);

Suite *replay_suite(void) {
    Suite *s = suite_create("replay");
    TCase *c = tcase_create("lines");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, lines_come_out_as_they_are_with_their_time);
    tcase_add_test(c, an_empty_file_has_no_lines);
    tcase_add_test(c, lines_survive_the_borders_of_what_is_read_at_once);
    tcase_add_test(c, a_line_too_long_for_a_message_is_an_error);
    tcase_add_test(c, a_gzip_file_that_is_cut_off_is_an_error);
    tcase_add_test(c, a_missing_file_is_an_error);
    tcase_add_test(c, a_rewritten_time_keeps_its_unit_and_the_rest_of_the_line);
    suite_add_tcase(s, c);
    return s;
}
