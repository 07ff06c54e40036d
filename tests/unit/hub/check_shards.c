/* unit/hub/check_shards.c - shards go with partitions, whichever consumer has them. */
#include <string.h>

#include <check.h>

#include "unit/worker/worker_given.h"

static void setup(void) { given_hub((const char *const[]){"TOPICS=t", "THREADS=3", NULL}); }

static void own(const int32_t *partitions, size_t n) {
    for (size_t i = 0; i < n; i++) shards_own(&worker.hub.shards, 0, "t", partitions[i], true);
}

/* Exactly the shards whose number modulo P is one of these. */
static void expect_shards_of(const int32_t *partitions, size_t n) {
    uint32_t shards[STORE_SHARDS];
    size_t got = shards_here(&worker.hub.shards, shards), at = 0;
    for (uint32_t s = 0; s < STORE_SHARDS; s++)
        for (size_t i = 0; i < n; i++)
            if ((int32_t)(s % worker.partitions) == partitions[i]) {
                ck_assert_uint_lt(at, got);
                ck_assert_uint_eq(shards[at++], s);
            }
    ck_assert_uint_eq(at, got);
}

START_TEST(a_shard_goes_with_the_partition_of_its_number) {
    static const int32_t ours[] = {1, 3};
    own(ours, 2);
    expect_shards_of(ours, 2);
    shards_own(&worker.hub.shards, 0, "t", 3, true); /* told twice */
    expect_shards_of(ours, 2);
    shards_own(&worker.hub.shards, 0, "t", 1, false);
    expect_shards_of(ours + 1, 1);
    shards_own(&worker.hub.shards, 0, "t", 3, false);
    expect_shards_of(NULL, 0);
}
END_TEST

START_TEST(all_partitions_have_all_shards_once) {
    static const int32_t all[] = {0, 1, 2, 3};
    uint32_t shards[STORE_SHARDS];
    own(all, 4);
    ck_assert_uint_eq(shards_here(&worker.hub.shards, shards), STORE_SHARDS);
    for (uint32_t s = 0; s < STORE_SHARDS; s++) ck_assert_uint_eq(shards[s], s);
}
END_TEST

START_TEST(a_topic_that_grows_moves_its_shards) {
    static const int32_t ours[] = {1, 3};
    own(ours, 2);
    worker.partitions = 7;
    expect_shards_of(ours, 2);
    static const int32_t more[] = {1, 3, 6};
    own(more, 3);
    expect_shards_of(more, 3);
}
END_TEST

START_TEST(a_partition_beyond_the_known_ones_has_no_shard_yet) {
    static const int32_t ours[] = {6};
    own(ours, 1);
    expect_shards_of(NULL, 0);
    worker.partitions = 7;
    expect_shards_of(ours, 1);
}
END_TEST

START_TEST(a_topic_of_unknown_size_has_no_shards) {
    uint32_t shards[STORE_SHARDS];
    shards_own(&worker.hub.shards, 0, "t", 0, true);
    worker.partitions = 0;
    ck_assert_uint_eq(shards_here(&worker.hub.shards, shards), 0);
}
END_TEST

START_TEST(a_topic_may_have_more_partitions_than_there_are_shards) {
    static const int32_t ours[] = {5, 300};
    worker.partitions = 1000;
    own(ours, 2);
    expect_shards_of(ours, 2);
    uint32_t shards[STORE_SHARDS];
    ck_assert_uint_eq(shards_here(&worker.hub.shards, shards), 1);
}
END_TEST

START_TEST(a_partition_that_another_consumer_took_is_not_given_up_by_the_last) {
    static const int32_t ours[] = {1};
    shards_own(&worker.hub.shards, 0, "t", 1, true);
    shards_own(&worker.hub.shards, 2, "t", 1, true); /* before the first one is told */
    shards_own(&worker.hub.shards, 0, "t", 1, false);
    expect_shards_of(ours, 1);
    shards_own(&worker.hub.shards, 2, "t", 1, false);
    expect_shards_of(NULL, 0);
}
END_TEST

static uint32_t sizes[3];

static uint32_t size_of(void *self, uint32_t topic) {
    (void)self;
    return sizes[topic];
}

