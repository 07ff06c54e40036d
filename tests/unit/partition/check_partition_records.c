/* unit/partition/check_partition_records.c - every record counts once, and what was read is counted. */
#include <string.h>

#include <check.h>

#include "partition_given.h"

START_TEST(a_record_seen_again_is_dropped_and_counted) {
    (void)views("US", "cat", 3);
    struct event ev = event_of("19:08", "US", "cat", 3);
    struct event_batch batch = {.events = &ev, .n = 1};
    struct log_record rec = {.offset = 0, .time_ms = ms_of("19:08")};
    ck_assert(!partition_wants(evening.partition, 0) && partition_wants(evening.partition, 1));
    ck_assert_int_eq(partition_record(evening.partition, &rec, &batch, 0), RECORD_REPLAYED);
    ck_assert_int_eq(partition_record(evening.partition, &rec, NULL, 0), RECORD_REPLAYED);
    ck_assert_uint_eq(view().replayed, 2);
    ck_assert_uint_eq(view().messages, 1);
    publish();
    expect_copy("US 19:08 @1: cat 3");
}
END_TEST

START_TEST(offsets_that_are_not_there_are_counted_as_holes) {
    (void)views("US", "cat", 1);
    hole();
    hole();
    (void)views("US", "cat", 1);
    ck_assert_uint_eq(view().holes, 1);
    ck_assert_uint_eq(view().hole_records, 2);
    partition_eof(evening.partition, 6, 0); /* transaction markers at the end are no loss */
    ck_assert_int_eq(view().next, 6);
    partition_eof(evening.partition, 5, 0);
    ck_assert_int_eq(view().next, 6);
}
END_TEST

START_TEST(every_event_has_one_outcome_and_every_message_counts) {
    it_is("19:10");
    expect_outcomes("19:10", "applied");
    expect_outcomes("19:08 19:10 19:12 19:11", "late applied future applied");
    struct event bad = {.outcome = EVENT_MALFORMED, .time_ms = -1};
    record_of(&bad, 1);
    record_of(NULL, 0);
    struct partition_view v = view();
    ck_assert_uint_eq(v.messages, 4);
    ck_assert_uint_eq(v.outcomes[EVENT_APPLIED], 3);
    ck_assert_uint_eq(v.outcomes[EVENT_LATE], 1);
    ck_assert_uint_eq(v.outcomes[EVENT_FUTURE], 1);
    ck_assert_uint_eq(v.outcomes[EVENT_MALFORMED], 1);
}
END_TEST

/* Goal: a text that lies in the batch is used before the next message is decoded, though no record was let go.
 * Method: of each text that an event has, one record whose batch is overwritten before the next comes. */
START_TEST(a_text_that_was_decoded_is_not_looked_at_again) {
    static const char value[] = "cat US";
    char decoded[8];
    for (int i = 0; i < 3; i++) {
        strcpy(decoded, i == 0 ? "dog" : "FR");
        struct event ev = event_of("19:08", "US", "cat", 1);
        ev.item = i == 0 ? (struct bytes){decoded, 3} : (struct bytes){value, 3};
        ev.location = i == 1 ? (struct bytes){decoded, 2} : (struct bytes){value + 4, 2};
        struct event_batch batch = {.events = &ev, .n = 1};
        struct log_record rec = {i, ms_of("19:08"), {NULL, 0}, {value, sizeof value - 1}};
        ck_assert_int_eq(partition_record(evening.partition, &rec, &batch, 0), RECORD_APPLIED);
        memset(decoded, '!', sizeof decoded);
    }
    partition_let_go(evening.partition);
    publish();
    expect_copy("US 19:08 @3: dog 1, cat 1");
    expect_copy("FR 19:08 @3: cat 1");
}
END_TEST

Suite *partition_records_suite(void);
Suite *partition_records_suite(void) {
    Suite *s = suite_create("partition_records");
    TCase *c = tcase_create("records");
    tcase_add_checked_fixture(c, evening_with_partition, evening_end);
    tcase_add_test(c, a_record_seen_again_is_dropped_and_counted);
    tcase_add_test(c, offsets_that_are_not_there_are_counted_as_holes);
    tcase_add_test(c, every_event_has_one_outcome_and_every_message_counts);
    tcase_add_test(c, a_text_that_was_decoded_is_not_looked_at_again);
    suite_add_tcase(s, c);
    return s;
}
