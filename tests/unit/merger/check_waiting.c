/* unit/merger/check_waiting.c - what a merger remembers, so that a tick costs what changed: which notes are news, and
 * which lists the rows have changed without any note. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "waiting_given.h"

/* -- notes -- */

START_TEST(a_note_is_news_until_its_list_was_merged_under_its_token) {
    ck_assert(is_news("US", MINUTE, token_a));
    ck_assert(is_news("US", MINUTE, token_a));
    merged("US", MINUTE, token_a);
    ck_assert(!is_news("US", MINUTE, token_a));
    ck_assert(is_news("US", MINUTE, token_b)); /* the last byte differs */
    merged("US", MINUTE, token_b);
    ck_assert(!is_news("US", MINUTE, token_b));
    ck_assert(is_news("US", MINUTE, token_a));
    ck_assert_uint_eq(waiting_count(waiting.lists), 1);
}
END_TEST

START_TEST(lists_are_told_apart_by_location_and_minute) {
    static const struct {
        const char *location;
        int64_t minute;
    } others[] = {{"US", MINUTE + 1}, {"US", -MINUTE}, {"U", MINUTE}, {"USA", MINUTE}, {"", MINUTE}, {"us", MINUTE}};
    merged("US", MINUTE, token_a);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        ck_assert_msg(is_news(others[i].location, others[i].minute, token_a), "row %zu", i);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) merged(others[i].location, others[i].minute, token_b);
    ck_assert_uint_eq(waiting_count(waiting.lists), 1 + ARRAY_LEN(others));
    ck_assert(!is_news("US", MINUTE, token_a));
}
END_TEST

START_TEST(news_say_when_the_list_was_merged_last) {
    struct waiting_last last;
    ck_assert(asked(&(struct waiting_note){location_text("US"), MINUTE, token_a, false}, &last));
    ck_assert_int_eq(last.mono_ms, TIME_NEVER);
    merged_at("US", MINUTE, token_a, 123456);
    ck_assert(asked(&(struct waiting_note){location_text("US"), MINUTE, token_b, false}, &last));
    ck_assert_int_eq(last.mono_ms, 123456);
    ck_assert(!last.becomes_final);
}
END_TEST

/* -- outcomes that the rows change -- */

START_TEST(nothing_is_offered_while_the_rows_stand_still) {
    merged("US", MINUTE, token_a);
    merged("FR", MINUTE + 1, token_a);
    ck_assert_uint_eq(offered_by_rows(), 0);
    ck_assert_uint_eq(offered_by_rows(), 0);
}
END_TEST

START_TEST(rows_that_move_without_changing_the_outcome_offer_nothing) {
    merged("US", MINUTE, token_a);
    row_settles("events/0", MINUTE); /* its part was final already; events/1 is still open */
    ck_assert_uint_eq(offered_by_rows(), 0);
    row_settles("events/1", MINUTE - 1);
    ck_assert_uint_eq(offered_by_rows(), 0);
}
END_TEST

START_TEST(a_list_that_becomes_final_without_a_note_is_offered_until_it_is_merged) {
    merged("US", MINUTE, token_a);
    merged("US", MINUTE + 1, token_b);
    row_settles("events/1", MINUTE);
    for (int i = 0; i < 2; i++) { /* again and again, should the merge fail */
        ck_assert_uint_eq(offered_by_rows(), 1);
        ck_assert_str_eq(waiting.offers[0].location, "US");
        ck_assert_str_eq(waiting.offers[0].token, token_a);
        ck_assert_int_eq(waiting.offers[0].minute, MINUTE);
        ck_assert_int_eq(waiting.offers[0].last.mono_ms, MERGED_MS);
        ck_assert(waiting.offers[0].last.becomes_final);
    }
    merged("US", MINUTE, token_a);
    ck_assert_uint_eq(offered_by_rows(), 0);
}
END_TEST

START_TEST(an_outcome_that_is_not_final_does_not_say_so) {
    struct progress_row row = nothing_yet;
    merged("US", MINUTE, token_a);
    row.unsure_until = MINUTE;
    row_says("events/1", &row);
    ck_assert_uint_eq(offered_by_rows(), 1);
    ck_assert(!waiting.offers[0].last.becomes_final); /* it is lost */
}
END_TEST

/* The state stays open, but a newer incarnation takes a part out of the sum. */
START_TEST(a_part_that_counts_no_more_changes_the_outcome) {
    struct list_part parts[2] = {{"events/0", 5, false, false}, {"events/1", 5, false, false}};
    merged_from("US", MINUTE, token_a, parts, 2);
    progress_add(&waiting.progress, "events/1", 6, &nothing_yet);
    ck_assert_uint_eq(offered_by_rows(), 1);
    ck_assert(!waiting.offers[0].last.becomes_final);
    merged_from("US", MINUTE, token_a, parts, 2);
    ck_assert(!parts[1].counts);
    ck_assert_uint_eq(offered_by_rows(), 0);
}
END_TEST

