/* unit/decode/check_json_scan.c - messages at the ends of what a scanner looks at in one go.
 * Goal: neither where a block ends nor where a message ends changes what is said.
 * Method: every length and every cut of a few messages; all that support/decoders.h names must agree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode_given.h"
#include "decode_same.h"

#define X16  "xxxxxxxxxxxxxxxx"
#define X64  X16 X16 X16 X16
#define X256 X64 X64 X64 X64
#define CAT  "{\"video_id\":\"cat\",\"ts\":1}"
#define DOG  "{\"video_id\":\"dog\",\"ts\":2}"
/* Around one value of a field that is not needed. */
#define SKIPPED(value) "{\"video_id\":\"cat\",\"x\":" value ",\"ts\":1763751600}"

static const char *const usual[] = {
    "{\"video_id\":\"v208711\",\"location\":\"VE\",\"type\":\"view\",\"ts\":1763750040000,\"user_id\":\"u793275\"}",
    "{\"video_id\": \"v208711\", \"location\": \"VE\", \"type\": \"view\", \"ts\": 1763750040000, \"user_id\": \"u7\"}",
    "{\"ts\":1763750040,\"user_id\":793275,\"type\":\"like\",\"location\":\"VE\",\"video_id\":208711}",
    "{\"ts\":\"2025-11-21T19:00:00Z\",\"video_id\":-7,\"location\":null}",
    "{\"ts\":1763751600.123456,\"video_id\":123456789012345678,\"id\":0.5}",
    "{\n  \"video_id\": \"cat\",\n\t\"location\" : \"United Kingdom\",\r\n  \"ts\": 1763751600\n}\n",
    "  {\"video_id\":\"cat\",\"type\":\"skip\",\"id\":-1}\r\n\t",
    "{\"location\":\"S\xc3\xa3o Paulo\",\"video_id\":\"\xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x98\x80\"}",
    "{\"video_id\":\"" X256 "\",\"location\":\"" X64 "\"}",
    "{\"video_id\":\"" X256 "x\",\"location\":\"" X64 "x\",\"type\":true}",
    "{\"video_id\":[{\"video_id\":1}],\"location\":7,\"ts\":{},\"type\":1.5,\"id\":\"\"}",
    "{\"video_id\":null,\"video_id\":\"cat\",\"ts\":null}",
    "{\"\":\"\",\"" X256 "\":1,\"video_id\":\"cat\"}",
    "{                   }",
    SKIPPED("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\xc3\xa9\x7f\""),
    SKIPPED("\"" X256 X256 "\""),
    SKIPPED("{\"a\":[1,-2.5,1e5,2E-7,0.0,true,false,null,{},[],\"}\\\"]\"],\"video_id\":\"dog\"}"),
    SKIPPED(" [ 1 , { \"a\" : [ ] } ]\n"),
    "[" CAT "," DOG "]",
    " [ " CAT " ,\r\n\t" DOG " ] \n",
    "[1,\"],{\",null," CAT ",[" DOG ",[]],-1.5e3]",
    "[               ]",
    CAT "\n" DOG,
    CAT "\r\n" DOG "\r\n",
    CAT DOG "rubbish\n" CAT "}\n" DOG,
};

/* Behind up to 20 blanks, so that all ends of pieces are met. */
START_TEST(every_cut_of_a_message_is_judged_alike) {
    struct event_rules rules = same_rules();
    struct decoders *d = decoders_create(&rules);
    char text[1024];
    for (int blanks = 0; blanks < 20; blanks++) {
        int n = snprintf(text, sizeof text, "%*s%s", blanks, "", usual[_i]);
        ck_assert_int_lt(n, (int)sizeof text);
        for (int cut = n; cut >= 0; cut -= 1 + (n > 200 ? cut % 7 : 0)) expect_same(d, text, (size_t)cut);
    }
    decoders_destroy(d);
}
END_TEST

/* jansson must agree, and something must be applied: else the test above says little. */
START_TEST(usual_messages_are_understood) {
    struct event_rules rules = same_rules();
    struct decoders *d = decoders_create(&rules);
    expect_same_text(d, usual[_i]);
    bool lines = strstr(usual[_i], CAT "\n") != NULL || strstr(usual[_i], CAT "\r") != NULL ||
                 strstr(usual[_i], CAT DOG) != NULL;
    ck_assert_int_eq(decoders_jansson_spoke(d), !lines);
    decoders_destroy(d);
}
END_TEST

/* Wherever a block of 64 bytes ends, in a string or out of it, and wherever the message is cut. */
START_TEST(every_length_and_every_cut_is_judged_alike) {
    static const char format[] = "{\"pad\":\"%.*s\",\"video_id\":\"v1\",\"ts\":17637516%.*s,\"location\":\"\xc3\xa9\"}";
    static const char xs[] = X256, digits[] = "0000000000";
    struct event_rules rules = same_rules();
    struct decoders *d = decoders_create(&rules);
    char text[512];
    for (int pad = 0; pad < 200; pad++) {
        int n = snprintf(text, sizeof text, format, pad, xs, pad % 11, digits);
        expect_same(d, text, (size_t)n);
        ck_assert_int_eq(decoders_said(d)->events[0].outcome, EVENT_APPLIED);
        for (int cut = _i; cut < n; cut += 8) expect_same(d, text, (size_t)cut);
    }
    decoders_destroy(d);
}
END_TEST

