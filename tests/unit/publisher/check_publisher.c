/* unit/publisher/check_publisher.c - what the publisher makes of the consumers' mails: calls in the order of the rules,
 * and an answer for each. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/mem.h"
#include "publisher/publisher.h"
#include "support/fake_store.h"
#include "unit/worker/worker_given.h"

enum { CALLS_MAX = 64, LARGE = 400 * 1024 }; /* three of them are more than a batch */

static struct fake_redis *redis;
static struct fake_store *fake;
static struct publisher *publisher;
static int calls[CALLS_MAX]; /* enum fake_call of each element */
static size_t calls_n, bad_call;
static int bad_fate; /* of call number bad_call, counted from 1; 0: none is bad */
static int hello_fate;
static unsigned odd_calls; /* a bit a call, counted from 1 */

#define ODD(call) (1U << (call))

static int record_call(void *ctx, int kind) {
    (void)ctx;
    if (kind == FAKE_HELLO) return hello_fate;
    ck_assert_uint_lt(calls_n, CALLS_MAX);
    calls[calls_n++] = kind;
    if (calls_n < 32 && (odd_calls & ODD(calls_n))) return FAKE_ODD;
    return calls_n == bad_call ? bad_fate : FAKE_DO;
}

static void setup(void) {
    given_hub((const char *const[]){"TOPICS=t", "THREADS=2", NULL});
    redis = fake_redis_create("topk", 1000000);
    fake = fake_store_create(redis, "topkd");
    fake->before_call = record_call;
    publisher = publisher_create(&worker.hub, fake_store_ops(fake));
    calls_n = bad_call = 0;
    hello_fate = FAKE_DO;
    odd_calls = 0;
}

static void teardown(void) {
    publisher_destroy(publisher);
    fake_store_destroy(fake);
    fake_redis_destroy(redis);
    worker_gone();
}

/* -- words -- */

static void hand(struct mail *m, uint32_t consumer, const char *partition_name) {
    m->consumer = consumer;
    m->partition_name = partition_name;
    ck_assert(mailbox_put(&worker.hub.outbox, m));
}

static struct mail *copy_of(const char *location, size_t body_bytes) {
    char *body = mem_zalloc(body_bytes, 1);
    const struct mail_copy copy = {.incarnation = 1, .offset = 5, .at = 5, .minute = 7};
    struct mail *m =
        mail_copy_create(&copy, (struct bytes){location, strlen(location)}, (struct bytes){body, body_bytes});
    mem_free(body);
    return m;
}

static void hand_copy(uint32_t consumer, const char *partition_name, const char *location) {
    hand(copy_of(location, 5), consumer, partition_name);
}

static void hand_large(const char *partition_name, const char *location) {
    hand(copy_of(location, LARGE), 0, partition_name);
}

static void hand_row(const char *partition_name) {
    hand(mail_row_create(&(struct mail_row){.incarnation = 1}, (struct bytes){"row", 3}), 0, partition_name);
}

static void expect_calls(const int *wanted, size_t n) {
    ck_assert_uint_eq(calls_n, n);
    for (size_t i = 0; i < n; i++) ck_assert_int_eq(calls[i], wanted[i]);
}

#define EXPECT_CALLS(...) expect_calls((const int[]){__VA_ARGS__}, ARRAY_LEN(((const int[]){__VA_ARGS__})))

/* How many mails of this type came home to the consumer; they are gone then. */
static size_t came_home(uint32_t consumer, enum mail_type type) {
    struct mail *list = mailbox_take(&worker.hub.consumers[consumer].inbox, 0, 0);
    size_t n = 0;
    for (const struct mail *m = list; m != NULL; m = m->next) {
        ck_assert_int_eq(m->type, type);
        ck_assert_uint_eq(m->type == MAIL_COPY ? m->body_len : 0, 0);
        n++;
    }
    mail_free_all(list);
    return n;
}

static size_t parts_of(const char *location) {
    struct store store = fake_store_ops(fake);
    struct store_hash hash = {.location = {location, strlen(location)}, .minute = 7};
    struct store_lists_read round = {.hashes = &hash, .hashes_n = 1};
    ck_assert_int_eq(store.ops->lists_read(store.self, &round, NULL), STORE_OK);
    size_t n = hash.parts_n;
    store_lists_read_deinit(&round);
    return n;
}

