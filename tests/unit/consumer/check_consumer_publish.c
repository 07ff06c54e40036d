/* unit/consumer/check_consumer_publish.c - a tick that has more to copy than its time or the queue allows. */
#include <stdio.h>

#include <check.h>

#include "unit/consumer/consumer_given.h"

enum { PLACES = 200 };

static const char *views_of_all_places(void) {
    static char text[PLACES * 40];
    char *end = text;
    for (int i = 0; i < PLACES; i++) end += sprintf(end, "{\"video_id\":\"cat\",\"location\":\"L%03d\"}\n", i);
    return text;
}

static int copies[PLACES]; /* of each place, that went out */

static void given_views_of_all_places(void) {
    usual_consumer();
    for (int i = 0; i < PLACES; i++) copies[i] = 0;
    given_running_partition();
    kafka_brings(views_of_all_places());
    step();
}

/* Copies of places in the outbox, which is empty then. */
static size_t copies_take(void) {
    size_t n = 0;
    struct mail *list = outbox_pick(MAIL_COPY);
    for (const struct mail *m = list; m != NULL; m = m->next) {
        int place;
        if (sscanf(mail_location(m).p, "L%3d", &place) != 1) continue; /* the list of all */
        copies[place]++;
        n++;
    }
    mail_free_all(list);
    return n;
}

static void expect_each_place_once(void) {
    for (int i = 0; i < PLACES; i++) ck_assert_int_eq(copies[i], 1);
}

/* Each look at the clock costs a millisecond here, so a slice holds few copies. */
START_TEST(a_long_tick_takes_turns_with_records_and_copies_everything_once) {
    worker.look_ms = 1;
    tick();
    size_t all = copies_take();
    ck_assert_uint_gt(all, 0);
    ck_assert_uint_lt(all, PLACES);
    while (all < PLACES) {
        kafka_brings(VIEW);
        step();
        ck_assert_int_eq(partition_0_view().next, kafka.next_offset); /* in the middle of the tick */
        size_t more = copies_take();
        ck_assert_uint_gt(more, 0);
        all += more;
    }
    expect_each_place_once();
}
END_TEST

/* What did not fit goes on when there is room, not at the next tick. */
START_TEST(a_tick_that_finds_the_queue_full_goes_on_when_there_is_room) {
    worker.hub.outbox.limit_bytes = 8 * 1024;
    tick();
    size_t all = copies_take();
    ck_assert_uint_gt(all, 0);
    ck_assert_uint_lt(all, PLACES);
    for (int steps = 0; all < PLACES && steps < PLACES; steps++) {
        step();
        all += copies_take();
    }
    expect_each_place_once();
    ck_assert_double_eq(shown(METRIC_QUEUE_FULL, ""), 1);
}
END_TEST

Suite *consumer_publish_suite(void);
Suite *consumer_publish_suite(void) {
    Suite *s = suite_create("consumer_publish");
    TCase *c = tcase_create("ticks");
    tcase_add_checked_fixture(c, given_views_of_all_places, consumer_gone);
    tcase_add_test(c, a_long_tick_takes_turns_with_records_and_copies_everything_once);
    tcase_add_test(c, a_tick_that_finds_the_queue_full_goes_on_when_there_is_room);
    suite_add_tcase(s, c);
    return s;
}
