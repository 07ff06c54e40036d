/* unit/loadgen/check_jsonfield.c - tables of objects and the value that is found in each. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "loadgen/jsonfield.h"

static struct bytes text(const char *s) { return (struct bytes){s, strlen(s)}; }

START_TEST(the_value_is_found_as_it_is_written) {
    static const struct {
        const char *object, *value;
    } must_find[] = {
        {"{\"ts\":12}", "12"},
        {"{\"ts\":12,\"x\":1}", "12"},
        {" { \"x\" : 1 , \"ts\" : 12 } ", "12"},
        {"{\"ts\":\"a \\\"b\\\" ,}\"}", "\"a \\\"b\\\" ,}\""},
        {"{\"a\":{\"ts\":1},\"b\":[{\"ts\":2}],\"ts\":3}", "3"},
        {"{\"a\":\"\\\\\",\"ts\":4}", "4"},
        {"{\"a\":\"}\",\"b\":\"ts\",\"ts\":5}", "5"},
        {"{\"ts\":1,\"ts\":2}", "2"},
        {"{\"ts\":[1, 2],\"x\":3}", "[1, 2]"},
        {"{\"ts\":null}", "null"},
    };
    for (size_t i = 0; i < ARRAY_LEN(must_find); i++) {
        struct bytes v = {NULL, 0};
        ck_assert_msg(jsonfield_find(text(must_find[i].object), "ts", &v), "%s", must_find[i].object);
        ck_assert_msg(v.n == strlen(must_find[i].value) && memcmp(v.p, must_find[i].value, v.n) == 0, "%s: %.*s",
                      must_find[i].object, (int)v.n, v.p);
    }
}
END_TEST

START_TEST(what_is_not_there_is_not_found) {
    static const char *const must_miss[] = {
        "",        "{}",       "[1]",   "ts",  "{\"tsx\":1}", "{\"t\":1}", "{\"a\":{\"ts\":1}}",
        "{\"ts\"", "{\"ts\":", "{\"ts", "{\"", "{\"a\":\"\\", "{ts:1}"};
    for (size_t i = 0; i < ARRAY_LEN(must_miss); i++) {
        struct bytes v;
        ck_assert_msg(!jsonfield_find(text(must_miss[i]), "ts", &v), "%s", must_miss[i]);
    }
}
END_TEST

/* Method: an exact copy on the heap of every prefix, so that AddressSanitizer sees a step beyond the end. */
START_TEST(cut_off_objects_are_not_read_beyond_their_end) {
    static const char whole[] = "{\"a\\\"\":[{\"b\":\"\\\\\"}], \"ts\" : \"2026\\u0041\" , \"c\":{}}";
    for (size_t n = 0; n < sizeof whole; n++) {
        char *copy = malloc(n > 0 ? n : 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, whole, n);
        struct bytes v = {copy, 0};
        if (jsonfield_find((struct bytes){copy, n}, "ts", &v)) ck_assert(v.p >= copy && v.p + v.n <= copy + n);
        free(copy);
    }
}
END_TEST

START_TEST(times_are_understood) {
    static const struct {
        const char *value;
        int64_t ms;
    } must_read[] = {{"1291191960000", 1291191960000},
                     {"1291191960", 1291191960000},
                     {"1291191960.25", 1291191960250},
                     {"\"1291191960000\"", 1291191960000},
                     {"\"2010-12-01T08:26:00Z\"", 1291191960000}};
    static const char *const must_refuse[] = {"null", "\"\"", "true", "-5", "1e9", "\"soon\"", "[1]"};
    int64_t ms;
    for (size_t i = 0; i < ARRAY_LEN(must_read); i++)
        ck_assert_msg(jsonfield_time(text(must_read[i].value), &ms) && ms == must_read[i].ms, "%s", must_read[i].value);
    for (size_t i = 0; i < ARRAY_LEN(must_refuse); i++)
        ck_assert_msg(!jsonfield_time(text(must_refuse[i]), &ms), "%s", must_refuse[i]);
}
END_TEST

Suite *jsonfield_suite(void);

Suite *jsonfield_suite(void) {
    Suite *s = suite_create("jsonfield");
    TCase *c = tcase_create("search");
    tcase_add_test(c, the_value_is_found_as_it_is_written);
    tcase_add_test(c, what_is_not_there_is_not_found);
    tcase_add_test(c, cut_off_objects_are_not_read_beyond_their_end);
    tcase_add_test(c, times_are_understood);
    suite_add_tcase(s, c);
    return s;
}
