#include "worker/store_news.h"

#include "base/hash.h"

#include <string.h>

enum { LIMIT_MS = 1000 };

static bool is_news(struct store_news *n, const char *text) {
    uint64_t hash = hash64(text, strlen(text), 0);
    int64_t now = clock_mono_ms(n->clock);
    for (size_t i = 0; i < STORE_NEWS_KEPT; i++)
        if (n->said[i].text == hash && now < n->said[i].until_mono_ms) return false;
    size_t at = n->next++ % STORE_NEWS_KEPT;
    n->said[at].text = hash;
    n->said[at].until_mono_ms = now + STORE_NEWS_AGAIN_MS;
    return true;
}

void store_news_hear(void *ctx, enum redis_news news, const char *text) {
    struct store_news *n = ctx;
    if (!is_news(n, text)) return;
    if (news == REDIS_SNAPSHOTS_ONLY)
        log_event(LOG_WARN, "redis_may_go_back", "why=%s", log_quote(text));
    else
        log_limited(&n->limit, LIMIT_MS, LOG_ERROR, "key_set_aside", "what=%s remedy=%s", log_quote(text),
                    "\"rename or delete the key, the rest goes on by itself: RUNBOOK, lists set aside\"");
}
