/* unit/decode/check_json_form.c - forms: what is learnt, and how far it is followed.
 * Goal: a form is followed exactly as far as a text is written like it, and learns only what it may. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "decode/json_decoder.h"
#include "decode/json_form.h"
#include "decode_given.h"
#include "decode_same.h"
#include "event/batch.h"

/* -- steps -- */

static struct json_form form;
static const struct json_node root;

static struct json_step *added_at(struct json_step **at, const char *text, size_t n, uint32_t index) {
    const struct json_lesson lesson = {
        .text = {text, n}, .slot = EVENT_FIELD_TIME, .standing = {.node = &root, .arrays = 5, .index = index}};
    return json_form_add(&form, at, &lesson);
}

static struct json_step *added(struct json_step **at, const char *text, size_t n) { return added_at(at, text, n, 0); }

/* Every length that fits a step, every byte of it changed by every bit, and what is behind it never minded. The text
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

/* Pieces follow one another, and the last one has what the text leads to. */
START_TEST(a_long_text_is_cut_to_pieces) {
    char text[JSON_FORM_TEXT_BYTES_MAX];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 23);
    for (size_t n = 1; n <= sizeof text; n++) {
        json_form_init(&form);
        struct json_step *last = added_at(&form.first, text, n, 7), *step = form.first;
        size_t at = 0;
        for (; step != last; step = step->then) {
            ck_assert_uint_eq(step->text_bytes, JSON_FORM_PIECE_BYTES_MAX);
            ck_assert_uint_eq(step->follows, JSON_STEP_PIECE);
            ck_assert(json_step_is(step, text + at, text + sizeof text));
            at += step->text_bytes;
        }
        ck_assert_uint_eq(at + last->text_bytes, n);
        ck_assert_uint_eq(last->follows, EVENT_FIELD_TIME);
        struct json_standing behind = json_step_standing(last);
        ck_assert(behind.node == &root && behind.arrays == 5 && behind.index == 7);
        ck_assert_ptr_eq(added_at(&form.first, text, n, 7), last);
        ck_assert_uint_eq(form.used, (n + JSON_FORM_PIECE_BYTES_MAX - 1) / JSON_FORM_PIECE_BYTES_MAX);
    }
}
END_TEST

/* Texts that begin with the same piece share it. */
START_TEST(pieces_are_shared) {
    static const char *const texts[] = {"abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwx",
                                        "abcdefghijklmnopqrstuvwxyy"};
    json_form_init(&form);
    struct json_step *steps[3];
    for (size_t i = 0; i < 3; i++) steps[i] = added(&form.first, texts[i], strlen(texts[i]));
    ck_assert_ptr_eq(form.first->then, steps[0]);
    ck_assert_ptr_eq(form.first->otherwise, steps[1]);
    ck_assert_ptr_eq(steps[0]->otherwise, steps[2]);
    ck_assert_uint_eq(form.used, 4);
}
END_TEST

