/* unit/merger/check_known.c - which partitions have a say: what metadata and rows know of them, put together. */
#include <string.h>

#include <check.h>

#include "merger/known.h"
#include "unit/worker/worker_given.h"

static struct progress progress;
static uint32_t sizes[2];

static uint32_t size_of(void *self, uint32_t topic) {
    (void)self;
    return sizes[topic];
}

static void setup(void) {
    given_hub((const char *const[]){"TOPICS=t,tt", NULL});
    worker.topics.partitions = size_of;
    sizes[0] = 1;
    sizes[1] = 2;
    progress = (struct progress){.all = NULL};
}

static void teardown(void) {
    progress_deinit(&progress);
    worker_gone();
}

/* The partitions that are known without any row but this one. */
static void known_with(struct store_progress_row *row) {
    const struct store_progress rows = {
        .rows_version = 7, .members = 3, .closable_until = 5, .rows = row, .n = row != NULL};
    struct topics_view topics;
    topics_look(&worker.hub.topics, &topics);
    known_progress(&topics, &rows, &progress);
}

START_TEST(partitions_of_the_metadata_are_known_without_a_row) {
    static const char *const names[] = {"t/0", "tt/0", "tt/1"};
    known_with(NULL);
    ck_assert_uint_eq(progress.n, ARRAY_LEN(names));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) ck_assert(!progress_find(&progress, names[i])->has_row);
    ck_assert_int_eq(progress.rows_version, 7);
    ck_assert_int_eq(progress.members, 3);
    ck_assert_int_eq(progress.closable_until, 5);
}
END_TEST

START_TEST(a_row_of_a_topic_that_is_not_read_has_its_say) {
    struct store_progress_row row = {.partition_name = (char[]){"old/4"}, .value = (char[]){""}};
    known_with(&row);
    ck_assert_uint_eq(progress.n, 4);
    ck_assert_ptr_nonnull(progress_find(&progress, "old/4"));
}
END_TEST

/* Nobody here knows that partition, but somebody did. */
START_TEST(an_odd_row_is_a_partition_that_has_said_nothing) {
    struct store_progress_row odd = {.partition_name = (char[]){"tt/5"}, .value = (char[]){""}};
    known_with(&odd);
    ck_assert_uint_eq(progress.n, 4);
    ck_assert_ptr_nonnull(progress_find(&progress, "tt/5"));
    ck_assert(!progress_find(&progress, "tt/5")->has_row);
}
END_TEST

START_TEST(a_topic_without_known_partitions_is_known_as_such) {
    sizes[1] = 0;
    known_with(NULL);
    ck_assert_uint_eq(progress.n, 2);
    ck_assert(!progress_settled_everywhere(&progress, 0));
}
END_TEST

/* Before any broker was heard, a pattern may fit topics whose partitions have no row. */
START_TEST(topics_that_nobody_has_heard_of_yet_keep_everything_open) {
    worker.topics.incomplete = true;
    known_with(NULL);
    ck_assert_uint_eq(progress.n, 4);
    ck_assert_ptr_nonnull(progress_find(&progress, "^/?"));
    ck_assert(!progress_settled_everywhere(&progress, 0));
}
END_TEST

Suite *known_suite(void);
Suite *known_suite(void) {
    Suite *s = suite_create("known");
    TCase *c = tcase_create("partitions");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, partitions_of_the_metadata_are_known_without_a_row);
    tcase_add_test(c, a_row_of_a_topic_that_is_not_read_has_its_say);
    tcase_add_test(c, an_odd_row_is_a_partition_that_has_said_nothing);
    tcase_add_test(c, a_topic_without_known_partitions_is_known_as_such);
    tcase_add_test(c, topics_that_nobody_has_heard_of_yet_keep_everything_open);
    suite_add_tcase(s, c);
    return s;
}
