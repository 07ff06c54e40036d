/* The small parts: errors, hash, random numbers, memory. */
#include <check.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "capture.h"

START_TEST(error_carries_code_and_text_and_returns_the_code) {
    struct err e;
    ck_assert_int_eq(err_set(&e, ERR_IO, "no answer from %s", "redis"), ERR_IO);
    ck_assert_int_eq(e.code, ERR_IO);
    ck_assert_str_eq(e.text, "no answer from redis");
    ck_assert_int_eq(err_set(NULL, ERR_TIMEOUT, "nobody reads %d", 1), ERR_TIMEOUT);
}
END_TEST

START_TEST(error_text_is_one_line_and_cut_to_its_room) {
    struct err e;
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    err_set(&e, ERR_INVALID, "%s", long_text);
    ck_assert_uint_eq(strlen(e.text), sizeof e.text - 1);
    err_set(&e, ERR_INVALID, "one\r\ntwo");
    ck_assert_str_eq(e.text, "one  two");
}
END_TEST

/* The values are XXH3's own: keys' shards and commit metadata rest on them for ever. */
START_TEST(hash_is_xxh3_and_depends_on_the_seed) {
    ck_assert_uint_eq(hash64("", 0, 0), UINT64_C(0x2d06800538d394c2));
    ck_assert_uint_eq(hash64("global", 6, 0), hash64("global", 6, 0));
    ck_assert_uint_ne(hash64("global", 6, 0), hash64("global", 6, 1));
    ck_assert_uint_ne(hash64("global", 6, 0), hash64("globam", 6, 0));
}
END_TEST

START_TEST(random_numbers_differ) {
    uint64_t a = random64(), b = random64(), c = random64();
    ck_assert(a != b && b != c && a != c); /* fails once in 2^62 */
}
END_TEST

START_TEST(memory_is_there_for_every_size_and_zeroed_where_promised) {
    void *nothing = mem_alloc(0);
    ck_assert_ptr_nonnull(nothing);
    mem_free(nothing);
    char *zeroed = mem_zalloc(100, 10);
    for (int i = 0; i < 1000; i++) ck_assert_int_eq(zeroed[i], 0);
    memcpy(zeroed, "kept", 4);
    zeroed = mem_realloc(zeroed, 100, 100);
    ck_assert_mem_eq(zeroed, "kept", 4);
    char *copy = mem_dup("a\0b", 3), *text = mem_strdup("text");
    ck_assert_mem_eq(copy, "a\0b", 3);
    ck_assert_str_eq(text, "text");
    mem_free(zeroed);
    mem_free(copy);
    mem_free(text);
    mem_free(NULL);
}
END_TEST

/* Goal: a thousand elements, added one by one, cost a few moves, and none is lost on the way. */
START_TEST(an_array_grows_to_the_double_and_keeps_what_it_holds) {
    size_t cap = 0, moves = 0;
    uint32_t *all = NULL;
    for (uint32_t i = 0; i < 1000; i++) {
        size_t before = cap;
        all = mem_grow(all, &cap, i + 1, sizeof *all);
        all[i] = i;
        moves += cap != before;
    }
    ck_assert_uint_le(moves, 8);
    ck_assert_uint_ge(cap, 1000);
    ck_assert_uint_le(cap, 2000);
    for (uint32_t i = 0; i < 1000; i++) ck_assert_uint_eq(all[i], i);
    mem_free(all);
}
END_TEST

START_TEST(an_array_grows_to_what_is_asked_for_and_not_where_there_is_room) {
    size_t cap = 0;
    char *nothing = mem_grow(NULL, &cap, 0, 1), *all = mem_grow(NULL, &cap, 5000, 1);
    ck_assert_ptr_null(nothing);
    ck_assert_uint_eq(cap, 5000);
    ck_assert_ptr_eq(mem_grow(all, &cap, 5000, 1), all);
    ck_assert_uint_eq(cap, 5000);
    mem_free(all);
}
END_TEST

/* Goal: a product that wraps around neither allocates a little nor returns NULL. */
START_TEST(impossible_memory_is_said_and_ends_the_process) {
    struct capture capture;
    capture_begin(&capture);
    pid_t child = fork();
    if (child == 0) {
        volatile size_t huge = SIZE_MAX / 2;
        mem_free(mem_realloc(NULL, huge, 3));
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    capture_end(&capture);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
    ck_assert_ptr_nonnull(strstr(capture.text, "event=out_of_memory"));
    ck_assert_ptr_nonnull(strstr(capture.text, "element_bytes=3"));
}
END_TEST

Suite *base_suite(void);
Suite *base_suite(void) {
    Suite *s = suite_create("base");
    TCase *t = tcase_create("base");
    tcase_add_test(t, error_carries_code_and_text_and_returns_the_code);
    tcase_add_test(t, error_text_is_one_line_and_cut_to_its_room);
    tcase_add_test(t, hash_is_xxh3_and_depends_on_the_seed);
    tcase_add_test(t, random_numbers_differ);
    tcase_add_test(t, memory_is_there_for_every_size_and_zeroed_where_promised);
    tcase_add_test(t, an_array_grows_to_the_double_and_keeps_what_it_holds);
    tcase_add_test(t, an_array_grows_to_what_is_asked_for_and_not_where_there_is_room);
    tcase_add_test(t, impossible_memory_is_said_and_ends_the_process);
    suite_add_tcase(s, t);
    return s;
}
