/* unit/decode/decode_same.c - what is the same is said nothing of. */
#include "decode_same.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode_given.h"

struct event_rules same_rules(void) {
    struct event_rules r = *given_rules();
    r.adds_value = false;
    r.fields[EVENT_FIELD_ID] = "id";
    return r;
}

void expect_same_message(struct decoders *d, const struct message *m) {
    const char *difference = decoders_differ(d, m);
    ck_assert_msg(difference == NULL, "%s", difference);
}

void expect_same(struct decoders *d, const void *p, size_t n) {
    expect_same_message(d, &(struct message){.value = {p, n}, .topic = "events", .time_ms = RECORD_TIME_MS});
}

void expect_same_text(struct decoders *d, const char *text) { expect_same(d, text, strlen(text)); }
