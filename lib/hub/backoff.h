/* hub/backoff.h - the wait before something that failed is tried again: it doubles from failure to failure.
 * Use when: whoever is asked could be asked hundreds of times a second.   Threads: none; one owner.
 * Times are milliseconds of the monotonic clock. */
#ifndef TOPKD_HUB_BACKOFF_H
#define TOPKD_HUB_BACKOFF_H

#include "base/base.h"

/* The wait that follows one of WAIT_MS (0: nothing failed before): its double, from MIN_MS to MAX_MS long. */
static inline int64_t backoff_longer(int64_t wait_ms, int64_t min_ms, int64_t max_ms) {
    return wait_ms == 0 ? min_ms : i64_smaller(wait_ms * 2, max_ms);
}

struct backoff {
    int64_t wait_ms; /* 0: nothing failed */
    int64_t until_mono_ms;
};

/* It failed at NOW: a longer wait begins. */
static inline void backoff_grow(struct backoff *b, int64_t now, int64_t min_ms, int64_t max_ms) {
    b->wait_ms = backoff_longer(b->wait_ms, min_ms, max_ms);
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