/* A lost list stays lost when everybody has settled its minute, but its note may end. */
START_TEST(a_lost_list_is_offered_when_every_partition_has_settled_its_minute) {
    struct progress_row row = nothing_yet;
    struct list_part part = {"events/0", 5, false, false};
    row.unsure_until = MINUTE;
    row_says("events/0", &row);
    merged_from("US", MINUTE, token_a, &part, 1);
    row.settled = MINUTE;
    row_says("events/0", &row);
    ck_assert_uint_eq(offered_by_rows(), 0);
    row_settles("events/1", MINUTE);
    ck_assert_uint_eq(offered_by_rows(), 1);
}
END_TEST

START_TEST(news_are_not_offered_a_second_time_in_their_round) {
    merged("US", MINUTE, token_a);
    row_settles("events/1", MINUTE);
    ck_assert(is_news("US", MINUTE, token_b));
    ck_assert_uint_eq(offered_by_rows(), 0);
    ck_assert_uint_eq(offered_by_rows(), 1); /* it was not merged: the next round has it */
}
END_TEST

START_TEST(a_note_that_is_no_news_does_not_hide_a_changed_outcome) {
    merged("US", MINUTE, token_a);
    row_settles("events/1", MINUTE);
    ck_assert(!is_news("US", MINUTE, token_a));
    ck_assert_uint_eq(offered_by_rows(), 1);
}
END_TEST

/* A list merged before the rows moved, written after: what it was judged by is what counts. */
START_TEST(rows_that_moved_while_the_list_was_written_are_noticed) {
    struct list_part part = {"events/0", 5, true, false};
    const struct waiting_merge merge = {.digest = progress_digest(waiting.round.rules, &waiting.progress, MINUTE),
                                        .state =
                                            list_judge(waiting.round.rules, &waiting.progress, MINUTE, 0, &part, 1),
                                        .parts = &part,
                                        .parts_n = 1,
                                        .mono_ms = 1};
    row_settles("events/1", MINUTE);
    waiting_merged(waiting.lists, location_text("US"), MINUTE, token_a, &merge);
    ck_assert_uint_eq(offered_by_rows(), 1);
    ck_assert(waiting.offers[0].last.becomes_final);
}
END_TEST

START_TEST(rows_that_go_back_to_what_they_said_are_noticed) {
    merged("US", MINUTE, token_a);
    ck_assert_uint_eq(offered_by_rows(), 0);
    row_settles("events/1", MINUTE);
    merged("US", MINUTE, token_a);
    row_settles("events/1", MINUTE - 1);
    ck_assert_uint_eq(offered_by_rows(), 1);
}
END_TEST

/* -- forgetting, and many lists -- */

static bool keeps_us(void *ctx, struct bytes location) {
    ++*(int *)ctx;
    return location.n == 2 && memcmp(location.p, "US", 2) == 0;
}

START_TEST(what_is_removed_filtered_or_cleared_is_news_again) {
    int keep_asked = 0;
    merged("US", MINUTE, token_a);
    merged("US", MINUTE + 1, token_a);
    merged("FR", MINUTE, token_a);
    waiting_remove(waiting.lists, location_text("US"), MINUTE + 1);
    waiting_remove(waiting.lists, location_text("US"), MINUTE + 1);
    waiting_remove(waiting.lists, location_text("ES"), MINUTE);
    ck_assert_uint_eq(waiting_count(waiting.lists), 2);
    ck_assert(is_news("US", MINUTE + 1, token_a));
    waiting_filter(waiting.lists, keeps_us, &keep_asked);
    ck_assert_int_eq(keep_asked, 2);
    ck_assert_uint_eq(waiting_count(waiting.lists), 1);
    ck_assert(is_news("FR", MINUTE, token_a));
    ck_assert(!is_news("US", MINUTE, token_a));
    waiting_clear(waiting.lists);
    ck_assert_uint_eq(waiting_count(waiting.lists), 0);
    ck_assert(is_news("US", MINUTE, token_a));
    row_settles("events/1", MINUTE);
    ck_assert_uint_eq(offered_by_rows(), 0);
    merged("US", MINUTE, token_a);
    ck_assert_uint_eq(waiting_count(waiting.lists), 1);
    waiting_destroy(NULL);
}
END_TEST

enum { MANY = 10000, LOCATIONS = 100 };

