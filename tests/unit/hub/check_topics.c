/* unit/hub/check_topics.c - which partitions the topics have, as far as metadata know. */
#include <string.h>

#include <check.h>

#include "support/fake_topics.h"

static uint32_t sizes[2];
static bool second_is_away, second_may_go;

static uint32_t size_of(void *self, uint32_t topic) {
    (void)self;
    return sizes[topic];
}

static bool is_away(void *self, uint32_t topic) {
    (void)self;
    return second_is_away && topic == 1;
}

static bool may_go(void *self, uint32_t topic) {
    (void)self;
    return second_may_go && topic == 1;
}

static char *const names[] = {(char[]){"tt"}, (char[]){"uu"}};
static struct fake_topics fake;

static void setup(void) {
    fake = (struct fake_topics){.names = names, .n = 2, .partitions = size_of, .is_away = is_away, .may_go = may_go};
    sizes[0] = 2;
    sizes[1] = 1;
    second_is_away = second_may_go = false;
}

static struct topics_view seen(void) {
    struct topics topics = fake_topics(&fake);
    struct topics_view v;
    topics_look(&topics, &v);
    return v;
}

static bool lacks(const char *partition_name) {
    struct topics_view v = seen();
    return topics_lack(&v, partition_name);
}

static uint64_t digest(void) {
    struct topics_view v = seen();
    return topics_digest(&v);
}

START_TEST(what_is_beyond_the_metadata_is_lacking_and_what_is_not_known_yet_is_not) {
    ck_assert(lacks("tt/2") && lacks("uu/1"));
    ck_assert(!lacks("tt/1") && !lacks("uu/0"));
    sizes[0] = 0;
    ck_assert(!lacks("tt/2"));
}
END_TEST

START_TEST(a_topic_that_is_called_nearly_as_ours_is_not_read) {
    ck_assert(lacks("t/0") && lacks("ttt/0"));
    ck_assert(lacks("old/0") && lacks("tt") && lacks("zz/0"));
}
END_TEST

START_TEST(a_topic_that_is_away_has_no_partitions_but_is_known) {
    second_is_away = true;
    struct topics_view v = seen();
    ck_assert_uint_eq(topic_partitions_there(&v.all[0]), 2);
    ck_assert_uint_eq(topic_partitions_there(&v.all[1]), 0);
    ck_assert_uint_eq(v.all[1].partitions, 1);
    ck_assert(!lacks("uu/0"));
}
END_TEST

START_TEST(a_topic_of_a_pattern_that_is_away_has_nothing_any_more) {
    second_may_go = true;
    ck_assert(!lacks("uu/0"));
    second_is_away = true;
    ck_assert(lacks("uu/0") && !lacks("tt/0"));
}
END_TEST

START_TEST(nothing_is_lacking_while_there_may_be_more_topics) {
    fake.incomplete = true;
    ck_assert(!lacks("old/0"));
    ck_assert(lacks("tt/2")); /* of this one all is known */
}
END_TEST

START_TEST(topics_that_change_are_noticed_wherever_they_change) {
    uint64_t before = digest();
    ck_assert_uint_eq(digest(), before);
    sizes[0] = 1;
    sizes[1] = 2;
    ck_assert_uint_ne(digest(), before);
    setup();
    fake.n = 1;
    ck_assert_uint_ne(digest(), before);
    setup();
    fake.incomplete = true;
    ck_assert_uint_ne(digest(), before);
}
END_TEST

static char *const other_names[] = {(char[]){"tt"}, (char[]){"vv"}};

START_TEST(another_topic_of_the_same_size_is_noticed) {
    uint64_t before = digest();
    fake.names = other_names;
    ck_assert_uint_ne(digest(), before);
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
    tcase_add_test(c, a_topic_of_a_pattern_that_is_away_has_nothing_any_more);
    tcase_add_test(c, nothing_is_lacking_while_there_may_be_more_topics);
    tcase_add_test(c, topics_that_change_are_noticed_wherever_they_change);
    tcase_add_test(c, another_topic_of_the_same_size_is_noticed);
    suite_add_tcase(s, c);
    return s;
}
