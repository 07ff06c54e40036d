/* unit/partition/check_partition_ids.c - an event whose id was seen a little while ago counts once (rule 26).
 * DEDUP is 10m here. What a successor must know of ids it reads again, and the rewind says from where. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "partition_given.h"

static void given_dedup(int64_t dedup_ms, uint32_t ids_max) {
    struct delivery_rules r = evening.rules;
    r.dedup_ms = dedup_ms;
    r.dedup_ids_max = ids_max;
    given_partition_under(r);
}

static void setup(void) {
    evening_with_partition();
    given_dedup(10 * MINUTE_MS, 1000);
}

/* A record of CLOCK with these events. */
static void expect_at(const char *clock, const char *clocks, const char *outcomes) {
    it_is(clock);
    expect_outcomes(clocks, outcomes);
}

static void tick(void) {
    publish_and_answer();
    wait_ms(5000);
    confirm_and_settle();
}

static void given_restart(void) {
    int64_t frontier = evening.group.offset;
    given_successor();
    ck_assert_int_ne(read_up_to(frontier), RECORD_OF_ANOTHER_LOG);
    ck_assert(view().restored);
}

/* -- what counts -- */

START_TEST(an_id_that_comes_again_within_dedup_does_not_count) {
    expect_at("19:08", "19:08#1", "applied");
    expect_at("19:17:59.999", "19:17#1", "duplicate");
    expect_at("19:18", "19:17#2", "applied");
}
END_TEST

START_TEST(an_id_counts_again_after_dedup) {
    expect_at("19:08:00.999", "19:08#1", "applied"); /* whole seconds are compared */
    expect_at("19:18", "19:17#1", "applied");
}
END_TEST

START_TEST(a_duplicate_keeps_its_id_alive) {
    expect_at("19:08", "19:08#1", "applied");
    expect_at("19:17", "19:17#1", "duplicate");
    expect_at("19:26", "19:26#1", "duplicate");
    expect_at("19:36", "19:36#1", "applied");
}
END_TEST

START_TEST(a_part_of_a_second_of_dedup_is_a_whole_one) {
    given_dedup(1500, 1000);
    expect_at("19:08", "19:08#1 19:08#2", "applied applied");
    expect_at("19:08:01.999", "19:08#1", "duplicate");
    expect_at("19:08:02", "19:08#2", "applied");
}
END_TEST

/* Log time moves within the record, before the first of its events is looked at. */
START_TEST(events_of_one_record_are_seen_at_the_same_time) {
    expect_at("19:08", "19:08#1 19:08#1 19:08#2 19:08 19:08", "applied duplicate applied applied applied");
    ck_assert_uint_eq(view().without_id, 2);
    ck_assert_uint_eq(view().outcomes[EVENT_DUPLICATE], 1);
    expect_at("19:18", "19:18#1 19:18#1", "applied duplicate");
}
END_TEST

START_TEST(what_does_not_count_for_its_time_or_weight_is_not_seen) {
    struct event nothing = event_of("19:10", "US", "cat", 0);
    nothing.outcome = EVENT_WEIGHTLESS;
    nothing.id_hash = 1;
    log_time_reaches("19:10");
    expect_at("19:10", "19:08#1 19:12#1", "late future");
    record_of(&nothing, 1);
    ck_assert_uint_eq(view().ids_remembered, 0);
    expect_at("19:10", "19:10#1", "applied");
}
END_TEST

START_TEST(an_event_that_has_no_place_for_its_location_is_seen) {
    struct delivery_rules r = evening.rules;
    r.locations_max = 1;
    given_partition_under(r);
    struct event other = event_of("19:08", "FR", "cat", 1);
    other.id_hash = 1;
    ck_assert_str_eq(events_of("19:08"), "applied");
    record_of(&other, 1);
    ck_assert_uint_eq(view().outcomes[EVENT_MANY_LOCATIONS], 1);
    expect_outcomes("19:08#1", "duplicate");
}
END_TEST

START_TEST(only_the_last_ids_are_known) {
    given_dedup(10 * MINUTE_MS, 2);
    expect_at("19:08", "19:08#1 19:08#2 19:08#3 19:08#1", "applied applied applied applied");
    expect_at("19:09", "19:09#3 19:09#2", "duplicate applied");
    ck_assert_uint_eq(view().ids_forgotten_early, 4);
    ck_assert_uint_eq(view().ids_remembered, 2);
    ck_assert_int_eq(view().ids_age_s, 0);
}
END_TEST

