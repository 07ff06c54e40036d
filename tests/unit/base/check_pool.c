/* unit/base/check_pool.c - blocks of a pool: apart while they are taken, joined when they come back. */
#include <string.h>

#include <check.h>

#include "base/pool.h"

enum { MB = 1 << 20 };

struct taken {
    unsigned char *block;
    size_t bytes;
};

static uint64_t next_random(uint64_t *x) {
    *x ^= *x << 13;
    *x ^= *x >> 7;
    return *x ^= *x << 17;
}

/* Sizes as sketches ask for them, small ones far more often than large ones. */
static size_t random_bytes(uint64_t *x) {
    size_t size = (size_t)1 << (6 + (unsigned)__builtin_ctzll(next_random(x) | 1u << 15));
    return size - next_random(x) % (size / 2);
}

static bool holds(const struct taken *t, unsigned char value) {
    for (size_t i = 0; i < t->bytes; i++)
        if (t->block[i] != value) return false;
    return true;
}

START_TEST(a_size_is_the_next_power_of_two_and_never_below_the_smallest) {
    static const size_t sizes[][2] = {{0, 64}, {1, 64}, {64, 64}, {65, 128}, {128, 128}, {129, 256}, {MB + 1, 2 * MB}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) ck_assert_uint_eq(pool_size(sizes[i][0]), sizes[i][1]);
}
END_TEST

/* Random sizes are taken and given in random order, each filled with a number of its own that must still be there. */
START_TEST(blocks_never_overlap_and_all_memory_comes_back) {
    enum { N = 400, STEPS = 40000 };
    static struct taken all[N];
    struct pool pool = {0};
    uint64_t x = 88172645463325252u + (uint64_t)_i, used = 0;
    for (int i = 0; i < STEPS; i++) {
        size_t k = next_random(&x) % N;
        struct taken *t = &all[k];
        if (t->block == NULL) {
            t->bytes = random_bytes(&x);
            t->block = pool_take(&pool, t->bytes);
            ck_assert_uint_eq((uintptr_t)t->block % (pool_size(t->bytes) < 4096 ? pool_size(t->bytes) : 4096), 0);
            memset(t->block, (int)(k % 251), t->bytes);
            used += pool_size(t->bytes);
        } else {
            ck_assert_msg(holds(t, (unsigned char)(k % 251)), "step %d: a block was written by another", i);
            pool_give(&pool, t->block, t->bytes);
            used -= pool_size(t->bytes);
            t->block = NULL;
        }
        ck_assert_uint_eq(pool.used_bytes, used);
        ck_assert_uint_ge(pool.held_bytes, used);
    }
    for (size_t k = 0; k < N; k++) {
        if (all[k].block != NULL) pool_give(&pool, all[k].block, all[k].bytes);
        all[k].block = NULL;
    }
    ck_assert_uint_eq(pool.used_bytes, 0);
    pool_deinit(&pool);
    ck_assert_uint_eq(pool.held_bytes, 0);
}
END_TEST

/* What was given back as crumbs is there as one piece: nothing more comes from the system. */
START_TEST(crumbs_become_one_piece_again) {
    enum { N = MB / 64 };
    static void *crumbs[N];
    struct pool pool = {0};
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < N; i++) crumbs[i] = pool_take(&pool, 64);
        for (size_t i = 0; i < N; i++) pool_give(&pool, crumbs[(i * 7919) % N], 64);
        uint64_t held = pool.held_bytes;
        void *whole = pool_take(&pool, MB);
        ck_assert_uint_eq(pool.held_bytes, held);
        pool_give(&pool, whole, MB);
    }
    pool_deinit(&pool);
}
END_TEST

START_TEST(most_of_what_a_spike_took_goes_back_to_the_system) {
    enum { N = 64 };
    void *blocks[N];
    struct pool pool = {0};
    for (int i = 0; i < N; i++) blocks[i] = pool_take(&pool, MB);
    ck_assert_uint_eq(pool.held_bytes, N * 2ull * MB);
    for (int i = 1; i < N; i++) pool_give(&pool, blocks[i], MB);
    ck_assert_uint_le(pool.held_bytes, 3 * 2ull * MB);
    pool_give(&pool, blocks[0], MB);
    pool_deinit(&pool);
}
END_TEST

START_TEST(blocks_above_the_joined_are_the_systems_own) {
    struct pool pool = {0};
    char *large = pool_take_zeroed(&pool, 3 * MB);
    ck_assert_uint_eq(pool.held_bytes, 4ull * MB);
    ck_assert_int_eq(large[3 * MB - 1], 0);
    pool_give(&pool, large, 3 * MB);
    ck_assert_uint_eq(pool.held_bytes, 0);
    pool_give(&pool, NULL, 3 * MB);
    pool_deinit(&pool);
}
END_TEST

START_TEST(zeroed_means_zeroed_also_where_something_was_before) {
    struct pool pool = {0};
    unsigned char *p = pool_take(&pool, 4096);
    memset(p, 0xff, 4096);
    pool_give(&pool, p, 4096);
    struct taken t = {pool_take_zeroed(&pool, 4096), 4096};
    ck_assert(holds(&t, 0));
    pool_give(&pool, t.block, t.bytes);
    pool_deinit(&pool);
}
END_TEST

Suite *pool_suite(void);
Suite *pool_suite(void) {
    Suite *s = suite_create("pool");
    TCase *c = tcase_create("blocks");
    tcase_add_test(c, a_size_is_the_next_power_of_two_and_never_below_the_smallest);
    tcase_add_loop_test(c, blocks_never_overlap_and_all_memory_comes_back, 0, 5);
    tcase_add_test(c, crumbs_become_one_piece_again);
    tcase_add_test(c, most_of_what_a_spike_took_goes_back_to_the_system);
    tcase_add_test(c, blocks_above_the_joined_are_the_systems_own);
    tcase_add_test(c, zeroed_means_zeroed_also_where_something_was_before);
    suite_add_tcase(s, c);
    return s;
}
