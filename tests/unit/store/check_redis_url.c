/* unit/store/check_redis_url.c - what an operator may write in TOPKD_REDIS. */
#include <string.h>

#include <check.h>

#include "store/redis_url.h"

static const struct {
    const char *text, *host, *path, *user, *password;
    int port;
    unsigned db;
} good[] = {
    {"redis://localhost:6379/0", "localhost", NULL, NULL, NULL, 6379, 0},
    {"redis://localhost", "localhost", NULL, NULL, NULL, 6379, 0},
    {"redis://localhost/", "localhost", NULL, NULL, NULL, 6379, 0},
    {"redis://10.0.0.1:7000/15", "10.0.0.1", NULL, NULL, NULL, 7000, 15},
    {"redis://[::1]:7000", "::1", NULL, NULL, NULL, 7000, 0},
    {"redis://[fe80::1]/2", "fe80::1", NULL, NULL, NULL, 6379, 2},
    {"redis://:secret@h", "h", NULL, NULL, "secret", 6379, 0},
    {"redis://joe:secret@h:1/3", "h", NULL, "joe", "secret", 1, 3},
    {"redis://joe:p%40ss%3a%2F@h", "h", NULL, "joe", "p@ss:/", 6379, 0},
    {"redis://joe:p@ss/word@h/4", "h", NULL, "joe", "p@ss/word", 6379, 4},
    {"unix:///run/redis.sock", NULL, "/run/redis.sock", NULL, NULL, 0, 0},
    {"unix:///run/redis.sock?db=3", NULL, "/run/redis.sock", NULL, NULL, 0, 3},
    {"unix://joe:secret@/run/redis.sock?db=3", NULL, "/run/redis.sock", "joe", "secret", 0, 3},
    {"unix:///run/a%20b", NULL, "/run/a b", NULL, NULL, 0, 0},
};

static void expect_text(const char *got, const char *want) {
    if (want == NULL)
        ck_assert_ptr_null(got);
    else
        ck_assert_str_eq(got, want);
}

START_TEST(must_parse) {
    struct redis_url u;
    struct err e = {0};
    ck_assert_msg(redis_url_parse(good[_i].text, &u, &e) == ERR_OK, "%s: %s", good[_i].text, e.text);
    expect_text(u.host, good[_i].host);
    expect_text(u.path, good[_i].path);
    expect_text(u.user, good[_i].user);
    expect_text(u.password, good[_i].password);
    ck_assert_int_eq(u.port, good[_i].port);
    ck_assert_uint_eq(u.db, good[_i].db);
    redis_url_deinit(&u);
}
END_TEST

static const char *const bad[] = {
    "",
    "localhost:6379",
    "http://localhost",
    "redis:/localhost",
    "redis://",
    "redis://:6379",
    "redis://h:",
    "redis://h:0",
    "redis://h:65536",
    "redis://h:1x",
    "redis://h:-1",
    "redis://h/x",
    "redis://h/1/2",
    "redis://h/99999",
    "redis://h%zz",
    "redis://a%0",
    "redis://a%00b",
    "redis://[::1",
    "redis://[::1]x",
    "redis://secret@h",
    "redis://joe:sec%g0ret@h",
    "rediss://h:6379",
    "unix://",
    "unix:///",
    "unix://relative",
    "unix:///run/s?db=",
    "unix:///run/s?db=x",
    "unix:///run/s?timeout=3",
};

START_TEST(must_reject_without_showing_a_secret) {
    struct redis_url u;
    struct err e = {0};
    ck_assert_int_eq(redis_url_parse(bad[_i], &u, &e), ERR_INVALID);
    ck_assert_uint_gt(strlen(e.text), 0);
    ck_assert_ptr_null(strstr(e.text, "sec"));
    ck_assert(u.host == NULL && u.path == NULL && u.user == NULL && u.password == NULL);
}
END_TEST

Suite *redis_url_suite(void);
Suite *redis_url_suite(void) {
    Suite *s = suite_create("redis_url");
    TCase *c = tcase_create("url");
    tcase_add_loop_test(c, must_parse, 0, ARRAY_LEN(good));
    tcase_add_loop_test(c, must_reject_without_showing_a_secret, 0, ARRAY_LEN(bad));
    suite_add_tcase(s, c);
    return s;
}
