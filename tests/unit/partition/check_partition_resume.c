/* unit/partition/check_partition_resume.c - where and as what a partition begins.
 * The tables have one line for every case that a commit and a log can be in together. The log reaches from START to
 * END. FUTURE is one minute, so records up to 19:10 may have touched 19:11. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "partition_given.h"

enum { MEANING = 0xc0ffee, OTHER_MEANING = 0xbad };

/* What a worker of ours committed: its frontier, and the metadata that matter. Clocks are NULL for minus infinity. */
struct ours {
    int64_t frontier, rewind;
    const char *rewind_log_time, *frontier_log_time, *settled, *older_until, *unsure_until;
    int64_t anchor; /* offset; -1: none */
    uint64_t meaning;
};

struct want {
    enum partition_origin origin;
    enum partition_probe probe;
    int64_t consume_from, next, frontier;
    const char *log_time, *settled, *older_until, *unsure_until;
};
#define KNOWS_NOTHING NULL, NULL, NULL, NULL

static int64_t minute_or_none(const char *clock) { return clock == NULL ? NO_MINUTE : minute_at(clock); }
static int64_t ms_or_never(const char *clock) { return clock == NULL ? TIME_NEVER : ms_of(clock); }

static const char *metadata_of(const struct ours *ours) {
    static char text[COMMIT_META_BYTES_MAX];
    struct commit_meta m = {.incarnation = 7,
                            .meaning = ours->meaning == 0 ? MEANING : ours->meaning,
                            .older_until = minute_or_none(ours->older_until),
                            .unsure_until = minute_or_none(ours->unsure_until),
                            .life = LIFE_A,
                            .rewind = ours->rewind,
                            .rewind_log_time_ms = ms_or_never(ours->rewind_log_time),
                            .frontier_log_time_ms = ms_or_never(ours->frontier_log_time),
                            .settled = minute_or_none(ours->settled),
                            .anchor = {.set = ours->anchor >= 0}};
    if (m.anchor.set) m.anchor = (struct anchor){true, ours->anchor, ms_of("19:08:30"), 0xabc};
    commit_meta_format(&m, text);
    return text;
}

static struct partition_start started(const struct partition_facts *facts, bool latest) {
    struct delivery_rules rules = {
        .lateness_ms = 60000, .future_ms = 60000, .start_latest = latest, .meaning = MEANING, .list_size = 400};
    struct partition_start s;
    memset(&s, 0x55, sizeof s);
    partition_resume(&rules, facts, &s);
    return s;
}

static void expect_start(const char *name, const struct partition_start *s, const struct want *want) {
    ck_assert_msg(s->origin == want->origin, "%s: origin %s, not %s", name, partition_origin_name(s->origin),
                  partition_origin_name(want->origin));
    ck_assert_msg(s->probe == want->probe, "%s: probe %d, not %d", name, s->probe, want->probe);
    ck_assert_msg(s->consume_from == want->consume_from, "%s: consumes from %ld", name, (long)s->consume_from);
    ck_assert_msg(s->next == want->next, "%s: next %ld", name, (long)s->next);
    ck_assert_msg(s->frontier == want->frontier, "%s: frontier %ld", name, (long)s->frontier);
    ck_assert_msg(s->log_time_ms == ms_or_never(want->log_time), "%s: log time %ld", name, (long)s->log_time_ms);
    ck_assert_msg(s->settled == minute_or_none(want->settled), "%s: settled %ld", name, (long)s->settled);
    ck_assert_msg(s->older_until == minute_or_none(want->older_until), "%s: older_until %ld", name,
                  (long)s->older_until);
    ck_assert_msg(s->unsure_until == minute_or_none(want->unsure_until), "%s: unsure_until %ld", name,
                  (long)s->unsure_until);
}

