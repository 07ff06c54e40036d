/* unit/decode/check_json_scan.c - the fast path.
 * What it must recognise, what it must leave alone, and that it always says what jansson says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode/json_scan.h"
#include "decode_given.h"
#include "decode_same.h"

#define X16  "xxxxxxxxxxxxxxxx"
#define X64  X16 X16 X16 X16
#define X256 X64 X64 X64 X64
#define CAT  "{\"video_id\":\"cat\",\"ts\":1}"
#define DOG  "{\"video_id\":\"dog\",\"ts\":2}"
/* Around one value of a field that is not needed. */
#define SKIPPED(value) "{\"video_id\":\"cat\",\"x\":" value ",\"ts\":1763751600}"

static const char *const recognised[] = {
    "{\"video_id\":\"v208711\",\"location\":\"VE\",\"type\":\"view\",\"ts\":1763750040000,\"user_id\":\"u793275\"}",
    "{\"video_id\": \"v208711\", \"location\": \"VE\", \"type\": \"view\", \"ts\": 1763750040000, \"user_id\": \"u7\"}",
    "{\"ts\":1763750040,\"user_id\":793275,\"type\":\"like\",\"location\":\"VE\",\"video_id\":208711}",
    "{\"ts\":\"2025-11-21T19:00:00Z\",\"video_id\":-7,\"location\":null}",
    "{\"ts\":1763751600.123456,\"video_id\":123456789012345678,\"value\":0.5}",
    "{\n  \"video_id\": \"cat\",\n\t\"location\" : \"United Kingdom\",\r\n  \"ts\": 1763751600\n}\n",
    "  {\"video_id\":\"cat\",\"type\":\"skip\",\"value\":-1}\r\n\t",
    "{\"location\":\"S\xc3\xa3o Paulo\",\"video_id\":\"\xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x98\x80\"}",
    "{\"video_id\":\"" X256 "\",\"location\":\"" X64 "\"}",
    "{\"video_id\":\"" X256 "x\",\"location\":\"" X64 "x\",\"type\":true}",
    "{\"video_id\":[{\"video_id\":1}],\"location\":7,\"ts\":{},\"type\":1.5,\"value\":\"\"}",
    "{\"video_id\":null,\"video_id\":\"cat\",\"ts\":null}",
    "{\"\":\"\",\"" X256 "\":1,\"video_id\":\"cat\"}",
    "{                   }",
    SKIPPED("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\xc3\xa9\x7f\""),
    SKIPPED("\"" X256 X256 "\""),
    SKIPPED("{\"a\":[1,-2.5,1e5,2E-7,0.0,true,false,null,{},[],\"}\\\"]\"],\"video_id\":\"dog\"}"),
    SKIPPED(" [ 1 , { \"a\" : [ ] } ]\n"),
    SKIPPED("-0"),
    SKIPPED("1.123456789012345678"),
    "[" CAT "," DOG "]",
    " [ " CAT " ,\r\n\t" DOG " ] \n",
    "[1,\"],{\",null," CAT ",[" DOG ",[]],-1.5e3]",
    "[               ]",
    CAT "\n" DOG,
    CAT "\r\n" DOG "\r\n",
    " " CAT "\t\n\t" DOG " \r",
};

START_TEST(usual_messages_are_recognised) {
    const char *message = recognised[_i];
    struct bytes text = {message, strlen(message)};
    ck_assert_msg(expect_same(given_rules(), text, RECORD_TIME_MS), "not recognised: %s", message);
    expect_same(given_rules(), text, -1);
}
END_TEST