/* The token of the only note of LOCATION's shard. */
static void note_token(const char *location, char token[STORE_TOKEN_LEN + 1]) {
    struct store store = fake_store_ops(fake);
    const uint32_t shard = keys_shard((struct bytes){location, strlen(location)});
    struct store_notes notes = {0};
    ck_assert_int_eq(store.ops->notes_read(store.self, &shard, 1, 0, &notes, NULL), STORE_OK);
    ck_assert_uint_eq(notes.n, 1);
    strcpy(token, notes.notes[0].token);
    store_notes_deinit(&notes);
}

static enum health_store store_state(void) { return atomic_load(&worker.hub.health.store); }

static int publish(void) { return publisher_step(publisher, 0); }

/* -- order -- */

START_TEST(all_parts_of_a_list_are_one_call_whichever_consumer_made_them) {
    for (uint32_t i = 0; i < 2; i++) {
        hand_copy(i, i == 0 ? "t/0" : "t/1", "DE");
        hand_copy(i, i == 0 ? "t/0" : "t/1", "US");
    }
    publish();
    EXPECT_CALLS(FAKE_CONTRIBUTE, FAKE_CONTRIBUTE, FAKE_NOTE, FAKE_NOTE);
    ck_assert_uint_eq(parts_of("US"), 2);
    ck_assert_uint_eq(parts_of("DE"), 2);
    for (uint32_t i = 0; i < 2; i++) ck_assert_uint_eq(came_home(i, MAIL_COPY), 2);
}
END_TEST

/* Who merges ends the note that it has read, and no later one. */
START_TEST(two_notes_of_a_list_have_different_tokens) {
    char first[STORE_TOKEN_LEN + 1], second[STORE_TOKEN_LEN + 1];
    hand_copy(0, "t/0", "DE");
    publish();
    note_token("DE", first);
    hand_copy(0, "t/0", "DE");
    publish();
    note_token("DE", second);
    ck_assert_str_ne(first, second);
}
END_TEST

START_TEST(what_has_expired_is_answered_and_leaves_no_note) {
    struct mail *m = copy_of("US", 5);
    m->as.copy.only_if_there = true;
    hand(m, 0, "t/0");
    publish();
    EXPECT_CALLS(FAKE_CONTRIBUTE);
    ck_assert_uint_eq(parts_of("US"), 0);
    ck_assert_uint_eq(came_home(0, MAIL_COPY), 1);
}
END_TEST

/* A row says that everything before it is stored: it may not overtake a copy that went into a later batch. */
START_TEST(rows_are_written_after_every_copy_that_was_taken_with_them) {
    hand_row("t/0");
    hand_large("t/0", "A");
    hand_large("t/0", "B");
    hand_large("t/0", "C");
    publish();
    EXPECT_CALLS(FAKE_CONTRIBUTE, FAKE_CONTRIBUTE, FAKE_NOTE, FAKE_NOTE);
    publish();
    EXPECT_CALLS(FAKE_CONTRIBUTE, FAKE_CONTRIBUTE, FAKE_NOTE, FAKE_NOTE, FAKE_CONTRIBUTE, FAKE_NOTE, FAKE_ROWS_WRITE);
    ck_assert_uint_eq(mailbox_bytes(&worker.hub.outbox), 0);
}
END_TEST

START_TEST(the_merger_is_rung_when_the_last_batch_is_in) {
    for (char name[] = "A"; name[0] < 'D'; name[0]++) hand_large("t/0", name);
    publish();
    ck_assert(!worker.hub.merger_bell.rung);
    publish();
    ck_assert(worker.hub.merger_bell.rung);
}
END_TEST

/* -- faults -- */

START_TEST(after_a_break_nothing_of_what_was_taken_is_sent_and_every_consumer_hears_of_it) {
    for (char name[] = "A"; name[0] < 'G'; name[0]++) hand_large("t/0", name);
    publish();
    ck_assert_uint_eq(came_home(0, MAIL_COPY), 2);
    hand_copy(1, "t/1", "late"); /* waits in the outbox when the second batch breaks */
    bad_call = calls_n + 1;
    bad_fate = FAKE_DROP_BEFORE;
    ck_assert_int_gt(publish(), 0);
    for (uint32_t i = 0; i < 2; i++) ck_assert_uint_eq(came_home(i, MAIL_BROKEN), 1);
    calls_n = bad_call = 0;
    while (publish() > 0) continue;
    ck_assert_uint_eq(calls_n, 0);
    ck_assert(store_state() == HEALTH_STORE_UP);
}
END_TEST

