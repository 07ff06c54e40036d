/* What a consumer keeps and forgets when partitions come and go. The delivery rules as a whole are the property test's
 * (tests/model); here are moments that random histories hardly meet. */
#include <check.h>
#include <stdio.h>

#include "consumer/state.h"
#include "hub/memory.h"
#include "partition/state.h"
#include "unit/worker/worker_given.h"

static const char view[] = "{\"video_id\":\"cat\",\"location\":\"US\"}";
static const char broken[] = "{\"video_id\":";

static uint64_t incarnation; /* of the commits that are found */

static void setup(void) {
    static const char *const entries[] = {
        "TOPICS=t", "THREADS=1", "PUBLISH_INTERVAL=1s", "CHECKPOINT_INTERVAL=5s", "DLQ_TOPIC=letters", NULL};
    incarnation = 7;
    given_hub(entries);
    given_consumer();
}

static void expect_assigned_at(int64_t offset) {
    ck_assert_uint_eq(worker.source.assigned_n, 1);
    ck_assert_int_eq(worker.source.assigned[0].offset, offset);
}

static const char *metadata_of(uint64_t meaning, int64_t rewind, int64_t anchor) {
    static char text[COMMIT_META_BYTES_MAX];
    struct commit_meta m = {.incarnation = incarnation,
                            .meaning = meaning,
                            .older_until = NO_MINUTE,
                            .unsure_until = NO_MINUTE,
                            .rewind = rewind,
                            .rewind_log_time_ms = TIME_NEVER,
                            .frontier_log_time_ms = TIME_NEVER,
                            .settled = NO_MINUTE,
                            .anchor = {anchor >= 0, anchor, 1, 1}};
    commit_meta_format(&m, text);
    return text;
}

/* -- look-ups -- */

START_TEST(a_partition_begins_where_its_look_up_says) {
    say_assigned(1);
    step();
    ck_assert_uint_eq(worker.source.lookups_n, 1);
    ck_assert_uint_eq(worker.source.assigned_n, 0); /* the group is answered at once, with what runs */
    say_commit_found(0, 8, metadata_of(worker.hub.rules.meaning, 5, -1), 10);
    step();
    expect_assigned_at(5);
}
END_TEST

START_TEST(a_look_up_that_failed_is_asked_again) {
    say_assigned(1);
    step();
    say_no_commit(0, 10);
    worker.source.lookup.state = SOURCE_COMMIT_FAILED;
    step();
    ck_assert_uint_eq(worker.source.assigned_n, 0);
    step_after(1000);
    ck_assert_uint_eq(worker.source.lookups_n, 2);
}
END_TEST

/* Between the question and its answer the partition went and came back; meanwhile another member may have committed,
 * even under a new incarnation. Beginning at the old commit would take all of that back. */
START_TEST(a_look_up_asked_before_a_rebalance_says_nothing_after_it) {
    say_assigned(1);
    step();
    say_revoked(_i == 1);
    say_assigned(1);
    step();
    ck_assert_uint_eq(worker.source.lookups_n, 1); /* one question at a time */
    say_commit_found(0, 8, metadata_of(worker.hub.rules.meaning, 5, -1), 10);
    step();
    ck_assert_uint_eq(worker.source.assigned_n, 0);
    step_after(1000);
    ck_assert_uint_eq(worker.source.lookups_n, 2);
    say_commit_found(0, 9, metadata_of(worker.hub.rules.meaning, 7, -1), 10);
    step();
    expect_assigned_at(7);
}
END_TEST

/* -- identity -- */

/* The configuration changed, so the row was asked for and answered; then the first record shows another log, which
 * needs a new incarnation again. Symptom: nothing was ever published or committed any more. */
START_TEST(another_log_under_another_configuration_asks_for_the_row_again) {
    say_assigned(1);
    step();
    say_commit_found(0, 2, metadata_of(worker.hub.rules.meaning + 1, 2, 1), 10);
    step_after(1000);
    expect_assigned_at(1);
    answer_row_question(row_question(), 7);
    step_after(1000);
    ck_assert_ptr_null(row_question());
    say_record(0, 1, view);
    step_after(1000);
    expect_assigned_at(0);
    answer_row_question(row_question(), 7);
    step_after(1000);
    ck_assert_uint_eq(worker.source.commits_n, 1);
}
END_TEST

