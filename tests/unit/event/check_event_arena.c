/* unit/event/check_event_arena.c - texts of a batch stay where they are until they are cleared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "event/arena.h"

static struct event_arena *arena;

static void setup(void) { arena = event_arena_create(); }

static void teardown(void) { event_arena_destroy(arena); }

static struct bytes copy_number(int i) {
    char text[32];
    int n = snprintf(text, sizeof text, "text number %d", i);
    return event_arena_copy(arena, (struct bytes){.p = text, .n = (size_t)n});
}

static void expect_number(struct bytes got, int i) {
    char text[32];
    int n = snprintf(text, sizeof text, "text number %d", i);
    ck_assert_mem_eq(got.p, text, (size_t)n);
    ck_assert_uint_eq(got.n, (size_t)n);
}

START_TEST(texts_stay_where_they_are_while_others_are_added) {
    enum { N = 20000 };
    struct bytes *texts = calloc(N, sizeof *texts);
    ck_assert_ptr_nonnull(texts);
    for (int i = 0; i < N; i++) texts[i] = copy_number(i);
    for (int i = 0; i < N; i++) expect_number(texts[i], i);
    free(texts);
}
END_TEST

START_TEST(memory_is_used_again_after_a_clear) {
    enum { N = 5000 };
    const char **where = calloc(N, sizeof *where);
    ck_assert_ptr_nonnull(where);
    for (int i = 0; i < N; i++) where[i] = copy_number(i).p;
    event_arena_clear(arena);
    for (int i = 0; i < N; i++) ck_assert_ptr_eq(copy_number(i).p, where[i]);
    free(where);
}
END_TEST

START_TEST(a_text_larger_than_any_block_has_its_own) {
    size_t n = 1 << 20;
    char *large = malloc(n);
    ck_assert_ptr_nonnull(large);
    memset(large, 'x', n);
    struct bytes before = copy_number(1);
    struct bytes got = event_arena_copy(arena, (struct bytes){.p = large, .n = n});
    struct bytes after = copy_number(2);
    ck_assert_mem_eq(got.p, large, n);
    expect_number(before, 1);
    expect_number(after, 2);
    free(large);
}
END_TEST

/* After a clear the second block is there already, and too small. */
START_TEST(a_large_text_does_not_go_into_a_small_block_that_is_used_again) {
    enum { N = 5000 };
    for (int i = 0; i < N; i++) copy_number(i);
    event_arena_clear(arena);
    size_t n = 1 << 20;
    char *large = malloc(n);
    ck_assert_ptr_nonnull(large);
    memset(large, 'x', n);
    struct bytes got = event_arena_copy(arena, (struct bytes){.p = large, .n = n});
    for (int i = 0; i < N; i++) expect_number(copy_number(i), i);
    ck_assert_mem_eq(got.p, large, n);
    free(large);
}
END_TEST

/* Goal: batches that become larger byte by byte do not leave a block each.
 * Method: the places of one text a batch, of sizes that rise to a megabyte; each new place is a new block. */
START_TEST(texts_that_rise_in_size_need_few_blocks) {
    const char *last = NULL;
    int places = 0;
    for (size_t n = 1000; n < 1 << 20; n += 1 + n / 1000) {
        event_arena_clear(arena);
        const char *place = event_arena_room(arena, n);
        places += place != last;
        last = place;
    }
    ck_assert_int_le(places, 8);
}
END_TEST

START_TEST(an_empty_text_is_not_a_missing_one) {
    struct bytes got = event_arena_copy(arena, (struct bytes){.p = NULL, .n = 0});
    ck_assert_ptr_nonnull(got.p);
    ck_assert_uint_eq(got.n, 0);
}
END_TEST

START_TEST(destroying_nothing_is_allowed) { event_arena_destroy(NULL); }
END_TEST

Suite *event_arena_suite(void);
Suite *event_arena_suite(void) {
    Suite *s = suite_create("event_arena");
    TCase *c = tcase_create("texts");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, texts_stay_where_they_are_while_others_are_added);
    tcase_add_test(c, memory_is_used_again_after_a_clear);
    tcase_add_test(c, a_text_larger_than_any_block_has_its_own);
    tcase_add_test(c, a_large_text_does_not_go_into_a_small_block_that_is_used_again);
    tcase_add_test(c, texts_that_rise_in_size_need_few_blocks);
    tcase_add_test(c, an_empty_text_is_not_a_missing_one);
    tcase_add_test(c, destroying_nothing_is_allowed);
    suite_add_tcase(s, c);
    return s;
}
