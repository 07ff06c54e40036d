/* What a merger remembers, so that a tick costs what changed: which notes are news, and which lists the rows have
 * changed without any note. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "merger/waiting.h"

enum { MINUTE = 1000 };

static const struct delivery_rules rules = {.lateness_ms = 60000, .slack_ms = 5000};

static struct bytes text(const char *s) { return (struct bytes){s, strlen(s)}; }

/* -- words -- */

/* A merger's memory beside the two partitions that it knows; tokens are 16 digits as in the store. */
struct merging {
    struct waiting_lists *waiting;
    struct progress sources;
    uint64_t round;
    /* what the last waiting_changed offered */
    struct offer {
        char location[32], token[17];
        int64_t minute;
        struct waiting_last last;
    } offers[8];
    size_t offers_n;
};

static const struct progress_row nothing_yet = {
    .log_time_ms = 0, .settled = NO_MINUTE, .older_until = NO_MINUTE, .unsure_until = NO_MINUTE, .end_ms = TIME_NEVER};

static void merging_init(struct merging *m) {
    *m = (struct merging){.waiting = waiting_create(1 << 24), .round = 1};
    progress_add(&m->sources, "events/0", 5, &nothing_yet);
    progress_add(&m->sources, "events/1", 5, &nothing_yet);
}

static void merging_deinit(struct merging *m) {
    waiting_destroy(m->waiting);
    progress_deinit(&m->sources);
}

/* Partition SOURCE says that it has settled everything up to M. */
static void row_settles(struct merging *m, const char *source, int64_t settled) {
    struct progress_row row = nothing_yet;
    row.settled = settled;
    progress_add(&m->sources, source, 5, &row);
}

/* The list is merged from PARTS, judged by the rows as they are. */
static void merged_at(struct merging *m, const char *location, int64_t minute, const char *token,
                      struct list_part *parts, size_t n, int64_t mono_ms) {
    const struct waiting_merge merge = {.state = list_judge(&rules, &m->sources, minute, 0, parts, n),
                                        .digest = progress_digest(&rules, &m->sources, minute),
                                        .parts = parts,
                                        .parts_n = n,
                                        .settled = progress_settled_everywhere(&m->sources, minute),
                                        .mono_ms = mono_ms};
    waiting_merged(m->waiting, text(location), minute, token, &merge);
}

static void merged(struct merging *m, const char *location, int64_t minute, const char *token) {
    struct list_part part = {"events/0", 5, true, false};
    merged_at(m, location, minute, token, &part, 1, 77);
}

static bool asked(struct merging *m, const char *location, int64_t minute, const char *token, bool waiting,
                  struct waiting_last *last) {
    const struct waiting_note note = {text(location), minute, token, waiting};
    return waiting_is_news(m->waiting, &note, &rules, &m->sources, m->round, last);
}

static bool is_news(struct merging *m, const char *location, int64_t minute, const char *token) {
    struct waiting_last last;
    return asked(m, location, minute, token, false, &last);
}

static void take_offer(void *ctx, const struct waiting_note *note, const struct waiting_last *last) {
    struct merging *m = ctx;
    ck_assert_uint_lt(m->offers_n, ARRAY_LEN(m->offers));
    struct offer *o = &m->offers[m->offers_n++];
    ck_assert_uint_lt(note->location.n, sizeof o->location);
    memcpy(o->location, note->location.p, note->location.n);
    snprintf(o->token, sizeof o->token, "%s", note->token);
    o->minute = note->minute;
    o->last = *last;
}

/* A round without notes: how many lists are offered. */
static size_t look(struct merging *m) {
    m->offers_n = 0;
    memset(m->offers, 0, sizeof m->offers);
    waiting_changed(m->waiting, &rules, &m->sources, m->round++, take_offer, m);
    return m->offers_n;
}

static const char token_a[] = "aaaaaaaaaaaaaaaa", token_b[] = "aaaaaaaaaaaaaaab";

/* -- notes -- */

START_TEST(a_note_is_news_until_its_list_was_merged_under_its_token) {
    struct merging m;
    merging_init(&m);
    ck_assert(is_news(&m, "US", MINUTE, token_a));
    ck_assert(is_news(&m, "US", MINUTE, token_a));
    merged(&m, "US", MINUTE, token_a);
    ck_assert(!is_news(&m, "US", MINUTE, token_a));
    ck_assert(is_news(&m, "US", MINUTE, token_b)); /* the last byte differs */
    merged(&m, "US", MINUTE, token_b);
    ck_assert(!is_news(&m, "US", MINUTE, token_b));
    ck_assert(is_news(&m, "US", MINUTE, token_a));
    ck_assert_uint_eq(waiting_count(m.waiting), 1);
    merging_deinit(&m);
}
END_TEST