START_TEST(an_answer_for_a_memory_that_is_gone_is_not_taken_for_its_successors) {
    say_assigned(1);
    step();
    say_no_commit(0, 10);
    step_after(1000);
    struct mail *old = row_question();
    say_revoked(true);
    say_assigned(1);
    step();
    say_no_commit(0, 10);
    step_after(1000);
    struct mail *new = row_question();
    answer_row_question(old, 7);
    step_after(1000);
    ck_assert_uint_eq(worker.source.commits_n, 0);
    answer_row_question(new, 7);
    step_after(1000);
    ck_assert_uint_eq(worker.source.commits_n, 1);
}
END_TEST

/* Its new owner works them; two that do would each undo what the other merged. */
START_TEST(partitions_that_go_or_are_lost_give_up_their_shards) {
    uint32_t shards[STORE_SHARDS];
    given_running();
    ck_assert_uint_gt(shards_here(&worker.hub.shards, shards), 0);
    say_revoked(_i == 1);
    step();
    ck_assert_uint_eq(shards_here(&worker.hub.shards, shards), 0);
}
END_TEST

/* -- commits -- */

START_TEST(a_commit_waits_for_the_dead_letters_before_it) {
    given_running();
    say_record(0, 0, broken);
    step_after(5000);
    ck_assert_uint_eq(worker.source.letters_issued, 1);
    ck_assert_uint_eq(worker.source.commits_n, 1);
    worker.source.letters_settled = 1;
    step();
    ck_assert_uint_eq(worker.source.commits_n, 2);
    ck_assert_int_eq(worker.source.commits[1].offset, 1);
}
END_TEST

/* The queue was full, so the letter has no ticket yet: nothing but its standing here holds the commit back. */
START_TEST(a_commit_does_not_pass_a_letter_that_a_full_queue_refused) {
    given_running();
    worker.source.letters_full = true;
    say_record(0, 0, broken);
    step_after(5000);
    ck_assert_uint_eq(worker.source.commits_n, 1);
    worker.source.letters_full = false;
    step_after(5000);
    ck_assert_uint_eq(worker.source.letters_issued, 1);
    step_after(5000);
    ck_assert_uint_eq(worker.source.commits_n, 1);
    worker.source.letters_settled = 1;
    step();
    ck_assert_uint_eq(worker.source.commits_n, 2);
    ck_assert_int_eq(worker.source.commits[1].offset, 1);
}
END_TEST

START_TEST(nor_does_the_commit_of_a_revoke_or_a_stop) {
    bool stop = _i >= 2, full = _i % 2 == 0;
    given_running();
    say_record(0, 0, view);
    worker.source.letters_full = full;
    say_record(0, 1, broken);
    step();
    if (stop) {
        worker.look_ms = 10;
        ck_assert(!consumer_finish(worker.consumer, worker.mono_ms + 3000));
    } else {
        say_revoked(false);
        step();
    }
    ck_assert_uint_eq(worker.source.letters_issued, full ? 0 : 1);
    ck_assert_uint_eq(worker.source.commits_n, 1);
}
END_TEST

/* A replay sends what its predecessor did not commit, and nothing below. */
START_TEST(a_rewind_sends_no_letter_from_below_the_frontier) {
    say_assigned(1);
    step();
    say_commit_found(0, 8, metadata_of(worker.hub.rules.meaning, 5, -1), 20);
    step();
    expect_assigned_at(5);
    for (int64_t offset = 5; offset < 8; offset++) say_record(0, offset, broken);
    step();
    ck_assert_uint_eq(worker.source.letters_issued, 0);
    say_record(0, 8, broken);
    step();
    ck_assert_uint_eq(worker.source.letters_issued, 1);
}
END_TEST

/* What is held here is in nobody's bound, so it is never more than one poll brought. */
START_TEST(a_letter_that_is_refused_ends_the_step) {
    given_running();
    worker.source.letters_full = true;
    say_record(0, 0, broken);
    say_record(0, 1, broken);
    consumer_step(worker.consumer, 0);
    ck_assert_uint_eq(worker.source.said_n, 1);
}
END_TEST