/* The same in a member that is entered and in one that is not. */
START_TEST(every_length_of_what_is_nested_is_judged_alike) {
    static const char format[] = "{\"data\":{\"pad\":\"%.*s\",\"items\":[{\"q\":[%.*s]},{\"id\":\"v1\"}]},"
                                 "\"x\":{\"\":\"%.*s\"},\"ts\":17637516%.*s}";
    static const char xs[] = X256, digits[] = "0000000000";
    struct event_rules rules = same_rules();
    rules.fields[EVENT_FIELD_ITEM] = "/data/items/1/id";
    rules.fields[EVENT_FIELD_LOCATION] = "/data/pad";
    struct decoders *d = decoders_create(&rules);
    char text[768];
    for (int pad = 0; pad < 140; pad++) {
        int n = snprintf(text, sizeof text, format, pad * 7 % 70, xs, pad % 3, digits, pad, xs, pad % 11, digits);
        expect_same(d, text, (size_t)n);
        for (int cut = _i; cut < n; cut += 8) expect_same(d, text, (size_t)cut);
    }
    decoders_destroy(d);
}
END_TEST

/* Names longer than the eight bytes that are compared first, and names that begin alike. */
START_TEST(names_are_told_apart_in_a_message) {
    struct event_rules r = *given_rules();
    r.fields[EVENT_FIELD_ITEM] = "content_identifier";
    r.fields[EVENT_FIELD_LOCATION] = "content_identifies";
    r.fields[EVENT_FIELD_TYPE] = "content_";
    r.fields[EVENT_FIELD_TIME] = "content";
    r.fields[EVENT_FIELD_VALUE] = "";
    static const char text[] = "{\"content_identifier\":\"i\",\"content_identifies\":\"l\",\"content_\":\"like\","
                               "\"content\":1763751600,\"content_identifiex\":[],\"content_i\":[],\"conten\":[],"
                               "\"contenT\":[],\"content_identifierr\":[],\"\":2}";
    struct decoded d = decoded_with(&r, text, sizeof text - 1, 0);
    ck_assert_str_eq(decoded_line_without_raw(&d, 0), "applied i l 1763751600000 4");
    decoded_free(&d);
}
END_TEST

/* Fields with one place have one value. */
START_TEST(a_value_may_serve_several_fields) {
    struct event_rules r = *given_rules();
    r.fields[EVENT_FIELD_LOCATION] = r.fields[EVENT_FIELD_TYPE] = "/video_id";
    r.fields[EVENT_FIELD_VALUE] = "ts";
    static const char *const texts[] = {"{\"video_id\":\"like\",\"ts\":7}", "{\"ts\":7,\"x\":1,\"video_id\":\"like\"}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct decoded d = decoded_with(&r, texts[i], strlen(texts[i]), 0);
        ck_assert_str_eq(decoded_line_without_raw(&d, 0), "applied like like 7000 4");
        decoded_free(&d);
    }
}
END_TEST