START_TEST(where_ids_mean_nothing_everything_counts) {
    given_dedup(0, 1000);
    expect_at("19:08", "19:08#1 19:08#1 19:08", "applied applied applied");
    ck_assert_uint_eq(view().ids_remembered, 0);
    ck_assert_uint_eq(view().without_id, 0);
}
END_TEST

START_TEST(by_event_clock_ids_live_by_the_times_of_events) {
    struct delivery_rules r = evening.rules;
    r.clock_is_event = true;
    given_partition_under(r);
    expect_at("19:08", "19:08#1", "applied");
    expect_at("23:00", "19:09#1", "duplicate");
    expect_at("23:00", "19:09#1 19:30", "applied applied"); /* its record brings log time to 19:30 */
    expect_at("23:00", "19:31#1", "duplicate");
}
END_TEST

START_TEST(memory_goes_when_ids_are_forgotten) {
    expect_at("19:08", "19:08#1", "applied");
    ck_assert_uint_gt(view().ids_bytes, 0);
    it_is("19:18");
    record_of(NULL, 0);
    ck_assert_uint_eq(view().ids_remembered, 0);
    ck_assert_uint_eq(view().ids_bytes, 0);
}
END_TEST

/* -- what a successor knows -- */

/* An event a minute, of a new id, from 19:00 to 19:20. All that is sealed is settled. */
static void given_twenty_minutes(void) {
    for (int k = 0; k <= 20; k++) {
        char clock[8], event[16];
        snprintf(clock, sizeof clock, "19:%02d", k);
        snprintf(event, sizeof event, "%s#%d", clock, 100 + k);
        expect_at(clock, event, "applied");
        tick();
    }
    ck_assert_int_eq(view().settled, minute_at("19:18"));
    commit();
}

/* Minutes of them are settled, and yet their ids are known. */
START_TEST(a_successor_knows_the_ids_that_live) {
    given_twenty_minutes();
    given_restart();
    expect_at("19:20:59", "19:20#110 19:20#111 19:20#120 19:20#121", "applied duplicate duplicate applied");
    publish();
    expect_copy("US 19:20 @22: cat 3");
}
END_TEST

/* The oldest open minute began at 19:19: 19:09 is where somebody must read. Marks lie 38 seconds apart, or a record. */
START_TEST(a_rewind_reads_no_more_than_it_must) {
    given_twenty_minutes();
    struct commit_meta m = commit_meta_of(&evening.group);
    ck_assert_int_eq(m.rewind, 10);
    ck_assert_int_eq(m.rewind_log_time_ms, ms_of("19:09"));
    ck_assert(m.anchor.set && m.anchor.offset == m.rewind);
    ck_assert_int_eq(m.anchor.time_ms, ms_of("19:10"));
    ck_assert_int_eq(view().rewind, 10);
}
END_TEST

START_TEST(without_ids_that_live_a_rewind_is_what_it_was) {
    expect_at("19:00", "19:00#1", "applied");
    log_time_reaches("19:12");
    tick();
    log_time_reaches("19:13");
    tick();
    commit();
    ck_assert_int_eq(commit_meta_of(&evening.group).rewind, 1);
}
END_TEST

/* The limit of ids is one of the rewind, too: a busy partition reads little again. */
START_TEST(ids_beyond_the_limit_need_no_rewind) {
    given_dedup(10 * MINUTE_MS, 4);
    given_twenty_minutes();
    ck_assert_int_eq(commit_meta_of(&evening.group).rewind, 15); /* 19 is the first of an open minute */
    given_restart();
    ck_assert_uint_eq(view().ids_forgotten_early, 0);                /* it was counted before */
    expect_at("19:20:59", "19:20#116 19:20#117", "applied applied"); /* 116 pushed 117 out */
    ck_assert_uint_eq(view().ids_forgotten_early, 2);
    expect_at("19:20:59", "19:20#119", "duplicate");
}
END_TEST

