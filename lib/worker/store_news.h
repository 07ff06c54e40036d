/* worker/store_news.h - what a store says beside its answers becomes log lines: each thing once in a while, by name.
 * Threads: one owner a struct, the thread that calls the store. */
#ifndef TOPKD_WORKER_STORE_NEWS_H
#define TOPKD_WORKER_STORE_NEWS_H

#include "base/clock.h"
#include "store/redis.h"

enum { STORE_NEWS_KEPT = 64, STORE_NEWS_AGAIN_MS = 600000, STORE_NEWS_MINUTE_MAX = 60 };

/* Zero-initialised but for the clock. */
struct store_news {
    const struct clock *clock; /* borrowed */
    struct {
        uint64_t text; /* a hash */
        int64_t until_mono_ms;
    } told[STORE_NEWS_KEPT]; /* the oldest makes room */
    size_t next;
    int64_t minute_mono_ms; /* since then lines were counted */
    int lines;              /* STORE_NEWS_MINUTE_MAX of them at most: what had no room is told another time */
};

/* For redis_options, with a struct store_news as its context. */
void store_news_hear(void *ctx, enum redis_news news, const char *text);

#endif
