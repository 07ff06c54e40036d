/* unit/decode/check_json_elements.c - where the elements of an array lie in its text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode/json_jansson.h"

/* The elements are joined by '~', which no array below holds. */
static const struct {
    const char *array, *elements;
} arrays[] = {
    {"[]", ""},
    {" [ \r\n\t ] ", ""},
    {"[1]", "1"},
    {"[1,2]", "1~2"},
    {"\n[ 1 ,\t-2.5e+3\r\n, true,false ,null ]\n", "1~-2.5e+3~true~false~null"},
    {"[\"\"]", "\"\""},
    {"[\"a,b]\",\"{[\"]", "\"a,b]\"~\"{[\""},
    {"[\"\\\"\",\"\\\\\",\"\\\\\\\"]\"]", "\"\\\"\"~\"\\\\\"~\"\\\\\\\"]\""},
    {"[{}]", "{}"},
    {"[{},{}]", "{}~{}"},
    {"[ { \"a\" : [ 1 , { } ] } , [ [ ] , [ 2 ] ] ]", "{ \"a\" : [ 1 , { } ] }~[ [ ] , [ 2 ] ]"},
    {"[{\"}\":\"]\"},{\"\\\"}\":\"{\"}]", "{\"}\":\"]\"}~{\"\\\"}\":\"{\"}"},
    {"[\"\xc3\xa9\xe2\x82\xac\"]", "\"\xc3\xa9\xe2\x82\xac\""},
};

static void joined(const char *text, size_t n, char *out, size_t size) {
    struct json_elements it;
    json_elements_init(&it, (struct bytes){.p = text, .n = n});
    size_t used = 0;
    out[0] = '\0';
    for (struct bytes e; (e = json_elements_next(&it)).n > 0;)
        used += (size_t)snprintf(out + used, size - used, "%s%.*s", used > 0 ? "~" : "", (int)e.n, e.p);
}

START_TEST(elements_are_their_exact_bytes) {
    char got[256];
    joined(arrays[_i].array, strlen(arrays[_i].array), got, sizeof got);
    ck_assert_str_eq(got, arrays[_i].elements);
}
END_TEST

START_TEST(after_the_last_element_there_is_none_however_often_one_asks) {
    struct json_elements it;
    json_elements_init(&it, (struct bytes){.p = "[1]", .n = 3});
    ck_assert_uint_eq(json_elements_next(&it).n, 1);
    for (int i = 0; i < 3; i++) ck_assert_uint_eq(json_elements_next(&it).n, 0);
}
END_TEST

/* No parser accepts these; the walk must end, and a sanitizer sees whether it leaves the memory. */
START_TEST(a_text_cut_short_is_never_left) {
    static const char whole[] = " [ {\"a\\\"\" : [1, \"\\\\\"]} , \"x\" , 12 , [ ] ] ";
    for (size_t n = 0; n < sizeof whole; n++) {
        char *cut = malloc(n + (n == 0)), got[256];
        ck_assert_ptr_nonnull(cut);
        memcpy(cut, whole, n);
        joined(cut, n, got, sizeof got);
        ck_assert_uint_le(strlen(got), n);
        free(cut);
    }
}
END_TEST

START_TEST(depth_costs_no_stack) {
    size_t depth = 1000000, n = 2 * depth + 2;
    char *text = malloc(n);
    ck_assert_ptr_nonnull(text);
    memset(text, '[', n / 2);
    memset(text + n / 2, ']', n / 2);
    struct json_elements it;
    json_elements_init(&it, (struct bytes){.p = text, .n = n});
    struct bytes e = json_elements_next(&it);
    ck_assert_uint_eq(e.n, n - 2);
    ck_assert_uint_eq(json_elements_next(&it).n, 0);
    free(text);
}
END_TEST

Suite *json_elements_suite(void);
Suite *json_elements_suite(void) {
    Suite *s = suite_create("json_elements");
    TCase *c = tcase_create("walk");
    tcase_add_loop_test(c, elements_are_their_exact_bytes, 0, ARRAY_LEN(arrays));
    tcase_add_test(c, after_the_last_element_there_is_none_however_often_one_asks);
    tcase_add_test(c, a_text_cut_short_is_never_left);
    tcase_add_test(c, depth_costs_no_stack);
    suite_add_tcase(s, c);
    return s;
}