START_TEST(a_full_queue_of_letters_is_asked_again_after_a_rest) {
    given_running();
    worker.source.letters_full = true;
    say_record(0, 0, broken);
    step();
    step_after(100);
    uint64_t asked = worker.source.letters_asked;
    for (int i = 0; i < 10; i++) step_after(1);
    ck_assert_uint_eq(worker.source.letters_asked, asked);
    step_after(100);
    ck_assert_uint_eq(worker.source.letters_asked, asked + 1);
}
END_TEST

/* Rule 8: only by the current owner. Whoever owns it now may have committed more. */
START_TEST(a_commit_that_waited_for_dead_letters_is_not_sent_after_a_revoke) {
    bool lost = _i == 1;
    given_running();
    say_record(0, 0, broken);
    step_after(5000); /* frozen */
    worker.source.letters_full = !lost;
    if (!lost) say_record(0, 1, broken);
    step();
    say_revoked(lost);
    say_assigned(0);
    step();
    worker.source.letters_full = false;
    worker.source.letters_settled = 2;
    step_after(1000);
    ck_assert_uint_eq(worker.source.commits_n, 1);
}
END_TEST

START_TEST(a_revoke_commits_what_was_applied) {
    given_running();
    say_record(0, 0, view);
    step();
    say_revoked(false);
    step();
    ck_assert_uint_eq(worker.source.commits_n, 2);
    ck_assert_int_eq(worker.source.commits[1].offset, 1);
}
END_TEST

START_TEST(what_is_lost_is_not_committed) {
    given_running();
    say_record(0, 0, view);
    step();
    say_revoked(true);
    say_assigned(0);
    step_after(6000);
    ck_assert_uint_eq(worker.source.commits_n, 1);
}
END_TEST

/* A coordinator that refuses at once was sent 750 commits a second. */
START_TEST(after_a_refused_commit_the_next_one_has_a_rest_that_grows) {
    enum { WATCHED_MS = 60000, LOOK_MS = 10, COMMITS_MAX = 16 };
    say_assigned(1);
    step();
    say_no_commit(0, 10);
    step_after(1000);
    answer_row_question(row_question(), 0);
    size_t refused = 0;
    for (int ms = 0; ms < WATCHED_MS; ms += LOOK_MS) {
        step_after(LOOK_MS);
        if (worker.source.commits_n == refused) continue;
        refused = worker.source.commits_n;
        say_commit_refused();
    }
    ck_assert_uint_ge(worker.source.commits_n, 6);
    ck_assert_uint_le(worker.source.commits_n, COMMITS_MAX);
    step_after(10000);
    say_committed();
    step();
    size_t sent = worker.source.commits_n;
    step_after(5000); /* the checkpoint again, without a rest */
    ck_assert_uint_eq(worker.source.commits_n, sent + 1);
}
END_TEST

/* Each turn of the loop polled for 0 ms then: a core for each consumer. */
START_TEST(while_a_commit_is_overdue_the_loop_still_waits) {
    bool letters = _i == 1;
    given_running();
    if (letters) say_record(0, 0, broken);
    step_after(5000);
    ck_assert_uint_eq(worker.source.commits_n, letters ? 1 : 2);
    step_after(60000); /* not answered, long overdue */
    step();
    ck_assert_int_eq(worker.source.polled_for_ms, STEP_WAIT_MS);
    ck_assert_uint_eq(worker.source.commits_n, letters ? 1 : 2);
}
END_TEST

/* -- assignments -- */

START_TEST(an_assignment_that_the_library_refuses_is_tried_again_with_a_rest) {
    given_running();
    say_revoked(false);
    say_assigned(1);
    step();
    const struct source_commit *own = &worker.source.commits[worker.source.commits_n - 1];
    say_commit_found(0, own->offset, own->metadata, 10);
    worker.source.assign_fails = true;
    size_t before = worker.source.assigns_n;
    step();
    ck_assert_uint_eq(worker.source.assigns_n, before + 1);
    for (int i = 0; i < 100; i++) step_after(100);
    ck_assert_uint_ge(worker.source.assigns_n, before + 4);
    ck_assert_uint_le(worker.source.assigns_n, before + 8);
    worker.source.assign_fails = false;
    step_after(10000);
    expect_assigned_at(own->offset);
    before = worker.source.assigns_n;
    step_after(20000);
    ck_assert_uint_eq(worker.source.assigns_n, before);
}
END_TEST

