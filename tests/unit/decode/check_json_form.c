/* unit/decode/check_json_form.c - forms: what is learnt, and how far it is followed.
 * Goal: a form is followed exactly as far as a text is written like it, and learns only what it may. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode/json_decoder.h"
#include "decode/json_form.h"
#include "decode_given.h"
#include "decode_same.h"
#include "event/batch.h"

enum { LENGTHS = JSON_FORM_TEXT_BYTES_MAX };

static struct json_form form;

static struct json_step *added(struct json_step **at, const char *text, size_t n) {
    return json_form_add(&form, at, (struct bytes){text, n}, EVENT_FIELD_TIME);
}

/* Every length that can be learnt, every byte of it changed by every bit, and what is behind it never minded. The text
 * lies in memory of its exact size, so that a sanitizer sees a look beyond END. */
START_TEST(a_step_is_told_from_every_other_text) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t n = (size_t)_i;
    json_form_init(&form);
    struct json_step *step = added(&form.first, letters, n);
    ck_assert_ptr_eq(step, form.first);
    for (size_t size = n; size < sizeof letters; size++) {
        char *text = malloc(size);
        memcpy(text, letters, n);
        memset(text + n, '!', size - n);
        ck_assert_int_eq(json_step_is(step, text, text + size), size >= 8); /* near the end it may say no */
        for (size_t bit = 0; bit < 8 * n; bit++) {
            text[bit / 8] ^= (char)(1 << bit % 8);
            ck_assert(!json_step_is(step, text, text + size));
            text[bit / 8] ^= (char)(1 << bit % 8);
        }
        ck_assert(!json_step_is(step, text, text + n - 1));
        free(text);
    }
}
END_TEST

START_TEST(a_step_is_found_again_and_its_siblings_apart) {
    json_form_init(&form);
    struct json_step *a = added(&form.first, "{\"a\":", 5), *b = added(&form.first, "{\"b\":", 5);
    ck_assert_ptr_eq(added(&form.first, "{\"a\":", 5), a);
    ck_assert_ptr_eq(added(&form.first, "{\"b\":", 5), b);
    ck_assert_ptr_eq(a->otherwise, b);
    ck_assert_ptr_null(a->then);
    ck_assert_ptr_ne(added(&a->then, "{\"a\":", 5), a);
    ck_assert_ptr_ne(added(&form.first, "{\"a\": ", 6), a);
    ck_assert_uint_eq(form.used, 4);
}
END_TEST

START_TEST(what_cannot_be_learnt_is_not) {
    static const char text[JSON_FORM_TEXT_BYTES_MAX + 1] = {'x'};
    json_form_init(&form);
    ck_assert_ptr_null(added(&form.first, text, sizeof text));
    ck_assert_ptr_null(added(&form.first, "{\n\"a\":", 6)); /* an object that goes on over lines is no line's event */
    for (unsigned char i = 0; i < JSON_FORM_STEPS; i++)
        ck_assert_ptr_nonnull(added(&form.first, (const char[]){'a', (char)i + 'a'}, 2));
    ck_assert_ptr_null(added(&form.first, "b", 1));
    ck_assert_ptr_nonnull(added(&form.first, "aa", 2));
}
END_TEST

START_TEST(now_and_then_all_is_forgotten) {
    json_form_init(&form);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < JSON_FORM_MISSES; i++) {
            ck_assert_int_eq(json_form_missed(&form), i < JSON_FORM_LESSONS);
            ck_assert(i > 0 || form.first == NULL);
            added(&form.first, "{\"a\":", 5);
        }
}
END_TEST

/* Objects of TEXT that had no known form, when it is decoded TIMES times by one decoder. */
static unsigned missed(const char *text, int times) {
    struct json_decoder decoder;
    struct event_batch b;
    json_decoder_init(&decoder, given_rules());
    event_batch_init(&b);
    for (int i = 0; i < times; i++) {
        event_batch_clear(&b);
        json_decoder_decode(&decoder, (struct bytes){text, strlen(text)}, RECORD_TIME_MS, &b);
    }
    event_batch_deinit(&b);
    return decoder.names.form.misses;
}

