/* unit/event/check_place.c - where a field stands, as settings say it. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "event/place.h"

enum { TOKENS = 4 };

static const struct {
    const char *text;
    enum place_of of;
    const char *tokens[TOKENS]; /* of a header its name */
    int32_t indices[TOKENS];    /* of the tokens; 0 beyond the last */
} places[] = {
    {NULL, PLACE_NOWHERE, {NULL}, {0}},
    {"", PLACE_NOWHERE, {NULL}, {0}},
    /* names: nothing in them means anything */
    {"video_id", PLACE_EVENT, {"video_id"}, {PLACE_NO_INDEX}},
    {"a.b", PLACE_EVENT, {"a.b"}, {PLACE_NO_INDEX}},
    {"a/b", PLACE_EVENT, {"a/b"}, {PLACE_NO_INDEX}},
    {"a~1b", PLACE_EVENT, {"a~1b"}, {PLACE_NO_INDEX}},
    {" ", PLACE_EVENT, {" "}, {PLACE_NO_INDEX}},
    {"^", PLACE_EVENT, {"^"}, {PLACE_NO_INDEX}},
    {"^a", PLACE_EVENT, {"^a"}, {PLACE_NO_INDEX}},
    {"\xc3\xa9", PLACE_EVENT, {"\xc3\xa9"}, {PLACE_NO_INDEX}},
    /* pointers */
    {"/video_id", PLACE_EVENT, {"video_id"}, {PLACE_NO_INDEX}},
    {"/", PLACE_EVENT, {""}, {PLACE_NO_INDEX}},
    {"//", PLACE_EVENT, {"", ""}, {PLACE_NO_INDEX, PLACE_NO_INDEX}},
    {"/a/", PLACE_EVENT, {"a", ""}, {PLACE_NO_INDEX, PLACE_NO_INDEX}},
    {"/data/items/0/id", PLACE_EVENT, {"data", "items", "0", "id"}, {-1, -1, 0, -1}},
    {"/a~1b/m~0n/~01/~10", PLACE_EVENT, {"a/b", "m~n", "~1", "/0"}, {-1, -1, -1, -1}},
    {"/~1~0~1", PLACE_EVENT, {"/~/"}, {-1}},
    {"/10/007/-/1x", PLACE_EVENT, {"10", "007", "-", "1x"}, {10, -1, -1, -1}},
    {"/00/+1/-1/1e1", PLACE_EVENT, {"00", "+1", "-1", "1e1"}, {-1, -1, -1, -1}},
    {"/999999999/1000000000", PLACE_EVENT, {"999999999", "1000000000"}, {999999999, -1}},
    {"/@key/^/a.b", PLACE_EVENT, {"@key", "^", "a.b"}, {-1, -1, -1}},
    {"^/sent_at", PLACE_WRAPPER, {"sent_at"}, {-1}},
    {"^/", PLACE_WRAPPER, {""}, {-1}},
    {"^/a~1b/1", PLACE_WRAPPER, {"a/b", "1"}, {-1, 1}},
    /* beside the value */
    {"@key", PLACE_KEY, {NULL}, {0}},
    {"@topic", PLACE_TOPIC, {NULL}, {0}},
    {"@header:ce_time", PLACE_HEADER, {"ce_time"}, {0}},
    {"@header:@header:", PLACE_HEADER, {"@header:"}, {0}},
    {"@header:/a~2", PLACE_HEADER, {"/a~2"}, {0}},
};

START_TEST(a_place_is_read) {
    struct place p;
    ck_assert_int_eq(place_parse(places[_i].text, &p, NULL), 0);
    ck_assert_int_eq(p.of, places[_i].of);
    size_t n = 0;
    bool pointer = p.of == PLACE_EVENT || p.of == PLACE_WRAPPER;
    while (pointer && n < TOKENS && places[_i].tokens[n] != NULL) n++;
    ck_assert_uint_eq(p.tokens_n, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(p.tokens[i].name_bytes, strlen(places[_i].tokens[i]));
        ck_assert_mem_eq(p.tokens[i].name, places[_i].tokens[i], p.tokens[i].name_bytes);
        ck_assert_int_eq(p.tokens[i].index, places[_i].indices[i]);
    }
    if (p.of == PLACE_HEADER) ck_assert_str_eq(p.text, places[_i].tokens[0]);
}
END_TEST

