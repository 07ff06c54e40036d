/* unit/protocol/check_fence.c - fences are compared as texts, so the order of texts is the order of what they say. */
#include <string.h>

#include <check.h>

#include "protocol/fence.h"

START_TEST(fences_order_as_text_as_their_numbers_do) {
    static const struct {
        uint64_t incarnation;
        int64_t offset;
    } ascending[] = {{0, 0},  {0, 9},     {0, 10},  {0, INT64_MAX},  {0, -1} /* final */,   {1, 0},          {9, 5},
                     {10, 0}, {255, 255}, {256, 0}, {1ull << 53, 1}, {(1ull << 53) + 1, 0}, {UINT64_MAX, -1}};
    char before[FENCE_LEN + 1] = "", fence[FENCE_LEN + 1];
    for (size_t i = 0; i < ARRAY_LEN(ascending); i++) {
        fence_format(fence, ascending[i].incarnation, ascending[i].offset);
        ck_assert_uint_eq(strlen(fence), FENCE_LEN);
        ck_assert_str_gt(fence, before);
        strcpy(before, fence);
    }
    ck_assert_str_eq(before, "ffffffffffffffffffffffffffffffff");
}
END_TEST

START_TEST(a_fence_tells_its_incarnation) {
    static const uint64_t incarnations[] = {0, 1, 255, (1ull << 53) + 1, UINT64_MAX};
    static const int64_t offsets[] = {0, INT64_MAX, -1};
    char fence[FENCE_LEN + 1];
    for (size_t i = 0; i < ARRAY_LEN(incarnations); i++)
        for (size_t k = 0; k < ARRAY_LEN(offsets); k++) {
            fence_format(fence, incarnations[i], offsets[k]);
            ck_assert_uint_eq(fence_incarnation(fence), incarnations[i]);
        }
}
END_TEST

Suite *fence_suite(void);
Suite *fence_suite(void) {
    Suite *s = suite_create("fence");
    TCase *c = tcase_create("fence");
    tcase_add_test(c, fences_order_as_text_as_their_numbers_do);
    tcase_add_test(c, a_fence_tells_its_incarnation);
    suite_add_tcase(s, c);
    return s;
}