/* The library forgets pauses when it is told an assignment, so whoever relies on one has to ask again. */
START_TEST(what_was_paused_is_paused_again_after_an_assignment) {
    given_running();
    worker.source.letters_full = true;
    say_record(0, 0, broken);
    step();
    ck_assert_uint_eq(worker.source.pauses_n, 1);
    say_revoked(false);
    say_assigned(1);
    say_commit_found(0, 0, worker.source.commits[0].metadata, 10);
    step();
    expect_assigned_at(1);
    ck_assert_uint_eq(worker.source.pauses_n, 2);
    worker.source.letters_full = false;
    step_after(1000); /* a full queue is asked again after a rest */
    ck_assert_uint_eq(worker.source.resumes_n, 1);
    step();
    ck_assert_uint_eq(worker.source.resumes_n, 1);
}
END_TEST

/* -- ticks -- */

enum { PLACES = 200 };

static const char *views_of_all_places(void) {
    static char text[PLACES * 40];
    char *end = text;
    for (int i = 0; i < PLACES; i++) end += sprintf(end, "{\"video_id\":\"cat\",\"location\":\"L%03d\"}\n", i);
    return text;
}

/* Copies in the outbox, each place counted in COPIES; it is empty then. */
static size_t copies_take(int copies[PLACES]) {
    size_t n = 0;
    struct mail *list = outbox_take();
    for (const struct mail *m = list; m != NULL; m = m->next) {
        int place;
        if (m->type != MAIL_COPY || sscanf(mail_location(m).p, "L%3d", &place) != 1) continue;
        copies[place]++;
        n++;
    }
    mail_free_all(list);
    return n;
}

static int64_t applied_up_to(void) { return worker.consumer->assignments[0]->memory->next; }

/* Each look at the clock costs a millisecond here, so a slice holds few copies. */
START_TEST(a_long_tick_takes_turns_with_records_and_says_everything_once) {
    int copies[PLACES] = {0};
    given_running();
    say_record(0, 0, views_of_all_places());
    step();
    worker.look_ms = 1;
    step_after(1000);
    size_t first = copies_take(copies), all = first;
    ck_assert_uint_gt(first, 0);
    ck_assert_uint_lt(first, PLACES);
    for (int64_t offset = 1; all < PLACES; offset++) {
        say_record(0, offset, view);
        step();
        ck_assert_int_eq(applied_up_to(), offset + 1); /* in the middle of the tick */
        size_t more = copies_take(copies);
        ck_assert_uint_gt(more, 0);
        all += more;
    }
    for (int i = 0; i < PLACES; i++) ck_assert_int_eq(copies[i], 1);
}
END_TEST

/* What did not fit goes on when there is room, not at the next tick. */
START_TEST(a_tick_that_finds_the_queue_full_goes_on_when_there_is_room) {
    int copies[PLACES] = {0};
    given_running();
    say_record(0, 0, views_of_all_places());
    step();
    worker.hub.outbox.limit_bytes = 8 * 1024;
    step_after(1000);
    size_t all = copies_take(copies), steps = 0;
    ck_assert_uint_gt(all, 0);
    ck_assert_uint_lt(all, PLACES);
    for (; all < PLACES && steps < PLACES; steps++) {
        step();
        all += copies_take(copies);
    }
    for (int i = 0; i < PLACES; i++) ck_assert_int_eq(copies[i], 1);
    ck_assert(metric_value(metrics_get(worker.metrics, METRIC_QUEUE_FULL, "")) == 1);
}
END_TEST

/* -- records -- */

