/* What a consumer says to the publisher when there is no room, when the answer is lost in a break, and what it makes of
 * records that are not its own any more. */
#include <check.h>

#include "base/mem.h"
#include "consumer/state.h"
#include "unit/worker/worker_given.h"

enum { TICK_MS = 1000 };

static const char view[] = "{\"video_id\":\"cat\",\"location\":\"US\"}";

static void setup(void) {
    given_hub((const char *const[]){"TOPICS=t", "THREADS=1", "PUBLISH_INTERVAL=1s", "CHECKPOINT_INTERVAL=5s", NULL});
    given_consumer();
}

/* One mail that leaves no room for another. */
static void outbox_full(void) {
    char *body = mem_zalloc(HUB_QUEUE_BYTES_MAX, 1);
    mail_free_all(outbox_take());
    ck_assert(mailbox_put(&worker.hub.outbox, mail_create(MAIL_BROKEN, (struct bytes){NULL, 0},
                                                          (struct bytes){body, HUB_QUEUE_BYTES_MAX})));
    mem_free(body);
}

/* How many of this type the publisher would find; everything is gone then. */
static size_t mails(enum mail_type type) {
    struct mail *list = outbox_take();
    size_t n = 0;
    for (const struct mail *m = list; m != NULL; m = m->next) n += m->type == type;
    mail_free_all(list);
    return n;
}

static void connection_broke(void) {
    struct mail *m = mail_create(MAIL_BROKEN, (struct bytes){NULL, 0}, (struct bytes){NULL, 0});
    ck_assert(mailbox_put(&worker.hub.consumers[0].inbox, m));
}

/* Partition 0 is ours and begins a new log; the incarnation of its row was not asked for yet. */
static void given_started(void) {
    say_assigned(1);
    step();
    say_no_commit(0, 10);
    step();
}

static void expect_question(void) {
    struct mail *question = row_question();
    ck_assert_ptr_nonnull(question);
    mail_free_all(question);
}

START_TEST(a_question_that_found_no_room_is_asked_again) {
    given_started();
    outbox_full();
    step_after(TICK_MS);
    ck_assert_ptr_null(row_question());
    step_after(TICK_MS);
    expect_question();
    step_after(TICK_MS);
    ck_assert_ptr_null(row_question()); /* once */
}
END_TEST

START_TEST(a_question_lost_in_a_break_is_asked_again) {
    given_started();
    step_after(TICK_MS);
    expect_question();
    connection_broke();
    step_after(TICK_MS);
    expect_question();
}
END_TEST

START_TEST(a_row_that_found_no_room_is_made_again) {
    given_running();
    outbox_full();
    step_after(TICK_MS);
    ck_assert_uint_eq(mails(MAIL_ROW), 0);
    step_after(TICK_MS);
    ck_assert_uint_eq(mails(MAIL_ROW), 1);
    step_after(TICK_MS);
    ck_assert_uint_eq(mails(MAIL_ROW), 0); /* it was not answered yet */
}
END_TEST

/* The next row is answered as one of a partition that was retired. */
static void row_is_left_out(void) {
    for (struct mail *m = outbox_take(), *next; m != NULL; m = next) {
        next = m->next;
        m->next = NULL;
        if (m->type == MAIL_ROW) {
            m->type = MAIL_LEFT_OUT;
            ck_assert(mailbox_put(&worker.hub.consumers[0].inbox, m));
        } else {
            mail_free_all(m);
        }
    }
}

START_TEST(a_partition_that_was_left_out_begins_again_as_one_that_joins) {
    given_running();
    step_after(TICK_MS);
    size_t lookups = worker.source.lookups_n;
    row_is_left_out();
    step();
    const struct assignment *s = assignment_find(worker.consumer, tp(0));
    ck_assert_int_eq(s->state, ASSIGNMENT_WAITING);
    ck_assert_uint_eq(worker.source.lookups_n, lookups + 1);
    say_no_commit(0, 10);
    step();
    ck_assert_int_eq(s->state, ASSIGNMENT_RUNNING);
    ck_assert(partition_waits_for_row(s->memory));
    ck_assert_uint_eq(worker.source.assigned_n, 0); /* nothing is consumed before the board said what is closed */
}
END_TEST

