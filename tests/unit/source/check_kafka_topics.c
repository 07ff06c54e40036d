/* unit/source/check_kafka_topics.c - the table of topics: found by patterns, given up, counted, and told. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "kafka_given.h"
#include "source/kafka_shared.h"
#include "source/kafka_topics_internal.h"
#include "unit/base/capture.h"

Suite *kafka_topics_suite(void);

static struct given g;
static struct kafka_topics table;
static int64_t now_ms;

static int64_t read_now(void *self) {
    (void)self;
    return now_ms;
}
static const struct clock test_clock = {read_now, read_now, NULL};

static void setup(void) {
    given_kafka(&g);
    now_ms = 1000;
    kafka_topics_init(&table, &test_clock);
}

static void teardown(void) {
    kafka_topics_deinit(&table);
    given_gone(&g);
}

/* -- words -- */

static void given_topic(const char *name, int partitions) {
    ck_assert_int_eq(rd_kafka_mock_topic_create(g.cluster, name, partitions, 1), 0);
}

static void topic_deleted(const char *name) {
    rd_kafka_mock_topic_set_error(g.cluster, name, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
}

static void topic_back(const char *name) { rd_kafka_mock_topic_set_error(g.cluster, name, RD_KAFKA_RESP_ERR_NO_ERROR); }

static void given_entries(const char *const *entries) {
    for (; *entries != NULL; entries++) kafka_topics_add(&table, *entries, g.producer);
}
#define GIVEN(...) given_entries((const char *const[]){__VA_ARGS__, NULL})

/* True if nothing is to be waited for. */
static bool found(void) {
    bool whole;
    ck_assert_int_eq(kafka_topics_find(&table, g.producer, &whole), 0);
    return whole;
}

static bool found_after(int64_t ms) {
    now_ms += ms;
    return found();
}

static void name_append(void *text, const struct kafka_topic_known *t) {
    size_t n = strlen(text);
    snprintf((char *)text + n, 200 - n, "%s%s:%u%s%s", n > 0 ? " " : "", t->name, (unsigned)t->partitions,
             t->is_away ? "-" : "", t->is_found ? "" : "!");
}

/* Name, partitions; '-': is away, '!': plain. */
static void expect_known(const char *expected) {
    char text[200] = "";
    ck_assert(kafka_topics_look(&table, name_append, text));
    ck_assert_str_eq(text, expected);
}

static uint64_t version(void) {
    const char *names[8];
    uint64_t v;
    (void)kafka_topics_names(&table, names, ARRAY_LEN(names), &v);
    return v;
}

static void expect_why(const char *part) {
    char why[WHY_MAX] = "";
    ck_assert(kafka_topics_why(&table, false, why));
    ck_assert_msg(strstr(why, part) != NULL, "%s", why);
}

static void expect_no_why(void) {
    char why[WHY_MAX] = "";
    ck_assert_msg(!kafka_topics_why(&table, false, why), "%s", why);
}

/* -- which -- */

START_TEST(topics_that_a_pattern_fits_are_known_by_name) {
    given_topic("v-b", 3);
    given_topic("v-a", 1);
    given_topic("w", 1);
    GIVEN("^v-");
    ck_assert(found());
    expect_known("v-a:1 v-b:3");
    expect_no_why();
}
END_TEST

START_TEST(a_topic_that_is_named_or_fits_twice_is_known_once) {
    bool whole;
    given_topic("v-a", 2);
    GIVEN("^-a", "^v", "v-a");
    ck_assert(found());
    ck_assert_int_eq(kafka_topics_refresh(&table, 0, &whole), 0);
    expect_known("v-a:2!");
}
END_TEST

START_TEST(dead_letters_and_topics_of_kafka_are_not_read_though_they_fit) {
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(g.producer, "rejected", NULL);
    given_topic("__consumer_offsets", 1);
    GIVEN("^");
    kafka_topics_add_dead_letters(&table, "rejected", g.producer, rkt);
    ck_assert(found());
    expect_known("events:2");
    rd_kafka_topic_destroy(rkt);
}
END_TEST

START_TEST(a_later_topic_is_found_and_takes_its_place) {
    given_topic("v-b", 1);
    GIVEN("^v-");
    ck_assert(found());
    const char *b = kafka_topics_intern(&table, "v-b");
    uint64_t before = version();
    ck_assert(found());
    ck_assert_uint_eq(version(), before);
    given_topic("v-a", 1);
    ck_assert(found());
    expect_known("v-a:1 v-b:1");
    ck_assert_uint_gt(version(), before);
    ck_assert_ptr_eq(kafka_topics_intern(&table, "v-b"), b);
    ck_assert(!kafka_topics_was_missing(&table, "v-b") && kafka_topics_was_missing(&table, "v-a"));
}
END_TEST

/* -- waiting -- */

START_TEST(nothing_is_known_before_a_broker_was_heard) {
    char text[200] = "";
    GIVEN("events", "^v-");
    ck_assert(!kafka_topics_look(&table, name_append, text));
    ck_assert_uint_eq(version(), 0); /* or there would be a rebalance more */
    bool whole;
    ck_assert_int_eq(kafka_topics_refresh(&table, 0, &whole), 0);
    expect_why("are not known yet");
    ck_assert(found());
    ck_assert_uint_eq(version(), 1);
    expect_known("events:2!");
    expect_no_why(); /* a pattern that fits nothing is no fault */
}
END_TEST

START_TEST(plain_topics_wait_for_nobody) {
    GIVEN("events");
    ck_assert(found());
    ck_assert_uint_eq(version(), 1);
}
END_TEST

START_TEST(while_no_topic_fits_that_is_what_is_wrong) {
    struct capture log;
    GIVEN("^v-");
    capture_begin(&log);
    log_set_level(LOG_INFO);
    ck_assert(!found());
    ck_assert(!found());
    log_set_level(LOG_ERROR);
    const char *text = capture_end(&log), *first = strstr(text, "event=topic_missing pattern=^v-");
    ck_assert_msg(first != NULL && strstr(first + 1, "event=topic_missing") == NULL, "%s", text);
    expect_why("no topic fits TOPKD_TOPICS=^v-");
    ck_assert_uint_eq(version(), 0);
    given_topic("v-a", 1);
    ck_assert(found());
    expect_no_why();
    ck_assert_uint_gt(version(), 0);
}
END_TEST

/* -- going -- */

START_TEST(a_topic_that_is_missing_is_away_and_then_gone) {
    given_topic("v-a", 1);
    given_topic("v-b", 1);
    GIVEN("^v-");
    ck_assert(found());
    uint64_t before = version();
    topic_deleted("v-b");
    ck_assert(!found());
    expect_known("v-a:1 v-b:1-");
    expect_no_why();
    ck_assert_uint_eq(version(), before); /* it may be back in a moment */
    ck_assert(!found_after(KAFKA_GONE_AFTER_MS - 1));
    expect_known("v-a:1 v-b:1-");
    found_after(1);
    expect_known("v-a:1");
    ck_assert_uint_gt(version(), before);
    ck_assert(found_after(1));
}
END_TEST

START_TEST(a_topic_that_was_missing_for_a_moment_was_there_all_the_time) {
    given_topic("v-a", 1);
    GIVEN("^v-");
    ck_assert(found());
    uint64_t before = version();
    for (int i = 0; i < 3; i++) {
        topic_deleted("v-a");
        found_after(1);
        topic_back("v-a");
        ck_assert(found_after(KAFKA_GONE_AFTER_MS - 1));
    }
    ck_assert_uint_eq(version(), before);
    expect_known("v-a:1");
}
END_TEST

START_TEST(a_topic_that_is_made_again_has_the_name_that_it_had) {
    given_topic("v-a", 2);
    GIVEN("^v-");
    ck_assert(found());
    const char *name = kafka_topics_intern(&table, "v-a");
    topic_deleted("v-a");
    found_after(1);
    found_after(KAFKA_GONE_AFTER_MS);
    expect_known("");
    expect_why("no topic fits");
    ck_assert_ptr_eq(kafka_topics_intern(&table, "v-a"), name); /* of what is on its way */
    topic_back("v-a");
    ck_assert(found());
    expect_known("v-a:2");
    ck_assert_ptr_eq(kafka_topics_intern(&table, "v-a"), name);
    ck_assert(kafka_topics_was_missing(&table, "v-a"));
}
END_TEST

/* Nobody is to mend what was deleted. */
START_TEST(what_was_wrong_with_a_topic_goes_with_it) {
    given_topic("v-a", 1);
    given_topic("v-b", 1);
    GIVEN("^v-");
    rd_kafka_mock_topic_set_error(g.cluster, "v-a", RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    ck_assert(!found());
    expect_why("check the brokers and topic v-a");
    topic_deleted("v-a");
    found();
    expect_no_why();
    found_after(KAFKA_GONE_AFTER_MS);
    expect_no_why();
}
END_TEST

START_TEST(a_plain_topic_is_away_and_never_gone) {
    bool whole;
    GIVEN("events", "^v-");
    ck_assert_int_eq(kafka_topics_refresh(&table, 0, &whole), 0);
    ck_assert(!kafka_topics_was_missing(&table, "events"));
    topic_deleted("events");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(kafka_topics_refresh(&table, 0, &whole), 0);
        found_after(KAFKA_GONE_AFTER_MS);
    }
    expect_known("events:2-!");
    ck_assert(kafka_topics_was_missing(&table, "events"));
    expect_why("create topic events");
}
END_TEST

/* -- limits -- */

/* An answer with the topics v-FIRST.. up to the last one before END; no broker is needed for it. */
static void answered(int first, int end) {
    static char names[KAFKA_FOUND_MAX + 8][32];
    static struct rd_kafka_metadata_partition leader = {.leader = 1};
    static struct rd_kafka_metadata_topic topics[ARRAY_LEN(names)];
    struct rd_kafka_metadata all = {.topics = topics};
    for (int i = end - 1; i >= first; i--) { /* in whatever order */
        snprintf(names[i], sizeof names[i], "v-%04d", i);
        topics[all.topic_cnt++] =
            (struct rd_kafka_metadata_topic){.topic = names[i], .partition_cnt = 1, .partitions = &leader};
    }
    (void)kafka_topics_take(&table, &all);
}

static void expect_counts(size_t read, size_t left_out) {
    size_t got_read, got_left_out;
    kafka_topics_count(&table, &got_read, &got_left_out);
    ck_assert_uint_eq(got_read, read);
    ck_assert_uint_eq(got_left_out, left_out);
}

START_TEST(more_topics_than_there_is_room_for_are_left_out_aloud) {
    struct capture log;
    GIVEN("^v-");
    capture_begin(&log);
    answered(0, KAFKA_FOUND_MAX + 3);
    const char *text = capture_end(&log);
    ck_assert_msg(strstr(text, "event=topics_left_out topics=3 limit=1024") != NULL, "%s", text);
    expect_counts(KAFKA_FOUND_MAX, 3);
    expect_why("3 topics that TOPKD_TOPICS fits are not read");
    ck_assert_ptr_nonnull(kafka_topics_intern(&table, "v-1023")); /* the first by name */
    ck_assert_ptr_null(kafka_topics_intern(&table, "v-1024"));
}
END_TEST

START_TEST(a_topic_that_goes_makes_room_for_another) {
    GIVEN("^v-");
    answered(0, KAFKA_FOUND_MAX);
    expect_no_why();
    answered(3, KAFKA_FOUND_MAX + 3); /* what is away still has its place */
    expect_counts(KAFKA_FOUND_MAX, 3);
    now_ms += KAFKA_GONE_AFTER_MS;
    answered(3, KAFKA_FOUND_MAX + 3); /* says who is gone */
    answered(3, KAFKA_FOUND_MAX + 3);
    expect_counts(KAFKA_FOUND_MAX, 0);
    expect_no_why();
    ck_assert_ptr_nonnull(kafka_topics_intern(&table, "v-1026"));
}
END_TEST

START_TEST(names_that_are_gone_have_a_limit_too) {
    GIVEN("^v-");
    table.names_max = 4;
    answered(0, 3);
    answered(3, 5); /* those are away */
    expect_counts(4, 1);
    expect_why("restart the worker");
    now_ms += KAFKA_GONE_AFTER_MS;
    answered(3, 5);
    expect_counts(1, 1); /* what is gone keeps its name */
    answered(0, 4);
    expect_counts(4, 0);
}
END_TEST

/* -- members -- */

enum { JOIN_MS = 30000 };

/* Until the group gives us N partitions. The mock throws out who waits for a join as long as a session, so that on a
 * busy machine a member may have to join several times, 3 s each. */
static void await_assigned(struct source *s, size_t n, struct source_event *ev) {
    int64_t until = clock_mono_ms(&clock_system) + JOIN_MS;
    do {
        ck_assert_msg(clock_mono_ms(&clock_system) < until, "%zu partitions were not assigned", n);
        s->ops->poll(s->self, 100, ev);
    } while (ev->type != SOURCE_ASSIGN || ev->n != n);
}

/* The same, and takes them over from their beginnings. */
static void join_with(struct source *s, size_t n) {
    struct source_event ev;
    struct source_assign a[4];
    struct err e;
    ck_assert_uint_le(n, ARRAY_LEN(a));
    await_assigned(s, n, &ev);
    for (size_t i = 0; i < n; i++) a[i] = (struct source_assign){ev.tps[i], 0};
    ck_assert_msg(s->ops->assign(s->self, a, n, &e) == 0, "%s", e.text);
}

static void expect_assigned(struct source *s, const char *const *topics, size_t n) {
    struct source_event ev;
    size_t seen = 0;
    await_assigned(s, n, &ev);
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < ev.n; t++) seen += strcmp(ev.tps[t].topic, topics[i]) == 0;
    ck_assert_uint_eq(seen, n);
}

