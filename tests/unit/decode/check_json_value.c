/* unit/decode/check_json_value.c - what a needed value means where that takes more than a look. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "decode/json_value.h"
#include "event/arena.h"

#define D64 "1234567890123456789012345678901234567890123456789012345678901234"

static const struct {
    const char *json;
    enum event_kind kind;
    const char *text; /* of a string or an integer */
    double real;
} words[] = {
    {"null", EVENT_ABSENT, NULL, 0},
    {"0", EVENT_INTEGER, "0", 0},
    {"-0", EVENT_INTEGER, "0", 0},
    {"7", EVENT_INTEGER, "7", 0},
    {"-7", EVENT_INTEGER, "-7", 0},
    {"9223372036854775807", EVENT_INTEGER, "9223372036854775807", 0},
    {"-9223372036854775808", EVENT_INTEGER, "-9223372036854775808", 0},
    {"9223372036854775808", EVENT_BIG_INTEGER, "9223372036854775808", 0},
    {"-9223372036854775809", EVENT_BIG_INTEGER, "-9223372036854775809", 0},
    {D64 D64, EVENT_BIG_INTEGER, D64 D64, 0},
    {"-0.0", EVENT_REAL, NULL, 0},
    {"0.5", EVENT_REAL, NULL, 0.5},
    {"-1.5", EVENT_REAL, NULL, -1.5},
    {"1e5", EVENT_REAL, NULL, 1e5},
    {"1E+5", EVENT_REAL, NULL, 1e5},
    {"2E-7", EVENT_REAL, NULL, 2e-7},
    {"1e-999", EVENT_REAL, NULL, 0},
    {"1.7976931348623157e308", EVENT_REAL, NULL, 1.7976931348623157e308},
    {"1e309", EVENT_OTHER, NULL, 0},
    {"-1e309", EVENT_OTHER, NULL, 0},
    {D64 D64 D64 D64 D64 ".0", EVENT_OTHER, NULL, 0},
    {"-", EVENT_OTHER, NULL, 0},
    {"--1", EVENT_OTHER, NULL, 0},
    {"-null", EVENT_OTHER, NULL, 0},
    {"+1", EVENT_OTHER, NULL, 0},
    {"00", EVENT_OTHER, NULL, 0},
    {"01", EVENT_OTHER, NULL, 0},
    {"-01", EVENT_OTHER, NULL, 0},
    {"1.", EVENT_OTHER, NULL, 0},
    {".5", EVENT_OTHER, NULL, 0},
    {"1e", EVENT_OTHER, NULL, 0},
    {"1e+", EVENT_OTHER, NULL, 0},
    {"0x10", EVENT_OTHER, NULL, 0},
    {"1x", EVENT_OTHER, NULL, 0},
    {"1.5x", EVENT_OTHER, NULL, 0},
    {"NaN", EVENT_OTHER, NULL, 0},
    {"Infinity", EVENT_OTHER, NULL, 0},
    {"-Infinity", EVENT_OTHER, NULL, 0},
    {"true", EVENT_OTHER, NULL, 0},
    {"false", EVENT_OTHER, NULL, 0},
    {"True", EVENT_OTHER, NULL, 0},
    {"Null", EVENT_OTHER, NULL, 0},
    {"nul", EVENT_OTHER, NULL, 0},
    {"nulls", EVENT_OTHER, NULL, 0},
    {"\x7f", EVENT_OTHER, NULL, 0},
    {"\xc3\xa9", EVENT_OTHER, NULL, 0},
};

static void expect_value(const struct event_value *v, enum event_kind kind, struct bytes text, const char *what) {
    ck_assert_msg(v->kind == kind, "%s is of kind %d", what, v->kind);
    if (text.p == NULL) return;
    ck_assert_msg(v->text.n == text.n && memcmp(v->text.p, text.p, text.n) == 0, "%s is '%.*s'", what, (int)v->text.n,
                  v->text.p);
}

START_TEST(a_word_is_null_a_number_or_nothing) {
    const char *json = words[_i].json, *text = words[_i].text;
    struct event_value v = {.kind = EVENT_STRING, .plain = true, .text = {"before", 6}, .integer = 9, .real = 9};
    json_value_of_word((struct bytes){json, strlen(json)}, &v);
    expect_value(&v, words[_i].kind, (struct bytes){text, text != NULL ? strlen(text) : 0}, json);
    if (v.kind == EVENT_REAL) ck_assert_msg(v.real == words[_i].real, "%s is %g", json, v.real);
    if (v.kind == EVENT_INTEGER) {
        char back[32];
        snprintf(back, sizeof back, "%lld", (long long)v.integer);
        ck_assert_str_eq(back, text);
    }
}
END_TEST

