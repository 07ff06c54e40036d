/* unit/hub/check_mailbox.c - mailboxes: order, limits, batches, and who waits for whom. */
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hub/mailbox.h"

enum { FOR_EVER_MS = 30000 }; /* a wait that only a defect lets run out */

static struct mailbox box;

static void given_box(size_t limit_bytes) {
    mailbox_deinit(&box);
    mailbox_init(&box, limit_bytes);
}

static void setup(void) { mailbox_init(&box, 0); }
static void teardown(void) { mailbox_deinit(&box); }

static struct mail *numbered(int64_t number) {
    return mail_copy_create(&(struct mail_copy){.at = number}, (struct bytes){"US", 2}, (struct bytes){"items", 5});
}

static size_t mail_size(void) { return sizeof(struct mail) + 7; }

static void put(int64_t number) { ck_assert(mailbox_put(&box, numbered(number))); }

static bool put_if_room(int64_t number) {
    struct mail *m = numbered(number);
    if (mailbox_put(&box, m)) return true;
    mem_free(m); /* refused: it stays ours */
    return false;
}

/* Take once and expect FIRST, FIRST + 1, ... up to LAST. */
static void expect_taken(size_t max_bytes, int64_t first, int64_t last) {
    struct mail *list = mailbox_take(&box, max_bytes, 0);
    int64_t next = first;
    for (const struct mail *m = list; m != NULL; m = m->next) ck_assert_int_eq(mail_copy(m)->at, next++);
    ck_assert_int_eq(next, last + 1);
    mail_free_all(list);
}

static void expect_empty(void) {
    ck_assert_ptr_null(mailbox_take(&box, 0, 0));
    ck_assert_uint_eq(mailbox_bytes(&box), 0);
}

/* -- one thread -- */

START_TEST(mails_come_out_in_the_order_they_went_in) {
    for (int64_t i = 0; i < 5; i++) put(i);
    ck_assert_uint_eq(mailbox_bytes(&box), 5 * mail_size());
    expect_taken(0, 0, 4);
    expect_empty();
    put(5);
    put(6);
    expect_taken(0, 5, 6);
}
END_TEST

START_TEST(a_full_box_refuses_and_leaves_the_mail_to_its_sender) {
    given_box(3 * mail_size());
    for (int64_t i = 0; i < 3; i++) put(i);
    ck_assert(!put_if_room(3));
    ck_assert_uint_eq(mailbox_bytes(&box), 3 * mail_size());
    expect_taken(mail_size(), 0, 0);
    ck_assert(put_if_room(3));
    ck_assert(!put_if_room(4));
    expect_taken(0, 1, 3);
    expect_empty();
}
END_TEST

START_TEST(an_empty_box_takes_even_what_is_larger_than_its_limit) {
    given_box(1);
    put(0);
    ck_assert(!put_if_room(1));
    expect_taken(0, 0, 0);
    put(1);
}
END_TEST

START_TEST(a_box_without_limit_takes_everything) {
    for (int64_t i = 0; i < 10000; i++) put(i);
    expect_taken(0, 0, 9999);
}
END_TEST

START_TEST(a_batch_ends_before_its_bytes_are_passed_but_holds_at_least_one) {
    for (int64_t i = 0; i < 6; i++) put(i);
    expect_taken(3 * mail_size(), 0, 2);
    expect_taken(2 * mail_size() - 1, 3, 3);
    expect_taken(1, 4, 4);
    put(6);
    expect_taken(100 * mail_size(), 5, 6);
    expect_empty();
}
END_TEST

START_TEST(a_box_frees_what_nobody_took) { /* told by a leak checker */
    put(0);
    put(1);
}
END_TEST

/* -- waiting -- */

static int64_t waited_ms(int timeout_ms) {
    int64_t began = clock_mono_ms(&clock_system);
    ck_assert_ptr_null(mailbox_take(&box, 0, timeout_ms));
    return clock_mono_ms(&clock_system) - began;
}