/* Of the first object of a message. */
static const struct {
    const char *message;
    enum json_scanned want;
} alone[] = {
    {CAT, JSON_SCAN_WHOLE},
    {CAT " \n", JSON_SCAN_WHOLE},
    {CAT "\n" DOG, JSON_SCAN_FIRST},
    {CAT " x", JSON_SCAN_FIRST},
    {CAT "}", JSON_SCAN_FIRST},
    /* not an object, or not one to its end */
    {"\"a string of some length\"", JSON_SCAN_UNKNOWN},
    {"[{\"video_id\":\"cat\"}]", JSON_SCAN_UNKNOWN},
    {"                              ", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":\"cat\",\"ts\":1", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":\"cat\",\"ts\":{}", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":\"cat\",\"ts\":1]", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":\"cat\",\"ts\":1,}", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":\"cat\" \"ts\":1}", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":\"cat\",\"ts\" 1}", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":\"cat\",ts:1}      ", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":\"cat\",\"ts\":}", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":\"cat}       ", JSON_SCAN_UNKNOWN},
    {"{\f\"video_id\":\"cat\",\"ts\":1}", JSON_SCAN_UNKNOWN},
    /* escapes where the text is needed */
    {"{\"video_id\":\"c\\u0061t\",\"ts\":1}", JSON_SCAN_UNKNOWN},
    {"{\"video\\u005fid\":\"cat\",\"ts\":1}", JSON_SCAN_UNKNOWN},
    {SKIPPED("{\"\\n\":1}"), JSON_SCAN_UNKNOWN},
    /* of a repeated key the last counts */
    {"{\"video_id\":1,\"video_id\":\"cat\"}", JSON_SCAN_WHOLE},
    {"{\"video_id\":\"cat\",\"video_id\":null}", JSON_SCAN_WHOLE},
    {"{\"video_id\":\"cat\",\"location\":\"\x7f\",\"location\":\"SE\",\"ts\":\"x\",\"ts\":1}", JSON_SCAN_WHOLE},
    {"{\"video_id\":[],\"video_id\":\"cat\",\"ts\":1,\"ts\":1.5,\"value\":\"\",\"value\":true}", JSON_SCAN_WHOLE},
    /* strings that are none */
    {SKIPPED("\"\\u0000\""), JSON_SCAN_UNKNOWN},
    {SKIPPED("\"\\u00g0\""), JSON_SCAN_UNKNOWN},
    {SKIPPED("\"\\ud83d\""), JSON_SCAN_UNKNOWN},
    {SKIPPED("\"\\ud83d\\n\""), JSON_SCAN_UNKNOWN},
    {SKIPPED("\"\\ud83d\\u0041\""), JSON_SCAN_UNKNOWN},
    {SKIPPED("\"\\ude00\""), JSON_SCAN_UNKNOWN},
    {SKIPPED("\"\\ude00\\ude00\""), JSON_SCAN_UNKNOWN},
    {SKIPPED("\"\\x41\""), JSON_SCAN_UNKNOWN},
    {SKIPPED("\"a\tb\""), JSON_SCAN_UNKNOWN},
    {SKIPPED("\"\xff\""), JSON_SCAN_UNKNOWN},
    {SKIPPED("\"\xc3\""), JSON_SCAN_UNKNOWN},
    {SKIPPED("\xc3\xa9"), JSON_SCAN_UNKNOWN},
    /* numbers that are none, or that only jansson can read */
    {SKIPPED("01"), JSON_SCAN_UNKNOWN},
    {SKIPPED("1."), JSON_SCAN_UNKNOWN},
    {SKIPPED(".5"), JSON_SCAN_UNKNOWN},
    {SKIPPED("-"), JSON_SCAN_UNKNOWN},
    {SKIPPED("+1"), JSON_SCAN_UNKNOWN},
    {SKIPPED("1e"), JSON_SCAN_UNKNOWN},
    {SKIPPED("1e+"), JSON_SCAN_UNKNOWN},
    {SKIPPED("1e400"), JSON_SCAN_UNKNOWN},
    {SKIPPED("1x"), JSON_SCAN_UNKNOWN},
    {SKIPPED("1234567890123456789"), JSON_SCAN_UNKNOWN},
    {"{\"video_id\":-0,\"ts\":1763751600}", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":1,\"ts\":1763751600e0}", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":1,\"ts\":1763751600.1234567}", JSON_SCAN_UNKNOWN},
    {"{\"video_id\":1,\"value\":-0.0}", JSON_SCAN_UNKNOWN},
    /* words that are none */
    {SKIPPED("tru"), JSON_SCAN_UNKNOWN},
    {SKIPPED("nulls"), JSON_SCAN_UNKNOWN},
    {SKIPPED("True"), JSON_SCAN_UNKNOWN},
    /* containers that are none */
    {SKIPPED("[1,]"), JSON_SCAN_UNKNOWN},
    {SKIPPED("[1 2]"), JSON_SCAN_UNKNOWN},
    {SKIPPED("{\"a\"}"), JSON_SCAN_UNKNOWN},
    {SKIPPED("{\"a\":1,}"), JSON_SCAN_UNKNOWN},
    {SKIPPED("{1:1}"), JSON_SCAN_UNKNOWN},
    {SKIPPED("[1}"), JSON_SCAN_UNKNOWN},
};

