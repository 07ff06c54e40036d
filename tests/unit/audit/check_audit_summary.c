/* unit/audit/check_audit_summary.c - the verdict: it is never good where nothing was compared, whatever the cause.
 * And the order of the faults. */
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "base/mem.h"
#include "topkd-audit/report.h"

enum { MINUTE = 29395860, ENTRIES_MAX = 8 };

static struct options options;
static struct config *config;
static struct recount recount;
static struct reading reading;
static struct arrived arrived;
static struct plan plan;
static struct bucket bucket;
static struct summary_input in;
static struct summary summary;
static struct faults faults;

static void setup(void) {
    static const char *const env[] = {NULL};
    struct buf problems = {0};
    ck_assert_int_eq(config_load(env, &config, &problems), 0);
    buf_free(&problems);
    recount_init(&recount, config, INT64_MIN, INT64_MAX);
    options = (struct options){.show = 10};
    reading = (struct reading){.recount = &recount, .n = 4, .unknowable_until = INT64_MIN};
    arrived = (struct arrived){.any_commit = true, .settled = true};
    plan = (struct plan){.entries = mem_zalloc(ENTRIES_MAX, sizeof *plan.entries), .since_ms = INT64_MAX};
    in = (struct summary_input){&options, config, &reading, &arrived, &plan, INT64_MAX, (int64_t)MINUTE * 60000};
}

static void teardown(void) {
    faults_deinit(&faults);
    summary_deinit(&summary);
    plan_deinit(&plan);
    recount_deinit(&recount);
    config_destroy(config);
}

static struct bytes word(const char *s) { return (struct bytes){s, strlen(s)}; }

/* A log with events that count, and a list of them in STATE; NONE: it is not in Redis. */
static struct entry *given_list(enum list_state state) {
    struct entry *e = &plan.entries[plan.n];
    tally_add(&recount.tally, word("US"), MINUTE + (int64_t)plan.n, word("a"), 1);
    recount.messages = recount.events = recount.outcomes[OUTCOME_APPLIED] = 1;
    *e = (struct entry){.minute = MINUTE + (int64_t)plan.n++,
                        .bucket = &bucket,
                        .state = state,
                        .indexed = state != STATE_NONE,
                        .found = {.served = state != STATE_NONE, .equal = state != STATE_NONE, .recall = 1}};
    return e;
}

static void expect_verdict(enum verdict verdict, const char *reason) {
    struct buf all = {0};
    summary_deinit(&summary);
    summary_make(&summary, &in);
    for (size_t i = 0; i < summary.reasons_n; i++) buf_addf(&all, "%s\n", summary.reasons[i]);
    ck_assert_msg(strstr(buf_text(&all), reason), "expected \"%s\" in:\n%s", reason, buf_text(&all));
    ck_assert_int_eq(summary.verdict, verdict);
    ck_assert_int_eq(summary_is_good(&summary), verdict == VERDICT_EXACT || verdict == VERDICT_WITHIN_BOUNDS);
    ck_assert_int_eq(summary.reasons_n > 0, !summary_is_good(&summary));
    buf_free(&all);
}

START_TEST(a_list_that_is_equal_makes_it_exact) {
    given_list(STATE_FINAL);
    expect_verdict(VERDICT_EXACT, "");
}
END_TEST

START_TEST(one_that_is_not_but_within_its_bounds_is_named_so) {
    given_list(STATE_FINAL)->found.equal = false;
    expect_verdict(VERDICT_WITHIN_BOUNDS, "");
    options.exact = true;
    expect_verdict(VERDICT_DIFFERENT, "1 list differs from the recount");
}
END_TEST

START_TEST(empty_topics_are_nothing_to_compare) { expect_verdict(VERDICT_NOTHING, "TOPKD_TOPICS"); }
END_TEST

START_TEST(messages_without_events_are_nothing_to_compare) {
    recount.messages = 90;
    expect_verdict(VERDICT_NOTHING, "90 messages hold only empty arrays");
}
END_TEST

