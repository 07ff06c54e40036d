/* unit/decode/check_json_same.c - the scanner beside jansson.
 * Goal: no message is judged in two ways, whichever code reads it.
 * Method: every file of the corpus, 200 000 messages from a seed, and the ends of what numbers and UTF-8 allow, decoded
 * by the scanner with SSE2, by the scanner with plain words, and by jansson alone. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode/json_token.h"
#include "decode_given.h"
#include "decode_random.h"
#include "decode_same.h"

#define CORPUS "tests/data/events" /* from the top of the repository, where make runs */

enum { SEEDS = 8, MESSAGES_A_SEED = 25000 };

/* True if all of it was recognised. */
static bool expect_same_on_both_paths(struct bytes message, int64_t record_time_ms) {
    json_block_portable = true;
    bool portable = expect_same(given_rules(), message, record_time_ms);
    json_block_portable = false;
    bool fast = expect_same(given_rules(), message, record_time_ms);
    ck_assert_msg(portable == fast, "recognised on one path only: %.*s", (int)message.n, message.p);
    return fast;
}

static void file_is_judged_alike(const char *name) {
    char path[512];
    snprintf(path, sizeof path, CORPUS "/%s", name);
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s cannot be read", path);
    struct buf b = {0};
    for (size_t got = 1; got > 0; b.len += got) got = fread(buf_reserve(&b, 4096), 1, 4096, f);
    fclose(f);
    expect_same_on_both_paths((struct bytes){b.data, b.len}, RECORD_TIME_MS);
    buf_free(&b);
}

START_TEST(every_file_of_the_corpus_is_judged_alike) {
    DIR *dir = opendir(CORPUS);
    ck_assert_msg(dir != NULL, "no folder " CORPUS ": run from the top of the repository");
    int files = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.') continue;
        file_is_judged_alike(e->d_name);
        files++;
    }
    closedir(dir);
    ck_assert_int_gt(files, 100);
}
END_TEST

/* Half of the messages are spoilt. If the scanner recognised too few of them this test would say little, so their share
 * is asserted; of these random messages, which are odder than any producer's, it is some 40 %. */
START_TEST(random_messages_are_judged_alike) {
    struct decode_random r = {UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(_i + 1)};
    struct buf b = {0};
    int recognised = 0;
    for (int i = 0; i < MESSAGES_A_SEED; i++) {
        buf_clear(&b);
        decode_random_message(&r, &b);
        if (i % 2) decode_random_spoil(&r, &b);
        recognised += expect_same_on_both_paths((struct bytes){b.data, b.len}, i % 3 ? RECORD_TIME_MS : -1);
    }
    ck_assert_msg(recognised > MESSAGES_A_SEED / 10, "seed %d: only %d recognised", _i, recognised);
    buf_free(&b);
}
END_TEST

/* The form is that of the message itself; then that of the message before it was spoilt. */
START_TEST(messages_almost_like_one_before_are_judged_alike) {
    struct decode_random r = {UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(_i + 1) + 1};
    struct buf b = {0};
    for (int i = 0; i < MESSAGES_A_SEED / 2; i++) {
        buf_clear(&b);
        decode_random_message(&r, &b);
        forget_forms();
        bool first = expect_same_on_both_paths((struct bytes){b.data, b.len}, RECORD_TIME_MS);
        bool again = expect_same_on_both_paths((struct bytes){b.data, b.len}, RECORD_TIME_MS);
        ck_assert_msg(first == again, "recognised only once: %.*s", (int)b.len, b.data);
        for (int k = 0; k < 4; k++) {
            decode_random_spoil(&r, &b);
            expect_same_on_both_paths((struct bytes){b.data, b.len}, RECORD_TIME_MS);
        }
    }
    buf_free(&b);
}
END_TEST