START_TEST(lists_are_told_apart_by_location_and_minute) {
    static const struct {
        const char *location;
        int64_t minute;
    } others[] = {{"US", MINUTE + 1}, {"US", -MINUTE}, {"U", MINUTE}, {"USA", MINUTE}, {"", MINUTE}, {"us", MINUTE}};
    struct merging m;
    merging_init(&m);
    merged(&m, "US", MINUTE, token_a);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        ck_assert_msg(is_news(&m, others[i].location, others[i].minute, token_a), "row %zu", i);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) merged(&m, others[i].location, others[i].minute, token_b);
    ck_assert_uint_eq(waiting_count(m.waiting), 1 + ARRAY_LEN(others));
    ck_assert(!is_news(&m, "US", MINUTE, token_a));
    merging_deinit(&m);
}
END_TEST

START_TEST(news_say_when_the_list_was_merged_last) {
    struct merging m;
    struct waiting_last last;
    struct list_part part = {"events/0", 5, false, false};
    merging_init(&m);
    ck_assert(asked(&m, "US", MINUTE, token_a, false, &last));
    ck_assert_int_eq(last.mono_ms, TIME_NEVER);
    merged_at(&m, "US", MINUTE, token_a, &part, 1, 123456);
    ck_assert(asked(&m, "US", MINUTE, token_b, false, &last));
    ck_assert_int_eq(last.mono_ms, 123456);
    ck_assert(!last.becomes_final);
    merging_deinit(&m);
}
END_TEST

/* -- outcomes that the rows change -- */

START_TEST(nothing_is_offered_while_the_rows_stand_still) {
    struct merging m;
    merging_init(&m);
    merged(&m, "US", MINUTE, token_a);
    merged(&m, "FR", MINUTE + 1, token_a);
    ck_assert_uint_eq(look(&m), 0);
    ck_assert_uint_eq(look(&m), 0);
    merging_deinit(&m);
}
END_TEST

START_TEST(rows_that_move_without_changing_the_outcome_offer_nothing) {
    struct merging m;
    merging_init(&m);
    merged(&m, "US", MINUTE, token_a);
    row_settles(&m, "events/0", MINUTE); /* its part was final already; events/1 is still open */
    ck_assert_uint_eq(look(&m), 0);
    row_settles(&m, "events/1", MINUTE - 1);
    ck_assert_uint_eq(look(&m), 0);
    merging_deinit(&m);
}
END_TEST

START_TEST(a_list_that_becomes_final_without_a_note_is_offered_until_it_is_merged) {
    struct merging m;
    merging_init(&m);
    merged(&m, "US", MINUTE, token_a);
    merged(&m, "US", MINUTE + 1, token_b);
    row_settles(&m, "events/1", MINUTE);
    for (int i = 0; i < 2; i++) { /* again and again, should the merge fail */
        ck_assert_uint_eq(look(&m), 1);
        ck_assert_str_eq(m.offers[0].location, "US");
        ck_assert_str_eq(m.offers[0].token, token_a);
        ck_assert_int_eq(m.offers[0].minute, MINUTE);
        ck_assert_int_eq(m.offers[0].last.mono_ms, 77);
        ck_assert(m.offers[0].last.becomes_final);
    }
    merged(&m, "US", MINUTE, token_a);
    ck_assert_uint_eq(look(&m), 0);
    merging_deinit(&m);
}
END_TEST

START_TEST(an_outcome_that_is_not_final_does_not_say_so) {
    struct merging m;
    struct progress_row row = nothing_yet;
    merging_init(&m);
    merged(&m, "US", MINUTE, token_a);
    row.unsure_until = MINUTE;
    progress_add(&m.sources, "events/1", 5, &row);
    ck_assert_uint_eq(look(&m), 1);
    ck_assert(!m.offers[0].last.becomes_final); /* it is lost */
    merging_deinit(&m);
}
END_TEST