START_TEST(a_rewind_never_goes_back) {
    int64_t rewind = 0;
    for (int k = 0; k < 120; k++) {
        char clock[16], event[24];
        snprintf(clock, sizeof clock, "19:%02d:%02d", k / 4, k % 4 * 15);
        snprintf(event, sizeof event, "%s#%d", clock, 100 + k / 3);
        expect_at(clock, event, k % 3 == 0 ? "applied" : "duplicate");
        if (k % 4 == 0) tick();
        commit();
        ck_assert_int_ge(commit_meta_of(&evening.group).rewind, rewind);
        rewind = commit_meta_of(&evening.group).rewind;
    }
    ck_assert_int_gt(rewind, 60);
}
END_TEST

/* 19:10 is first met by a duplicate of 19:00, and 19:00 is forgotten when an event of 19:10 counts. If the rewind held
 * only what that one needs, the duplicate would count after a restart. */
START_TEST(a_duplicate_that_comes_before_its_minute_stays_one) {
    expect_at("19:00", "19:00#1", "applied");
    expect_at("19:05", "19:05#2", "applied");
    expect_at("19:09:30", "19:10#1", "duplicate");
    expect_at("19:10:50", "19:10#3", "applied");
    expect_at("19:11", "19:11#4", "applied");
    tick();
    ck_assert_int_eq(view().settled, minute_at("19:09"));
    commit();
    given_restart();
    publish();
    expect_copy("US 19:10 @5: cat 1");
}
END_TEST

START_TEST(a_minute_of_duplicates_alone_says_nothing_and_settles) {
    expect_at("19:08", "19:08#1", "applied");
    expect_at("19:09", "19:09#1", "duplicate");
    ck_assert_uint_eq(view().live_minutes, 2);
    log_time_reaches("19:12");
    publish();
    ck_assert_uint_eq(evening.said_n, 4); /* 19:08 and 19:12, each of US and of all */
    answer_all();
    row_behind();
    wait_ms(5000);
    confirm_and_settle();
    ck_assert_int_eq(view().settled, minute_at("19:10"));
    ck_assert_uint_eq(view().live_minutes, 1);
}
END_TEST

/* A Redis that counted fewer rows is taken for one that lost what settled (rule 22). A row of the Redis before is none
 * of this one's, and nothing of the minute was in either. */
START_TEST(a_minute_of_duplicates_alone_needs_no_row) {
    expect_at("19:00", "19:00#1", "applied");
    expect_at("19:03", "19:03#2", "applied");
    tick();
    tick();
    expect_at("19:04", "19:04#1", "duplicate");
    tick();
    int64_t kept = frozen_meta().rows_kept;
    partition_other_life(evening.partition, LIFE_B);
    evening.rows_n = 0; /* it counts anew */
    log_time_reaches("19:06");
    tick();
    ck_assert_int_eq(view().settled, minute_at("19:04"));
    ck_assert_int_le(frozen_meta().rows_kept, evening.rows_n);
    ck_assert_int_gt(kept, 0);
}
END_TEST

/* Not late by log time: a reader that began later would take it for one that was skipped, and had seen it. */
START_TEST(what_was_closed_without_the_partition_is_seen) {
    evening.group_has = false;
    evening.joined.closable_until = minute_at("19:08");
    evening.joined.is_new = true;
    given_successor();
    given_ready(0);
    expect_at("19:08", "19:08#1", "late");
    expect_at("19:09", "19:09#1", "duplicate");
}
END_TEST

START_TEST(memory_that_is_kept_knows_its_ids) {
    expect_at("19:08", "19:08#1", "applied");
    commit();
    ck_assert(partition_is_own_commit(evening.partition, evening.group.offset, evening.group.metadata));
    partition_keep(evening.partition);
    expect_outcomes("19:08#1", "duplicate");
}
END_TEST

/* -- where nothing is known -- */

START_TEST(a_reset_begins_without_ids) {
    expect_at("19:08", "19:08#1", "applied");
    expect_at("19:08", "19:08#2", "applied");
    evening.group = (struct partition_commit){.offset = 2};
    given_successor();
    (void)read_up_to(2);
    given_ready(0);
    expect_outcomes("19:12#2", "future");
    it_is("19:11");
    expect_outcomes("19:11#2", "applied");
    expect_outcomes("19:11#2", "duplicate");
}
END_TEST