static const char *location_of(int i) {
    static char name[16];
    snprintf(name, sizeof name, "place-%d", i % LOCATIONS);
    return name;
}

static void count_offer(void *ctx, const struct waiting_note *note, const struct waiting_last *last) {
    *(int *)ctx += note->minute == MINUTE + 7 && last->becomes_final ? 1 : MANY;
}

static bool keeps_even_places(void *ctx, struct bytes location) {
    (void)ctx;
    return (location.p[location.n - 1] - '0') % 2 == 0;
}

START_TEST(ten_thousand_lists_are_all_remembered) {
    int offered = 0, wrong = 0;
    row_settles("events/1", MINUTE + 6);
    for (int i = 0; i < MANY; i++) merged(location_of(i), MINUTE + i / LOCATIONS, token_a);
    ck_assert_uint_eq(waiting_count(waiting.lists), MANY);
    for (int i = 0; i < MANY; i++) wrong += is_news(location_of(i), MINUTE + i / LOCATIONS, token_a);
    ck_assert_int_eq(wrong, 0);
    ck_assert_uint_eq(offered_by_rows(), 0);
    row_settles("events/1", MINUTE + 7); /* one minute more: a list of each location becomes final */
    waiting_changed(waiting.lists, &waiting.round, count_offer, &offered);
    ck_assert_int_eq(offered, LOCATIONS);
    waiting_filter(waiting.lists, keeps_even_places, NULL);
    ck_assert_uint_eq(waiting_count(waiting.lists), MANY / 2);
    for (int i = 0; i < MANY; i++) wrong += is_news(location_of(i), MINUTE + i / LOCATIONS, token_a) != i % 2;
    ck_assert_int_eq(wrong, 0);
}
END_TEST

/* -- lists that grow old, and a bound -- */

static void ignore_offer(void *ctx, const struct waiting_note *note, const struct waiting_last *last) {
    (void)ctx, (void)note, (void)last;
}

START_TEST(a_list_that_was_merged_long_ago_is_offered_once_a_round) {
    merged_at("US", MINUTE, token_a, 100);
    merged_at("FR", MINUTE, token_b, 200);
    ck_assert_uint_eq(offered_as_old(99), 0);
    ck_assert_uint_eq(offered_as_old(100), 1);
    ck_assert_str_eq(waiting.offers[0].location, "US");
    ck_assert_str_eq(waiting.offers[0].token, token_a);
    ck_assert_int_eq(waiting.offers[0].last.mono_ms, 100);
    ck_assert_uint_eq(offered_as_old(100), 0); /* once in this round ... */
    row_settles("events/1", MINUTE);
    ck_assert_uint_eq(offered_by_rows(), 1); /* ... and by whatever asks: it is FR that becomes final */
    ck_assert_str_eq(waiting.offers[0].location, "FR");
    ck_assert_uint_eq(offered_as_old(200), 2); /* another round */
    ck_assert(is_news("US", MINUTE, token_b));
    merged_at("US", MINUTE, token_b, 300);
    waiting.round.number++;
    ck_assert_uint_eq(offered_as_old(200), 1);
    ck_assert_str_eq(waiting.offers[0].location, "FR");
}
END_TEST

enum { SOME = 20 };

START_TEST(beyond_its_bound_the_oldest_minutes_are_forgotten_but_for_what_the_rows_said) {
    given_room_for(SOME);
    for (int i = 0; i < SOME; i++) merged("US", MINUTE + i, token_a);
    ck_assert_uint_eq(waiting_forgotten(waiting.lists), 0);
    offered_by_rows(); /* all minutes are judged */
    for (int i = SOME; i < SOME + 3; i++) merged("US", MINUTE + i, token_a);
    ck_assert_uint_eq(waiting_count(waiting.lists), SOME);
    ck_assert_uint_eq(waiting_forgotten(waiting.lists), 3);
    ck_assert(!is_waiting_news("US", MINUTE + 2, token_a)); /* nothing has changed for it */
    ck_assert(!is_waiting_news("US", MINUTE + 3, token_a)); /* this one is remembered */
    ck_assert(is_news("US", MINUTE + 2, token_a));          /* but a note that does not wait is one */
    row_settles("events/1", MINUTE + 1);
    ck_assert(is_waiting_news("US", MINUTE + 1, token_a));
    ck_assert(!is_waiting_news("US", MINUTE + 2, token_a));
}
END_TEST

