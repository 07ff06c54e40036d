/* unit/loadgen/check_places.c - the names of locations are distinct, and countries come first. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "loadgen/places.h"

static void expect_name(uint32_t index, const char *name) {
    char text[PLACE_NAME_MAX];
    size_t n = place_name(index, text);
    ck_assert_uint_eq(n, strlen(name));
    ck_assert_mem_eq(text, name, n);
}

START_TEST(countries_first_then_numbers) {
    expect_name(0, "US");
    expect_name(248, "ZW");
    expect_name(249, "L00250");
    expect_name(250, "L00251");
    expect_name(PLACES_MAX - 1, "L99999");
}
END_TEST

START_TEST(no_two_places_share_a_name) {
    enum { N = 300 };
    char names[N][PLACE_NAME_MAX] = {{0}};
    for (uint32_t i = 0; i < N; i++) place_name(i, names[i]);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < i; j++) ck_assert_msg(memcmp(names[i], names[j], PLACE_NAME_MAX) != 0, "%d and %d", i, j);
}
END_TEST

Suite *places_suite(void);

Suite *places_suite(void) {
    Suite *s = suite_create("places");
    TCase *c = tcase_create("names");
    tcase_add_test(c, countries_first_then_numbers);
    tcase_add_test(c, no_two_places_share_a_name);
    suite_add_tcase(s, c);
    return s;
}