/* The state stays open, but a newer incarnation takes a part out of the sum. */
START_TEST(a_part_that_counts_no_more_changes_the_outcome) {
    struct merging m;
    struct list_part parts[2] = {{"events/0", 5, false, false}, {"events/1", 5, false, false}};
    merging_init(&m);
    merged_at(&m, "US", MINUTE, token_a, parts, 2, 1);
    progress_add(&m.sources, "events/1", 6, &nothing_yet);
    ck_assert_uint_eq(look(&m), 1);
    ck_assert(!m.offers[0].last.becomes_final);
    merged_at(&m, "US", MINUTE, token_a, parts, 2, 2);
    ck_assert(!parts[1].counts);
    ck_assert_uint_eq(look(&m), 0);
    merging_deinit(&m);
}
END_TEST

/* A lost list stays lost when everybody has settled its minute, but its note may end. */
START_TEST(a_lost_list_is_offered_when_every_partition_has_settled_its_minute) {
    struct merging m;
    struct progress_row row = nothing_yet;
    struct list_part part = {"events/0", 5, false, false};
    merging_init(&m);
    row.unsure_until = MINUTE;
    progress_add(&m.sources, "events/0", 5, &row);
    merged_at(&m, "US", MINUTE, token_a, &part, 1, 1);
    row.settled = MINUTE;
    progress_add(&m.sources, "events/0", 5, &row);
    ck_assert_uint_eq(look(&m), 0);
    row_settles(&m, "events/1", MINUTE);
    ck_assert_uint_eq(look(&m), 1);
    merging_deinit(&m);
}
END_TEST

START_TEST(news_are_not_offered_a_second_time_in_their_round) {
    struct merging m;
    merging_init(&m);
    merged(&m, "US", MINUTE, token_a);
    row_settles(&m, "events/1", MINUTE);
    ck_assert(is_news(&m, "US", MINUTE, token_b));
    ck_assert_uint_eq(look(&m), 0);
    ck_assert_uint_eq(look(&m), 1); /* it was not merged: the next round has it */
    merging_deinit(&m);
}
END_TEST

START_TEST(a_note_that_is_no_news_does_not_hide_a_changed_outcome) {
    struct merging m;
    merging_init(&m);
    merged(&m, "US", MINUTE, token_a);
    row_settles(&m, "events/1", MINUTE);
    ck_assert(!is_news(&m, "US", MINUTE, token_a));
    ck_assert_uint_eq(look(&m), 1);
    merging_deinit(&m);
}
END_TEST

/* A list merged before the rows moved, written after: what it was judged by is what counts. */
START_TEST(rows_that_moved_while_the_list_was_written_are_noticed) {
    struct merging m;
    struct list_part part = {"events/0", 5, true, false};
    merging_init(&m);
    const struct waiting_merge merge = {.digest = progress_digest(&rules, &m.sources, MINUTE),
                                        .state = list_judge(&rules, &m.sources, MINUTE, 0, &part, 1),
                                        .parts = &part,
                                        .parts_n = 1,
                                        .mono_ms = 1};
    row_settles(&m, "events/1", MINUTE);
    waiting_merged(m.waiting, text("US"), MINUTE, token_a, &merge);
    ck_assert_uint_eq(look(&m), 1);
    ck_assert(m.offers[0].last.becomes_final);
    merging_deinit(&m);
}
END_TEST

START_TEST(rows_that_go_back_to_what_they_said_are_noticed) {
    struct merging m;
    merging_init(&m);
    merged(&m, "US", MINUTE, token_a);
    ck_assert_uint_eq(look(&m), 0);
    row_settles(&m, "events/1", MINUTE);
    merged(&m, "US", MINUTE, token_a);
    row_settles(&m, "events/1", MINUTE - 1);
    ck_assert_uint_eq(look(&m), 1);
    merging_deinit(&m);
}
END_TEST

/* -- forgetting, and many lists -- */

static bool keeps_us(void *ctx, struct bytes location) {
    ++*(int *)ctx;
    return location.n == 2 && memcmp(location.p, "US", 2) == 0;
}