START_TEST(an_object_like_one_before_is_recognised_by_its_form) {
    ck_assert_uint_eq(missed("{\"video_id\":\"cat\",\"location\":\"SE\",\"ts\":1763750040}", 5), 1);
    ck_assert_uint_eq(missed("{ \"video_id\" : \"cat\" , \"x\": {\"y\":[1]}, \"ts\": null}", 5), 1);
    ck_assert_uint_eq(missed("{\"video_id\":1,\"ts\":2}\n{\"ts\":2,\"video_id\":1}\n{\"video_id\":\"c\"}\n", 5), 2);
    ck_assert_uint_eq(missed("{\n\"video_id\":1,\"ts\":2}", 5), 5);
    ck_assert_uint_eq(missed("{\"a_key_that_is_rather_long_to_learn\":1,\"ts\":2}", 5), 5);
}
END_TEST

/* What is learnt first, then what comes then; and whether the scanner must recognise that. */
static const struct {
    const char *first, *then;
    bool recognised;
} pairs[] = {
    /* a form with fewer blanks is the beginning of one with more */
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":  1}", true},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\": \"cat\",\"ts\": \"\"}", true},
    /* other values under the same keys */
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":77,\"ts\":\"2025-11-21T19:00:00Z\"}", true},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":[{}],\"ts\":null}", true},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"c\\u0061t\",\"ts\":1}", false},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"S\xc3\xa3o\",\"ts\":1}", true},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":}", false},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":01}", false},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1.5}", true},
    /* the form's end is not the object's, or the other way round */
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1,\"location\":\"SE\"}", true},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\"    }", true},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1} ,", false},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1,}", false},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\"{\"ts\":1}", false},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1{\"ts\":1}", false},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1", false},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1]", false},
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat}", false},
    {"{\"x\":\"long enough\",\"b}\":1}", "{\"x\":\"long enough\",\"b}\":         ", false},
    /* a repeated field */
    {"{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1,\"video_id\":\"dog\"}", true},
    {"{\"video_id\":null,\"video_id\":\"cat\"}", "{\"video_id\":\"dog\",\"video_id\":null}", true},
    {"{\"video_id\":1,\"x\":1,\"video_id\":\"cat\"}", "{\"video_id\":[1],\"x\":4,\"video_id\":77}", true},
};

START_TEST(what_follows_a_form_is_judged_as_ever) {
    struct bytes first = {pairs[_i].first, strlen(pairs[_i].first)}, then = {pairs[_i].then, strlen(pairs[_i].then)};
    forget_forms();
    expect_same(given_rules(), first, RECORD_TIME_MS);
    for (int again = 0; again < 2; again++)
        ck_assert_msg(expect_same(given_rules(), then, RECORD_TIME_MS) >= pairs[_i].recognised, "%s", then.p);
}
END_TEST

START_TEST(a_line_ends_at_its_end_whatever_the_form) {
    static const char pretty[] = "{\"video_id\":1,\n\"ts\":2}\n", lines[] = "{\"ts\":1,\"video_id\":1}\n"
                                                                            "{\"video_id\":1,\n\"ts\":2}\n";
    forget_forms();
    expect_same(given_rules(), (struct bytes){pretty, sizeof pretty - 1}, RECORD_TIME_MS);
    expect_same(given_rules(), (struct bytes){lines, sizeof lines - 1}, RECORD_TIME_MS);
}
END_TEST

Suite *json_form_suite(void);
Suite *json_form_suite(void) {
    Suite *s = suite_create("json_form");
    TCase *c = tcase_create("forms");
    tcase_add_loop_test(c, a_step_is_told_from_every_other_text, 1, LENGTHS + 1);
    tcase_add_test(c, a_step_is_found_again_and_its_siblings_apart);
    tcase_add_test(c, what_cannot_be_learnt_is_not);
    tcase_add_test(c, now_and_then_all_is_forgotten);
    tcase_add_test(c, an_object_like_one_before_is_recognised_by_its_form);
    tcase_add_loop_test(c, what_follows_a_form_is_judged_as_ever, 0, ARRAY_LEN(pairs));
    tcase_add_test(c, a_line_ends_at_its_end_whatever_the_form);
    suite_add_tcase(s, c);
    return s;
}