/* Exactly the shards whose number modulo OF is AT. */
static void expect_shards(uint32_t at, uint32_t of) {
    uint32_t shards[STORE_SHARDS];
    size_t n = shards_here(&worker.hub.shards, shards), expected = 0;
    for (uint32_t s = at; s < STORE_SHARDS; s += of) {
        ck_assert_uint_lt(expected, n);
        ck_assert_uint_eq(shards[expected++], s);
    }
    ck_assert_uint_eq(expected, n);
}

static void given_topics_of(uint32_t a, uint32_t b, uint32_t c) {
    worker_gone();
    given_hub((const char *const[]){"TOPICS=a,b,c", NULL});
    memcpy(sizes, (uint32_t[]){a, b, c}, sizeof sizes);
    worker.topics.partitions = size_of;
}

START_TEST(shards_go_round_the_partitions_of_all_topics) {
    given_topics_of(2, 3, 1);
    shards_own(&worker.hub.shards, 0, "b", 1, true);
    expect_shards(3, 6);
    shards_own(&worker.hub.shards, 0, "b", 1, false);
    shards_own(&worker.hub.shards, 0, "c", 0, true);
    expect_shards(5, 6);
    shards_own(&worker.hub.shards, 0, "c", 0, false);
    shards_own(&worker.hub.shards, 0, "a", 1, true);
    expect_shards(1, 6);
}
END_TEST

static bool b_is_away(void *self, uint32_t topic) {
    (void)self;
    return topic == 1;
}

/* Nobody has its partitions. */
START_TEST(a_topic_that_went_leaves_all_shards_to_the_others) {
    given_topics_of(2, 3, 1);
    worker.topics.is_away = b_is_away;
    shards_own(&worker.hub.shards, 0, "c", 0, true);
    expect_shards(2, 3);
}
END_TEST

START_TEST(a_topic_of_unknown_size_leaves_all_shards_to_the_others) {
    given_topics_of(0, 3, 0);
    shards_own(&worker.hub.shards, 0, "a", 0, true);
    shards_own(&worker.hub.shards, 0, "b", 2, true);
    expect_shards(2, 3);
}
END_TEST

START_TEST(partitions_that_cannot_be_are_ignored) {
    static const int32_t none[] = {-1, INT32_MIN};
    own(none, ARRAY_LEN(none));
    expect_shards_of(NULL, 0);
    ck_assert_uint_eq(worker.hub.shards.n, 0);
}
END_TEST

/* A name may begin as another one, and two texts may be the same name. */
START_TEST(owners_go_by_the_whole_name_and_the_number) {
    static const int32_t ours[] = {1};
    char again[] = "t";
    shards_own(&worker.hub.shards, 0, "tt", 0, true);
    shards_own(&worker.hub.shards, 0, "s", 2, true);
    shards_own(&worker.hub.shards, 0, "t", 10, true);
    shards_own(&worker.hub.shards, 0, "t", 1, true);
    expect_shards_of(ours, 1);
    shards_own(&worker.hub.shards, 0, again, 1, false);
    expect_shards_of(NULL, 0);
    ck_assert_uint_eq(worker.hub.shards.n, 3);
}
END_TEST

Suite *shards_suite(void);
Suite *shards_suite(void) {
    Suite *s = suite_create("shards");
    TCase *c = tcase_create("partitions");
    tcase_add_checked_fixture(c, setup, worker_gone);
    tcase_add_test(c, a_shard_goes_with_the_partition_of_its_number);
    tcase_add_test(c, all_partitions_have_all_shards_once);
    tcase_add_test(c, a_topic_that_grows_moves_its_shards);
    tcase_add_test(c, a_partition_beyond_the_known_ones_has_no_shard_yet);
    tcase_add_test(c, a_topic_of_unknown_size_has_no_shards);
    tcase_add_test(c, a_topic_may_have_more_partitions_than_there_are_shards);
    tcase_add_test(c, a_partition_that_another_consumer_took_is_not_given_up_by_the_last);
    tcase_add_test(c, shards_go_round_the_partitions_of_all_topics);
    tcase_add_test(c, a_topic_that_went_leaves_all_shards_to_the_others);
    tcase_add_test(c, a_topic_of_unknown_size_leaves_all_shards_to_the_others);
    tcase_add_test(c, partitions_that_cannot_be_are_ignored);
    tcase_add_test(c, owners_go_by_the_whole_name_and_the_number);
    suite_add_tcase(s, c);
    return s;
}
