/* unit/event/check_event_judge.c - what the judge says may not depend on where a byte stands.
 * The other rules are tested with the events of check_fields.c. */
#include <string.h>

#include <check.h>

#include "event/judge.h"
#include "unit/decode/decode_given.h"

static enum event_outcome judged_location(const char *text, size_t n) {
    const struct event_value values[EVENT_FIELDS] = {
        [EVENT_FIELD_ITEM] = {.kind = EVENT_STRING, .text = {"cat", 3}},
        [EVENT_FIELD_LOCATION] = {.kind = EVENT_STRING, .text = {text, n}},
    };
    struct event ev = {.outcome = EVENT_MALFORMED, .time_ms = -1};
    event_judge(given_rules(), values, RECORD_TIME_MS, &ev);
    return ev.outcome;
}

START_TEST(a_control_character_in_a_location_is_found_wherever_it_stands) {
    static const char controls[] = {'\x7f', '\x1f', '\n', '\0'};
    char text[EVENT_LOCATION_BYTES_MAX + 1];
    for (size_t n = 1; n < sizeof text; n++) {
        memset(text, _i % 2 ? ' ' : '\xff', sizeof text); /* the neighbours of what is refused */
        text[n] = '\n';                                   /* no part of it */
        ck_assert_int_eq(judged_location(text, n), EVENT_APPLIED);
        for (size_t at = 0; at < n; at++) {
            char before = text[at];
            text[at] = controls[_i];
            ck_assert_msg(judged_location(text, n) == EVENT_BAD_LOCATION, "byte %zu of %zu", at, n);
            text[at] = before;
        }
    }
}
END_TEST

Suite *event_judge_suite(void);
Suite *event_judge_suite(void) {
    Suite *s = suite_create("event_judge");
    TCase *c = tcase_create("locations");
    tcase_add_loop_test(c, a_control_character_in_a_location_is_found_wherever_it_stands, 0, 4);
    suite_add_tcase(s, c);
    return s;
}
