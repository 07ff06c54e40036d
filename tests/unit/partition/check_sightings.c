/* unit/partition/check_sightings.c - what is remembered is what a plain list of (hash, second) says it is. */
#include <stdlib.h>

#include <check.h>

#include "base/hash.h"
#include "partition/sightings.h"

enum { LIFE_S = 10, MAX = 1000 };

static struct pool pool;
static struct sightings seen;

static void setup(void) {
    pool = (struct pool){0};
    sightings_init(&seen, &pool, LIFE_S, MAX);
    sightings_advance(&seen, 1000);
}

static void teardown(void) {
    sightings_deinit(&seen);
    ck_assert_uint_eq(pool.used_bytes, 0);
    pool_deinit(&pool);
}

/* -- single words -- */

START_TEST(an_id_is_remembered_until_its_life_is_over) {
    ck_assert(!sightings_add(&seen, 7));
    ck_assert_uint_eq(sightings_remembered(&seen), 1);
    sightings_advance(&seen, 1000 + LIFE_S - 1);
    ck_assert_int_eq(sightings_oldest_age_s(&seen), LIFE_S - 1);
    ck_assert(sightings_add(&seen, 7));
    sightings_advance(&seen, 1000 + LIFE_S); /* the first one goes, the second stays */
    ck_assert_uint_eq(sightings_remembered(&seen), 1);
    ck_assert_int_eq(sightings_oldest_age_s(&seen), 1);
    sightings_advance(&seen, 1000 + 2 * LIFE_S - 1);
    ck_assert_uint_eq(sightings_remembered(&seen), 0);
    ck_assert_int_eq(sightings_oldest_age_s(&seen), 0);
    ck_assert(!sightings_add(&seen, 7));
    ck_assert_uint_eq(seen.forgotten_early, 0);
}
END_TEST

START_TEST(the_last_max_are_remembered_and_the_others_are_told_of) {
    for (uint64_t id = 1; id <= MAX; id++) ck_assert(!sightings_add(&seen, id));
    ck_assert_uint_eq(seen.forgotten_early, 0);
    ck_assert(sightings_add(&seen, 1)); /* it was the MAXth before this one */
    ck_assert_uint_eq(seen.forgotten_early, 1);
    ck_assert(sightings_add(&seen, 1));
    ck_assert(!sightings_add(&seen, 2));
    ck_assert_uint_eq(sightings_remembered(&seen), MAX);
    ck_assert_uint_eq(seen.forgotten_early, 3);
    sightings_check(&seen);
}
END_TEST

/* A hash comes from outside. Zero stands for no id, but here it is a hash like any other. */
START_TEST(hashes_that_differ_in_few_bits_are_different) {
    for (int bit = 0; bit < 64; bit++) ck_assert(!sightings_add(&seen, UINT64_C(1) << bit));
    ck_assert(!sightings_add(&seen, 0));
    for (int bit = 0; bit < 64; bit++) ck_assert(sightings_add(&seen, UINT64_C(1) << bit));
    ck_assert(sightings_add(&seen, 0));
}
END_TEST

START_TEST(a_leap_of_log_time_forgets_all_and_gives_the_memory_back) {
    for (uint64_t id = 1; id <= MAX; id++) (void)sightings_add(&seen, id);
    ck_assert_uint_eq(sightings_bytes(&seen), pool.used_bytes);
    sightings_advance(&seen, INT64_C(253402300799)); /* the end of 9999 */
    ck_assert_uint_eq(sightings_remembered(&seen), 0);
    ck_assert_uint_eq(sightings_bytes(&seen), 0);
    ck_assert_uint_eq(pool.used_bytes, 0);
    ck_assert(!sightings_add(&seen, 1));
}
END_TEST

START_TEST(clearing_forgets_and_goes_on_counting) {
    (void)sightings_add(&seen, 1);
    sightings_clear(&seen);
    sightings_advance(&seen, 5); /* another log begins where it likes */
    ck_assert(!sightings_add(&seen, 1));
    ck_assert(sightings_add(&seen, 1));
    ck_assert_uint_eq(seen.next, 4);
    sightings_check(&seen);
}
END_TEST

/* One id that comes all the time, as a constant in a producer, makes no other id slow: it stands at its place once. */
START_TEST(an_id_that_comes_all_the_time_stands_at_its_place_once) {
    enum { TIMES = 900 };
    for (uint64_t i = 0; i < TIMES; i++) (void)sightings_add(&seen, 42);
    uint32_t left = 0;
    for (uint64_t n = seen.oldest; n < seen.next; n++) left += seen.older[n & (seen.room - 1)] == (uint32_t)n;
    ck_assert_uint_eq(left, TIMES - 1);
    sightings_check(&seen);
}
END_TEST