/* One way, and what stands at its end, by rules as people set them. */
static const struct {
    const char *item, *text, *want;
} paths[] = {
    {"/data/id", "{\"data\":{\"id\":\"a\"}}", "a"},
    {"/data/id", "{\"id\":\"b\",\"data\":{\"x\":{\"id\":\"c\"},\"id\":\"a\"}}", "a"},
    {"/data/id", "{\"data\":[{\"id\":\"a\"}]}", NULL},
    {"/data/id", "{\"data\":\"id\"}", NULL},
    {"/data/id", "{\"data\":null}", NULL},
    {"/data/id", "{\"data\":{}}", NULL},
    {"/data/id", "{}", NULL},
    {"/data/id", "{\"data\":{\"id\":\"a\"},\"data\":{\"id\":\"b\"}}", "b"},
    {"/data/id", "{\"data\":{\"id\":\"a\"},\"data\":{}}", NULL},
    {"/data/id", "{\"data\":{\"id\":\"a\"},\"data\":7}", NULL},
    {"/data/id", "{\"data\":{\"id\":\"a\",\"id\":null}}", NULL},
    {"/data/id", "{\"d\\u0061ta\":{\"\\u0069d\":\"a\"}}", "a"},
    {"/data/id", "{\"data\":{\"id\":\"a\"},\"d\\u0061ta\":{}}", NULL},
    {"data/id", "{\"data\":{\"id\":\"a\"},\"data/id\":\"b\"}", "b"},
    {"/data~1id", "{\"data\":{\"id\":\"a\"},\"data/id\":\"b\"}", "b"},
    {"/m~0n", "{\"m~n\":\"a\",\"m~0n\":\"b\"}", "a"},
    {"/m~01", "{\"m/\":\"b\",\"m~1\":\"a\"}", "a"},
    {"data.id", "{\"data\":{\"id\":\"a\"},\"data.id\":\"b\"}", "b"},
    {"/", "{\"\":\"a\"}", "a"},
    {"//", "{\"\":{\"\":\"a\"}}", "a"},
    {"/a/", "{\"a\":{\"\":\"a\"}}", "a"},
    {"/items/0", "{\"items\":[\"a\",\"b\"]}", "a"},
    {"/items/1", "{\"items\":[\"a\",\"b\"]}", "b"},
    {"/items/2", "{\"items\":[\"a\",\"b\"]}", NULL},
    {"/items/-", "{\"items\":[\"a\",\"b\"]}", NULL},
    {"/items/01", "{\"items\":[\"a\",\"b\"]}", NULL},
    {"/items/+1", "{\"items\":[\"a\",\"b\"]}", NULL},
    {"/items/4294967297", "{\"items\":[\"a\",\"b\"]}", NULL},
    {"/items/1", "{\"items\":{\"1\":\"a\"}}", "a"},
    {"/items/01", "{\"items\":{\"01\":\"a\",\"1\":\"b\"}}", "a"},
    {"/items/-", "{\"items\":{\"-\":\"a\"}}", "a"},
    {"/items/1/id", "{\"items\":[[],{\"id\":\"a\"},{\"id\":\"b\"}]}", "a"},
    {"/items/1/id", "{\"items\":[{\"id\":\"x\"},7,{\"id\":\"b\"}]}", NULL},
    {"/1/0/1", "{\"1\":[[7,\"a\"],[8]]}", "a"},
    {"/0", "{\"0\":\"a\"}", "a"},
    /* what is on the way must be well-formed, or its object is none; what is beside it need not be */
    {"/data/id", "{\"data\":{\"id\":\"a\"]}", ""},
    {"/data/id", "{\"data\":{\"id\" \"a\"}}", ""},
    {"/data/id", "{\"data\":{\"x\":[1 2,:],\"id\":\"a\"}}", "a"},
    {"/data/id", "{\"data\":{\"x\":[1 2,}],\"id\":\"a\"}}", ""},
    {"/data/id", "{\"data\":[1 2]}", ""},
    {"/data/id", "{\"data\":[1,]}", ""},
    {"/data/id", "{\"data\":[\"id\":1]}", ""},
    {"/data/id", "{\"data\":{1:2}}", ""},
    {"/data/id", "{\"data\":{\"id\":\"a\"},\"data\":{1:2}}", ""},
    {"/data/id", "{\"data\":{1:2},\"data\":{\"id\":\"a\"}}", ""},
    {"/data", "{\"data\":[1 2],\"x\":{1:2}}", "[]"},
};

/* WANT: the item; NULL: none; "": the message is malformed; "[]": it is a bad one. */
START_TEST(a_path_leads_to_its_value) {
    const char *text = paths[_i].text, *want = paths[_i].want;
    struct event_rules rules = same_rules();
    rules.fields[EVENT_FIELD_ITEM] = paths[_i].item;
    enum event_outcome outcome = want == NULL              ? EVENT_NO_ITEM
                                 : *want == '\0'           ? EVENT_MALFORMED
                                 : strcmp(want, "[]") == 0 ? EVENT_BAD_ITEM
                                                           : EVENT_APPLIED;
    struct decoders *d = decoders_create(&rules);
    for (int again = 0; again < 3; again++) {
        expect_same_text(d, text);
        const struct event *ev = &decoders_said(d)->events[0];
        ck_assert_msg(ev->outcome == outcome, "%s of %s: %s", paths[_i].item, text, event_outcome_name(ev->outcome));
        if (outcome == EVENT_APPLIED) ck_assert_mem_eq(ev->item.p, want, strlen(want));
    }
    decoders_destroy(d);
}
END_TEST

Suite *json_scan_suite(void);
Suite *json_scan_suite(void) {
    Suite *s = suite_create("json_scan");
    TCase *c = tcase_create("messages");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, every_cut_of_a_message_is_judged_alike, 0, ARRAY_LEN(usual));
    tcase_add_loop_test(c, usual_messages_are_understood, 0, ARRAY_LEN(usual));
    tcase_add_loop_test(c, every_length_and_every_cut_is_judged_alike, 0, 8);
    tcase_add_loop_test(c, every_length_of_what_is_nested_is_judged_alike, 0, 8);
    tcase_add_test(c, names_are_told_apart_in_a_message);
    tcase_add_test(c, a_value_may_serve_several_fields);
    tcase_add_loop_test(c, a_path_leads_to_its_value, 0, ARRAY_LEN(paths));
    suite_add_tcase(s, c);
    return s;
}