/* The log is another one, which the first record shows: what came with it is not the new log's beginning. */
START_TEST(behind_a_record_that_shows_another_log_nothing_is_applied) {
    say_assigned(1);
    step();
    say_commit_found(0, 8, metadata_of(worker.hub.rules.meaning, 8, 7), 10);
    step();
    expect_assigned_at(7);
    say_records(0, 7, view, 3);
    step();
    expect_assigned_at(0);
    ck_assert_int_eq(applied_up_to(), 0);
}
END_TEST

START_TEST(records_that_come_together_are_applied_together) {
    given_running();
    say_records(0, 0, view, 5);
    step();
    ck_assert_int_eq(applied_up_to(), 5);
}
END_TEST

/* -- memories -- */

START_TEST(a_memory_goes_on_if_the_commit_is_its_own) {
    given_running();
    say_record(0, 0, view);
    step();
    say_revoked(false);
    say_assigned(1);
    step();
    const struct source_commit *own = &worker.source.commits[1];
    say_commit_found(0, own->offset, own->metadata, 10);
    step();
    expect_assigned_at(1);
    ck_assert_uint_eq(worker.hub.instances, 1);
}
END_TEST

START_TEST(a_memory_is_dropped_if_somebody_else_committed) {
    given_running();
    say_record(0, 0, view);
    step();
    say_revoked(false);
    say_assigned(1);
    step();
    say_commit_found(0, 6, metadata_of(worker.hub.rules.meaning, 4, -1), 10);
    step();
    expect_assigned_at(4);
    ck_assert_uint_eq(worker.hub.instances, 2);
}
END_TEST

/* The log was cut short, or is another one: what stands behind its end was counted from records that are gone. */
START_TEST(a_memory_is_dropped_if_the_log_now_ends_below_its_commit) {
    given_running();
    say_records(0, 0, view, 3);
    step();
    say_revoked(false);
    say_assigned(1);
    step();
    const struct source_commit *own = &worker.source.commits[1];
    ck_assert_int_eq(own->offset, 3);
    say_commit_found(0, own->offset, own->metadata, 2);
    step();
    expect_assigned_at(0);
    ck_assert_uint_eq(worker.hub.instances, 2);
}
END_TEST

START_TEST(a_memory_waits_for_one_assignment_only) {
    given_running();
    say_record(0, 0, view);
    step();
    say_revoked(false);
    say_assigned(0);
    say_revoked(false);
    say_assigned(1);
    step();
    const struct source_commit *own = &worker.source.commits[1];
    say_commit_found(0, own->offset, own->metadata, 10);
    step();
    ck_assert_uint_eq(worker.hub.instances, 2);
}
END_TEST

/* -- memory -- */

/* As many locations as the consumer's 16 MB do not hold, in one open minute. */
static void read_a_flood(int64_t offset, int locations) {
    struct buf message = {0};
    buf_add_str(&message, "[");
    for (int i = 0; i < locations; i++)
        buf_addf(&message, "%s{\"video_id\":\"cat\",\"location\":\"%d-%d\"}", i == 0 ? "" : ",", (int)offset, i);
    buf_add_str(&message, "]");
    say_record(0, offset, buf_text(&message));
    step();
    buf_free(&message);
}

START_TEST(open_minutes_beyond_their_share_go_on_while_the_process_has_room) {
    given_running();
    worker.resident_bytes = 100 << 20;
    read_a_flood(0, 19000);
    read_a_flood(1, 900);
    ck_assert_uint_gt(worker.consumer->budget.pool.used_bytes, worker.consumer->budget.limit_bytes);
    ck_assert(!worker.consumer->paused);
}
END_TEST

START_TEST(open_minutes_stop_reading_where_the_process_has_no_memory_left) {
    given_running();
    worker.resident_bytes = UINT64_C(1000) << 20;
    read_a_flood(0, 19000);
    read_a_flood(1, 900);
    ck_assert(worker.consumer->paused);
    worker.resident_bytes = UINT64_C(500) << 20;
    step();
    ck_assert(!worker.consumer->paused);
}
END_TEST

