#include "decode_same.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "decode/message.h"

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

/* The batches are kept, because the next message must not mind what was in them. */
static struct event_batch fast, slow;

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

void forget_forms(void) {
    if (fast.arena != NULL) event_batch_deinit(&fast);
    event_batch_init(&fast);
    if (slow.arena == NULL) event_batch_init(&slow);
}

bool expect_same(const struct event_rules *r, struct bytes message, int64_t record_time_ms) {
    if (fast.arena == NULL) forget_forms();
    /* Its memory ends where it ends, so that a sanitizer sees a look beyond it; never NULL, that would be a tombstone.
     */
    char *copy = malloc(message.n + (message.n == 0));
    ck_assert_ptr_nonnull(copy);
    if (message.n > 0) memcpy(copy, message.p, message.n);
    event_decode(r, copy, message.n, record_time_ms, &fast);
    event_decode_json_only(r, copy, message.n, record_time_ms, &slow);
    bool all_fast = same_events((struct bytes){.p = copy, .n = message.n});
    free(copy);
    return all_fast;
}