/* Nobody joins before there is something to read; then each new topic brings its partitions. */
START_TEST(members_follow_the_topics_that_a_pattern_fits) {
    static const char *const both[] = {"v-a", "v-b"};
    struct source_event ev;
    g.options.topics[0] = "^v-";
    given_prop(&g, "topic.metadata.refresh.interval.ms", "1000");
    given_shared(&g);
    struct source s = given_member(&g);
    await_why(&g, "no topic fits");
    s.ops->poll(s.self, 300, &ev);
    ck_assert_int_eq(ev.type, SOURCE_NOTHING);
    ck_assert(!kafka_member_joined(&s));
    given_topic("v-b", 1);
    expect_assigned(&s, both + 1, 1);
    ck_assert_ptr_eq(known_topic(&g, "v-b").name, kafka_topics_intern(&g.shared->topics, "v-b"));
    given_topic("v-a", 1);
    await_event(&s, SOURCE_REVOKE, &ev);
    ck_assert(!ev.lost);
    expect_assigned(&s, both, 2);
    kafka_member_close(&s);
}
END_TEST

/* What a START says of topics that were there hangs on it. The group's first look is before its first commit. */
START_TEST(a_topic_came_later_if_it_was_not_there_when_the_group_began) {
    struct source_event ev;
    struct err e;
    g.options.topics[0] = "^v-";
    given_prop(&g, "topic.metadata.refresh.interval.ms", "1000");
    given_topic("v-a", 1);
    given_shared(&g);
    struct source s = given_member(&g);
    join_with(&s, 1);
    struct source_tp tps[] = {{known_topic(&g, "v-a").name, 0}, {NULL, 0}};
    ck_assert_int_eq(s.ops->lookup(s.self, tps, 1, &e), 0);
    await_event(&s, SOURCE_LOOKUP, &ev);
    ck_assert_int_eq(ev.lookups[0].state, SOURCE_COMMIT_NONE);
    ck_assert(!ev.lookups[0].topic_came_later && !ev.lookups[0].topic_has_commits);
    given_topic("v-b", 1);
    await_event(&s, SOURCE_REVOKE, &ev);
    join_with(&s, 2);
    tps[1].topic = known_topic(&g, "v-b").name;
    ck_assert_int_eq(s.ops->lookup(s.self, tps, 2, &e), 0);
    await_event(&s, SOURCE_LOOKUP, &ev);
    ck_assert(!ev.lookups[0].topic_came_later && ev.lookups[1].topic_came_later);
    kafka_member_close(&s);
}
END_TEST