START_TEST(what_cannot_be_learnt_is_not) {
    static const char text[JSON_FORM_TEXT_BYTES_MAX + 1] = {'x'};
    json_form_init(&form);
    ck_assert_ptr_null(added(&form.first, text, sizeof text));
    ck_assert_ptr_null(added(&form.first, text, 0));
    ck_assert_ptr_null(added_at(&form.first, "[", 1, JSON_FORM_INDEX_MAX + 1));
    ck_assert_uint_eq(form.used, 0);
    ck_assert_ptr_nonnull(added_at(&form.first, "[", 1, JSON_FORM_INDEX_MAX));
    for (unsigned char i = 1; i < JSON_FORM_STEPS; i++)
        ck_assert_ptr_nonnull(added(&form.first, (const char[]){'a', (char)i + 'a'}, 2));
    ck_assert_ptr_null(added(&form.first, "b", 1));
    ck_assert_ptr_nonnull(added(&form.first, "ab", 2));
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

/* -- objects -- */

static const struct event_rules nested_rules = {
    .fields = {"/data/items/1/id", "/data/geo/country", "/time", "/data/type", "", "id"}, .has_global = true};
static const struct event_rules deep_rules = {
    .fields = {"/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", "/a/l", "/t/0/1/0", "/a/a/a/y", "", ""}, .has_global = true};
static const struct event_rules far_rules = {
    .fields = {"/items/300", "/items/0/l", "t", "/items/255", "", "/items/256"}, .has_global = true};
static const struct event_rules overlapping_rules = {
    .fields = {"/data/id", "/data", "/data/id/at", "/data/id", "", "/data/1"}, .has_global = true};

static struct event_rules rules_of(const struct event_rules *r) {
    struct event_rules rules = r != NULL ? *r : same_rules();
    rules.weights = given_weights("view=1,like=4,skip=0,*=2");
    rules.zone = given_zone("UTC");
    return rules;
}

/* Objects that had no known form, when the TEXTS are decoded TIMES times by one decoder. */
static unsigned missed(const struct event_rules *r, const char *const *texts, size_t n, int times) {
    struct event_rules rules = rules_of(r);
    struct json_decoder decoder;
    struct event_batch b;
    json_decoder_init(&decoder, &rules);
    event_batch_init(&b);
    for (size_t i = 0; i < n * (size_t)times; i++) {
        const char *text = texts[i % n];
        event_batch_clear(&b);
        json_decoder_decode(&decoder, &(struct message){.value = {text, strlen(text)}, .time_ms = RECORD_TIME_MS}, &b);
    }
    event_batch_deinit(&b);
    return decoder.plan.event.form.misses;
}

#define X16  "xxxxxxxxxxxxxxxx"
#define X64  X16 X16 X16 X16
#define X192 X64 X64 X64
static const struct {
    const struct event_rules *rules;
    const char *text;
    unsigned misses; /* of five times */
} usual[] = {
    {NULL, "{\"video_id\":\"cat\",\"location\":\"SE\",\"ts\":1763750040}", 1},
    {NULL, "{ \"video_id\" : \"cat\" , \"x\": {\"y\":[1]}, \"ts\": null}", 1},
    {NULL, "{\"video_id\":1,\"ts\":2}\n{\"ts\":2,\"video_id\":1}\n{\"video_id\":\"c\"}\n", 2},
    {NULL, "{\n\"video_id\":1,\n\"ts\":2}", 1},
    {NULL, "{\"a_key_that_is_rather_long_to_learn\":1,\"ts\":1763750040}", 1},
    {NULL, "{\"video_id\":\"cat\",\"ts\":2}", 5},                /* near the end a step is not looked at */
    {NULL, "{\"" X192 "\":1,\"video_id\":\"cat\",\"ts\":2}", 5}, /* too long to learn */
    {NULL, "{\"video_id\":\"c\\u0061t\",\"vide\\u006f\":\"\\n\",\"ts\":1763750040}", 1},
    {&nested_rules,
     "{\"time\":1763750040,\"data\":{\"geo\":{\"country\":\"SE\"},\"items\":[{\"id\":1},{\"id\":2}]},\"id\":\"a\"}", 1},
    {&nested_rules, "{ \"data\" : { \"items\" : [ 7 , { \"id\" : 2 } , 8 , 9 ] , \"x\" : 1 } , \"time\" : 1 }", 5},
    {&nested_rules, "{ \"data\" : { \"items\" : [ 7 , { \"id\" : 2 } , 8 , 9 ] , \"x\" : 1} , \"time\" : 1}", 1},
    {&nested_rules, "{\"data\":{\"items\":[7,{\"id\":2}]}}", 1}, /* it ends with all that was entered */
    {&nested_rules, "{\"data\":{\"items\":{\"1\":{\"id\":2}}}}", 1},
    {&nested_rules, "{\"data\":{\"items\":[[1,[2]],[3]],\"type\":1}}", 1},
    {&deep_rules,
     "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
     "\"deep\"}}}}}}}}}}}}}}}}",
     1},
    {&deep_rules, "{\"t\":[[1,[2025,3],4],5],\"a\":{\"l\":1}}", 1},
    /* what forms cannot tell */
    {&nested_rules, "{\"data\":{\"type\":1},\"x\":1,\"data\":{\"items\":[0,{\"id\":1}]},\"y\":1763750040}", 5},
    {&nested_rules, "{\"data\":null,\"id\":1,\"x\":1763750040}", 5},
    {&overlapping_rules, "{\"data\":{\"id\":1},\"x\":1763750040}", 5},
};

START_TEST(an_object_like_one_before_is_recognised_by_its_form) {
    ck_assert_msg(missed(usual[_i].rules, &usual[_i].text, 1, 5) == usual[_i].misses, "%s: %u misses", usual[_i].text,
                  missed(usual[_i].rules, &usual[_i].text, 1, 5));
}
END_TEST

/* What is learnt first, then what comes then; and whether the form must lead to its end. */
static const struct pair {
    const struct event_rules *rules;
    const char *first, *then;
    bool known;
} pairs[] = {
    /* a form with fewer blanks is the beginning of one with more */
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":  1}", true},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\": \"cat\",\"ts\": \"\"}", true},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\": \"cat\" ,\"ts\": \"\"}", false},
    /* other values under the same keys */
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":77,\"ts\":\"2025-11-21T19:00:00Z\"}", true},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":[{}],\"ts\":null}", true},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"c\\u0061t\",\"ts\":1763750040}", true},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"S\xc3\xa3o\",\"ts\":1763750040}", true},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":}", false},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":01}", true},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1.5}", true},
    /* the form's end is not the object's, or the other way round */
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1,\"location\":\"SE\"}", false},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\"}", true},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\"    }", false},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1763750040} ,", true},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1,}", false},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\"{\"ts\":1}", false},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1{\"ts\":1}", false},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1", false},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1]", false},
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat}", false},
    {NULL, "{\"x\":\"long enough\",\"b}\":1}", "{\"x\":\"long enough\",\"b}\":         ", false},
    /* a text goes on otherwise behind its first piece */
    {NULL, "{\"a_key_of_more_than_24_bytes\":1,\"video_id\":2}", "{\"a_key_of_more_than_24_bytez\":1,\"video_id\":2}",
     false},
    {NULL, "{\"a_key_of_more_than_24_bytes\":1,\"video_id\":2}", "{\"a_key_of_more_than_24_\":1,\"video_id\":2}",
     false},
    {NULL, "{\"video_id\":1,\"a_key_of_more_than_24_bytes\":1}", "{\"video_id\":1,\"a_key_of_more_than_24_b\":1}",
     false},
    {NULL, "{\"video_id\":1,\"a_key_of_more_than_24_bytes\":1}", "{\"video_id\":1,\"a_key_of_more_than_24_b", false},
    /* a repeated field */
    {NULL, "{\"video_id\":\"cat\",\"ts\":1}", "{\"video_id\":\"cat\",\"ts\":1,\"video_id\":\"dog\"}", false},
    {NULL, "{\"video_id\":null,\"video_id\":\"cat\"}", "{\"video_id\":\"dog\",\"video_id\":null}", true},
    {NULL, "{\"video_id\":1,\"x\":1,\"video_id\":\"cat\"}", "{\"video_id\":[1],\"x\":4,\"video_id\":77}", true},
