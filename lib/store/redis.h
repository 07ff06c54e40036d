/* store/redis.h - store_ops on hiredis: one connection, opened by the first call, and anew by the first after a break.
 * The caller paces retries.   Threads: one owner, but for redis_store_interrupt. */
#ifndef TOPKD_STORE_REDIS_H
#define TOPKD_STORE_REDIS_H

#include "base/metrics.h"
#include "store/store.h"

enum { REDIS_CONNECT_TIMEOUT_MS = 1000, REDIS_CALL_TIMEOUT_MS = 5000 };
enum redis_news {
    REDIS_KEY_ODD,       /* a key holds what nobody here writes; what it is about is set aside */
    REDIS_SNAPSHOTS_ONLY /* a Redis that comes back older than it was */
};

struct redis_options {
    const char *url;   /* as in redis_url.h; borrowed until create returns, and so are the next two */
    const char *board; /* key prefix */
    const char *group; /* named in topk:progress */
    int64_t retention_ms;
    bool allow_eviction;
    bool is_second; /* of two stores on one Redis: leaves it to the first to say what it thinks of the server */
    int connect_timeout_ms, call_timeout_ms; /* 0 = those above */
    /* Told of what ends no call, on its thread; TEXT is borrowed. NULL: nobody is. */
    void (*on_news)(void *ctx, enum redis_news news, const char *text);
    void *news_ctx;
};

/* Checks the URL only (ERR_INVALID). From here on the process ignores SIGPIPE, unless it handles it.
 * M is borrowed until destroy. */
int redis_store_create(const struct redis_options *o, struct metrics *m, struct store *out, struct err *e) MUST_CHECK;
void redis_store_destroy(struct store *s);
/* Makes a call in progress on another thread return STORE_BROKEN soon, and every later one at once (shutdown).
 * Threads: any. */
void redis_store_interrupt(struct store *s);

#endif
