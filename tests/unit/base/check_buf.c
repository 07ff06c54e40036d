/* unit/base/check_buf.c - buffers and varints. */
#include <stdint.h>
#include <string.h>

#include <check.h>

#include "base/buf.h"

START_TEST(buffer_grows_and_keeps_what_was_added) {
    struct buf b = {0};
    for (int i = 0; i < 1000; i++) buf_addf(&b, "%d,", i);
    ck_assert_uint_eq(b.len, 10 * 2 + 90 * 3 + 900 * 4);
    ck_assert_int_eq(strncmp(buf_text(&b), "0,1,2,3,", 8), 0);
    ck_assert_str_eq(buf_text(&b) + b.len - 8, "998,999,");
    buf_free(&b);
    ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(formatted_text_longer_than_the_first_guess_is_whole) {
    struct buf b = {0};
    char long_text[5000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    for (int cut = 60; cut < 70; cut++) { /* around the size at which a second try is made */
        buf_clear(&b);
        buf_addf(&b, "%.*s", cut, long_text);
        ck_assert_uint_eq(b.len, (size_t)cut);
    }
    buf_addf(&b, "<%s>", long_text);
    ck_assert_uint_eq(b.len, 69 + sizeof long_text - 1 + 2);
    ck_assert_int_eq(b.data[b.len - 1], '>');
    buf_free(&b);
}
END_TEST

START_TEST(text_of_an_empty_buffer_is_empty_and_does_not_count_its_nul) {
    struct buf b = {0};
    ck_assert_str_eq(buf_text(&b), "");
    ck_assert_uint_eq(b.len, 0);
    buf_add(&b, NULL, 0);
    buf_add_str(&b, "abc");
    ck_assert_str_eq(buf_text(&b), "abc");
    buf_clear(&b);
    ck_assert_str_eq(buf_text(&b), "");
    buf_free(&b);
}
END_TEST

START_TEST(zero_bytes_are_bytes) {
    struct buf b = {0};
    buf_add(&b, "a\0b", 3);
    buf_add_byte(&b, 0xff);
    ck_assert_uint_eq(b.len, 4);
    ck_assert_mem_eq(b.data, "a\0b\xff", 4);
    buf_free(&b);
}
END_TEST

START_TEST(varints_come_back_at_every_length) {
    struct buf b = {0};
    uint64_t values[64 * 3];
    size_t n = 0;
    for (unsigned bit = 0; bit < 64; bit++)
        for (int delta = -1; delta <= 1; delta++) values[n++] = (UINT64_C(1) << bit) + (uint64_t)(int64_t)delta;
    for (size_t i = 0; i < n; i++) buf_add_varint(&b, values[i]);
    buf_add_varint(&b, UINT64_MAX);
    const char *p = b.data, *end = b.data + b.len;
    uint64_t v = 1;
    for (size_t i = 0; i < n; i++) {
        ck_assert(varint_read(&p, end, &v));
        ck_assert_uint_eq(v, values[i]);
    }
    ck_assert(varint_read(&p, end, &v));
    ck_assert_uint_eq(v, UINT64_MAX);
    ck_assert_ptr_eq(p, end);
    buf_free(&b);
}
END_TEST

static const struct {
    const char *bytes;
    size_t n;
} bad_varints[] = {
    {"", 0},
    {"\x80", 1},
    {"\xff\xff\xff", 3},
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9},      /* cut before the tenth */
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10}, /* bit 64 */
    {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11},
};

START_TEST(varint_that_is_cut_or_too_large_is_refused_and_does_not_move) {
    const char *p = bad_varints[_i].bytes;
    uint64_t v = 42;
    ck_assert(!varint_read(&p, p + bad_varints[_i].n, &v));
    ck_assert_ptr_eq(p, bad_varints[_i].bytes);
    ck_assert_uint_eq(v, 42);
}
END_TEST

Suite *buf_suite(void);
Suite *buf_suite(void) {
    Suite *s = suite_create("buf");
    TCase *t = tcase_create("buf");
    tcase_add_test(t, buffer_grows_and_keeps_what_was_added);
    tcase_add_test(t, formatted_text_longer_than_the_first_guess_is_whole);
    tcase_add_test(t, text_of_an_empty_buffer_is_empty_and_does_not_count_its_nul);
    tcase_add_test(t, zero_bytes_are_bytes);
    tcase_add_test(t, varints_come_back_at_every_length);
    tcase_add_loop_test(t, varint_that_is_cut_or_too_large_is_refused_and_does_not_move, 0,
                        (int)(sizeof bad_varints / sizeof bad_varints[0]));
    suite_add_tcase(s, t);
    return s;
}