static void expect_doubts(const char *name, const struct partition_start *s, bool new_incarnation,
                          bool unsure_at_frontier, int64_t lost) {
    ck_assert_msg(s->new_incarnation == new_incarnation, "%s: new incarnation", name);
    ck_assert_msg(s->unsure_at_frontier == unsure_at_frontier, "%s: unsure at the frontier", name);
    ck_assert_msg(s->lost_records == lost, "%s: lost %ld", name, (long)s->lost_records);
}

/* -- commits whose times are none -- */

static const char *const beyond[] = {
    "v1;5;c0ffee;-;-;-;10;1000;9223372036854775807;-;-",    "v1;5;c0ffee;-;-;-;10;-9223372036854775807;1000;-;-",
    "v1;5;c0ffee;-;-;-;10;1000;253402300800000;-;-",        "v1;5;c0ffee;-;-;-;10;-1;1000;-;-",
    "v1;5;c0ffee;-;-;-;10;1000;1000;153722867280912;-", /* settled by a log time near 2^63 */
    "v1;5;c0ffee;-;-;-;10;1000;1000;-153722867280912;-",    "v1;5;c0ffee;153722867280912;-;-;10;1000;1000;-;-",
    "v1;5;c0ffee;-;9223372036854775807;-;10;1000;1000;-;-",
};

/* Symptom: a partition that had met one such record was late for ever, through every restart. */
START_TEST(a_commit_whose_times_are_none_is_taken_for_an_operators) {
    struct partition_facts facts = {
        .has_commit = true, .commit_offset = 10, .log_end = 20, .commit_metadata = beyond[_i]};
    struct partition_start s = started(&facts, false);
    expect_start(beyond[_i], &s, &(struct want){ORIGIN_RESET, PROBE_RESET, 9, 10, 10, NULL, NULL, NULL, NULL});
}
END_TEST

START_TEST(a_commit_at_the_edges_of_what_is_believed_goes_on) {
    static const char text[] = "v1;5;c0ffee;4223371681;4223371681;-;10;0;253402300799999;-1442;-";
    struct partition_facts facts = {.has_commit = true, .commit_offset = 10, .log_end = 20, .commit_metadata = text};
    struct partition_start s = started(&facts, false);
    ck_assert_int_eq(s.origin, ORIGIN_COMMIT);
    ck_assert_int_eq(s.frontier_log_time_ms, TIME_END_MS - 1);
}
END_TEST

/* -- no commit, or one without our metadata: rule 5 -- */

