/* unit/event/check_weights.c - what an event of each type adds. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "event/weights.h"

static uint32_t weight_of(const struct weights *w, const char *type) {
    return weights_get(w, (struct bytes){type, strlen(type)});
}

START_TEST(named_types_have_their_weight_and_others_the_star) {
    struct weights w;
    ck_assert_int_eq(weights_parse("view=1,like=4,*=0,share=1000", &w, NULL), 0);
    ck_assert_uint_eq(weight_of(&w, "view"), 1);
    ck_assert_uint_eq(weight_of(&w, "like"), 4);
    ck_assert_uint_eq(weight_of(&w, "share"), 1000);
    ck_assert_uint_eq(weight_of(&w, "lik"), 0);
    ck_assert_uint_eq(weight_of(&w, "likes"), 0);
    ck_assert_uint_eq(weight_of(&w, "*"), 0);
    ck_assert_uint_eq(weight_of(&w, ""), 0);
}
END_TEST

START_TEST(without_a_star_other_types_weigh_one) {
    struct weights w;
    ck_assert_int_eq(weights_parse("like=4", &w, NULL), 0);
    ck_assert_uint_eq(weight_of(&w, "like"), 4);
    ck_assert_uint_eq(weight_of(&w, "comment"), 1);
    ck_assert_int_eq(weights_parse("like=0", &w, NULL), 0);
    ck_assert_uint_eq(weight_of(&w, "like"), 0);
}
END_TEST

START_TEST(types_may_hold_any_bytes_but_comma_and_equals) {
    struct weights w;
    ck_assert_int_eq(weights_parse("thumbs up=2,\xc3\xa9t\xc3\xa9=3,**=4", &w, NULL), 0);
    ck_assert_uint_eq(weight_of(&w, "thumbs up"), 2);
    ck_assert_uint_eq(weight_of(&w, "\xc3\xa9t\xc3\xa9"), 3);
    ck_assert_uint_eq(weight_of(&w, "**"), 4);
    ck_assert_uint_eq(weight_of(&w, "*"), 1);
}
END_TEST

#define X64      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define TYPE_257 X64 X64 X64 X64 "x"

static const struct {
    const char *text, *reason;
} refused[] = {
    {"", "add '='"},
    {"view", "add '=' and a weight to view"},
    {"view=1,", "add '='"},
    {",view=1", "add '='"},
    {"=1", "put a type before the '='"},
    {"view=", "by a weight 0..1000"},
    {"view=x", "by a weight"},
    {"view=-1", "by a weight"},
    {"view=1.5", "by a weight"},
    {"view= 1", "by a weight"},
    {"view=1=2", "by a weight"},
    {"view=1001", "replace 1001 by a weight"},
    {"view=18446744073709551617", "by a weight"},
    {"view=1,like=2,view=1", "view, which is there twice"},
    {"*=1,*=2", "the second *"},
    {TYPE_257 "=1", "shorten the type to 256 bytes"},
};

START_TEST(malformed_weights_are_refused_with_the_reason) {
    struct weights w = {.other = 42};
    struct err e = {0};
    ck_assert_msg(weights_parse(refused[_i].text, &w, &e) == ERR_INVALID, "%s was taken", refused[_i].text);
    ck_assert_msg(strstr(e.text, refused[_i].reason) != NULL, "%s: %s", refused[_i].text, e.text);
    ck_assert_uint_eq(w.other, 42);
}
END_TEST

START_TEST(sixty_four_types_fit_and_one_more_does_not) {
    struct buf text = {0};
    struct weights w;
    struct err e;
    for (int i = 0; i < WEIGHTS_MAX; i++) buf_addf(&text, "t%d=%d,", i, i);
    buf_add_str(&text, "*=7");
    ck_assert_int_eq(weights_parse(buf_text(&text), &w, NULL), 0);
    ck_assert_uint_eq(weight_of(&w, "t63"), 63);
    ck_assert_uint_eq(weight_of(&w, "t64"), 7);
    buf_add_str(&text, ",more=1");
    ck_assert_int_eq(weights_parse(buf_text(&text), &w, &e), ERR_INVALID);
    ck_assert_str_eq(e.text, "leave some out, 64 types at most");
    buf_free(&text);
}
END_TEST

Suite *weights_suite(void);
Suite *weights_suite(void) {
    Suite *s = suite_create("weights");
    TCase *t = tcase_create("weights");
    tcase_add_test(t, named_types_have_their_weight_and_others_the_star);
    tcase_add_test(t, without_a_star_other_types_weigh_one);
    tcase_add_test(t, types_may_hold_any_bytes_but_comma_and_equals);
    tcase_add_loop_test(t, malformed_weights_are_refused_with_the_reason, 0, (int)ARRAY_LEN(refused));
    tcase_add_test(t, sixty_four_types_fit_and_one_more_does_not);
    suite_add_tcase(s, t);
    return s;
}