/* This memory had seen them itself before it was doubted. The other log begins with an earlier time. */
START_TEST(another_log_begins_without_ids) {
    expect_at("19:08", "19:08#1", "applied");
    commit();
    ck_assert(partition_doubt(evening.partition, 0));
    strcpy(evening.log[0].value, "other");
    ck_assert_int_eq(read_up_to(1), RECORD_OF_ANOTHER_LOG);
    evening.log_end = 0;
    given_ready(0);
    expect_at("19:07", "19:07#1", "applied");
    expect_at("19:08", "19:08#1", "duplicate");
}
END_TEST

/* Retention took ids that a rewind asked for. What is left of the log is all that anybody can know. */
START_TEST(a_cut_above_the_rewind_begins_without_ids) {
    given_twenty_minutes();
    evening.log_start = 15;
    given_restart();
    ck_assert_int_eq(view().origin, ORIGIN_TRUNCATED);
    expect_at("19:20:59", "19:20#114 19:20#115", "applied duplicate");
}
END_TEST

/* Other settings begin anew where the rewind is, and whoever crashes then knows the same. */
START_TEST(a_changed_meaning_begins_at_the_rewind_and_again_there_after_a_crash) {
    given_twenty_minutes();
    for (int crash = 0; crash < 2; crash++) {
        evening.rules.dedup_ms = 15 * MINUTE_MS;
        evening.rules.meaning = 0xdecaf;
        given_restart();
        if (crash == 0) given_ready(0);
        ck_assert_int_eq(commit_meta_of(&evening.group).rewind, 10);
        commit();
    }
    expect_at("19:20:59", "19:20#109 19:20#110", "applied duplicate");
}
END_TEST

Suite *partition_ids_suite(void);
Suite *partition_ids_suite(void) {
    Suite *s = suite_create("partition_ids");
    TCase *c = tcase_create("counts");
    tcase_add_checked_fixture(c, setup, evening_end);
    tcase_add_test(c, an_id_that_comes_again_within_dedup_does_not_count);
    tcase_add_test(c, an_id_counts_again_after_dedup);
    tcase_add_test(c, a_duplicate_keeps_its_id_alive);
    tcase_add_test(c, a_part_of_a_second_of_dedup_is_a_whole_one);
    tcase_add_test(c, events_of_one_record_are_seen_at_the_same_time);
    tcase_add_test(c, what_does_not_count_for_its_time_or_weight_is_not_seen);
    tcase_add_test(c, an_event_that_has_no_place_for_its_location_is_seen);
    tcase_add_test(c, only_the_last_ids_are_known);
    tcase_add_test(c, where_ids_mean_nothing_everything_counts);
    tcase_add_test(c, by_event_clock_ids_live_by_the_times_of_events);
    tcase_add_test(c, memory_goes_when_ids_are_forgotten);
    suite_add_tcase(s, c);
    c = tcase_create("successor");
    tcase_add_checked_fixture(c, setup, evening_end);
    tcase_add_test(c, a_successor_knows_the_ids_that_live);
    tcase_add_test(c, a_rewind_reads_no_more_than_it_must);
    tcase_add_test(c, without_ids_that_live_a_rewind_is_what_it_was);
    tcase_add_test(c, ids_beyond_the_limit_need_no_rewind);
    tcase_add_test(c, a_rewind_never_goes_back);
    tcase_add_test(c, a_duplicate_that_comes_before_its_minute_stays_one);
    tcase_add_test(c, a_minute_of_duplicates_alone_says_nothing_and_settles);
    tcase_add_test(c, a_minute_of_duplicates_alone_needs_no_row);
    tcase_add_test(c, what_was_closed_without_the_partition_is_seen);
    tcase_add_test(c, memory_that_is_kept_knows_its_ids);
    suite_add_tcase(s, c);
    c = tcase_create("beginnings");
    tcase_add_checked_fixture(c, setup, evening_end);
    tcase_add_test(c, a_reset_begins_without_ids);
    tcase_add_test(c, another_log_begins_without_ids);
    tcase_add_test(c, a_cut_above_the_rewind_begins_without_ids);
    tcase_add_test(c, a_changed_meaning_begins_at_the_rewind_and_again_there_after_a_crash);
    suite_add_tcase(s, c);
    return s;
}