START_TEST(what_was_forgotten_is_news_again_when_it_would_be_old) {
    given_room_for(SOME);
    for (int i = 0; i < SOME; i++) merged("US", MINUTE + i, token_a);
    offered_by_rows();
    merged("US", MINUTE + SOME, token_a);
    offered_as_old(MERGED_MS - 1);
    ck_assert(!is_waiting_news("US", MINUTE, token_a));
    waiting_old(waiting.lists, &waiting.round, MERGED_MS, ignore_offer, NULL);
    ck_assert(is_waiting_news("US", MINUTE, token_a));
}
END_TEST

/* What became of its lists is not known: they may have to be written. */
START_TEST(a_minute_that_was_not_judged_is_forgotten_wholly) {
    given_room_for(SOME);
    for (int i = 0; i < SOME; i++) merged("US", MINUTE + i, token_a);
    offered_by_rows();
    row_settles("events/1", MINUTE); /* the list becomes final, and is not written yet */
    ck_assert_uint_eq(offered_by_rows(), 1);
    merged("US", MINUTE + SOME, token_a);
    ck_assert_uint_eq(waiting_forgotten(waiting.lists), 1);
    ck_assert(is_waiting_news("US", MINUTE, token_a));
}
END_TEST

START_TEST(a_late_list_of_the_oldest_minute_does_not_forget_its_own) {
    given_room_for(SOME);
    for (int i = 0; i < SOME; i++) merged("US", MINUTE + i, token_a);
    merged("FR", MINUTE, token_a);
    ck_assert(!is_news("FR", MINUTE, token_a));
    ck_assert(!is_news("US", MINUTE, token_a));
    ck_assert(is_news("US", MINUTE + 1, token_a));
}
END_TEST

/* The memory of a minute says that all of its lists were judged by what the rows say: then this one was, too. */
START_TEST(a_list_merged_by_older_rows_is_looked_at_though_its_minute_was) {
    struct list_part part = {"events/0", 5, true, false};
    const struct waiting_merge before = {.digest = progress_digest(waiting.round.rules, &waiting.progress, MINUTE),
                                         .state =
                                             list_judge(waiting.round.rules, &waiting.progress, MINUTE, 0, &part, 1),
                                         .parts = &part,
                                         .parts_n = 1};
    row_settles("events/1", MINUTE);
    merged("US", MINUTE, token_a);
    ck_assert_uint_eq(offered_by_rows(), 0);
    waiting_merged(waiting.lists, location_text("FR"), MINUTE, token_a, &before);
    ck_assert_uint_eq(offered_by_rows(), 1);
    ck_assert_str_eq(waiting.offers[0].location, "FR");
}
END_TEST

Suite *waiting_suite(void);
Suite *waiting_suite(void) {
    Suite *s = suite_create("waiting");
    TCase *c = tcase_create("lists");
    tcase_add_checked_fixture(c, waiting_begin, waiting_end);
    suite_add_tcase(s, c);
    tcase_add_test(c, a_note_is_news_until_its_list_was_merged_under_its_token);
    tcase_add_test(c, lists_are_told_apart_by_location_and_minute);
    tcase_add_test(c, news_say_when_the_list_was_merged_last);
    tcase_add_test(c, nothing_is_offered_while_the_rows_stand_still);
    tcase_add_test(c, rows_that_move_without_changing_the_outcome_offer_nothing);
    tcase_add_test(c, a_list_that_becomes_final_without_a_note_is_offered_until_it_is_merged);
    tcase_add_test(c, an_outcome_that_is_not_final_does_not_say_so);
    tcase_add_test(c, a_part_that_counts_no_more_changes_the_outcome);
    tcase_add_test(c, a_lost_list_is_offered_when_every_partition_has_settled_its_minute);
    tcase_add_test(c, news_are_not_offered_a_second_time_in_their_round);
    tcase_add_test(c, a_note_that_is_no_news_does_not_hide_a_changed_outcome);
    tcase_add_test(c, rows_that_moved_while_the_list_was_written_are_noticed);
    tcase_add_test(c, rows_that_go_back_to_what_they_said_are_noticed);
    tcase_add_test(c, what_is_removed_filtered_or_cleared_is_news_again);
    tcase_add_test(c, ten_thousand_lists_are_all_remembered);
    tcase_add_test(c, a_list_that_was_merged_long_ago_is_offered_once_a_round);
    tcase_add_test(c, beyond_its_bound_the_oldest_minutes_are_forgotten_but_for_what_the_rows_said);
    tcase_add_test(c, what_was_forgotten_is_news_again_when_it_would_be_old);
    tcase_add_test(c, a_minute_that_was_not_judged_is_forgotten_wholly);
    tcase_add_test(c, a_late_list_of_the_oldest_minute_does_not_forget_its_own);
    tcase_add_test(c, a_list_merged_by_older_rows_is_looked_at_though_its_minute_was);
    return s;
}
