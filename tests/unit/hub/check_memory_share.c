/* unit/hub/check_memory_share.c - MEMORY_LIMIT is shared out without remainder worth speaking of, and never beyond
 * itself. */
#include <string.h>

#include <check.h>

#include "base/mem.h"
#include "hub/memory.h"

static const uint64_t MB = 1024 * 1024;

static const struct {
    uint64_t limit_mb;
    uint32_t consumers;
    uint64_t source_mb, sketch_mb; /* of all consumers together, rounded down */
} shares[] = {
    {128, 1, 38, 21}, /* the smallest limit there is */
    {128, 4, 38, 21},        {1024, 1, 307, 620}, {1024, 2, 307, 620}, {1024, 256, 307, 620},
    {16384, 8, 4915, 10892}, {64, 1, 19, 0},      {0, 1, 0, 0},
};

START_TEST(every_part_has_its_share) {
    uint32_t n = shares[_i].consumers;
    struct memory_shares s = memory_share(shares[_i].limit_mb * MB, n);
    ck_assert_uint_eq((s.source_bytes + 1) * n / MB, shares[_i].source_mb);
    ck_assert_uint_eq((s.sketch_bytes + 1) * n / MB, shares[_i].sketch_mb);
}
END_TEST

/* The publisher's queue, its way home and the process itself need 64 MB beside. */
START_TEST(all_shares_together_stay_below_the_limit) {
    for (uint64_t mb = 96; mb <= 8192; mb++)
        for (uint32_t n = 1; n <= 256; n = n * 3 + 1) {
            struct memory_shares s = memory_share(mb * MB, n);
            uint64_t all = (s.source_bytes + s.sketch_bytes) * n + s.merger_bytes + 64 * MB;
            ck_assert_uint_le(all, mb * MB);
            ck_assert_uint_lt(mb * MB - all, MB);
        }
}
END_TEST

START_TEST(a_limit_below_the_fixed_parts_leaves_nothing_for_sketches) {
    ck_assert_uint_eq(memory_share(95 * MB, 1).sketch_bytes, 0);
    ck_assert_uint_gt(memory_share(96 * MB, 1).sketch_bytes, 0);
    ck_assert_uint_gt(memory_share(UINT64_MAX, 1).sketch_bytes, UINT64_MAX / 2);
}
END_TEST

START_TEST(what_this_process_takes_is_known_and_grows_with_it) {
    uint64_t before = memory_resident_bytes();
    ck_assert_uint_gt(before, MB / 4);
    size_t n = 32 * MB;
    char *block = mem_alloc(n);
    memset(block, 1, n);
    ck_assert_uint_ge(memory_resident_bytes(), before + n / 2);
    mem_free(block);
}
END_TEST

START_TEST(reading_stops_before_the_limit_and_goes_on_well_below_it) {
    ck_assert(!memory_is_full(87 * MB, 128 * MB, false));
    ck_assert(memory_is_full(88 * MB, 128 * MB, false));
    ck_assert(memory_is_full(80 * MB, 128 * MB, true));
    ck_assert(!memory_is_full(79 * MB, 128 * MB, true));
    ck_assert(!memory_is_full(0, 128 * MB, true)); /* not known */
}
END_TEST

Suite *memory_share_suite(void);
Suite *memory_share_suite(void) {
    Suite *s = suite_create("memory_share");
    TCase *c = tcase_create("shares");
    tcase_add_loop_test(c, every_part_has_its_share, 0, ARRAY_LEN(shares));
    tcase_add_test(c, all_shares_together_stay_below_the_limit);
    tcase_add_test(c, a_limit_below_the_fixed_parts_leaves_nothing_for_sketches);
    tcase_add_test(c, what_this_process_takes_is_known_and_grows_with_it);
    tcase_add_test(c, reading_stops_before_the_limit_and_goes_on_well_below_it);
    suite_add_tcase(s, c);
    return s;
}