START_TEST(a_flood_of_locations_takes_no_more_than_is_allowed) {
    given_running();
    read_a_flood(0, 20000);
    uint64_t full = worker.consumer->budget.pool.used_bytes;
    read_a_flood(1, 20000);
    ck_assert_uint_lt(worker.consumer->budget.pool.used_bytes, full + (1 << 20)); /* the list of all has grown */
    struct partition_view v;
    partition_look(worker.consumer->assignments[0]->memory, &v);
    ck_assert_uint_eq(v.outcomes[EVENT_APPLIED], 20000);
    ck_assert_uint_eq(v.outcomes[EVENT_MANY_LOCATIONS], 20000);
    ck_assert_uint_le(full / 20000, MEMORY_LOCATION_BYTES);
    ck_assert_uint_ge(full / 20000, MEMORY_LOCATION_BYTES * 8 / 10);
}
END_TEST

/* -- counting -- */

static double counted(enum metric_id id, const char *labels) {
    step_after(1000); /* a tick shows what was counted */
    return metric_value(metrics_get(worker.metrics, id, labels));
}

/* Records 0 and 1 are counted, the second bad; the position is lost, and the last commit is that at offset 0. */
static void given_two_counted_and_the_position_lost(void) {
    given_running();
    say_record(0, 0, view);
    say_record(0, 1, broken);
    step_after(1000);
    ck_assert_double_eq(counted(METRIC_EVENTS, "outcome=\"applied\""), 1);
    ck_assert_uint_eq(worker.source.letters_issued, 1);
    say_position_lost(0, "it is gone");
    step_after(1000);
}

/* Symptom: 5700 events of 100. */
START_TEST(what_is_read_again_after_a_lost_position_is_not_counted_again) {
    given_two_counted_and_the_position_lost();
    say_commit_found(0, 0, metadata_of(worker.hub.rules.meaning, 0, -1), 3);
    step();
    say_record(0, 0, view);
    say_record(0, 1, broken);
    say_record(0, 2, view);
    step_after(1000);
    ck_assert_double_eq(counted(METRIC_MESSAGES, ""), 3);
    ck_assert_double_eq(counted(METRIC_REPLAYED_MESSAGES, ""), 2);
    ck_assert_double_eq(counted(METRIC_EVENTS, "outcome=\"applied\""), 2);
    ck_assert_double_eq(counted(METRIC_EVENTS, "outcome=\"malformed\""), 1);
    ck_assert_uint_eq(worker.source.letters_issued, 1);
}
END_TEST

static void read_another_log(void) {
    say_record(0, 0, view);
    say_record(0, 1, broken);
    step_after(1000);
    ck_assert_double_eq(counted(METRIC_MESSAGES, ""), 4);
    ck_assert_double_eq(counted(METRIC_REPLAYED_MESSAGES, ""), 0);
    ck_assert_uint_eq(worker.source.letters_issued, 2);
}

START_TEST(a_topic_made_again_is_counted_from_its_start_if_its_commits_went_with_it) {
    given_two_counted_and_the_position_lost();
    say_no_commit(0, 10);
    step();
    read_another_log();
}
END_TEST

START_TEST(a_topic_made_again_is_counted_from_its_start_if_its_log_is_shorter) {
    given_two_counted_and_the_position_lost();
    say_commit_found(0, 0, metadata_of(worker.hub.rules.meaning, 0, -1), 1);
    step();
    read_another_log();
}
END_TEST

/* Somebody else had it meanwhile, and it was a log of its own to them. */
START_TEST(a_topic_made_again_is_counted_from_its_start_if_another_owner_found_out) {
    given_two_counted_and_the_position_lost();
    incarnation = (uint64_t)worker.wall_ms * 2;
    say_commit_found(0, 0, metadata_of(worker.hub.rules.meaning, 0, -1), 3);
    step();
    read_another_log();
}
END_TEST

START_TEST(a_range_that_was_lost_is_told_once) {
    given_two_counted_and_the_position_lost();
    for (int i = 0; i < 2; i++) {
        say_commit_found(0, 0, metadata_of(worker.hub.rules.meaning, 0, -1), 9);
        worker.source.lookup.log_start = 5;
        step_after(1000);
        say_record(0, 5, view);
        step_after(1000);
        say_position_lost(0, "it is gone");
        step_after(1000);
    }
    ck_assert_double_eq(counted(METRIC_LOG_LOST_RECORDS, ""), 3); /* 0 and 1 had been read */
    ck_assert_double_eq(counted(METRIC_MESSAGES, ""), 3);
}
END_TEST

