/* unit/protocol/check_judge.c - the rules of parts and states, line by line.
 * First what one partition says of a list, then what all of them make of it. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "protocol/judge.h"

enum { LATENESS_MS = 60000, SLACK_MS = 5000, MINUTE = 1000, ROW_INCARNATION = 50 };

static const struct delivery_rules rules = {.lateness_ms = LATENESS_MS, .slack_ms = SLACK_MS};

/* end + lateness + slack, written out. */
#define DEADLINE_MS (INT64_C(1001) * 60000 + 60000 + 5000)

/* -- what one partition says of MINUTE -- */

enum part_is { ABSENT, PROVISIONAL, FINAL };

static const struct line {
    const char *why;
    bool no_row;
    int64_t settled, older_until, unsure_until, end_ms; /* of the row, whose incarnation is ROW_INCARNATION */
    enum part_is part;
    uint64_t part_incarnation;
    enum list_state want;
    bool counts;
} lines[] = {
#define NEVER TIME_NEVER
#define NONE  NO_MINUTE
    /* no row: open */
    {"no row, no part", true, NONE, NONE, NONE, NEVER, ABSENT, 0, LIST_OPEN, false},
    {"no row, a part: it counts", true, NONE, NONE, NONE, NEVER, PROVISIONAL, 50, LIST_OPEN, true},
    {"no row, a final part", true, NONE, NONE, NONE, NEVER, FINAL, 50, LIST_OPEN, true},
    {"no row: numbers without meaning are not looked at", true, 2000, 2000, 2000, INT64_MAX, ABSENT, 0, LIST_OPEN,
     false},
    /* a final part: final */
    {"a final part", false, NONE, NONE, NONE, NEVER, FINAL, 50, LIST_FINAL, true},
    {"a final part comes before unsure_until", false, NONE, NONE, MINUTE, NEVER, FINAL, 50, LIST_FINAL, true},
    {"a final part comes before the end of the log", false, NONE, NONE, NONE, INT64_MAX, FINAL, 50, LIST_FINAL, true},
    {"a final part of a newer incarnation than the row's", false, NONE, NONE, NONE, NEVER, FINAL, 51, LIST_FINAL, true},
    {"a final part of an older one, of a minute that was settled", false, NONE, MINUTE, NONE, NEVER, FINAL, 49,
     LIST_FINAL, true},
    /* minute <= row.unsure_until: lost */
    {"unsure_until is the minute", false, NONE, NONE, MINUTE, NEVER, ABSENT, 0, LIST_LOST, false},
    {"unsure_until is later", false, NONE, NONE, MINUTE + 1, NEVER, PROVISIONAL, 50, LIST_LOST, true},
    {"unsure_until comes before settled", false, MINUTE, NONE, MINUTE, NEVER, ABSENT, 0, LIST_LOST, false},
    {"unsure_until comes before the end of the log", false, NONE, NONE, MINUTE, INT64_MAX, ABSENT, 0, LIST_LOST, false},
    {"unsure_until is earlier", false, NONE, NONE, MINUTE - 1, NEVER, ABSENT, 0, LIST_OPEN, false},
    /* no part and row.settled >= minute: final */
    {"settled without a part", false, MINUTE, NONE, NONE, NEVER, ABSENT, 0, LIST_FINAL, false},
    {"settled long ago without a part", false, MINUTE + 9, NONE, NONE, NEVER, ABSENT, 0, LIST_FINAL, false},
    {"not settled yet, no part", false, MINUTE - 1, NONE, NONE, NEVER, ABSENT, 0, LIST_OPEN, false},
    {"settled, but the part is not the last word", false, MINUTE, NONE, NONE, NEVER, PROVISIONAL, 50, LIST_OPEN, true},
    /* row.end >= deadline of the minute, and the part, if any, has the row's incarnation: ended */
    {"at the end of the log at the deadline", false, NONE, NONE, NONE, DEADLINE_MS, ABSENT, 0, LIST_ENDED, false},
    {"at the end of the log just before", false, NONE, NONE, NONE, DEADLINE_MS - 1, ABSENT, 0, LIST_OPEN, false},
    {"at the end of the log with a part", false, NONE, NONE, NONE, DEADLINE_MS, PROVISIONAL, 50, LIST_ENDED, true},
    {"... with a part of a newer incarnation", false, NONE, NONE, NONE, DEADLINE_MS, PROVISIONAL, 51, LIST_OPEN, true},
    {"... with a part of an older one, settled by it", false, NONE, MINUTE, NONE, DEADLINE_MS, PROVISIONAL, 49,
     LIST_OPEN, true},
    {"settled comes before the end of the log", false, MINUTE, NONE, NONE, DEADLINE_MS, ABSENT, 0, LIST_FINAL, false},
    /* otherwise open */
    {"a row that says nothing", false, NONE, NONE, NONE, NEVER, ABSENT, 0, LIST_OPEN, false},
    {"a part that says nothing final", false, NONE, NONE, NONE, NEVER, PROVISIONAL, 50, LIST_OPEN, true},
    /* a part of an older incarnation than the row's counts only if minute <= row.older_until; otherwise it is absent */
    {"older, older_until is the minute", false, NONE, MINUTE, NONE, NEVER, PROVISIONAL, 49, LIST_OPEN, true},
    {"older, older_until is later", false, NONE, MINUTE + 1, NONE, NEVER, PROVISIONAL, 49, LIST_OPEN, true},
    {"older, older_until is earlier: absent", false, NONE, MINUTE - 1, NONE, NEVER, PROVISIONAL, 49, LIST_OPEN, false},
    {"older, final, older_until is earlier: absent", false, NONE, MINUTE - 1, NONE, NEVER, FINAL, 49, LIST_OPEN, false},
    {"older, absent, settled", false, MINUTE, MINUTE - 1, NONE, NEVER, FINAL, 49, LIST_FINAL, false},
    {"older, absent, at the end of the log", false, NONE, NONE, NONE, DEADLINE_MS, FINAL, 49, LIST_ENDED, false},
    {"older, absent, not vouched for", false, NONE, NONE, MINUTE, NEVER, FINAL, 49, LIST_LOST, false},
    {"newer than the row: the row is late, the part counts", false, NONE, NONE, NONE, NEVER, PROVISIONAL, 51, LIST_OPEN,
     true},
};