/* A master without its replicas, or with a full disk, says hello and refuses every write: up, and of no use. */
START_TEST(a_server_that_takes_no_writes_is_failing_until_it_takes_one) {
    char why[ERR_TEXT_MAX];
    hand_copy(0, "t/0", "A");
    bad_call = 1;
    bad_fate = FAKE_DROP_BEFORE;
    ck_assert_int_gt(publish(), 0);
    ck_assert(health_edge_is_failing(&worker.hub.health, HEALTH_PUBLISHER, why));
    bad_call = 0;
    while (publish() > 0) continue;
    ck_assert(store_state() == HEALTH_STORE_UP);
    hand(mail_bare_create(MAIL_JOIN), 0, "t/0");
    ck_assert_int_eq(publish(), 0); /* a question is answered */
    ck_assert(health_edge_is_failing(&worker.hub.health, HEALTH_PUBLISHER, why));
    hand_copy(0, "t/0", "A");
    ck_assert_int_eq(publish(), 0);
    ck_assert(!health_edge_is_failing(&worker.hub.health, HEALTH_PUBLISHER, why));
}
END_TEST

START_TEST(a_full_server_gets_the_same_batch_again_and_then_the_rest) {
    for (char name[] = "A"; name[0] < 'D'; name[0]++) hand_large("t/0", name);
    bad_call = 2;
    bad_fate = FAKE_FULL;
    ck_assert_int_gt(publish(), 0);
    ck_assert(store_state() == HEALTH_STORE_FULL);
    ck_assert_uint_eq(came_home(0, MAIL_COPY), 0);
    ck_assert_int_eq(publish(), 0);
    ck_assert_uint_eq(came_home(0, MAIL_COPY), 2);
    ck_assert_int_eq(publish(), 0);
    ck_assert_uint_eq(came_home(0, MAIL_COPY), 1);
    ck_assert(store_state() == HEALTH_STORE_UP);
    EXPECT_CALLS(FAKE_CONTRIBUTE, FAKE_CONTRIBUTE, FAKE_CONTRIBUTE, FAKE_CONTRIBUTE, FAKE_NOTE, FAKE_NOTE,
                 FAKE_CONTRIBUTE, FAKE_NOTE);
}
END_TEST

static bool is_failing(char why[ERR_TEXT_MAX]) {
    return health_edge_is_failing(&worker.hub.health, HEALTH_PUBLISHER, why);
}

START_TEST(why_redis_does_not_serve_is_said_until_it_does) {
    char why[WHY_MAX];
    hello_fate = FAKE_DROP_BEFORE;
    ck_assert_int_gt(publish(), 0);
    ck_assert(is_failing(why) && store_state() == HEALTH_STORE_AWAY);
    ck_assert_ptr_nonnull(strstr(why, "fake"));
    hello_fate = FAKE_DO;
    ck_assert_int_eq(publish(), 0);
    ck_assert(!is_failing(why) && store_state() == HEALTH_STORE_UP);
}
END_TEST

/* A right is missing, or the disk is full: hello may pass and the next batch not, for hours. */
START_TEST(who_refuses_a_batch_is_not_up_before_one_was_taken) {
    hand_copy(0, "t/0", "US");
    bad_call = 1;
    bad_fate = FAKE_REFUSE;
    ck_assert_int_gt(publish(), 0);
    bad_call = 0;
    for (int i = 0; i < 3; i++) ck_assert_int_eq(publish(), 0); /* hello passes, and there is nothing to send */
    ck_assert(store_state() == HEALTH_STORE_AWAY);
    hand_copy(0, "t/0", "US");
    ck_assert_int_eq(publish(), 0);
    ck_assert(store_state() == HEALTH_STORE_UP);
}
END_TEST

