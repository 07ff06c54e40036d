/* unit/decode/decode_same.c - decodes a message twice and compares all that came out. */
#include "decode_same.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode/json_decoder.h"
#include "event/batch.h"

static bool same_bytes(struct bytes a, struct bytes b) {
    return (a.p == NULL) == (b.p == NULL) && a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static bool same_event(const struct event *a, const struct event *b) {
    return a->outcome == b->outcome && same_bytes(a->item, b->item) && same_bytes(a->location, b->location) &&
           a->time_ms == b->time_ms && a->weight == b->weight && a->raw.p == b->raw.p && a->raw.n == b->raw.n;
}

static bool inside(struct bytes text, struct bytes message) {
    return text.p == NULL || (text.p >= message.p && text.p + text.n <= message.p + message.n);
}

/* All are kept, because the next message must not mind what came before. */
static struct event_batch fast, slow;
static struct json_decoder decoder;

static bool same_events(struct bytes message) {
    bool all_fast = true;
    ck_assert_msg(fast.n == slow.n, "%zu events are %zu to jansson: %.*s", fast.n, slow.n, (int)message.n, message.p);
    for (size_t i = 0; i < fast.n; i++) {
        const struct event *a = &fast.events[i], *b = &slow.events[i];
        ck_assert_msg(same_event(a, b), "event %zu: %s, to jansson %s (time %lld, %lld): %.*s", i,
                      event_outcome_name(a->outcome), event_outcome_name(b->outcome), (long long)a->time_ms,
                      (long long)b->time_ms, (int)message.n, message.p);
        all_fast = all_fast && inside(a->item, message);
    }
    return all_fast;
}

void forget_forms(void) { json_form_init(&decoder.names.form); }

/* Rules are told apart by their names, not by where they lie: a test may change its own. */
static bool same_names(const struct event_rules *a, const struct event_rules *b) {
    return memcmp(a->fields, b->fields, sizeof a->fields) == 0;
}

static void prepare(const struct event_rules *r) {
    if (fast.arena == NULL) {
        event_batch_init(&fast);
        event_batch_init(&slow);
    }
    if (!same_names(&decoder.rules, r)) json_decoder_init(&decoder, r);
    decoder.rules = *r;
    event_batch_clear(&fast);
    event_batch_clear(&slow);
}

bool expect_same(const struct event_rules *r, struct bytes message, int64_t record_time_ms) {
    prepare(r);
    /* Its memory ends where it ends, so that a sanitizer sees a look beyond it; never NULL, that would be a tombstone.
     */
    char *copy = malloc(message.n + (message.n == 0));
    ck_assert_ptr_nonnull(copy);
    if (message.n > 0) memcpy(copy, message.p, message.n);
    struct bytes exact = {.p = copy, .n = message.n};
    json_decoder_decode(&decoder, exact, record_time_ms, &fast);
    json_decoder_decode_by_jansson(&decoder, exact, record_time_ms, &slow);
    bool all_fast = same_events(exact);
    free(copy);
    return all_fast;
}