START_TEST(memory_grows_and_shrinks_with_what_is_remembered) {
    sightings_deinit(&seen);
    sightings_init(&seen, &pool, LIFE_S, 100000);
    for (int64_t second = 0; second < 2 * LIFE_S; second++) { /* much in the first seconds, then little */
        sightings_advance(&seen, second);
        for (uint64_t i = 0; i < (second < LIFE_S ? 6400 : 10); i++) (void)sightings_add(&seen, random64());
        ck_assert_uint_eq(sightings_bytes(&seen), pool.used_bytes);
        if (second == LIFE_S - 1) ck_assert_uint_le(pool.used_bytes, 65536 * 16 + 128);
    }
    ck_assert_uint_eq(sightings_remembered(&seen), 10 * LIFE_S);
    ck_assert_uint_le(pool.used_bytes, 100 * 8 * 16);
    sightings_check(&seen);
}
END_TEST

/* -- against a list -- */

enum { STEPS = 6000 };
struct plain {
    uint64_t hash;
    int64_t second;
};
static struct plain list[STEPS];
static size_t list_n;

static bool list_has(uint64_t hash, int64_t second, int64_t life_s, size_t max) {
    for (size_t i = list_n; i > 0 && list_n - i < max; i--)
        if (list[i - 1].hash == hash && second - list[i - 1].second < life_s) return true;
    return false;
}

static size_t list_remembers(int64_t second, int64_t life_s, size_t max) {
    size_t n = 0;
    while (n < list_n && n < max && second - list[list_n - 1 - n].second < life_s) n++;
    return n;
}

static uint64_t next_random(uint64_t *x) {
    *x ^= *x << 13;
    *x ^= *x >> 7;
    return *x ^= *x << 17;
}

/* Seconds of many sightings and of none, ids of few and of many, and numbers that pass 2^32 in the middle. */
START_TEST(it_remembers_what_a_list_remembers) {
    uint64_t x = 88172645463325252u + (uint64_t)_i, ids = 1 + next_random(&x) % (_i % 2 == 0 ? 30 : 3000);
    const uint32_t life_s = 1 + (uint32_t)(next_random(&x) % 40), max = 1 + (uint32_t)(next_random(&x) % 700);
    const uint64_t pace = 1 + next_random(&x) % 60;
    int64_t second = 1795287600;
    sightings_deinit(&seen);
    sightings_init(&seen, &pool, life_s, max);
    seen.next = seen.oldest = (UINT64_C(1) << 32) - STEPS / 2;
    sightings_advance(&seen, second);
    list_n = 0;
    for (int step = 0; step < STEPS; step++) {
        if (next_random(&x) % pace == 0) {
            second += (int64_t)(next_random(&x) % 20 == 0 ? next_random(&x) % 100 : 1);
            sightings_advance(&seen, second);
        }
        uint64_t hash = 1 + next_random(&x) % ids;
        bool want = list_has(hash, second, life_s, max);
        ck_assert_msg(sightings_add(&seen, hash) == want, "step %d: %s", step, want ? "forgotten" : "never seen");
        list[list_n++] = (struct plain){hash, second};
        size_t n = list_remembers(second, life_s, max);
        ck_assert_uint_eq(sightings_remembered(&seen), n);
        ck_assert_int_eq(sightings_oldest_age_s(&seen), second - list[list_n - n].second);
        if (step % 97 == 0) sightings_check(&seen);
    }
}
END_TEST

Suite *sightings_suite(void);
Suite *sightings_suite(void) {
    Suite *s = suite_create("sightings");
    TCase *c = tcase_create("container");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, an_id_is_remembered_until_its_life_is_over);
    tcase_add_test(c, the_last_max_are_remembered_and_the_others_are_told_of);
    tcase_add_test(c, hashes_that_differ_in_few_bits_are_different);
    tcase_add_test(c, a_leap_of_log_time_forgets_all_and_gives_the_memory_back);
    tcase_add_test(c, clearing_forgets_and_goes_on_counting);
    tcase_add_test(c, an_id_that_comes_all_the_time_stands_at_its_place_once);
    tcase_add_test(c, memory_grows_and_shrinks_with_what_is_remembered);
    tcase_add_loop_test(c, it_remembers_what_a_list_remembers, 0, 40);
    suite_add_tcase(s, c);
    return s;
}