START_TEST(who_refused_a_batch_and_is_asked_for_nothing_more_is_up_after_a_while) {
    hand_copy(0, "t/0", "US");
    bad_call = 1;
    bad_fate = FAKE_REFUSE;
    ck_assert_int_gt(publish(), 0);
    worker.mono_ms += 9000;
    ck_assert_int_eq(publish(), 0);
    ck_assert(store_state() == HEALTH_STORE_AWAY);
    worker.mono_ms += 1000;
    ck_assert_int_eq(publish(), 0);
    ck_assert(store_state() == HEALTH_STORE_UP);
}
END_TEST

/* -- what lies at a key -- */

static double set_aside(void) {
    return metric_value(metrics_get(worker.metrics, METRIC_CONTRIBUTIONS, "result=\"set_aside\""));
}

START_TEST(a_contribution_that_cannot_be_stored_is_answered_when_its_list_is_lost) {
    hand_copy(0, "t/0", "DE");
    hand_copy(0, "t/0", "US");
    bad_call = 1;
    bad_fate = FAKE_ODD;
    ck_assert_int_eq(publish(), 0);
    EXPECT_CALLS(FAKE_CONTRIBUTE, FAKE_CONTRIBUTE, FAKE_LIST_LOSE, FAKE_NOTE, FAKE_NOTE);
    ck_assert_uint_eq(came_home(0, MAIL_COPY), 2);
    ck_assert(set_aside() == 1);
    ck_assert_uint_eq(parts_of("DE"), 0);
    ck_assert_uint_eq(parts_of("US"), 1);
}
END_TEST

/* Not even a mark can be left: then the minute must not settle, and a minute later everything is said again. */
START_TEST(what_can_be_neither_stored_nor_lost_is_not_answered_and_said_again) {
    hand_copy(0, "t/0", "DE");
    hand_copy(0, "t/0", "US");
    odd_calls = ODD(1) | ODD(3);
    ck_assert_int_eq(publish(), 0);
    EXPECT_CALLS(FAKE_CONTRIBUTE, FAKE_CONTRIBUTE, FAKE_LIST_LOSE, FAKE_NOTE, FAKE_NOTE);
    ck_assert_uint_eq(came_home(0, MAIL_COPY), 1);
    worker.mono_ms += 59999;
    publish();
    for (uint32_t i = 0; i < 2; i++) ck_assert_uint_eq(came_home(i, MAIL_BROKEN), 0);
    worker.mono_ms += 1;
    publish();
    for (uint32_t i = 0; i < 2; i++) ck_assert_uint_eq(came_home(i, MAIL_BROKEN), 1);
    worker.mono_ms += 60000;
    publish();
    ck_assert_uint_eq(came_home(0, MAIL_BROKEN), 0);
}
END_TEST

START_TEST(what_was_taken_and_not_answered_is_freed_at_the_end) { /* told by a leak checker */
    for (char name[] = "A"; name[0] < 'G'; name[0]++) hand_large("t/0", name);
    publish();
}
END_TEST

Suite *publisher_suite(void);
Suite *publisher_suite(void) {
    Suite *s = suite_create("publisher");
    TCase *c = tcase_create("batches");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, all_parts_of_a_list_are_one_call_whichever_consumer_made_them);
    tcase_add_test(c, two_notes_of_a_list_have_different_tokens);
    tcase_add_test(c, what_has_expired_is_answered_and_leaves_no_note);
    tcase_add_test(c, rows_are_written_after_every_copy_that_was_taken_with_them);
    tcase_add_test(c, the_merger_is_rung_when_the_last_batch_is_in);
    tcase_add_test(c, after_a_break_nothing_of_what_was_taken_is_sent_and_every_consumer_hears_of_it);
    tcase_add_test(c, a_server_that_takes_no_writes_is_failing_until_it_takes_one);
    tcase_add_test(c, a_full_server_gets_the_same_batch_again_and_then_the_rest);
    tcase_add_test(c, why_redis_does_not_serve_is_said_until_it_does);
    tcase_add_test(c, who_refuses_a_batch_is_not_up_before_one_was_taken);
    tcase_add_test(c, who_refused_a_batch_and_is_asked_for_nothing_more_is_up_after_a_while);
    tcase_add_test(c, a_contribution_that_cannot_be_stored_is_answered_when_its_list_is_lost);
    tcase_add_test(c, what_can_be_neither_stored_nor_lost_is_not_answered_and_said_again);
    tcase_add_test(c, what_was_taken_and_not_answered_is_freed_at_the_end);
    suite_add_tcase(s, c);
    return s;
}