#define NESTED(items) "{\"time\":1,\"data\":{\"items\":" items ",\"type\":\"like\"},\"id\":7}"
    /* arrays longer, shorter, empty; containers of the other kind, or none */
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[{\"id\":1},{\"id\":2},{\"id\":3}]"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[{\"id\":1},{\"id\":2},3,4]"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[{\"id\":1}]"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[1,{\"id\":2}]"), true},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[ ]"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[]"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("null"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[{\"id\":1},{}]"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[{\"id\":1},null]"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[{\"id\":1},{\"id\":2}}"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[{\"id\":1},{\"id\":2]]"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[{\"id\":1}{\"id\":2}]"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[{\"id\":1},{\"id\":2},]"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("{\"1\":{\"id\":5}}"), false},
    {&nested_rules, NESTED("[{\"id\":1},{\"id\":2}]"), NESTED("[{\"id\":1},[{\"id\":2}]]"), false},
    {&nested_rules, NESTED("[]"), NESTED("[{\"id\":1},{\"id\":2}]"), false},
    {&nested_rules, NESTED("[1]"), NESTED("[]"), false},
    {&nested_rules, NESTED("[[1],[2]]"), NESTED("[[],[]]"), false},
    /* where an object ends that was entered, another may not */
    {&nested_rules, "{\"data\":{\"items\":[0,{\"id\":2}]}}", "{\"data\":{\"items\":[0,{\"id\":2}]},\"time\":5}", false},
    {&nested_rules, "{\"data\":{\"items\":[0,{\"id\":2}]}}", "{\"data\":{\"items\":[0,{\"id\":2}}}}", false},
    {&nested_rules, "{\"data\":{\"items\":[0,{\"id\":2}]}}", "{\"data\":{\"items\":[0,{\"id\":2}]}", false},
    {&nested_rules, "{\"data\":{\"items\":[0,{\"id\":2}]}}", "{\"data\":{\"items\":[0,{\"id\":2}", false},
    {&nested_rules, "{\"data\":{\"items\":[0,{\"id\":2}]}}", "{\"data\":{\"items\":[0,{\"id\":2}] } }", false},
    {&nested_rules, "{\"data\":{\"items\":{\"1\":{\"id\":2}}}}", "{\"data\":{\"items\":{\"1\":{\"id\":2}]}}", false},
    /* a name that was entered comes once more: what was found below the first is forgotten */
    {&nested_rules, NESTED("[0,{\"id\":2}]"),
     "{\"time\":1,\"data\":{\"items\":[0,{\"id\":2}],\"type\":\"like\"},\"id\":7,\"data\":{}}", false},
    {&nested_rules, NESTED("[0,{\"id\":2}]"),
     "{\"time\":1,\"data\":{\"items\":[0,{\"id\":2}],\"type\":\"like\"},\"id\":7,\"data\":null}", false},
    {&nested_rules, NESTED("[0,{\"id\":2}]"),
     "{\"time\":1,\"data\":{\"items\":[0,{\"id\":2}],\"items\":[0,{\"x\":2}],\"type\":\"like\"}}", false},
    {&nested_rules, NESTED("[0,{\"id\":2}]"),
     "{\"time\":1,\"data\":{\"items\":[0,{\"id\":2}],\"type\":\"like\",\"items\":5}}", false},
    {&nested_rules, "{\"data\":{\"type\":\"like\"},\"data\":{\"items\":[0,{\"id\":2}]}}",
     "{\"data\":{\"type\":\"like\"},\"data\":{\"items\":[0,{\"id\":3}]}}", false},
    {&nested_rules, "{\"data\":1,\"data\":{\"items\":[0,{\"id\":2}]}}",
     "{\"data\":{\"type\":\"skip\"},\"data\":{\"items\":[0,{\"id\":3}]}}", false},
    {&overlapping_rules, "{\"data\":{\"id\":1},\"x\":1}", "{\"data\":{\"id\":{\"at\":5}},\"x\":1}", false},
    {&overlapping_rules, "{\"data\":{\"id\":{\"at\":5}},\"x\":1}", "{\"data\":[1,2],\"x\":1}", false},
    /* sixteen levels; an element behind the 255th */
    {&deep_rules, "{\"a\":{\"a\":{\"a\":{\"y\":\"like\"},\"l\":1},\"l\":\"SE\"}}",
     "{\"a\":{\"a\":{\"a\":{\"y\":\"skip\"},\"l\":2},\"l\":\"NO\"}}", true},
    {&deep_rules, "{\"t\":[[1,[2025,3],4],5],\"a\":{\"l\":1}}", "{\"t\":[[1,[7,3],4],5],\"a\":{\"l\":2}}", true},
    {&deep_rules, "{\"t\":[[1,[2025,3],4],5],\"a\":{\"l\":1}}", "{\"t\":[[1,{\"0\":9},4],5],\"a\":{\"l\":2}}", false},
    {&deep_rules, "{\"t\":[[1,[2025,3],4],5],\"a\":{\"l\":1}}", "{\"t\":[[1,[2025]]]}", true},
};

/* Messages are often so short that they are read from a copy; so they are read among others, too. */
START_TEST(what_follows_a_form_is_judged_as_ever) {
    const struct pair *row = &pairs[_i];
    const char *const both[] = {row->first, row->then};
    struct event_rules rules = rules_of(row->rules);
    struct decoders *d = decoders_create(&rules);
    struct buf among = {0};
    expect_same_text(d, row->first);
    for (int again = 0; again < 3; again++) expect_same_text(d, row->then);
    decoders_forget(d);
    for (int i = 0; i < 3; i++) buf_addf(&among, "%s\n%s\n", row->first, row->then);
    expect_same(d, among.data, among.len);
    if (row->known)
        ck_assert_msg(missed(row->rules, both, 2, 1) == 1, "%s: %u", row->then, missed(row->rules, both, 2, 1));
    buf_free(&among);
    decoders_destroy(d);
}
END_TEST

/* Elements 0 to 299, some of which are needed; and with a hole of one kind or another. */
START_TEST(elements_are_counted_beyond_what_a_step_can_hold) {
    struct event_rules rules = rules_of(&far_rules);
    struct decoders *d = decoders_create(&rules);
    struct buf text = {0};
    for (int n = 250; n < 310; n += n < 254 || n > 302 ? 1 : 5)
        for (int again = 0; again < 3; again++) {
            buf_clear(&text);
            buf_addf(&text, "{\"items\":[{\"l\":\"SE\"}");
            for (int i = 1; i < n; i++) buf_addf(&text, i % 7 == again ? ",\"like\"" : ",%d", i);
            buf_addf(&text, "],\"t\":1763750040}");
            expect_same(d, text.data, text.len);
            ck_assert_int_eq(decoders_said(d)->events[0].outcome, n > 300 ? EVENT_APPLIED : EVENT_NO_ITEM);
        }
    buf_free(&text);
    decoders_destroy(d);
}
END_TEST

/* More ways to write than a form has room for, among them its own first ones. */
START_TEST(what_finds_no_room_is_read_as_ever) {
    struct event_rules rules = rules_of(&nested_rules);
    struct decoders *d = decoders_create(&rules);
    struct buf text = {0};
    for (int i = 0; i < 400; i++) {
        buf_clear(&text);
        buf_addf(&text, "{\"k%d\":1,\"data\":{\"j%d\":2,\"items\":[0,{\"id\":%d}],\"type\":\"like\"},\"time\":1}",
                 i % 90, i % 50, i);
        expect_same(d, text.data, text.len);
    }
    buf_free(&text);
    decoders_destroy(d);
}
END_TEST

START_TEST(a_line_ends_at_its_end_whatever_the_form) {
    struct event_rules rules = rules_of(NULL);
    struct decoders *d = decoders_create(&rules);
    expect_same_text(d, "{\"video_id\":1,\n\"ts\":2}\n");
    expect_same_text(d, "x\n{\"ts\":1,\"video_id\":1}\n{\"video_id\":1,\n\"ts\":2}\n");
    ck_assert_uint_eq(decoders_said(d)->n, 4);
    decoders_destroy(d);
}
END_TEST

Suite *json_form_suite(void);
Suite *json_form_suite(void) {
    Suite *s = suite_create("json_form");
    TCase *c = tcase_create("forms");
    tcase_add_loop_test(c, a_step_is_told_from_every_other_text, 1, JSON_FORM_PIECE_BYTES_MAX + 1);
    tcase_add_test(c, a_step_is_found_again_and_its_siblings_apart);
    tcase_add_test(c, a_long_text_is_cut_to_pieces);
    tcase_add_test(c, pieces_are_shared);
    tcase_add_test(c, what_cannot_be_learnt_is_not);
    tcase_add_test(c, now_and_then_all_is_forgotten);
    tcase_add_loop_test(c, an_object_like_one_before_is_recognised_by_its_form, 0, ARRAY_LEN(usual));
    tcase_add_loop_test(c, what_follows_a_form_is_judged_as_ever, 0, ARRAY_LEN(pairs));
    tcase_add_test(c, elements_are_counted_beyond_what_a_step_can_hold);
    tcase_add_test(c, what_finds_no_room_is_read_as_ever);
    tcase_add_test(c, a_line_ends_at_its_end_whatever_the_form);
    suite_add_tcase(s, c);
    return s;
}
