/* unit/merger/check_pass.c - whose waiting notes are read when: every shard once in a pass, however often somebody asks
 * for another one. */
#include <string.h>

#include <check.h>

#include "merger/pass.h"
#include "store/keys.h"

enum { SHARDS = PASS_SHARDS_MAX + 10, NOW_MS = 1000000 };

static struct pass pass;
static bool was_read[SHARDS];

static void setup(void) {
    pass = (struct pass){.ended_mono_ms = NOW_MS};
    memset(was_read, false, sizeof was_read);
}

/* A round that reads what is due; how many shards that were. */
static size_t round_read(void) {
    uint32_t shards[SHARDS];
    for (uint32_t i = 0; i < SHARDS; i++) shards[i] = i;
    size_t due = pass_turn(&pass, shards, SHARDS);
    for (size_t i = 0; i < due; i++) was_read[shards[i]] = true;
    pass_advance(&pass, due, SHARDS, NOW_MS);
    ck_assert(pass_check(&pass));
    return due;
}

static size_t read_count(void) {
    size_t n = 0;
    for (size_t i = 0; i < SHARDS; i++) n += was_read[i];
    return n;
}

START_TEST(nothing_is_read_before_a_pass_begins) {
    ck_assert_uint_eq(round_read(), 0);
    ck_assert(!pass_is_due(&pass, NOW_MS + PASS_INTERVAL_MS - 1));
    ck_assert(pass_is_due(&pass, NOW_MS + PASS_INTERVAL_MS));
}
END_TEST

START_TEST(a_pass_reads_every_shard_once_and_some_in_a_round) {
    pass_start(&pass);
    ck_assert_uint_eq(round_read(), PASS_SHARDS_MAX);
    ck_assert(pass.state == PASS_RUNNING && !pass_is_due(&pass, INT64_MAX));
    ck_assert_uint_eq(round_read(), SHARDS - PASS_SHARDS_MAX);
    ck_assert_uint_eq(read_count(), SHARDS);
    ck_assert(pass.state == PASS_RESTING);
    ck_assert_uint_eq(round_read(), 0);
}
END_TEST

/* Or the last shards would never be reached while something is refused in every round. */
START_TEST(a_repeat_follows_the_pass_that_is_under_way) {
    pass_start(&pass);
    round_read();
    pass_repeat(&pass);
    pass_repeat(&pass);
    ck_assert_uint_eq(round_read(), SHARDS - PASS_SHARDS_MAX);
    ck_assert_uint_eq(read_count(), SHARDS);
    ck_assert_uint_eq(round_read(), PASS_SHARDS_MAX); /* once more */
    round_read();
    ck_assert(pass.state == PASS_RESTING);
}
END_TEST

START_TEST(a_repeat_of_nothing_is_a_start) {
    pass_repeat(&pass);
    ck_assert(pass.state == PASS_RUNNING);
    ck_assert_uint_eq(round_read(), PASS_SHARDS_MAX);
}
END_TEST

START_TEST(a_start_goes_back_to_the_first_shard_and_keeps_what_follows) {
    pass_start(&pass);
    round_read();
    pass_repeat(&pass);
    pass_start(&pass);
    memset(was_read, false, sizeof was_read);
    round_read();
    round_read();
    ck_assert_uint_eq(read_count(), SHARDS);
    ck_assert(pass.state == PASS_RUNNING);
}
END_TEST

/* Shards went to others meanwhile. */
START_TEST(a_place_that_is_no_more_is_the_first) {
    uint32_t shards[] = {7, 9};
    pass_start(&pass);
    round_read();
    ck_assert_uint_eq(pass_turn(&pass, shards, 2), 2);
    ck_assert(shards[0] == 7 && shards[1] == 9);
    pass_advance(&pass, 2, 2, NOW_MS);
    ck_assert(pass.state == PASS_RESTING);
}
END_TEST

START_TEST(odd_states_do_not_pass_the_check) {
    ck_assert(!pass_check(&(struct pass){.state = PASS_RESTING, .next = 1}));
    ck_assert(!pass_check(&(struct pass){.state = PASS_RUNNING, .next = STORE_SHARDS}));
    ck_assert(!pass_check(&(struct pass){.state = (enum pass_state)3}));
}
END_TEST

Suite *pass_suite(void);
Suite *pass_suite(void) {
    Suite *s = suite_create("pass");
    TCase *c = tcase_create("shards");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, nothing_is_read_before_a_pass_begins);
    tcase_add_test(c, a_pass_reads_every_shard_once_and_some_in_a_round);
    tcase_add_test(c, a_repeat_follows_the_pass_that_is_under_way);
    tcase_add_test(c, a_repeat_of_nothing_is_a_start);
    tcase_add_test(c, a_start_goes_back_to_the_first_shard_and_keeps_what_follows);
    tcase_add_test(c, a_place_that_is_no_more_is_the_first);
    tcase_add_test(c, odd_states_do_not_pass_the_check);
    suite_add_tcase(s, c);
    return s;
}
