/* unit/hub/check_topics.c - which partitions the topics have, as far as metadata know. */
#include <string.h>

#include <check.h>

#include "hub/topics.h"

static uint32_t sizes[2];
static bool second_is_away;

static uint32_t size_of(void *self, uint32_t topic) {
    (void)self;
    return sizes[topic];
}

static bool is_away(void *self, uint32_t topic) {
    (void)self;
    return second_is_away && topic == 1;
}

static char *const names[] = {(char[]){"tt"}, (char[]){"uu"}};
static const struct topics topics = {.names = names, .n = 2, .partitions = size_of, .is_away = is_away};

static void setup(void) {
    sizes[0] = 2;
    sizes[1] = 1;
    second_is_away = false;
}

START_TEST(what_is_beyond_the_metadata_is_lacking_and_what_is_not_known_yet_is_not) {
    ck_assert(topics_lack(&topics, "tt/2") && topics_lack(&topics, "uu/1"));
    ck_assert(!topics_lack(&topics, "tt/1") && !topics_lack(&topics, "uu/0"));
    sizes[0] = 0;
    ck_assert(!topics_lack(&topics, "tt/2"));
}
END_TEST

START_TEST(a_topic_that_is_called_nearly_as_ours_is_not_read) {
    ck_assert(topics_lack(&topics, "t/0") && topics_lack(&topics, "ttt/0"));
    ck_assert(topics_lack(&topics, "old/0") && topics_lack(&topics, "tt"));
}
END_TEST

START_TEST(a_topic_that_is_away_has_no_partitions_but_is_known) {
    second_is_away = true;
    ck_assert_uint_eq(topics_partitions_there(&topics, 0), 2);
    ck_assert_uint_eq(topics_partitions_there(&topics, 1), 0);
    ck_assert_uint_eq(topics_partitions(&topics, 1), 1);
}
END_TEST

START_TEST(sizes_that_change_are_noticed_wherever_they_change) {
    uint64_t before = topics_sizes(&topics);
    ck_assert_uint_eq(topics_sizes(&topics), before);
    sizes[0] = 1;
    sizes[1] = 2;
    ck_assert_uint_ne(topics_sizes(&topics), before);
}
END_TEST

Suite *topics_suite(void);
Suite *topics_suite(void) {
    Suite *s = suite_create("topics");
    TCase *c = tcase_create("partitions");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, what_is_beyond_the_metadata_is_lacking_and_what_is_not_known_yet_is_not);
    tcase_add_test(c, a_topic_that_is_called_nearly_as_ours_is_not_read);
    tcase_add_test(c, a_topic_that_is_away_has_no_partitions_but_is_known);
    tcase_add_test(c, sizes_that_change_are_noticed_wherever_they_change);
    suite_add_tcase(s, c);
    return s;
}
