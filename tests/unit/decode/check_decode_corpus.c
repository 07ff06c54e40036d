/* unit/decode/check_decode_corpus.c - the messages of tests/data/events.
 * Goal: what becomes of odd messages is written down as files that anyone can read and add to.
 * Method: tests/data/events/<case>.in is a message, byte for byte; <case>.want holds its events, one a line as
 * decode_given.h writes them, after comment lines (#) that say what the case is about. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "decode_given.h"

#define CORPUS "tests/data/events" /* from the top of the repository, where make runs */

static struct buf file_read(const char *path) {
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s cannot be read: run from the top of the repository; a case is two files", path);
    struct buf b = {0};
    for (size_t got = 1; got > 0; b.len += got) got = fread(buf_reserve(&b, 4096), 1, 4096, f);
    fclose(f);
    return b;
}

/* Moves *TEXT behind the comment lines. */
static const char *without_comments(const char *text) {
    while (*text == '#') {
        const char *lf = strchr(text, '\n');
        text = lf != NULL ? lf + 1 : text + strlen(text);
    }
    return text;
}

static void expect_case(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s.in", CORPUS, name);
    struct buf in = file_read(path), got = {0};
    snprintf(path, sizeof path, "%s/%s.want", CORPUS, name);
    struct buf want = file_read(path);
    struct decoded d = decoded_with(given_rules(), in.len > 0 ? in.data : "", in.len, RECORD_TIME_MS);
    for (size_t i = 0; i < d.batch.n; i++) buf_addf(&got, "%s\n", decoded_line(&d, i));
    const char *expected = without_comments(buf_text(&want));
    ck_assert_msg(strcmp(buf_text(&got), expected) == 0, "case %s is\n%swanted\n%s", name, buf_text(&got), expected);
    decoded_free(&d);
    buf_free(&in);
    buf_free(&got);
    buf_free(&want);
}

START_TEST(every_case_of_the_corpus_is_judged_as_written) {
    DIR *dir = opendir(CORPUS);
    ck_assert_msg(dir != NULL, "no folder %s: run from the top of the repository", CORPUS);
    int cases = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        size_t n = strlen(e->d_name);
        if (n <= 3 || strcmp(e->d_name + n - 3, ".in") != 0) continue;
        e->d_name[n - 3] = '\0';
        expect_case(e->d_name);
        cases++;
    }
    closedir(dir);
    ck_assert_int_gt(cases, 0);
}
END_TEST

Suite *decode_corpus_suite(void);
Suite *decode_corpus_suite(void) {
    Suite *s = suite_create("decode_corpus");
    TCase *c = tcase_create("files");
    tcase_add_test(c, every_case_of_the_corpus_is_judged_as_written);
    suite_add_tcase(s, c);
    return s;
}
