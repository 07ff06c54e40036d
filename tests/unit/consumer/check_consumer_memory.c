/* unit/consumer/check_consumer_memory.c - open minutes that need more memory than there is. */
#include <check.h>

#include "hub/memory.h"
#include "unit/consumer/consumer_given.h"

enum {
    MB = 1 << 20,
    LOCATIONS_MAX = 20000,  /* the setting's default */
    LOCATIONS_MOST = 19000, /* do not fit the consumer's share, */
    LOCATIONS_MORE = 900    /* and stay below LOCATIONS_MAX with these */
};

/* One view of each of so many locations of their own, in one open minute. */
static void locations_come(int n) {
    struct buf message = {0};
    int64_t flood = kafka.next_offset;
    buf_add_str(&message, "[");
    for (int i = 0; i < n; i++)
        buf_addf(&message, "%s{\"video_id\":\"cat\",\"location\":\"%d-%d\"}", i == 0 ? "" : ",", (int)flood, i);
    buf_add_str(&message, "]");
    kafka_brings(buf_text(&message));
    step();
    buf_free(&message);
}

static uint64_t used_bytes(void) { return consumer->budget.pool.used_bytes; }
static bool is_paused(void) { return consumer->pausing.paused; }

static void given_more_than_the_share(uint64_t resident_mb) {
    given_running_partition();
    worker.resident_bytes = resident_mb * MB;
    locations_come(LOCATIONS_MOST);
    locations_come(LOCATIONS_MORE);
}

START_TEST(open_minutes_beyond_their_share_go_on_while_the_process_has_room) {
    given_more_than_the_share(100);
    ck_assert_uint_gt(used_bytes(), consumer->budget.limit_bytes);
    ck_assert(!is_paused());
}
END_TEST

START_TEST(open_minutes_stop_reading_where_the_process_has_no_memory_left) {
    given_more_than_the_share(1000);
    ck_assert(is_paused());
    worker.resident_bytes = UINT64_C(500) * MB;
    step();
    ck_assert(!is_paused());
}
END_TEST

START_TEST(a_flood_of_locations_takes_no_more_than_is_allowed) {
    given_running_partition();
    locations_come(LOCATIONS_MAX);
    uint64_t full = used_bytes();
    locations_come(LOCATIONS_MAX);
    ck_assert_uint_lt(used_bytes(), full + MB); /* the list of all has grown */
    struct partition_view v = partition_0_view();
    ck_assert_uint_eq(v.outcomes[EVENT_APPLIED], LOCATIONS_MAX);
    ck_assert_uint_eq(v.outcomes[EVENT_MANY_LOCATIONS], LOCATIONS_MAX);
    ck_assert_uint_le(full / LOCATIONS_MAX, MEMORY_LOCATION_BYTES);
    ck_assert_uint_ge(full / LOCATIONS_MAX, MEMORY_LOCATION_BYTES * 8 / 10);
}
END_TEST

/* -- ids -- */

enum { IDS_MANY = 30000 };

static void given_reader_of_ids(void) {
    given_consumer(
        (const char *const[]){"TOPICS=t", "THREADS=1", "PUBLISH_INTERVAL=1s", "FIELD_ID=id", "RETENTION=25h", NULL});
}

static void ids_come(int n) {
    struct buf message = {0};
    for (int i = 0; i < n; i++) buf_addf(&message, "{\"video_id\":\"cat\",\"location\":\"US\",\"id\":%d}", i);
    kafka_brings(buf_text(&message));
    step();
    buf_free(&message);
}

/* They are most of the share, and a sealed minute waits for Redis: a pause would give nothing back. */
START_TEST(ids_alone_do_not_stop_reading) {
    given_running_partition();
    ids_come(IDS_MANY);
    tick();
    uint64_t ids = partition_0_view().ids_bytes;
    ck_assert_uint_ge(ids, IDS_MANY * 16);
    ck_assert_uint_le(ids, IDS_MANY * MEMORY_ID_BYTES);
    consumer->budget.limit_bytes = ids / 10 * 11;
    ck_assert_uint_gt(used_bytes(), consumer->budget.limit_bytes / 4 * 3);
    step_after(3 * MINUTE_MS);
    ids_come(1);
    tick();
    ck_assert_uint_gt(partition_0_view().sealed_minutes, 0);
    ck_assert(!is_paused());
    consumer->budget.limit_bytes = (used_bytes() - ids) * 4; /* their minutes are most of what is left to them */
    tick();
    ck_assert(is_paused());
}
END_TEST

Suite *consumer_memory_suite(void);
Suite *consumer_memory_suite(void) {
    Suite *s = suite_create("consumer_memory");
    TCase *c = tcase_create("memory");
    tcase_add_checked_fixture(c, usual_consumer, consumer_gone);
    tcase_add_test(c, open_minutes_beyond_their_share_go_on_while_the_process_has_room);
    tcase_add_test(c, open_minutes_stop_reading_where_the_process_has_no_memory_left);
    tcase_add_test(c, a_flood_of_locations_takes_no_more_than_is_allowed);
    suite_add_tcase(s, c);
    c = tcase_create("ids");
    tcase_add_checked_fixture(c, given_reader_of_ids, consumer_gone);
    tcase_add_test(c, ids_alone_do_not_stop_reading);
    suite_add_tcase(s, c);
    return s;
}