START_TEST(what_is_removed_filtered_or_cleared_is_news_again) {
    struct merging m;
    int asked = 0;
    merging_init(&m);
    merged(&m, "US", MINUTE, token_a);
    merged(&m, "US", MINUTE + 1, token_a);
    merged(&m, "FR", MINUTE, token_a);
    waiting_remove(m.waiting, text("US"), MINUTE + 1);
    waiting_remove(m.waiting, text("US"), MINUTE + 1);
    waiting_remove(m.waiting, text("ES"), MINUTE);
    ck_assert_uint_eq(waiting_count(m.waiting), 2);
    ck_assert(is_news(&m, "US", MINUTE + 1, token_a));
    waiting_filter(m.waiting, keeps_us, &asked);
    ck_assert_int_eq(asked, 2);
    ck_assert_uint_eq(waiting_count(m.waiting), 1);
    ck_assert(is_news(&m, "FR", MINUTE, token_a));
    ck_assert(!is_news(&m, "US", MINUTE, token_a));
    waiting_clear(m.waiting);
    ck_assert_uint_eq(waiting_count(m.waiting), 0);
    ck_assert(is_news(&m, "US", MINUTE, token_a));
    row_settles(&m, "events/1", MINUTE);
    ck_assert_uint_eq(look(&m), 0);
    merged(&m, "US", MINUTE, token_a);
    ck_assert_uint_eq(waiting_count(m.waiting), 1);
    merging_deinit(&m);
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
    struct merging m;
    int offered = 0, wrong = 0;
    merging_init(&m);
    row_settles(&m, "events/1", MINUTE + 6);
    for (int i = 0; i < MANY; i++) merged(&m, location_of(i), MINUTE + i / LOCATIONS, token_a);
    ck_assert_uint_eq(waiting_count(m.waiting), MANY);
    for (int i = 0; i < MANY; i++) wrong += is_news(&m, location_of(i), MINUTE + i / LOCATIONS, token_a);
    ck_assert_int_eq(wrong, 0);
    ck_assert_uint_eq(look(&m), 0);
    row_settles(&m, "events/1", MINUTE + 7); /* one minute more: a list of each location becomes final */
    waiting_changed(m.waiting, &rules, &m.sources, m.round++, count_offer, &offered);
    ck_assert_int_eq(offered, LOCATIONS);
    waiting_filter(m.waiting, keeps_even_places, NULL);
    ck_assert_uint_eq(waiting_count(m.waiting), MANY / 2);
    for (int i = 0; i < MANY; i++) wrong += is_news(&m, location_of(i), MINUTE + i / LOCATIONS, token_a) != i % 2;
    ck_assert_int_eq(wrong, 0);
    merging_deinit(&m);
}
END_TEST

/* -- lists that grow old, and a bound -- */

static void ignore_offer(void *ctx, const struct waiting_note *note, const struct waiting_last *last) {
    (void)ctx, (void)note, (void)last;
}

static size_t look_for_old(struct merging *m, int64_t mono_ms) {
    m->offers_n = 0;
    waiting_old(m->waiting, mono_ms, m->round, take_offer, m);
    return m->offers_n;
}

START_TEST(a_list_that_was_merged_long_ago_is_offered_once_a_round) {
    struct merging m;
    struct list_part part = {"events/0", 5, true, false};
    merging_init(&m);
    merged_at(&m, "US", MINUTE, token_a, &part, 1, 100);
    merged_at(&m, "FR", MINUTE, token_b, &part, 1, 200);
    ck_assert_uint_eq(look_for_old(&m, 99), 0);
    ck_assert_uint_eq(look_for_old(&m, 100), 1);
    ck_assert_str_eq(m.offers[0].location, "US");
    ck_assert_str_eq(m.offers[0].token, token_a);
    ck_assert_int_eq(m.offers[0].last.mono_ms, 100);
    ck_assert_uint_eq(look_for_old(&m, 100), 0); /* once in this round ... */
    row_settles(&m, "events/1", MINUTE);
    ck_assert_uint_eq(look(&m), 1); /* ... and by whatever asks: it is FR that becomes final */
    ck_assert_str_eq(m.offers[0].location, "FR");
    ck_assert_uint_eq(look_for_old(&m, 200), 2); /* another round */
    ck_assert(is_news(&m, "US", MINUTE, token_b));
    merged_at(&m, "US", MINUTE, token_b, &part, 1, 300);
    m.round++;
    ck_assert_uint_eq(look_for_old(&m, 200), 1);
    ck_assert_str_eq(m.offers[0].location, "FR");
    merging_deinit(&m);
}
END_TEST

/* A memory with room for some lists of this kind, not for twice as many. */
enum { SOME = 20 };

static void merging_init_small(struct merging *m) {
    merging_init(m);
    for (int i = 0; i < SOME; i++) merged(m, "US", MINUTE + i, token_a);
    size_t bytes = waiting_bytes(m->waiting);
    waiting_destroy(m->waiting);
    m->waiting = waiting_create(bytes);
}