START_TEST(events_that_are_all_rejected_name_the_setting) {
    recount.messages = recount.events = recount.outcomes[OUTCOME_NO_ITEM] = 90;
    expect_verdict(VERDICT_NOTHING, "none of 90 events counts, 90 are no_item: check TOPKD_FIELD_ITEM");
}
END_TEST

START_TEST(events_that_all_weigh_nothing_name_the_weights) {
    recount.messages = recount.events = recount.outcomes[OUTCOME_WEIGHTLESS] = 90;
    expect_verdict(VERDICT_NOTHING, "check TOPKD_WEIGHTS");
}
END_TEST

START_TEST(a_range_without_events_says_where_they_are) {
    recount.messages = recount.events = recount.outcomes[OUTCOME_APPLIED] = 90;
    recount.first_minute = recount.last_minute = 29395860;
    expect_verdict(VERDICT_NOTHING, "the log has minutes from 2025-11-21T19:00 to 2025-11-21T19:00");
}
END_TEST

START_TEST(a_redis_without_any_list_asks_for_board_and_address) {
    given_list(STATE_NONE);
    expect_verdict(VERDICT_NOTHING, "Redis has no list of the board \"topk\"");
    given_list(STATE_OPEN);
    expect_verdict(VERDICT_NOTHING, "no list could be compared (1 open)");
}
END_TEST

START_TEST(lists_that_are_all_open_are_nothing_to_compare) {
    given_list(STATE_OPEN);
    expect_verdict(VERDICT_NOTHING, "(1 open): use --wait");
    options.exact = true;
    expect_verdict(VERDICT_NOTHING, "1 list is open");
    options.allow_open = true;
    expect_verdict(VERDICT_EXACT, "");
}
END_TEST

START_TEST(lists_that_are_all_lost_are_nothing_to_compare_even_if_that_is_allowed) {
    given_list(STATE_LOST);
    expect_verdict(VERDICT_NOTHING, "1 lost");
    options.exact = options.allow_lost = true;
    expect_verdict(VERDICT_NOTHING, "1 lost");
}
END_TEST

START_TEST(lists_that_all_still_move_are_nothing_to_compare) {
    given_list(STATE_FINAL);
    in.settled_until = INT64_MIN;
    expect_verdict(VERDICT_NOTHING, "1 moving");
}
END_TEST

START_TEST(lists_that_the_log_cannot_tell_are_nothing_to_compare) {
    given_list(STATE_FINAL);
    reading.unknowable_until = INT64_MAX;
    expect_verdict(VERDICT_NOTHING, "1 unknowable");
}
END_TEST

START_TEST(lists_that_have_all_expired_are_nothing_to_compare) {
    given_list(STATE_NONE);
    plan.since_ms = 1;
    in.wall_ms = (MINUTE + 2) * INT64_C(60000) + config->retention_ms;
    expect_verdict(VERDICT_NOTHING, "1 expired");
    plan.since_ms = INT64_MIN;
    expect_verdict(VERDICT_NOTHING, "Redis has no list of the board");
}
END_TEST

START_TEST(a_foreign_list_alone_is_nothing_to_compare) {
    given_list(STATE_FINAL)->bucket = NULL;
    tally_deinit(&recount.tally);
    recount.messages = recount.events = recount.outcomes[OUTCOME_APPLIED] = 0;
    expect_verdict(VERDICT_NOTHING, "1 list is foreign");
}
END_TEST

START_TEST(one_list_that_was_compared_is_a_verdict_and_the_others_are_named) {
    struct buf uncompared = {0};
    given_list(STATE_FINAL);
    given_list(STATE_OPEN);
    given_list(STATE_LOST);
    given_list(STATE_LOST);
    expect_verdict(VERDICT_EXACT, "");
    summary_write_uncompared(&summary, &uncompared);
    ck_assert_str_eq(buf_text(&uncompared), "1 open, 2 lost");
    buf_free(&uncompared);
}
END_TEST

