/* unit/protocol/check_progress_digest.c - the digest of what all rows say of a minute moves when a judgement could.
 * As long as it stands still no list of the minute is judged again, so it must move whenever some judgement could. It
 * should stand still otherwise, or every tick would judge everything. */
#include <string.h>

#include <check.h>

#include "loadgen/rng.h"
#include "protocol/judge.h"

enum { MINUTE = 1000, PARTITIONS = 3 };

static const struct delivery_rules rules = {.lateness_ms = 60000, .slack_ms = 5000};
#define DEADLINE_MS (INT64_C(1001) * 60000 + 60000 + 5000)

static const char *const names[PARTITIONS] = {"events/0", "events/1", "likes/0"};

/* -- one row at a time -- */

struct said {
    bool has_row;
    uint64_t incarnation;
    struct progress_row row;
};

static uint64_t digest_of(const struct said rows[PARTITIONS], int64_t minute) {
    struct progress progress = {0};
    for (int i = 0; i < PARTITIONS; i++)
        progress_add(&progress, names[i], rows[i].incarnation, rows[i].has_row ? &rows[i].row : NULL);
    uint64_t digest = progress_digest(&rules, &progress, minute);
    progress_deinit(&progress);
    return digest;
}

#define BEFORE                                                                                                         \
    {                                                                                                                  \
        .log_time_ms = 5, .settled = MINUTE - 9, .older_until = MINUTE - 8, .unsure_until = MINUTE - 7,                \
        .end_ms = DEADLINE_MS - 100                                                                                    \
    }

static const struct {
    const char *why;
    struct said after;
    bool moves;
} changes[] = {
    {"nothing", {true, 4, BEFORE}, false},
    {"log time",
     {true,
      4,
      {.log_time_ms = 99999999, .settled = 991, .older_until = 992, .unsure_until = 993, .end_ms = DEADLINE_MS - 100}},
     false},
    {"settled, older_until, unsure_until and the end move, all below the minute",
     {true, 4, {.log_time_ms = 5, .settled = 999, .older_until = 999, .unsure_until = 999, .end_ms = DEADLINE_MS - 1}},
     false},
    {"the end of the log is not known any more",
     {true, 4, {.log_time_ms = 5, .settled = 991, .older_until = 992, .unsure_until = 993, .end_ms = TIME_NEVER}},
     false},
    {"settled reaches the minute",
     {true, 4, {.log_time_ms = 5, .settled = 1000, .older_until = 992, .unsure_until = 993, .end_ms = 5}},
     true},
    {"older_until reaches the minute",
     {true, 4, {.log_time_ms = 5, .settled = 991, .older_until = 1000, .unsure_until = 993, .end_ms = 5}},
     true},
    {"unsure_until reaches the minute",
     {true, 4, {.log_time_ms = 5, .settled = 991, .older_until = 992, .unsure_until = 1000, .end_ms = 5}},
     true},
    {"the end passes the deadline",
     {true, 4, {.log_time_ms = 5, .settled = 991, .older_until = 992, .unsure_until = 993, .end_ms = DEADLINE_MS}},
     true},
    {"a new incarnation", {true, 5, BEFORE}, true},
    {"the row is gone", {.has_row = false}, true},
};

START_TEST(it_moves_when_a_row_says_something_else_of_the_minute) {
    for (int i = 0; i < PARTITIONS; i++) {
        struct said rows[PARTITIONS] = {{true, 4, BEFORE}, {true, 4, BEFORE}, {true, 4, BEFORE}};
        uint64_t before = digest_of(rows, MINUTE);
        rows[i] = changes[_i].after;
        ck_assert_msg((digest_of(rows, MINUTE) != before) == changes[_i].moves, "partition %d: %s", i, changes[_i].why);
    }
}
END_TEST

START_TEST(it_moves_when_a_partition_appears) {
    struct progress progress = {0};
    struct progress_row row = BEFORE;
    uint64_t none = progress_digest(&rules, &progress, MINUTE);
    progress_add(&progress, "events/1", 4, &row);
    uint64_t one = progress_digest(&rules, &progress, MINUTE);
    progress_add(&progress, "events/0", 0, NULL);
    uint64_t two = progress_digest(&rules, &progress, MINUTE);
    ck_assert(none != one && one != two && none != two);
    progress_deinit(&progress);
}
END_TEST

START_TEST(it_moves_when_partitions_change_alike_or_change_places) {
    struct said changed = {true, 4, BEFORE};
    changed.row.unsure_until = MINUTE;
    struct said none[PARTITIONS] = {{true, 4, BEFORE}, {true, 4, BEFORE}, {true, 4, BEFORE}};
    struct said first[PARTITIONS] = {changed, none[1], none[2]}, second[PARTITIONS] = {none[0], changed, none[2]};
    struct said both[PARTITIONS] = {changed, changed, none[2]};
    ck_assert(digest_of(first, MINUTE) != digest_of(second, MINUTE));
    ck_assert(digest_of(both, MINUTE) != digest_of(none, MINUTE));
}
END_TEST

/* A row's flags above the minute stay as they are however far the numbers go. */
START_TEST(it_stands_still_far_above_the_minute) {
    struct said rows[PARTITIONS] = {{true, 4, BEFORE}, {true, 4, BEFORE}, {true, 4, BEFORE}};
    rows[1].row = (struct progress_row){
        .log_time_ms = 5, .settled = 1000, .older_until = 1000, .unsure_until = 1000, .end_ms = DEADLINE_MS};
    uint64_t before = digest_of(rows, MINUTE);
    rows[1].row = (struct progress_row){
        .log_time_ms = 6, .settled = 9999, .older_until = 9998, .unsure_until = 9997, .end_ms = INT64_MAX};
    ck_assert_uint_eq(digest_of(rows, MINUTE), before);
}
END_TEST

