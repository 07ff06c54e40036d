/* unit/base/check_name_pattern.c - which names a pattern fits. */
#include <string.h>

#include <check.h>

#include "base/name_pattern.h"

static const struct {
    const char *pattern, *name;
    bool fits;
} cases[] = {
    {"^views-.*", "views-", true},
    {"^views-.*", "views-eu", true},
    {"^views-.*", "my-views-eu", false},
    {"^views", "views-eu", true}, /* the end is open */
    {"^views$", "views-eu", false},
    {"^views$", "views", true},
    {"^views.eu", "views-eu", true}, /* a dot is any character */
    {"^views\\.eu", "views-eu", false},
    {"^(views|likes)-[0-9]+$", "likes-12", true},
    {"^(views|likes)-[0-9]+$", "likes-", false},
    {"^a|b$", "xb", true}, /* the other half is not tied to the beginning */
    {"^", "anything", true},
    {"^", "__consumer_offsets", false},
    {"^__consumer_offsets$", "__consumer_offsets", false},
    {"^_", "_mine", true},
    {"^Views", "views", false},
};

START_TEST(a_pattern_fits_names_in_which_it_is_found) {
    struct name_pattern p;
    struct err e;
    ck_assert_msg(name_pattern_compile(cases[_i].pattern, &p, &e) == 0, "%s", e.text);
    ck_assert_msg(name_pattern_fits(&p, cases[_i].name) == cases[_i].fits, "%s %s", cases[_i].pattern, cases[_i].name);
    name_pattern_free(&p);
}
END_TEST

static const struct {
    const char *pattern, *remedy;
} refused[] = {
    {"views", "begin the pattern with ^"},
    {"", "begin the pattern with ^"},
    {"^(views", "correct the regular expression"},
    {"^[a-", "correct the regular expression"},
    {"^a{1", "a comma ends it"},
};

START_TEST(what_is_no_pattern_is_refused_with_what_to_do) {
    struct name_pattern p;
    struct err e;
    ck_assert_int_eq(name_pattern_compile(refused[_i].pattern, &p, &e), ERR_INVALID);
    ck_assert_msg(strstr(e.text, refused[_i].remedy) != NULL, "%s", e.text);
}
END_TEST

START_TEST(a_pattern_has_a_longest_length) {
    char text[NAME_PATTERN_BYTES_MAX + 2] = "^";
    struct name_pattern p;
    struct err e;
    memset(text + 1, 'a', NAME_PATTERN_BYTES_MAX - 1);
    ck_assert_int_eq(name_pattern_compile(text, &p, &e), 0);
    name_pattern_free(&p);
    text[NAME_PATTERN_BYTES_MAX] = 'a';
    ck_assert_int_eq(name_pattern_compile(text, &p, &e), ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(e.text, "shorten"));
}
END_TEST

Suite *name_pattern_suite(void);
Suite *name_pattern_suite(void) {
    Suite *s = suite_create("name_pattern");
    TCase *c = tcase_create("names");
    tcase_add_loop_test(c, a_pattern_fits_names_in_which_it_is_found, 0, (int)ARRAY_LEN(cases));
    tcase_add_loop_test(c, what_is_no_pattern_is_refused_with_what_to_do, 0, (int)ARRAY_LEN(refused));
    tcase_add_test(c, a_pattern_has_a_longest_length);
    suite_add_tcase(s, c);
    return s;
}