static const struct {
    const char *name;
    int64_t commit; /* of an operator's tool; -1: none */
    int64_t start, end;
    bool latest, topic_has_commits;
    struct want want;
} strangers[] = {
    {"a new topic", -1, 0, 0, .want = {ORIGIN_BEGINNING, PROBE_NOTHING, 0, 0, 0, KNOWS_NOTHING}},
    {"a log from its beginning", -1, 0, 500, .want = {ORIGIN_BEGINNING, PROBE_NOTHING, 0, 0, 0, KNOWS_NOTHING}},
    {"a log that retention has cut", -1, 100, 500,
     .want = {ORIGIN_BEGINNING, PROBE_RESET, 100, 100, 100, KNOWS_NOTHING}},
    {"an empty log that is not new", -1, 500, 500,
     .want = {ORIGIN_BEGINNING, PROBE_RESET, 500, 500, 500, KNOWS_NOTHING}},
    {"latest", -1, 100, 500, .latest = true, .want = {ORIGIN_BEGINNING, PROBE_RESET, 499, 500, 500, KNOWS_NOTHING}},
    {"latest of a new topic", -1, 0, 0, .latest = true,
     .want = {ORIGIN_BEGINNING, PROBE_NOTHING, 0, 0, 0, KNOWS_NOTHING}},
    {"latest where nothing is left", -1, 500, 500, .latest = true,
     .want = {ORIGIN_BEGINNING, PROBE_RESET, 500, 500, 500, KNOWS_NOTHING}},
    {"a partition added later", -1, 0, 500, .latest = true, .topic_has_commits = true,
     .want = {ORIGIN_BEGINNING, PROBE_NOTHING, 0, 0, 0, KNOWS_NOTHING}},
    {"one added later and cut", -1, 100, 500, .latest = true, .topic_has_commits = true,
     .want = {ORIGIN_BEGINNING, PROBE_RESET, 100, 100, 100, KNOWS_NOTHING}},
    {"reset into the middle", 300, 100, 500, .want = {ORIGIN_RESET, PROBE_RESET, 299, 300, 300, KNOWS_NOTHING}},
    {"reset by START=latest too", 300, 100, 500, .latest = true,
     .want = {ORIGIN_RESET, PROBE_RESET, 299, 300, 300, KNOWS_NOTHING}},
    {"reset to the end", 500, 100, 500, .want = {ORIGIN_RESET, PROBE_RESET, 499, 500, 500, KNOWS_NOTHING}},
    {"reset to the start", 100, 100, 500, .want = {ORIGIN_RESET, PROBE_RESET, 100, 100, 100, KNOWS_NOTHING}},
    {"reset to 0", 0, 0, 500, .want = {ORIGIN_RESET, PROBE_NOTHING, 0, 0, 0, KNOWS_NOTHING}},
    {"reset to 1", 1, 0, 500, .want = {ORIGIN_RESET, PROBE_RESET, 0, 1, 1, KNOWS_NOTHING}},
    {"reset below the start", 50, 100, 500, .want = {ORIGIN_RESET, PROBE_RESET, 100, 100, 100, KNOWS_NOTHING}},
    {"reset to 0, which is gone", 0, 100, 500, .want = {ORIGIN_RESET, PROBE_RESET, 100, 100, 100, KNOWS_NOTHING}},
    {"reset beyond the end", 900, 100, 500, .want = {ORIGIN_RESET, PROBE_RESET, 100, 100, 100, KNOWS_NOTHING}},
    {"reset beyond the end of a whole log", 900, 0, 500, .want = {ORIGIN_RESET, PROBE_NOTHING, 0, 0, 0, KNOWS_NOTHING}},
};

START_TEST(a_partition_that_nobody_of_us_committed_vouches_for_nothing_before_it) {
    static const char *const texts[] = {"", "some-host", "v2;7;c0ffee;-;-;-;0;-;-;-;-"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct partition_facts facts = {.has_commit = strangers[_i].commit >= 0,
                                        .commit_offset = strangers[_i].commit,
                                        .commit_metadata = texts[i],
                                        .topic_has_commits = strangers[_i].topic_has_commits,
                                        .log_start = strangers[_i].start,
                                        .log_end = strangers[_i].end};
        struct partition_start s = started(&facts, strangers[_i].latest);
        expect_start(strangers[_i].name, &s, &strangers[_i].want);
        expect_doubts(strangers[_i].name, &s, true, false, 0);
        ck_assert_uint_eq(s.incarnation, 0);
        ck_assert_str_eq(s.life, "");
        ck_assert(!s.anchor.set);
    }
}
END_TEST

/* -- a commit of ours (rules 3, 4, 6): settled 19:06, log time 19:08 before the rewind and 19:10 at the frontier -- */

#define TIMES "19:08", "19:10", "19:06", "19:01", "19:02"
#define OURS(frontier, rewind, anchor)                                                                                 \
    { (frontier), (rewind), TIMES, (anchor), MEANING }
#define THEIRS(frontier, rewind, anchor)                                                                               \
    { (frontier), (rewind), TIMES, (anchor), OTHER_MEANING }

