/* unit/event/check_event_batch.c - outcomes have names, and a batch keeps what it was given. */
#include <string.h>

#include <check.h>

#include "event/batch.h"

static const struct {
    enum event_outcome outcome;
    const char *name;
    bool rejected;
} outcomes[] = {
    {EVENT_APPLIED, "applied", false},
    {EVENT_TOMBSTONE, "tombstone", false},
    {EVENT_MALFORMED, "malformed", true},
    {EVENT_FRAMED, "framed", true},
    {EVENT_NO_EVENTS, "no_events", true},
    {EVENT_NO_ITEM, "no_item", true},
    {EVENT_BAD_ITEM, "bad_item", true},
    {EVENT_NO_LOCATION, "no_location", true},
    {EVENT_BAD_LOCATION, "bad_location", true},
    {EVENT_BAD_TIME, "bad_time", true},
    {EVENT_BAD_TYPE, "bad_type", true},
    {EVENT_BAD_VALUE, "bad_value", true},
    {EVENT_WEIGHTLESS, "weightless", false},
    {EVENT_FUTURE, "future", true},
    {EVENT_LATE, "late", true},
    {EVENT_DUPLICATE, "duplicate", false},
    {EVENT_MANY_LOCATIONS, "many_locations", true},
};

START_TEST(every_outcome_has_its_name_and_its_way) {
    ck_assert_uint_eq(ARRAY_LEN(outcomes), EVENT_OUTCOMES);
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        ck_assert_int_eq(outcomes[i].outcome, i);
        ck_assert_str_eq(event_outcome_name(outcomes[i].outcome), outcomes[i].name);
        ck_assert_msg(event_outcome_rejected(outcomes[i].outcome) == outcomes[i].rejected, "%s", outcomes[i].name);
    }
}
END_TEST

START_TEST(a_new_event_holds_nothing_of_the_one_before) {
    struct event_batch b;
    event_batch_init(&b);
    struct event *ev = event_batch_add(&b, (struct bytes){.p = "first", .n = 5});
    memset(ev, 0x5a, sizeof *ev);
    event_batch_clear(&b);
    ck_assert_uint_eq(b.n, 0);
    ev = event_batch_add(&b, (struct bytes){.p = "second", .n = 6});
    ck_assert_int_eq(ev->outcome, EVENT_MALFORMED);
    ck_assert_ptr_null(ev->item.p);
    ck_assert_ptr_null(ev->location.p);
    ck_assert_int_eq(ev->time_ms, -1);
    ck_assert_uint_eq(ev->weight, 0);
    ck_assert_uint_eq(ev->raw.n, 6);
    event_batch_deinit(&b);
}
END_TEST

START_TEST(a_batch_grows_and_keeps_what_it_holds) {
    static const char bytes[1000];
    struct event_batch b;
    event_batch_init(&b);
    for (size_t i = 0; i < sizeof bytes; i++) event_batch_add(&b, (struct bytes){.p = bytes + i, .n = i});
    ck_assert_uint_eq(b.n, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        ck_assert_ptr_eq(b.events[i].raw.p, bytes + i);
        ck_assert_uint_eq(b.events[i].raw.n, i);
    }
    event_batch_deinit(&b);
    ck_assert_ptr_null(b.events);
}
END_TEST

Suite *event_batch_suite(void);
Suite *event_batch_suite(void) {
    Suite *s = suite_create("event_batch");
    TCase *c = tcase_create("batch");
    tcase_add_test(c, every_outcome_has_its_name_and_its_way);
    tcase_add_test(c, a_new_event_holds_nothing_of_the_one_before);
    tcase_add_test(c, a_batch_grows_and_keeps_what_it_holds);
    suite_add_tcase(s, c);
    return s;
}
