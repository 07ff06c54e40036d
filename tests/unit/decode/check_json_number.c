/* unit/decode/check_json_number.c - numbers that are read without jansson: to the last bit what it would say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode/json_number.h"
#include "decode_random.h"

/* What is read of a number is what strtod reads of it, to the last bit. */
START_TEST(real_numbers_are_the_nearest_doubles) {
    struct decode_random r = {7};
    int exact = 0;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        int n = sprintf(text, "%u", decode_random_below(&r, UINT32_MAX));
        n += sprintf(text + n, ".%0*u", 1 + (int)decode_random_below(&r, 8), decode_random_below(&r, 1000000));
        memset(text + n, ' ', 8);
        struct event_value v = {0};
        const char *next = json_number_take(text, text + n + 8, &v);
        if (next == NULL) continue;
        exact++;
        ck_assert_msg(next == text + n && v.kind == EVENT_REAL && v.real == strtod(text, NULL), "%s", text);
    }
    ck_assert_int_gt(exact, 100000);
}
END_TEST

START_TEST(integers_are_read_whole) {
    struct decode_random r = {3};
    for (int i = 0; i < 100000; i++) {
        char text[64];
        uint64_t wanted = ((uint64_t)decode_random_below(&r, UINT32_MAX) << 32 | decode_random_below(&r, UINT32_MAX)) >>
                          decode_random_below(&r, 64);
        int n = sprintf(text, "%llu", (unsigned long long)wanted);
        memset(text + n, i % 2 ? ',' : ' ', 8);
        struct event_value v = {0};
        const char *next = json_number_take(text, text + n + 8, &v);
        ck_assert_msg((next != NULL) == (n <= 18), "%s", text);
        if (next == NULL) continue;
        ck_assert(next == text + n && v.kind == EVENT_INTEGER && (uint64_t)v.integer == wanted);
    }
}
END_TEST

/* Short numbers of all lengths, before all bytes; where it says no, the longer way says what it is. */
START_TEST(short_numbers_are_read_as_long_ones) {
    struct decode_random r = {9};
    int taken = 0;
    for (int i = 0; i < 200000; i++) {
        size_t digits = decode_random_below(&r, 18), size = 16 + decode_random_below(&r, 16);
        char *text = malloc(size);
        memset(text, (char)decode_random_below(&r, 256), size);
        for (size_t k = 0; k < digits && k < size; k++) text[k] = (char)('0' + decode_random_below(&r, 10));
        if (digits < size) text[digits] = ",} .e"[decode_random_below(&r, 5)];
        const char *end = text + size - (i % 4 == 0); /* one byte short of what is looked at, now and then */
        struct event_value v = {0}, wanted = {0};
        const char *next = json_number_take_short(text, end, &v);
        ck_assert_ptr_eq(json_number_take_short(text, end, NULL), next);
        if (next != NULL) {
            taken++;
            ck_assert_ptr_eq(json_number_take(text, end, &wanted), next);
            ck_assert(v.kind == EVENT_INTEGER && v.integer == wanted.integer);
            ck_assert(v.text.p == text && v.text.n == wanted.text.n);
        } else if (digits > 0 && digits < 16 && digits + 1 < size && end - text >= 16 && text[0] != '0') {
            ck_assert(text[digits] != ',' && text[digits] != '}');
        }
        free(text);
    }
    ck_assert_int_gt(taken, 50000);
}
END_TEST

static const char *const left[] = {
    "-0", "00", "01", "-", "-x", "1.", "1.x", "-1.5", "1234567890123456789", "0.1234567890123456789"};

START_TEST(what_is_not_certain_is_left_to_jansson) {
    char text[64];
    snprintf(text, sizeof text, "%s        ", left[_i]);
    struct event_value v = {0};
    ck_assert_ptr_null(json_number_take(text, text + strlen(text), &v));
}
END_TEST

Suite *json_number_suite(void);
Suite *json_number_suite(void) {
    Suite *s = suite_create("json_number");
    TCase *c = tcase_create("numbers");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, real_numbers_are_the_nearest_doubles);
    tcase_add_test(c, integers_are_read_whole);
    tcase_add_test(c, short_numbers_are_read_as_long_ones);
    tcase_add_loop_test(c, what_is_not_certain_is_left_to_jansson, 0, ARRAY_LEN(left));
    suite_add_tcase(s, c);
    return s;
}