static const struct {
    const char *name;
    struct ours ours;
    int64_t start, end;
    struct want want;
    bool new_incarnation, unsure_at_frontier, unproven;
    int64_t lost;
} known[] = {
    {"a crash: read from the rewind, silent up to the frontier", OURS(512, 431, 431), 0, 600,
     .want = {ORIGIN_COMMIT, PROBE_ANCHOR, 431, 431, 512, "19:08", "19:06", "19:01", "19:02"}},
    {"nothing open: the last applied record proves the log", OURS(512, 512, 511), 0, 512,
     .want = {ORIGIN_COMMIT, PROBE_ANCHOR, 511, 512, 512, "19:08", "19:06", "19:01", "19:02"}},
    {"... even if transaction markers followed it", OURS(512, 512, 505), 0, 512,
     .want = {ORIGIN_COMMIT, PROBE_ANCHOR, 505, 512, 512, "19:08", "19:06", "19:01", "19:02"}},
    {"nothing ever applied: no anchor", OURS(0, 0, -1), 0, 600,
     .want = {ORIGIN_COMMIT, PROBE_NOTHING, 0, 0, 0, "19:08", "19:06", "19:01", "19:02"}},
    {"the anchor is gone, the rewind is not: inconclusive", OURS(512, 512, 511), 512, 600,
     .want = {ORIGIN_COMMIT, PROBE_NOTHING, 512, 512, 512, "19:08", "19:06", "19:01", "19:02"}, .unproven = true},
    {"retention stopped right at the rewind", OURS(512, 431, 431), 431, 600,
     .want = {ORIGIN_COMMIT, PROBE_ANCHOR, 431, 431, 512, "19:08", "19:06", "19:01", "19:02"}},

    {"another configuration: older_until is what is settled, unsure_until waits for the frontier",
     THEIRS(512, 431, 431), 0, 600,
     .want = {ORIGIN_CONFIG, PROBE_ANCHOR, 431, 431, 512, "19:08", "19:06", "19:06", "19:02"}, .new_incarnation = true,
     .unsure_at_frontier = true},

    {"retention passed the rewind: what log time at the frontier may have touched is not vouched for",
     OURS(512, 431, 431), 432, 600,
     .want = {ORIGIN_TRUNCATED, PROBE_NOTHING, 432, 432, 512, "19:08", "19:06", "19:01", "19:12"}},
    {"retention reached the frontier exactly", OURS(512, 431, 431), 512, 600,
     .want = {ORIGIN_TRUNCATED, PROBE_NOTHING, 512, 512, 512, "19:08", "19:06", "19:01", "19:12"}},
    {"retention passed the frontier: the first record says more", OURS(512, 431, 431), 513, 600,
     .want = {ORIGIN_TRUNCATED, PROBE_CUT, 513, 513, 512, "19:08", "19:06", "19:01", "19:12"}, .lost = 1},
    {"retention took everything", OURS(512, 431, 431), 600, 600,
     .want = {ORIGIN_TRUNCATED, PROBE_CUT, 600, 600, 512, "19:08", "19:06", "19:01", "19:12"}, .lost = 88},
    {"retention passed the rewind of another configuration", THEIRS(512, 431, 431), 450, 600,
     .want = {ORIGIN_TRUNCATED, PROBE_NOTHING, 450, 450, 512, "19:08", "19:06", "19:06", "19:12"},
     .new_incarnation = true, .unsure_at_frontier = true},
    {"an unsure_until above the lost range stays",
     {512, 431, "19:08", "19:10", "19:06", NULL, "19:30", 431, MEANING},
     432,
     600,
     .want = {ORIGIN_TRUNCATED, PROBE_NOTHING, 432, 432, 512, "19:08", "19:06", NULL, "19:30"}},
    {"a lost range before any time was known",
     {512, 431, NULL, NULL, NULL, NULL, NULL, -1, MEANING},
     432,
     600,
     .want = {ORIGIN_TRUNCATED, PROBE_NOTHING, 432, 432, 512, NULL, NULL, NULL, NULL}},

    {"a frontier beyond the end: another log", OURS(512, 431, 431), 0, 511,
     .want = {ORIGIN_NEW_LOG, PROBE_NOTHING, 0, 0, 0, NULL, "19:06", "19:06", "19:12"}, .new_incarnation = true},
    {"... that was made again and is empty", OURS(512, 431, 431), 0, 0,
     .want = {ORIGIN_NEW_LOG, PROBE_NOTHING, 0, 0, 0, NULL, "19:06", "19:06", "19:12"}, .new_incarnation = true},
    {"... whose start is above 0", OURS(512, 431, 431), 100, 200,
     .want = {ORIGIN_NEW_LOG, PROBE_NOTHING, 100, 100, 100, NULL, "19:06", "19:06", "19:12"}, .new_incarnation = true},
    {"... under another configuration", THEIRS(512, 431, 431), 0, 511,
     .want = {ORIGIN_NEW_LOG, PROBE_NOTHING, 0, 0, 0, NULL, "19:06", "19:06", "19:12"}, .new_incarnation = true},
    {"a frontier at the end: the same log", OURS(512, 431, 431), 0, 512,
     .want = {ORIGIN_COMMIT, PROBE_ANCHOR, 431, 431, 512, "19:08", "19:06", "19:01", "19:02"}},
};

