/* worker/store_news.c - what was told a while ago is not told again, and no more than so much in a minute. */
#include "worker/store_news.h"

#include <string.h>

#include "base/hash.h"
#include "base/log.h"

static bool news_was_told(const struct store_news *n, uint64_t text, int64_t now) {
    for (size_t i = 0; i < STORE_NEWS_KEPT; i++)
        if (n->told[i].text == text && now < n->told[i].until_mono_ms) return true;
    return false;
}

static bool news_has_room(struct store_news *n, int64_t now) {
    if (n->lines == 0 || now - n->minute_mono_ms >= 60000) {
        n->minute_mono_ms = now;
        n->lines = 0;
    }
    return n->lines++ < STORE_NEWS_MINUTE_MAX;
}

static bool news_is_new(struct store_news *n, const char *text) {
    uint64_t hash = hash64(text, strlen(text), 0);
    int64_t now = clock_mono_ms(n->clock);
    if (news_was_told(n, hash, now) || !news_has_room(n, now)) return false;
    size_t at = n->next++ % STORE_NEWS_KEPT;
    n->told[at].text = hash;
    n->told[at].until_mono_ms = now + STORE_NEWS_AGAIN_MS;
    return true;
}

void store_news_hear(void *ctx, enum redis_news news, const char *text) {
    if (!news_is_new(ctx, text)) return;
    if (news == REDIS_SNAPSHOTS_ONLY)
        log_event(LOG_WARN, "redis_may_go_back", "why=%s", log_quote(text));
    else
        log_event(LOG_ERROR, "key_set_aside", "what=%s remedy=%s", log_quote(text),
                  "\"rename or delete the key, the rest goes on by itself: RUNBOOK, lists set aside\"");
}