START_TEST(a_take_waits_its_time_and_no_longer_than_asked) {
    ck_assert_int_lt(waited_ms(0), FOR_EVER_MS);
    ck_assert_int_ge(waited_ms(30), 29); /* the clock's millisecond may end early */
}
END_TEST

START_TEST(a_box_that_was_woken_before_is_not_waited_for) {
    mailbox_wake(&box);
    ck_assert_int_lt(waited_ms(FOR_EVER_MS), FOR_EVER_MS);
    ck_assert_int_ge(waited_ms(30), 29); /* once */
}
END_TEST

static void *wait_and_take(void *taken) {
    *(struct mail **)taken = mailbox_take(&box, 0, FOR_EVER_MS);
    return NULL;
}

START_TEST(a_wake_ends_a_wait) {
    struct mail *taken = NULL;
    pthread_t thread;
    int64_t began = clock_mono_ms(&clock_system);
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_and_take, &taken), 0);
    mailbox_wake(&box); /* before or during the wait: both must end it */
    pthread_join(thread, NULL);
    ck_assert_ptr_null(taken);
    ck_assert_int_lt(clock_mono_ms(&clock_system) - began, FOR_EVER_MS);
}
END_TEST

START_TEST(a_mail_ends_a_wait) {
    struct mail *taken = NULL;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_and_take, &taken), 0);
    put(7);
    pthread_join(thread, NULL);
    ck_assert_ptr_nonnull(taken);
    ck_assert_int_eq(mail_copy(taken)->at, 7);
    mail_free_all(taken);
}
END_TEST

/* -- gathering -- */

enum { LITTLE_MS = 5, LONG_MS = 50, MUCH = 1 << 20 };

static struct mail *gathered;

static int64_t gathered_ms(size_t bytes_max, int timeout_ms, int quiet_ms, int max_ms) {
    int64_t began = clock_mono_ms(&clock_system);
    gathered = mailbox_gather(&box, bytes_max, &(struct mailbox_patience){timeout_ms, quiet_ms, max_ms});
    return clock_mono_ms(&clock_system) - began;
}

/* Takes what was gathered, which goes on with NEXT; returns what will be next. */
static int64_t expect_gathered_from(int64_t next) {
    for (const struct mail *m = gathered; m != NULL; m = m->next) ck_assert_int_eq(mail_copy(m)->at, next++);
    mail_free_all(gathered);
    return next;
}

/* Exactly so many, numbered from 0. */
static void expect_gathered(int64_t n) { ck_assert_int_eq(expect_gathered_from(0), n); }

START_TEST(gathering_waits_for_a_first_mail_no_longer_than_asked) {
    int64_t ms = gathered_ms(MUCH, 30, FOR_EVER_MS, FOR_EVER_MS);
    ck_assert_int_ge(ms, 29);
    ck_assert_int_lt(ms, FOR_EVER_MS);
    expect_gathered(0);
}
END_TEST

START_TEST(gathering_ends_when_nothing_more_comes) {
    put(0);
    put(1);
    ck_assert_int_ge(gathered_ms(MUCH, FOR_EVER_MS, LONG_MS, FOR_EVER_MS), LONG_MS - 1);
    expect_gathered(2);
    expect_empty();
}
END_TEST

START_TEST(gathering_ends_when_there_is_enough_and_leaves_the_rest) {
    for (int64_t i = 0; i < 3; i++) put(i);
    ck_assert_int_lt(gathered_ms(2 * mail_size(), FOR_EVER_MS, FOR_EVER_MS, FOR_EVER_MS), FOR_EVER_MS);
    expect_gathered(2);
    expect_taken(0, 2, 2);
}
END_TEST

START_TEST(a_wake_ends_gathering) {
    put(0);
    mailbox_wake(&box);
    ck_assert_int_lt(gathered_ms(MUCH, FOR_EVER_MS, FOR_EVER_MS, FOR_EVER_MS), FOR_EVER_MS);
    expect_gathered(1);
}
END_TEST

static _Atomic bool enough;