START_TEST(what_is_odd_is_left_to_jansson) {
    const char *message = alone[_i].message;
    struct bytes text = {message, strlen(message)};
    struct json_names names;
    struct event_batch b;
    struct json_scan s = {given_rules(), &names, &b, text, .record_time_ms = RECORD_TIME_MS};
    json_names_init(&names, given_rules());
    event_batch_init(&b);
    ck_assert_msg((json_scan_start(&s) ? json_scan_object(&s) : JSON_SCAN_UNKNOWN) == alone[_i].want, "%s", message);
    ck_assert_uint_eq(b.n, alone[_i].want == JSON_SCAN_WHOLE);
    expect_same(given_rules(), text, RECORD_TIME_MS);
    event_batch_deinit(&b);
}
END_TEST

/* jansson forgets a NUL that follows a number; whoever is the authority is so in this, too. */
START_TEST(nul_bytes_are_left_to_jansson) {
    static const char number[] = "{\"video_id\":12345\0,\"ts\":1763751600}",
                      text[] = "{\"video_id\":\"c\0t\",\"ts\":1}";
    ck_assert(!expect_same(given_rules(), (struct bytes){number, sizeof number - 1}, 0));
    expect_same(given_rules(), (struct bytes){text, sizeof text - 1}, 0);
}
END_TEST

START_TEST(depth_is_bounded) {
    char text[512];
    for (int depth = 1; depth <= 100; depth++) {
        char *p = stpcpy(text, "{\"video_id\":\"deep\",\"x\":");
        memset(p, '[', depth);
        memset(p + depth, ']', depth);
        strcpy(p + 2 * depth, "}");
        bool fast = expect_same(given_rules(), (struct bytes){text, strlen(text)}, 0);
        ck_assert_msg(fast == (depth <= JSON_TOKEN_DEPTH_MAX), "depth %d", depth);
    }
}
END_TEST

/* Wherever a block of 64 bytes ends, in a string or out of it, and wherever the message is cut. */
START_TEST(every_length_and_every_cut_is_judged_alike) {
    static const char format[] = "{\"pad\":\"%.*s\",\"video_id\":\"v1\",\"ts\":17637516%.*s,\"location\":\"\xc3\xa9\"}";
    static const char xs[] = X256, digits[] = "0000000000";
    char text[512];
    for (int pad = 0; pad < 200; pad++) {
        int n = snprintf(text, sizeof text, format, pad, xs, pad % 11, digits);
        ck_assert(expect_same(given_rules(), (struct bytes){text, n}, 0));
        for (int cut = _i; cut < n; cut += 8) expect_same(given_rules(), (struct bytes){text, cut}, 0);
    }
}
END_TEST

/* Names longer than the eight bytes that are compared first, and names that begin alike. */
START_TEST(names_are_told_apart_to_their_last_byte) {
    struct event_rules r = *given_rules();
    r.fields[EVENT_FIELD_ITEM] = "content_identifier";
    r.fields[EVENT_FIELD_LOCATION] = "content_identifies";
    r.fields[EVENT_FIELD_TYPE] = "content_";
    r.fields[EVENT_FIELD_TIME] = "content";
    r.fields[EVENT_FIELD_VALUE] = "";
    static const char text[] = "{\"content_identifier\":\"i\",\"content_identifies\":\"l\",\"content_\":\"like\","
                               "\"content\":1763751600,\"content_identifiex\":[],\"content_i\":[],\"conten\":[],"
                               "\"contenT\":[],\"content_identifierr\":[],\"\":2}";
    ck_assert(expect_same(&r, (struct bytes){text, sizeof text - 1}, 0));
    struct decoded d = decoded_with(&r, text, sizeof text - 1, 0);
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "applied i l 1763751600000 4");
    decoded_free(&d);
    r.fields[EVENT_FIELD_VALUE] = "content"; /* two fields of one name: nothing is recognised */
    ck_assert(!expect_same(&r, (struct bytes){text, sizeof text - 1}, 0));
}
END_TEST

Suite *json_scan_suite(void);
Suite *json_scan_suite(void) {
    Suite *s = suite_create("json_scan");
    TCase *c = tcase_create("messages");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, usual_messages_are_recognised, 0, ARRAY_LEN(recognised));
    tcase_add_loop_test(c, what_is_odd_is_left_to_jansson, 0, ARRAY_LEN(alone));
    tcase_add_test(c, nul_bytes_are_left_to_jansson);
    tcase_add_test(c, depth_is_bounded);
    tcase_add_loop_test(c, every_length_and_every_cut_is_judged_alike, 0, 8);
    tcase_add_test(c, names_are_told_apart_to_their_last_byte);
    suite_add_tcase(s, c);
    return s;
}