START_TEST(a_partition_says_the_first_that_holds) {
    const struct line *l = &lines[_i];
    struct progress progress = {0};
    struct progress_row row = {.log_time_ms = 0,
                               .settled = l->settled,
                               .older_until = l->older_until,
                               .unsure_until = l->unsure_until,
                               .end_ms = l->end_ms};
    struct list_part part = {"events/0", l->part_incarnation, l->part == FINAL, false};
    progress_add(&progress, "events/0", ROW_INCARNATION, l->no_row ? NULL : &row);
    enum list_state got = list_judge(&rules, &progress, MINUTE, 0, &part, l->part != ABSENT);
    ck_assert_msg(got == l->want, "%s: %s, not %s", l->why, list_state_name(got), list_state_name(l->want));
    ck_assert_msg(part.counts == l->counts, "%s: the part %s", l->why, part.counts ? "counts" : "does not count");
    progress_deinit(&progress);
}
END_TEST

/* -- what all of them make of it -- */

/* A partition that by itself makes the list SAYS; no parts. */
static void partition_that_says(struct progress *progress, const char *name, enum list_state says) {
    struct progress_row row = {.settled = NONE, .older_until = NONE, .unsure_until = NONE, .end_ms = NEVER};
    if (says == LIST_FINAL) row.settled = MINUTE;
    if (says == LIST_LOST) row.unsure_until = MINUTE;
    if (says == LIST_ENDED) row.end_ms = DEADLINE_MS;
    progress_add(progress, name, ROW_INCARNATION, &row);
}

static enum list_state state_of(struct progress *progress) { return list_judge(&rules, progress, MINUTE, 0, NULL, 0); }

/* Written as the rule is: lost if any says so, else open if any, else ended if any, else final. */
static enum list_state worst(const bool any[LIST_STATES]) {
    if (any[LIST_LOST]) return LIST_LOST;
    if (any[LIST_OPEN]) return LIST_OPEN;
    return any[LIST_ENDED] ? LIST_ENDED : LIST_FINAL;
}

START_TEST(a_list_is_what_the_worst_of_three_partitions_says) {
    for (int i = 0; i < LIST_STATES * LIST_STATES * LIST_STATES; i++) {
        enum list_state says[3] = {i % LIST_STATES, i / LIST_STATES % LIST_STATES, i / LIST_STATES / LIST_STATES};
        static const char *const names[3] = {"events/0", "events/1", "likes/0"};
        struct progress progress = {0};
        bool any[LIST_STATES] = {false};
        for (int k = 0; k < 3; k++) {
            partition_that_says(&progress, names[k], says[k]);
            any[says[k]] = true;
        }
        ck_assert_msg(state_of(&progress) == worst(any), "%s, %s, %s: %s", list_state_name(says[0]),
                      list_state_name(says[1]), list_state_name(says[2]), list_state_name(state_of(&progress)));
        progress_deinit(&progress);
    }
}
END_TEST

START_TEST(a_partition_of_the_topics_without_a_row_keeps_the_list_open) {
    struct progress progress = {0};
    partition_that_says(&progress, "events/0", LIST_FINAL);
    ck_assert_int_eq(state_of(&progress), LIST_FINAL);
    progress_add(&progress, "events/1", 0, NULL);
    ck_assert_int_eq(state_of(&progress), LIST_OPEN);
    partition_that_says(&progress, "events/1", LIST_FINAL);
    ck_assert_int_eq(state_of(&progress), LIST_FINAL);
    progress_deinit(&progress);
}
END_TEST

