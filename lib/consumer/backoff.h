/* consumer/backoff.h - the wait before something that failed is tried again: it doubles from failure to failure.
 * Use when: whoever is asked could be asked hundreds of times a second.   Threads: none; one owner.
 * Times are milliseconds of the monotonic clock. */
#ifndef TOPKD_CONSUMER_BACKOFF_H
#define TOPKD_CONSUMER_BACKOFF_H

#include "base/base.h"

struct backoff {
    int64_t wait_ms; /* 0: nothing failed */
    int64_t until_mono_ms;
};

/* It failed at NOW: the wait that begins is the double of the last one, from MIN_MS to MAX_MS long. */
static inline void backoff_grow(struct backoff *b, int64_t now, int64_t min_ms, int64_t max_ms) {
    b->wait_ms = b->wait_ms == 0 ? min_ms : i64_smaller(b->wait_ms * 2, max_ms);
    b->until_mono_ms = now + b->wait_ms;
}
static inline bool backoff_failed(const struct backoff *b) { return b->wait_ms > 0; }
/* May it be tried at NOW? */
static inline bool backoff_is_over(const struct backoff *b, int64_t now) {
    return b->wait_ms == 0 || now >= b->until_mono_ms;
}
/* It did not fail. */
static inline void backoff_end(struct backoff *b) { *b = (struct backoff){0}; }

#endif