START_TEST(workers_that_never_committed_are_named_so) {
    given_list(STATE_FINAL);
    options.wait_ms = 1000;
    arrived = (struct arrived){.behind = 7};
    expect_verdict(VERDICT_DIFFERENT, "7 records are not committed: the group has never committed, check TOPKD_GROUP");
}
END_TEST

START_TEST(what_the_wait_was_still_for_is_told_where_it_is_not_good) {
    options.wait_ms = 1000;
    arrived = (struct arrived){.any_commit = true, .awaited = "1 of 1 lists"};
    given_list(STATE_FINAL);
    expect_verdict(VERDICT_EXACT, "");
    given_list(STATE_NONE);
    expect_verdict(VERDICT_DIFFERENT, "the wait ended while waiting for 1 of 1 lists");
}
END_TEST

/* Off by 1, by 500, a state alone by 1000, and 7: the order is 500, 7, 1, and the state last. */
START_TEST(the_worst_list_is_first_and_a_mere_state_is_last) {
    static const double off[] = {1, 500, 1000, 7};
    options.exact = true;
    for (size_t i = 0; i < ARRAY_LEN(off); i++) {
        struct entry *e = given_list(i == 2 ? STATE_LOST : STATE_FINAL);
        e->found.off = off[i];
        e->found.equal = false;
    }
    faults_make(&faults, &in);
    ck_assert_uint_eq(faults.n, 4);
    ck_assert_double_eq(faults.list[0].entry->found.off, 500);
    ck_assert_double_eq(faults.list[1].entry->found.off, 7);
    ck_assert_double_eq(faults.list[2].entry->found.off, 1);
    ck_assert_int_eq(faults.list[3].fate, FATE_LOST);
}
END_TEST

START_TEST(every_list_that_is_blamed_is_among_the_faults) {
    given_list(STATE_OPEN);
    given_list(STATE_LOST);
    given_list(STATE_NONE);
    given_list(STATE_FINAL);
    faults_make(&faults, &in);
    ck_assert_uint_eq(faults.n, 1);
    faults_deinit(&faults);
    options.exact = true;
    faults_make(&faults, &in);
    ck_assert_uint_eq(faults.n, 3);
    faults_deinit(&faults);
    options.allow_lost = true;
    faults_make(&faults, &in);
    ck_assert_uint_eq(faults.n, 2);
}
END_TEST

/* Goal: nobody takes an audit that compared nothing for one that found no difference. */
START_TEST(where_nothing_was_compared_the_report_says_so_and_shows_no_zeros_that_look_good) {
    struct buf out = {0};
    expect_verdict(VERDICT_NOTHING, "there is no message to count in 4 partitions");
    const struct report report = {&in, &summary, &recount, &faults, 0, 0};
    report_table(&report, &out);
    const char *text = buf_text(&out), *last = strrchr(text, '\n');
    while (last > text && last[-1] != '\n') last--;
    ck_assert_msg(strncmp(last, "verdict: nothing to compare - there is no message", 49) == 0, "%s", last);
    ck_assert_ptr_nonnull(strstr(text, "  compared                  0  the verdict says why\n"));
    ck_assert_ptr_null(strstr(text, "exact"));
    ck_assert_ptr_null(strstr(text, "unequal"));
    ck_assert_ptr_null(strstr(text, "out of bounds"));
    buf_free(&out);
}
END_TEST

START_TEST(where_a_list_was_compared_the_report_counts_the_lists) {
    struct buf out = {0};
    given_list(STATE_FINAL);
    expect_verdict(VERDICT_EXACT, "");
    const struct report report = {&in, &summary, &recount, &faults, 0, 0};
    report_table(&report, &out);
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "  compared                  1  of which:\n"));
    ck_assert_ptr_nonnull(strstr(buf_text(&out), "  unequal                   0  "));
    ck_assert_ptr_nonnull(
        strstr(buf_text(&out), "verdict: exact - 1 list of 1 location, 1 event, every count equal\n"));
    buf_free(&out);
}
END_TEST