START_TEST(a_partition_begins_where_its_commit_and_the_log_say) {
    struct partition_facts facts = {.has_commit = true,
                                    .commit_offset = known[_i].ours.frontier,
                                    .commit_metadata = metadata_of(&known[_i].ours),
                                    .topic_has_commits = true,
                                    .log_start = known[_i].start,
                                    .log_end = known[_i].end};
    for (int latest = 0; latest < 2; latest++) { /* START is for groups without a commit */
        struct partition_start s = started(&facts, latest);
        expect_start(known[_i].name, &s, &known[_i].want);
        expect_doubts(known[_i].name, &s, known[_i].new_incarnation, known[_i].unsure_at_frontier, known[_i].lost);
        ck_assert_msg(s.unproven == known[_i].unproven, "%s: proof", known[_i].name);
        bool gone = s.origin == ORIGIN_TRUNCATED || s.origin == ORIGIN_NEW_LOG; /* the record that proved the log */
        ck_assert_msg(s.anchor.set == (known[_i].ours.anchor >= 0 && !gone), "%s: anchor", known[_i].name);
        ck_assert_uint_eq(s.incarnation, 7);
        ck_assert_str_eq(s.life, LIFE_A);
    }
}
END_TEST

/* A tool that moves the offset but keeps the metadata: a rewind above the frontier cannot be ours. */
START_TEST(a_commit_set_back_below_its_own_rewind_is_a_reset) {
    struct ours ours = OURS(512, 431, 431);
    struct partition_facts facts = {
        .has_commit = true, .commit_offset = 430, .commit_metadata = metadata_of(&ours), .log_end = 600};
    struct partition_start s = started(&facts, false);
    struct want want = {ORIGIN_RESET, PROBE_RESET, 429, 430, 430, KNOWS_NOTHING};
    expect_start("set back", &s, &want);
    expect_doubts("set back", &s, true, false, 0);
}
END_TEST

START_TEST(every_origin_has_a_name) {
    ck_assert_str_eq(partition_origin_name(ORIGIN_MEMORY), "memory");
    ck_assert_str_eq(partition_origin_name(ORIGIN_RESET), "reset");
    ck_assert_str_eq(partition_origin_name(ORIGIN_NEW_LOG), "new_log");
}
END_TEST

Suite *partition_resume_suite(void);
Suite *partition_resume_suite(void) {
    Suite *s = suite_create("partition_resume");
    TCase *c = tcase_create("beginnings");
    tcase_add_loop_test(c, a_partition_that_nobody_of_us_committed_vouches_for_nothing_before_it, 0,
                        ARRAY_LEN(strangers));
    tcase_add_loop_test(c, a_partition_begins_where_its_commit_and_the_log_say, 0, ARRAY_LEN(known));
    tcase_add_test(c, a_commit_set_back_below_its_own_rewind_is_a_reset);
    tcase_add_test(c, every_origin_has_a_name);
    tcase_add_loop_test(c, a_commit_whose_times_are_none_is_taken_for_an_operators, 0, ARRAY_LEN(beyond));
    tcase_add_test(c, a_commit_at_the_edges_of_what_is_believed_goes_on);
    suite_add_tcase(s, c);
    return s;
}