static bool is_waiting_news(struct merging *m, int64_t minute) {
    struct waiting_last last;
    return asked(m, "US", minute, token_a, true, &last);
}

START_TEST(beyond_its_bound_the_oldest_minutes_are_forgotten_but_for_what_the_rows_said) {
    struct merging m;
    merging_init_small(&m);
    for (int i = 0; i < SOME; i++) merged(&m, "US", MINUTE + i, token_a);
    ck_assert_uint_eq(waiting_forgotten(m.waiting), 0);
    look(&m); /* all minutes are judged */
    for (int i = SOME; i < SOME + 3; i++) merged(&m, "US", MINUTE + i, token_a);
    ck_assert_uint_eq(waiting_count(m.waiting), SOME);
    ck_assert_uint_eq(waiting_forgotten(m.waiting), 3);
    ck_assert(!is_waiting_news(&m, MINUTE + 2));       /* nothing has changed for it */
    ck_assert(!is_waiting_news(&m, MINUTE + 3));       /* this one is remembered */
    ck_assert(is_news(&m, "US", MINUTE + 2, token_a)); /* but a note that was not put aside is one */
    row_settles(&m, "events/1", MINUTE + 1);
    ck_assert(is_waiting_news(&m, MINUTE + 1));
    ck_assert(!is_waiting_news(&m, MINUTE + 2));
    merging_deinit(&m);
}
END_TEST

START_TEST(what_was_forgotten_is_news_again_when_it_would_be_old) {
    struct merging m;
    merging_init_small(&m);
    for (int i = 0; i < SOME; i++) merged(&m, "US", MINUTE + i, token_a);
    look(&m);
    merged(&m, "US", MINUTE + SOME, token_a);
    look_for_old(&m, 76);
    ck_assert(!is_waiting_news(&m, MINUTE));
    waiting_old(m.waiting, 77, m.round, ignore_offer, NULL);
    ck_assert(is_waiting_news(&m, MINUTE));
    merging_deinit(&m);
}
END_TEST

/* What became of its lists is not known: they may have to be written. */
START_TEST(a_minute_that_was_not_judged_is_forgotten_wholly) {
    struct merging m;
    merging_init_small(&m);
    for (int i = 0; i < SOME; i++) merged(&m, "US", MINUTE + i, token_a);
    look(&m);
    row_settles(&m, "events/1", MINUTE); /* the list becomes final, and is not written yet */
    ck_assert_uint_eq(look(&m), 1);
    merged(&m, "US", MINUTE + SOME, token_a);
    ck_assert_uint_eq(waiting_forgotten(m.waiting), 1);
    ck_assert(is_waiting_news(&m, MINUTE));
    merging_deinit(&m);
}
END_TEST

START_TEST(a_late_list_of_the_oldest_minute_does_not_forget_its_own) {
    struct merging m;
    merging_init_small(&m);
    for (int i = 0; i < SOME; i++) merged(&m, "US", MINUTE + i, token_a);
    merged(&m, "FR", MINUTE, token_a);
    ck_assert(!is_news(&m, "FR", MINUTE, token_a));
    ck_assert(!is_news(&m, "US", MINUTE, token_a));
    ck_assert(is_news(&m, "US", MINUTE + 1, token_a));
    merging_deinit(&m);
}
END_TEST

/* The memory of a minute says that all of its lists were judged by what the rows say: then this one was, too. */
START_TEST(a_list_merged_by_older_rows_is_looked_at_though_its_minute_was) {
    struct merging m;
    struct list_part part = {"events/0", 5, true, false};
    merging_init(&m);
    const struct waiting_merge before = {.digest = progress_digest(&rules, &m.sources, MINUTE),
                                         .state = list_judge(&rules, &m.sources, MINUTE, 0, &part, 1),
                                         .parts = &part,
                                         .parts_n = 1};
    row_settles(&m, "events/1", MINUTE);
    merged(&m, "US", MINUTE, token_a);
    ck_assert_uint_eq(look(&m), 0);
    waiting_merged(m.waiting, text("FR"), MINUTE, token_a, &before);
    ck_assert_uint_eq(look(&m), 1);
    ck_assert_str_eq(m.offers[0].location, "FR");
    merging_deinit(&m);
}
END_TEST

Suite *waiting_suite(void);
Suite *waiting_suite(void) {
    Suite *s = suite_create("board_seen");
    TCase *c = tcase_create("board_seen");
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