static void expect_line(const char *want) {
    struct buf out = {0};
    const struct report report = {&in, &summary, &recount, &faults, 0, 0};
    expect_verdict(VERDICT_EXACT, "");
    report_verdict(&report, &out);
    ck_assert_str_eq(buf_text(&out), want);
    buf_free(&out);
}

#define ONE_LIST "verdict: exact - 1 list of 1 location, "

START_TEST(a_good_verdict_says_how_many_events_are_not_in_it) {
    given_list(STATE_FINAL);
    recount.events = 200;
    recount.outcomes[OUTCOME_APPLIED] = 3;
    recount.outcomes[OUTCOME_LATE] = 197;
    expect_line(ONE_LIST "200 events, every count equal; 197 of 200 events were not applied: 197 late\n");
    recount.outcomes[OUTCOME_LATE] = 150;
    recount.outcomes[OUTCOME_NO_ITEM] = 40;
    recount.outcomes[OUTCOME_TOMBSTONE] = 7;
    expect_line(ONE_LIST "200 events, every count equal; 197 of 200 events were not applied: 150 late, 47 others\n");
    recount.outcomes[OUTCOME_APPLIED] = 199;
    recount.outcomes[OUTCOME_LATE] = 1;
    recount.outcomes[OUTCOME_NO_ITEM] = recount.outcomes[OUTCOME_TOMBSTONE] = 0;
    expect_line(ONE_LIST "200 events, every count equal; 1 of 200 events was not applied: 1 late\n");
}
END_TEST

START_TEST(what_its_producer_means_is_no_news) {
    given_list(STATE_FINAL);
    recount.events = 200;
    recount.outcomes[OUTCOME_APPLIED] = 3;
    recount.outcomes[OUTCOME_DUPLICATE] = 100;
    recount.outcomes[OUTCOME_TOMBSTONE] = 97;
    expect_line(ONE_LIST "200 events, every count equal\n");
}
END_TEST

Suite *audit_summary_suite(void);
Suite *audit_summary_suite(void) {
    Suite *s = suite_create("audit_summary");
    TCase *c = tcase_create("summary");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_list_that_is_equal_makes_it_exact);
    tcase_add_test(c, one_that_is_not_but_within_its_bounds_is_named_so);
    tcase_add_test(c, empty_topics_are_nothing_to_compare);
    tcase_add_test(c, messages_without_events_are_nothing_to_compare);
    tcase_add_test(c, events_that_are_all_rejected_name_the_setting);
    tcase_add_test(c, events_that_all_weigh_nothing_name_the_weights);
    tcase_add_test(c, a_range_without_events_says_where_they_are);
    tcase_add_test(c, a_redis_without_any_list_asks_for_board_and_address);
    tcase_add_test(c, lists_that_are_all_open_are_nothing_to_compare);
    tcase_add_test(c, lists_that_are_all_lost_are_nothing_to_compare_even_if_that_is_allowed);
    tcase_add_test(c, lists_that_all_still_move_are_nothing_to_compare);
    tcase_add_test(c, lists_that_the_log_cannot_tell_are_nothing_to_compare);
    tcase_add_test(c, lists_that_have_all_expired_are_nothing_to_compare);
    tcase_add_test(c, a_foreign_list_alone_is_nothing_to_compare);
    tcase_add_test(c, one_list_that_was_compared_is_a_verdict_and_the_others_are_named);
    tcase_add_test(c, workers_that_never_committed_are_named_so);
    tcase_add_test(c, what_the_wait_was_still_for_is_told_where_it_is_not_good);
    tcase_add_test(c, the_worst_list_is_first_and_a_mere_state_is_last);
    tcase_add_test(c, every_list_that_is_blamed_is_among_the_faults);
    tcase_add_test(c, where_nothing_was_compared_the_report_says_so_and_shows_no_zeros_that_look_good);
    tcase_add_test(c, where_a_list_was_compared_the_report_counts_the_lists);
    tcase_add_test(c, a_good_verdict_says_how_many_events_are_not_in_it);
    tcase_add_test(c, what_its_producer_means_is_no_news);
    suite_add_tcase(s, c);
    return s;
}