Suite *consumer_suite(void);
Suite *consumer_suite(void) {
    Suite *s = suite_create("consumer");
    TCase *c = tcase_create("rebalances");
    tcase_add_checked_fixture(c, setup, worker_gone);
    tcase_add_test(c, a_partition_begins_where_its_look_up_says);
    tcase_add_test(c, a_look_up_that_failed_is_asked_again);
    tcase_add_loop_test(c, a_look_up_asked_before_a_rebalance_says_nothing_after_it, 0, 2);
    tcase_add_test(c, another_log_under_another_configuration_asks_for_the_row_again);
    tcase_add_test(c, an_answer_for_a_memory_that_is_gone_is_not_taken_for_its_successors);
    tcase_add_loop_test(c, partitions_that_go_or_are_lost_give_up_their_shards, 0, 2);
    tcase_add_test(c, a_commit_waits_for_the_dead_letters_before_it);
    tcase_add_test(c, a_commit_does_not_pass_a_letter_that_a_full_queue_refused);
    tcase_add_loop_test(c, nor_does_the_commit_of_a_revoke_or_a_stop, 0, 4);
    tcase_add_test(c, a_rewind_sends_no_letter_from_below_the_frontier);
    tcase_add_test(c, a_letter_that_is_refused_ends_the_step);
    tcase_add_test(c, a_full_queue_of_letters_is_asked_again_after_a_rest);
    tcase_add_loop_test(c, a_commit_that_waited_for_dead_letters_is_not_sent_after_a_revoke, 0, 2);
    tcase_add_test(c, a_revoke_commits_what_was_applied);
    tcase_add_test(c, what_is_lost_is_not_committed);
    tcase_add_test(c, a_memory_goes_on_if_the_commit_is_its_own);
    tcase_add_test(c, a_memory_is_dropped_if_somebody_else_committed);
    tcase_add_test(c, a_memory_waits_for_one_assignment_only);
    tcase_add_test(c, a_memory_is_dropped_if_the_log_now_ends_below_its_commit);
    tcase_add_test(c, after_a_refused_commit_the_next_one_has_a_rest_that_grows);
    tcase_add_loop_test(c, while_a_commit_is_overdue_the_loop_still_waits, 0, 2);
    tcase_add_test(c, an_assignment_that_the_library_refuses_is_tried_again_with_a_rest);
    tcase_add_test(c, what_was_paused_is_paused_again_after_an_assignment);
    tcase_add_test(c, a_long_tick_takes_turns_with_records_and_says_everything_once);
    tcase_add_test(c, a_tick_that_finds_the_queue_full_goes_on_when_there_is_room);
    tcase_add_test(c, behind_a_record_that_shows_another_log_nothing_is_applied);
    tcase_add_test(c, records_that_come_together_are_applied_together);
    suite_add_tcase(s, c);
    c = tcase_create("memory");
    tcase_add_checked_fixture(c, setup, worker_gone);
    tcase_add_test(c, open_minutes_beyond_their_share_go_on_while_the_process_has_room);
    tcase_add_test(c, open_minutes_stop_reading_where_the_process_has_no_memory_left);
    tcase_add_test(c, a_flood_of_locations_takes_no_more_than_is_allowed);
    suite_add_tcase(s, c);
    c = tcase_create("counting");
    tcase_add_checked_fixture(c, setup, worker_gone);
    tcase_add_test(c, what_is_read_again_after_a_lost_position_is_not_counted_again);
    tcase_add_test(c, a_topic_made_again_is_counted_from_its_start_if_its_commits_went_with_it);
    tcase_add_test(c, a_topic_made_again_is_counted_from_its_start_if_its_log_is_shorter);
    tcase_add_test(c, a_topic_made_again_is_counted_from_its_start_if_another_owner_found_out);
    tcase_add_test(c, a_range_that_was_lost_is_told_once);
    suite_add_tcase(s, c);
    return s;
}