START_TEST(a_part_of_a_partition_nobody_has_heard_of_keeps_the_list_open_and_counts) {
    struct progress progress = {0};
    struct list_part parts[2] = {{"events/0", ROW_INCARNATION, true, false}, {"events/7", 3, true, false}};
    partition_that_says(&progress, "events/0", LIST_FINAL);
    ck_assert_int_eq(list_judge(&rules, &progress, MINUTE, 0, parts, 1), LIST_FINAL);
    ck_assert_int_eq(list_judge(&rules, &progress, MINUTE, 0, parts, 2), LIST_OPEN);
    ck_assert(parts[0].counts && parts[1].counts);
    progress_deinit(&progress);
}
END_TEST

START_TEST(a_part_speaks_only_for_its_own_partition) {
    struct progress progress = {0};
    struct list_part part = {"events/1", ROW_INCARNATION, true, false};
    partition_that_says(&progress, "events/1", LIST_OPEN);
    partition_that_says(&progress, "events/10", LIST_OPEN);
    ck_assert_int_eq(list_judge(&rules, &progress, MINUTE, 0, &part, 1), LIST_OPEN);
    part.partition_name = "events/10";
    ck_assert_int_eq(list_judge(&rules, &progress, MINUTE, 0, &part, 1), LIST_OPEN);
    progress_deinit(&progress);
}
END_TEST

/* -- when absence is proof -- */

enum { UNTIL_MS = 57000 };

static const struct absence {
    const char *why;
    int64_t above, until_ms, born_ms;
    enum list_state want;
} absences[] = {
    {"minutes above were kept, in a hash that is old", MINUTE - 1, UNTIL_MS, 1, LIST_FINAL},
    {"... in a hash that was made just before they expire", MINUTE - 1, UNTIL_MS, UNTIL_MS - 1, LIST_FINAL},
    {"... in a hash that was made when they may have expired", MINUTE - 1, UNTIL_MS, UNTIL_MS, LIST_LOST},
    {"the minute may have been stored long ago", MINUTE, UNTIL_MS, 1, LIST_LOST},
    {"nothing is known of when", MINUTE, 0, UNTIL_MS, LIST_FINAL},
};

START_TEST(what_has_settled_without_a_part_is_final_if_a_part_would_still_be_there) {
    const struct absence *a = &absences[_i];
    struct progress progress = {0};
    struct list_part part = {"events/0", ROW_INCARNATION, true, false};
    struct progress_row row = {.settled = MINUTE,
                               .older_until = NONE,
                               .unsure_until = NONE,
                               .end_ms = NEVER,
                               .vouch = {a->above, a->until_ms}};
    progress_add(&progress, "events/0", ROW_INCARNATION, &row);
    enum list_state got = list_judge(&rules, &progress, MINUTE, a->born_ms, NULL, 0);
    ck_assert_msg(got == a->want, "%s: %s", a->why, list_state_name(got));
    ck_assert_int_eq(list_judge(&rules, &progress, MINUTE, a->born_ms, &part, 1), LIST_FINAL);
    progress_deinit(&progress);
}
END_TEST

START_TEST(a_part_of_a_retired_row_whose_last_word_never_came_is_lost) {
    struct progress progress = {0};
    struct list_part part = {"events/0", ROW_INCARNATION, false, false};
    struct progress_row row =
        progress_row_retired(&(struct progress_row){.settled = NONE, .older_until = NONE, .unsure_until = NONE}, NONE);
    progress_add(&progress, "events/0", ROW_INCARNATION, &row);
    ck_assert_int_eq(list_judge(&rules, &progress, MINUTE, 1, &part, 1), LIST_LOST);
    ck_assert_int_eq(list_judge(&rules, &progress, MINUTE, 1, NULL, 0), LIST_FINAL);
    part.final = true;
    ck_assert_int_eq(list_judge(&rules, &progress, MINUTE, 1, &part, 1), LIST_FINAL);
    progress_deinit(&progress);
}
END_TEST

Suite *judge_suite(void);
Suite *judge_suite(void) {
    Suite *s = suite_create("judge");
    TCase *c = tcase_create("judge");
    suite_add_tcase(s, c);
    tcase_add_loop_test(c, a_partition_says_the_first_that_holds, 0, (int)ARRAY_LEN(lines));
    tcase_add_test(c, a_list_is_what_the_worst_of_three_partitions_says);
    tcase_add_test(c, a_partition_of_the_topics_without_a_row_keeps_the_list_open);
    tcase_add_test(c, a_part_of_a_partition_nobody_has_heard_of_keeps_the_list_open_and_counts);
    tcase_add_test(c, a_part_speaks_only_for_its_own_partition);
    tcase_add_loop_test(c, what_has_settled_without_a_part_is_final_if_a_part_would_still_be_there, 0,
                        (int)ARRAY_LEN(absences));
    tcase_add_test(c, a_part_of_a_retired_row_whose_last_word_never_came_is_lost);
    return s;
}