/* It would land behind the answer, and what begins as that says would take it back. */
START_TEST(a_partition_that_was_left_out_is_not_looked_up_while_a_commit_is_under_way) {
    given_running();
    size_t commits = worker.source.commits_n, lookups = worker.source.lookups_n;
    say_record(0, 0, view);
    step();
    step_after(5000);
    ck_assert_uint_eq(worker.source.commits_n, commits + 1);
    row_is_left_out();
    step_after(TICK_MS);
    ck_assert_int_eq(assignment_find(worker.consumer, tp(0))->state, ASSIGNMENT_WAITING);
    step_after(TICK_MS);
    ck_assert_uint_eq(worker.source.lookups_n, lookups);
    say_committed();
    step();
    step_after(TICK_MS);
    ck_assert_uint_eq(worker.source.lookups_n, lookups + 1);
}
END_TEST

/* Every copy that went out is answered. How many are to be stored only where the hash is still there; -1: no copy. */
static int answer_copies(void) {
    int n = 0, guarded = 0;
    for (struct mail *m = outbox_take(), *next; m != NULL; m = next) {
        next = m->next;
        m->next = NULL;
        bool copy = m->type == MAIL_COPY;
        n += copy;
        guarded += copy && mail_copy(m)->only_if_there;
        if (copy)
            ck_assert(mailbox_put(&worker.hub.consumers[0].inbox, m));
        else
            mail_free_all(m);
    }
    step();
    return n == 0 ? -1 : guarded;
}

START_TEST(what_redis_was_told_and_had_time_to_forget_is_not_made_again) {
    int64_t retention_ms = worker.hub.rules.retention_ms;
    given_running();
    say_record(0, 0, view);
    step_after(TICK_MS);
    ck_assert_int_eq(answer_copies(), 0);
    connection_broke();
    step_after(retention_ms - TICK_MS);
    ck_assert_int_eq(answer_copies(), 0);
    connection_broke();
    step_after(TICK_MS);
    ck_assert_int_eq(answer_copies(), 2); /* of US and of all */
}
END_TEST

/* They were under way when it left. Its next owner reads them, and so would its memory if it comes back. */
START_TEST(records_of_a_partition_that_left_are_dropped) {
    struct partition_view v;
    given_running();
    say_record(0, 0, view);
    step();
    say_revoked(false);
    step();
    say_record(0, 1, view);
    step();
    const struct assignment *s = assignment_find(worker.consumer, tp(0));
    ck_assert_int_eq(s->state, ASSIGNMENT_PARKED);
    partition_look(s->memory, &v);
    ck_assert_int_eq(v.next, 1);
    ck_assert(metric_value(metrics_get(worker.metrics, METRIC_STALE_MESSAGES, "")) == 1);
}
END_TEST

Suite *consumer_mail_suite(void);
Suite *consumer_mail_suite(void) {
    Suite *s = suite_create("consumer_mail");
    TCase *c = tcase_create("mail");
    tcase_add_checked_fixture(c, setup, worker_gone);
    tcase_add_test(c, a_question_that_found_no_room_is_asked_again);
    tcase_add_test(c, a_question_lost_in_a_break_is_asked_again);
    tcase_add_test(c, a_row_that_found_no_room_is_made_again);
    tcase_add_test(c, a_partition_that_was_left_out_begins_again_as_one_that_joins);
    tcase_add_test(c, a_partition_that_was_left_out_is_not_looked_up_while_a_commit_is_under_way);
    tcase_add_test(c, what_redis_was_told_and_had_time_to_forget_is_not_made_again);
    tcase_add_test(c, records_of_a_partition_that_left_are_dropped);
    suite_add_tcase(s, c);
    return s;
}
