/* unit/loadgen/check_zipf.c - the frequencies of the drawn ranks are those of the law. */
#include <math.h>
#include <stdlib.h>

#include <check.h>

#include "loadgen/zipf.h"

enum { DRAWS = 200000 };

static double weight_sum(uint32_t n, double s) {
    double sum = 0;
    for (uint32_t k = 1; k <= n; k++) sum += pow(k, -s);
    return sum;
}

/* Goal: the frequencies are those of the law. Method: chi-square over the ranks; with n - 1 degrees of freedom it has
 * mean n - 1 and variance 2 (n - 1). Six deviations are one false alarm in 10^8, and the seed is fixed anyway. Tried:
 * leaving out the rejection step fails for the steep exponents (2 % too many of rank 2 at s = 1 are too few to see). */
static void expect_law(uint32_t n, double s, uint64_t seed) {
    struct zipf z;
    struct rng r;
    int outside = 0;
    uint32_t *seen = calloc(n + 1, sizeof *seen);
    ck_assert_ptr_nonnull(seen);
    zipf_init(&z, n, s);
    rng_init(&r, seed);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t k = zipf_draw(&z, &r);
        if (k >= 1 && k <= n)
            seen[k]++;
        else
            outside++;
    }
    ck_assert_int_eq(outside, 0); /* not in the loop: an assertion of Check costs more than a draw */
    double chi = 0, sum = weight_sum(n, s);
    for (uint32_t k = 1; k <= n; k++) {
        double expected = DRAWS * pow(k, -s) / sum;
        chi += (seen[k] - expected) * (seen[k] - expected) / expected;
    }
    double bound = (n - 1) + 6 * sqrt(2.0 * (n - 1)) + 6;
    ck_assert_msg(chi < bound, "n=%u s=%.2f seed=%llu: chi-square %.1f, bound %.1f", n, s, (unsigned long long)seed,
                  chi, bound);
    free(seen);
}

START_TEST(ranks_come_as_often_as_the_law_says) {
    static const double exponents[] = {0, .5, .99, 1, 1.01, 1.5, 3};
    expect_law(50, exponents[_i], 1);
    expect_law(7, exponents[_i], 2);
    expect_law(400, exponents[_i] < 2 ? exponents[_i] : 1.2, 3);
}
END_TEST

START_TEST(a_single_rank_is_always_drawn) {
    struct zipf z;
    struct rng r;
    zipf_init(&z, 1, 1);
    rng_init(&r, 1);
    for (int i = 0; i < 1000; i++) ck_assert_uint_eq(zipf_draw(&z, &r), 1);
}
END_TEST

/* With s = 1 the share of the first thousand of n is H(1000) / H(n). */
START_TEST(ten_million_ranks_need_no_table) {
    struct zipf z;
    struct rng r;
    enum { N = 10000000, HEAD = 1000 };
    double share = weight_sum(HEAD, 1) / weight_sum(N, 1), deviation = sqrt(DRAWS * share * (1 - share));
    int head = 0;
    zipf_init(&z, N, 1);
    rng_init(&r, 7);
    for (int i = 0; i < DRAWS; i++) head += zipf_draw(&z, &r) <= HEAD;
    ck_assert_msg(fabs(head - DRAWS * share) < 6 * deviation, "head %d, expected %.0f", head, DRAWS * share);
}
END_TEST

START_TEST(uniform_numbers_stay_in_range_and_reach_its_ends) {
    struct rng r;
    bool low = false, high = false;
    rng_init(&r, 5);
    for (int i = 0; i < 1000; i++) {
        double u = rng_unit(&r);
        ck_assert(u >= 0 && u < 1);
        uint32_t v = rng_below(&r, 3);
        ck_assert_uint_lt(v, 3);
        low |= v == 0;
        high |= v == 2;
    }
    ck_assert(low && high);
}
END_TEST

Suite *zipf_suite(void);

Suite *zipf_suite(void) {
    Suite *s = suite_create("zipf");
    TCase *c = tcase_create("draws");
    tcase_add_loop_test(c, ranks_come_as_often_as_the_law_says, 0, 7);
    tcase_add_test(c, a_single_rank_is_always_drawn);
    tcase_add_test(c, ten_million_ranks_need_no_table);
    tcase_add_test(c, uniform_numbers_stay_in_range_and_reach_its_ends);
    suite_add_tcase(s, c);
    return s;
}