static const struct {
    struct bytes json;
    struct bytes text; /* p == NULL: it cannot be read */
} strings[] = {
#define ROW(json, text)                                                                                                \
    {                                                                                                                  \
        {json, sizeof(json) - 1}, { text, sizeof(text) - 1 }                                                           \
    }
#define NONE(json)                                                                                                     \
    {                                                                                                                  \
        {json, sizeof(json) - 1}, { NULL, 0 }                                                                          \
    }
    ROW("\"\"", ""),
    ROW("\"cat\"", "cat"),
    ROW("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"),
    ROW("\"\\u00e9\\u20AC\\ud83d\\ude00\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
    ROW("\"\x7f\\u0001\\u007f\"", "\x7f\1\x7f"),
    ROW("\"\xc3\xa9\\n\"", "\xc3\xa9\n"),
    NONE("\"\\u0000\""),
    NONE("\"a\0b\""),
    NONE("\"a\tb\""),
    NONE("\"\\x41\""),
    NONE("\"\\u00g0\""),
    NONE("\"\\u00\""),
    NONE("\"\\ud83d\""),
    NONE("\"\\ud83d\\u0041\""),
    NONE("\"\\ud83d\\n\""),
    NONE("\"\\ude00\""),
    NONE("\"\\ude00\\ud83d\""),
    NONE("\"\xff\""),
    NONE("\"\xc3\""),
    NONE("\"\xc0\x80\""),
    NONE("\"\xed\xa0\x80\""),
    NONE("\"\xf4\x90\x80\x80\""),
};

START_TEST(a_string_is_what_jansson_makes_of_it) {
    struct event_arena *arena = event_arena_create();
    struct event_value v = {.kind = EVENT_STRING, .plain = true};
    json_value_of_string(strings[_i].json, arena, &v);
    bool read = strings[_i].text.p != NULL;
    expect_value(&v, read ? EVENT_STRING : EVENT_OTHER, strings[_i].text, strings[_i].json.p);
    ck_assert(!v.plain); /* it may hold a control character */
    event_arena_destroy(arena);
}
END_TEST

static const struct {
    struct bytes text;
    enum event_kind kind;
} texts[] = {
#define TEXT(text, kind)                                                                                               \
    { {text, sizeof(text) - 1}, kind }
    {{NULL, 0}, EVENT_ABSENT},
    TEXT("", EVENT_STRING),
    TEXT("cat", EVENT_STRING),
    TEXT("\"cat\"", EVENT_STRING),
    TEXT("null", EVENT_STRING),
    TEXT("a\\u0041\n\x7f", EVENT_STRING),
    TEXT("\xf0\x9f\x98\x80", EVENT_STRING),
    TEXT("a\0", EVENT_OTHER),
    TEXT("\0", EVENT_OTHER),
    TEXT("\xff", EVENT_OTHER),
    TEXT("\xc3", EVENT_OTHER),
    TEXT("\xed\xa0\x80", EVENT_OTHER),
};

START_TEST(a_text_beside_the_value_is_taken_as_it_is) {
    struct event_value v = {.kind = EVENT_REAL, .plain = true};
    json_value_of_text(texts[_i].text, &v);
    ck_assert_int_eq(v.kind, texts[_i].kind);
    ck_assert(!v.plain);
    if (v.kind == EVENT_STRING) ck_assert(v.text.p == texts[_i].text.p && v.text.n == texts[_i].text.n);
}
END_TEST

Suite *json_value_suite(void);
Suite *json_value_suite(void) {
    Suite *s = suite_create("json_value");
    TCase *c = tcase_create("values");
    tcase_add_loop_test(c, a_word_is_null_a_number_or_nothing, 0, ARRAY_LEN(words));
    tcase_add_loop_test(c, a_string_is_what_jansson_makes_of_it, 0, ARRAY_LEN(strings));
    tcase_add_loop_test(c, a_text_beside_the_value_is_taken_as_it_is, 0, ARRAY_LEN(texts));
    suite_add_tcase(s, c);
    return s;
}