/* -- when absence is proof -- */

enum { VOUCHED_UNTIL_MS = 57000 };

static uint64_t digest_with(int64_t above, int64_t until_ms) {
    struct progress progress = {0};
    struct progress_row row = {.settled = MINUTE,
                               .older_until = NO_MINUTE,
                               .unsure_until = NO_MINUTE,
                               .end_ms = TIME_NEVER,
                               .vouch = {above, until_ms}};
    progress_add(&progress, names[0], 4, &row);
    uint64_t digest = progress_digest(&rules, &progress, MINUTE);
    progress_deinit(&progress);
    return digest;
}

START_TEST(what_absence_proves_is_part_of_what_the_rows_say) {
    ck_assert_uint_eq(digest_with(MINUTE - 1, VOUCHED_UNTIL_MS), digest_with(MINUTE - 9, VOUCHED_UNTIL_MS));
    ck_assert_uint_ne(digest_with(MINUTE - 1, VOUCHED_UNTIL_MS), digest_with(MINUTE, VOUCHED_UNTIL_MS));
    ck_assert_uint_ne(digest_with(MINUTE - 1, VOUCHED_UNTIL_MS), digest_with(MINUTE - 1, VOUCHED_UNTIL_MS + 1));
}
END_TEST

/* -- against the judgement itself -- */

static const int64_t minutes[] = {NO_MINUTE, MINUTE - 1, MINUTE, MINUTE + 1};
static const int64_t ends[] = {TIME_NEVER, DEADLINE_MS - 1, DEADLINE_MS};

static struct said random_said(struct rng *r) {
    return (struct said){
        .has_row = rng_below(r, 5) > 0,
        .incarnation = 4 + rng_below(r, 2),
        .row = {.log_time_ms = rng_below(r, 3),
                .settled = minutes[rng_below(r, ARRAY_LEN(minutes))],
                .older_until = minutes[rng_below(r, ARRAY_LEN(minutes))],
                .unsure_until = minutes[rng_below(r, ARRAY_LEN(minutes))],
                .end_ms = ends[rng_below(r, ARRAY_LEN(ends))]},
    };
}

/* All that could come of these rows: for each choice of parts the state, which parts count, and whether the minute is
 * settled. Each partition has no part, or one that is final or not, of incarnation 3, 4, 5 or 6. */
enum { PART_CHOICES = 1 + 2 * 4, JUDGEMENTS = PART_CHOICES * PART_CHOICES * PART_CHOICES };

static void judge_all(const struct said rows[PARTITIONS], uint8_t out[JUDGEMENTS]) {
    struct progress progress = {0};
    for (int i = 0; i < PARTITIONS; i++)
        progress_add(&progress, names[i], rows[i].incarnation, rows[i].has_row ? &rows[i].row : NULL);
    bool settled = progress_settled_everywhere(&progress, MINUTE);
    for (int j = 0; j < JUDGEMENTS; j++) {
        struct list_part parts[PARTITIONS];
        size_t n = 0;
        for (int i = 0, choices = j; i < PARTITIONS; i++, choices /= PART_CHOICES) {
            int choice = choices % PART_CHOICES;
            if (choice == 0) continue;
            parts[n++] = (struct list_part){names[i], 3 + (uint64_t)(choice - 1) / 2, choice % 2 == 0, false};
        }
        unsigned judged = list_judge(&rules, &progress, MINUTE, 0, parts, n) | (unsigned)settled << 2;
        for (size_t i = 0; i < n; i++) judged |= (unsigned)parts[i].counts << (3 + i);
        out[j] = (uint8_t)judged;
    }
    progress_deinit(&progress);
}

/* Method: two random sets of rows, mostly equal; if any judgement of any parts differs, so does the digest. */
START_TEST(no_judgement_changes_while_it_stands_still) {
    static uint8_t before[JUDGEMENTS], after[JUDGEMENTS];
    struct rng r;
    int same = 0, changed = 0;
    rng_init(&r, 1);
    for (int round = 0; round < 400; round++) {
        struct said a[PARTITIONS], b[PARTITIONS];
        for (int i = 0; i < PARTITIONS; i++) {
            a[i] = random_said(&r);
            b[i] = a[i];
        }
        b[rng_below(&r, PARTITIONS)] = random_said(&r);
        judge_all(a, before);
        judge_all(b, after);
        bool moves = digest_of(a, MINUTE) != digest_of(b, MINUTE);
        bool differ = memcmp(before, after, sizeof before) != 0;
        ck_assert_msg(moves || !differ, "round %d: a judgement changed, the digest did not", round);
        same += !moves;
        changed += differ;
    }
    ck_assert_int_ge(same, 10);
    ck_assert_int_ge(changed, 100);
}
END_TEST

Suite *progress_digest_suite(void);
Suite *progress_digest_suite(void) {
    Suite *s = suite_create("progress_digest");
    TCase *c = tcase_create("progress_digest");
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    tcase_add_loop_test(c, it_moves_when_a_row_says_something_else_of_the_minute, 0, (int)ARRAY_LEN(changes));
    tcase_add_test(c, it_moves_when_a_partition_appears);
    tcase_add_test(c, it_moves_when_partitions_change_alike_or_change_places);
    tcase_add_test(c, it_stands_still_far_above_the_minute);
    tcase_add_test(c, what_absence_proves_is_part_of_what_the_rows_say);
    tcase_add_test(c, no_judgement_changes_while_it_stands_still);
    return s;
}
