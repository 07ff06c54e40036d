/* unit/worker/check_store_news.c - what a store says is told once in a while, and never floods the log. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "unit/base/capture.h"
#include "worker/store_news.h"

static int64_t now_ms;
static struct capture heard;

static int64_t read_now(void *self) {
    (void)self;
    return now_ms;
}

static const struct clock the_clock = {read_now, read_now, NULL};
static struct store_news news;

static void setup(void) {
    now_ms = 1000000;
    news = (struct store_news){.clock = &the_clock};
    capture_begin(&heard);
}

static void hear(const char *text) { store_news_hear(&news, REDIS_KEY_ODD, text); }

/* Ends the capture: how many lines there were. */
static size_t lines_told(void) {
    size_t n = 0;
    capture_end(&heard);
    for (const char *at = heard.text; (at = strstr(at, "event=key_set_aside")) != NULL; at++) n++;
    return n;
}

START_TEST(the_same_is_told_again_after_a_while_only) {
    hear("topk:{US}:part");
    hear("topk:{US}:part");
    hear("topk:{DE}:part");
    now_ms += STORE_NEWS_AGAIN_MS - 1;
    hear("topk:{US}:part");
    now_ms += 1;
    hear("topk:{US}:part");
    ck_assert_uint_eq(lines_told(), 3);
}
END_TEST

START_TEST(no_more_than_so_many_lines_are_told_in_a_minute) {
    char text[32];
    for (int i = 0; i < 2 * STORE_NEWS_MINUTE_MAX; i++) {
        snprintf(text, sizeof text, "key %d", i);
        hear(text);
    }
    now_ms += 60000;
    hear(text);
    ck_assert_uint_eq(lines_told(), STORE_NEWS_MINUTE_MAX + 1);
}
END_TEST

Suite *store_news_suite(void);
Suite *store_news_suite(void) {
    Suite *s = suite_create("store_news");
    TCase *c = tcase_create("lines");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, the_same_is_told_again_after_a_while_only);
    tcase_add_test(c, no_more_than_so_many_lines_are_told_in_a_minute);
    suite_add_tcase(s, c);
    return s;
}