/* One mail whenever the box is empty: they keep coming and fill no memory, however long that takes. */
static void *send_until_enough(void *sent) {
    for (int64_t *n = sent; !atomic_load(&enough);)
        if (mailbox_bytes(&box) == 0)
            put((*n)++);
        else
            sched_yield();
    return NULL;
}

/* Mails that never cease to come do not hold the publisher up for ever, and none is lost between two looks. On a busy
 * machine the sender may miss a look; gathering ends then, as it should, and is begun again. */
START_TEST(gathering_ends_in_time_though_mails_keep_coming) {
    pthread_t thread;
    int64_t sent = 0, next = 0, lasted_ms;
    atomic_store(&enough, false);
    ck_assert_int_eq(pthread_create(&thread, NULL, send_until_enough, &sent), 0);
    do {
        lasted_ms = gathered_ms(SIZE_MAX, FOR_EVER_MS, LITTLE_MS, LONG_MS);
        ck_assert_ptr_nonnull(gathered);
        next = expect_gathered_from(next);
    } while (lasted_ms < LONG_MS);
    atomic_store(&enough, true);
    pthread_join(thread, NULL);
    expect_taken(0, next, sent - 1);
}
END_TEST

/* -- many threads -- */

enum { SENDERS = 3, MAILS_EACH = 4000 };

static void *send_many(void *number) {
    for (int64_t i = 0; i < MAILS_EACH;) {
        struct mail *m = numbered(i);
        m->consumer = *(uint32_t *)number;
        if (mailbox_put(&box, m))
            i++;
        else
            mem_free(m); /* full: the next attempt is a new mail, as the consumer's next tick makes */
    }
    return NULL;
}

/* Nothing is lost, doubled or overtaken on the way through a small box. */
START_TEST(each_senders_mails_arrive_once_and_in_order) {
    static uint32_t numbers[SENDERS] = {0, 1, 2};
    pthread_t threads[SENDERS];
    int64_t next[SENDERS] = {0};
    given_box(20 * mail_size());
    for (int i = 0; i < SENDERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, send_many, &numbers[i]), 0);
    for (int64_t got = 0; got < SENDERS * MAILS_EACH;) {
        struct mail *list = mailbox_take(&box, 7 * mail_size(), FOR_EVER_MS);
        ck_assert_ptr_nonnull(list);
        for (const struct mail *m = list; m != NULL; m = m->next, got++)
            ck_assert_int_eq(mail_copy(m)->at, next[m->consumer]++);
        mail_free_all(list);
    }
    for (int i = 0; i < SENDERS; i++) pthread_join(threads[i], NULL);
    expect_empty();
}
END_TEST

Suite *mailbox_suite(void);
Suite *mailbox_suite(void) {
    Suite *s = suite_create("mailbox");
    TCase *c = tcase_create("box");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, mails_come_out_in_the_order_they_went_in);
    tcase_add_test(c, a_full_box_refuses_and_leaves_the_mail_to_its_sender);
    tcase_add_test(c, an_empty_box_takes_even_what_is_larger_than_its_limit);
    tcase_add_test(c, a_box_without_limit_takes_everything);
    tcase_add_test(c, a_batch_ends_before_its_bytes_are_passed_but_holds_at_least_one);
    tcase_add_test(c, a_box_frees_what_nobody_took);
    suite_add_tcase(s, c);
    c = tcase_create("waiting");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_take_waits_its_time_and_no_longer_than_asked);
    tcase_add_test(c, a_box_that_was_woken_before_is_not_waited_for);
    tcase_add_test(c, a_wake_ends_a_wait);
    tcase_add_test(c, a_mail_ends_a_wait);
    tcase_add_test(c, gathering_waits_for_a_first_mail_no_longer_than_asked);
    tcase_add_test(c, gathering_ends_when_nothing_more_comes);
    tcase_add_test(c, gathering_ends_when_there_is_enough_and_leaves_the_rest);
    tcase_add_test(c, a_wake_ends_gathering);
    tcase_add_test(c, gathering_ends_in_time_though_mails_keep_coming);
    tcase_add_test(c, each_senders_mails_arrive_once_and_in_order);
    suite_add_tcase(s, c);
    return s;
}