/* Every first byte with the ends of every range that a following byte can have to be in. */
START_TEST(utf8_is_judged_alike) {
    static const unsigned char next[] = {0x22, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    char text[64];
    enum { N = ARRAY_LEN(next) };
    for (int first = 0x80; first <= 0xff; first++)
        for (size_t i = 0; i < (first < 0xe0 ? N : first < 0xf0 ? N * N : N * N * N); i++) {
            int n = sprintf(text, "{\"video_id\":7,\"x\":\"%c%c%c%c\",\"ts\":1}", first, next[i % N], next[i / N % N],
                            next[i / N / N % N]);
            expect_same_on_both_paths((struct bytes){text, n}, 0);
        }
}
END_TEST

/* What is read of a number is what strtod reads of it, to the last bit. */
START_TEST(real_numbers_are_the_nearest_doubles) {
    struct decode_random r = {7};
    int exact = 0;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        int n = sprintf(text, "%u", decode_random_below(&r, UINT32_MAX));
        n += sprintf(text + n, ".%0*u", 1 + (int)decode_random_below(&r, 8), decode_random_below(&r, 1000000));
        memset(text + n, ' ', 8);
        struct event_value v = {0};
        const char *next = json_number_take(text, text + n + 8, &v);
        if (next == NULL) continue;
        exact++;
        ck_assert_msg(next == text + n && v.kind == EVENT_REAL && v.real == strtod(text, NULL), "%s", text);
    }
    ck_assert_int_gt(exact, 100000);
}
END_TEST

START_TEST(integers_are_read_whole) {
    struct decode_random r = {3};
    for (int i = 0; i < 100000; i++) {
        char text[64];
        uint64_t wanted = ((uint64_t)decode_random_below(&r, UINT32_MAX) << 32 | decode_random_below(&r, UINT32_MAX)) >>
                          decode_random_below(&r, 64);
        int n = sprintf(text, "%llu", (unsigned long long)wanted);
        memset(text + n, i % 2 ? ',' : ' ', 8);
        struct event_value v = {0};
        const char *next = json_number_take(text, text + n + 8, &v);
        ck_assert_msg((next != NULL) == (n <= 18), "%s", text);
        if (next == NULL) continue;
        ck_assert(next == text + n && v.kind == EVENT_INTEGER && (uint64_t)v.integer == wanted);
    }
}
END_TEST

static bool is_stop(unsigned char c) { return c == '"' || c == '\\' || c < 0x20 || c >= 0x7f; }

/* Each byte at each place of a text, alone and among neighbours of all kinds, from everywhere to everywhere. */
START_TEST(stops_are_the_same_on_both_paths) {
    struct decode_random r = {5};
    for (int i = 0; i < 100000; i++) {
        char text[3 * JSON_PIECE_BYTES + 5];
        size_t from = decode_random_below(&r, sizeof text), end = 16 + decode_random_below(&r, sizeof text - 15);
        if (from > end) from = end;
        memset(text, 'x', sizeof text);
        for (size_t k = 0; k < (i % 8 ? 0 : sizeof text); k++) text[k] = (char)decode_random_below(&r, 256);
        text[decode_random_below(&r, sizeof text)] = (char)i;
        size_t wanted = from;
        while (wanted < end && !is_stop((unsigned char)text[wanted])) wanted++;
        for (int portable = 0; portable < 2; portable++) {
            json_block_portable = portable == 1;
            ck_assert_ptr_eq(json_stop(text + from, text + end), text + wanted);
        }
        json_block_portable = false;
    }
}
END_TEST

Suite *json_same_suite(void);
Suite *json_same_suite(void) {
    Suite *s = suite_create("json_same");
    TCase *c = tcase_create("same");
    tcase_set_timeout(c, 300); /* under a sanitizer, on a busy machine */
    tcase_add_test(c, every_file_of_the_corpus_is_judged_alike);
    tcase_add_loop_test(c, random_messages_are_judged_alike, 0, SEEDS);
    tcase_add_loop_test(c, messages_almost_like_one_before_are_judged_alike, 0, SEEDS);
    tcase_add_test(c, utf8_is_judged_alike);
    tcase_add_test(c, real_numbers_are_the_nearest_doubles);
    tcase_add_test(c, integers_are_read_whole);
    tcase_add_test(c, stops_are_the_same_on_both_paths);
    suite_add_tcase(s, c);
    return s;
}