Suite *kafka_topics_suite(void) {
    Suite *suite = suite_create("kafka_topics");
    TCase *t = tcase_create("table");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, topics_that_a_pattern_fits_are_known_by_name);
    tcase_add_test(t, a_topic_that_is_named_or_fits_twice_is_known_once);
    tcase_add_test(t, dead_letters_and_topics_of_kafka_are_not_read_though_they_fit);
    tcase_add_test(t, a_later_topic_is_found_and_takes_its_place);
    tcase_add_test(t, nothing_is_known_before_a_broker_was_heard);
    tcase_add_test(t, plain_topics_wait_for_nobody);
    tcase_add_test(t, while_no_topic_fits_that_is_what_is_wrong);
    tcase_add_test(t, a_topic_that_is_missing_is_away_and_then_gone);
    tcase_add_test(t, a_topic_that_was_missing_for_a_moment_was_there_all_the_time);
    tcase_add_test(t, a_topic_that_is_made_again_has_the_name_that_it_had);
    tcase_add_test(t, what_was_wrong_with_a_topic_goes_with_it);
    tcase_add_test(t, a_plain_topic_is_away_and_never_gone);
    tcase_add_test(t, more_topics_than_there_is_room_for_are_left_out_aloud);
    tcase_add_test(t, a_topic_that_goes_makes_room_for_another);
    tcase_add_test(t, names_that_are_gone_have_a_limit_too);
    suite_add_tcase(suite, t);
    TCase *m = tcase_create("members");
    tcase_set_timeout(m, 90);
    tcase_add_checked_fixture(m, setup, teardown);
    tcase_add_test(m, members_follow_the_topics_that_a_pattern_fits);
    tcase_add_test(m, a_topic_came_later_if_it_was_not_there_when_the_group_began);
    suite_add_tcase(suite, m);
    return suite;
}