static const struct {
    const char *text, *what_to_do;
} refused[] = {
    {"/~", "~0"},
    {"/a~", "~0"},
    {"/~2", "~0"},
    {"/a~~1", "~0"},
    {"/a/b~x/c", "~0"},
    {"^/~", "~0"},
    {"@", "@key, @topic or @header:NAME"},
    {"@Key", "@key, @topic or @header:NAME"},
    {"@keys", "@key, @topic or @header:NAME"},
    {"@topics", "/@topics"},
    {"@header", "@header:NAME"},
    {"@header:", "@header:NAME"},
    {"@offset", "@key, @topic or @header:NAME"},
};

START_TEST(what_is_no_place_is_refused_with_what_to_do) {
    struct place p;
    struct err e = {0};
    ck_assert_int_eq(place_parse(refused[_i].text, &p, &e), ERR_INVALID);
    ck_assert_msg(strstr(e.text, refused[_i].what_to_do) != NULL, "%s: %s", refused[_i].text, e.text);
}
END_TEST

/* TIMES times PART behind HEAD. */
static int parsed(const char *head, const char *part, int times, struct place *p, struct err *e) {
    char text[2 * PLACE_BYTES_MAX + 16];
    strcpy(text, head);
    while (times-- > 0) strcat(text, part);
    return place_parse(text, p, e);
}

static bool same(const char *a, const char *b) {
    struct place pair[2];
    struct err e;
    ck_assert_int_eq(place_parse(a, &pair[0], &e), 0);
    ck_assert_int_eq(place_parse(b, &pair[1], &e), 0);
    ck_assert(place_is(&pair[0], &pair[1]) == place_is(&pair[1], &pair[0]));
    return place_is(&pair[0], &pair[1]);
}

START_TEST(a_place_may_be_written_in_two_ways) {
    ck_assert(same("a", "/a") && same("a/b", "/a~1b") && same("^/a", "^/a") && same("@key", "@key"));
    ck_assert(same("@header:x", "@header:x") && same("/a/0", "/a/0"));
    ck_assert(!same("a", "^/a") && !same("/a/b", "/a") && !same("/a/b", "a/b") && !same("/a/0", "/a/00"));
    ck_assert(!same("@header:x", "@header:X") && !same("@key", "@topic") && !same("key", "@key") && !same("", ""));
}
END_TEST

START_TEST(a_path_has_sixteen_steps_at_most) {
    struct place p;
    struct err e = {0};
    static const char *const heads[] = {"", "^"};
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        ck_assert_int_eq(parsed(heads[i], "/a", PLACE_TOKENS_MAX, &p, &e), 0);
        ck_assert_uint_eq(p.tokens_n, PLACE_TOKENS_MAX);
        ck_assert_int_eq(parsed(heads[i], "/a", PLACE_TOKENS_MAX + 1, &p, &e), ERR_INVALID);
        ck_assert_str_eq(e.text, "shorten the path to 16 steps");
    }
}
END_TEST

START_TEST(a_text_has_256_bytes_at_most) {
    static const char *const heads[] = {"", "/", "^/", "@header:"};
    struct place p;
    struct err e = {0};
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        int name = PLACE_BYTES_MAX - (heads[i][0] != '\0' && heads[i][0] != '@'); /* a slash counts */
        ck_assert_int_eq(parsed(heads[i], "x", name, &p, &e), 0);
        ck_assert_int_eq(parsed(heads[i], "x", name + 1, &p, &e), ERR_INVALID);
        ck_assert_str_eq(e.text, "shorten it to 256 bytes");
    }
}
END_TEST

Suite *place_suite(void);
Suite *place_suite(void) {
    Suite *s = suite_create("place");
    TCase *c = tcase_create("places");
    tcase_add_loop_test(c, a_place_is_read, 0, ARRAY_LEN(places));
    tcase_add_loop_test(c, what_is_no_place_is_refused_with_what_to_do, 0, ARRAY_LEN(refused));
    tcase_add_test(c, a_place_may_be_written_in_two_ways);
    tcase_add_test(c, a_path_has_sixteen_steps_at_most);
    tcase_add_test(c, a_text_has_256_bytes_at_most);
    suite_add_tcase(s, c);
    return s;
}
