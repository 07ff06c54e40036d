/* bench/zincrby.c - a sorted set for each location and minute, one ZINCRBY for each event.
 *
 * What it does not do: a list of all locations (a second ZINCRBY an event), expiry, dead letters, lateness. Nor does it
 * count once: after a crash a consumer like this counts again what it read since its last commit. */
#include "zincrby.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

enum { PIPELINE = 1000, KEY_MAX = 128, MINUTE_MS = 60000 };

struct zincrby {
    redisContext *redis;
    int unanswered;
};

struct text {
    const char *p;
    size_t n;
};

static void die(const char *what, const char *why) {
    fprintf(stderr, "zincrby: %s: %s\n", what, why);
    exit(1);
}

struct zincrby *zincrby_open(const char *path) {
    struct zincrby *z = calloc(1, sizeof *z);
    if (z == NULL) die("memory", "none left");
    z->redis = redisConnectUnix(path);
    if (z->redis == NULL || z->redis->err != 0) die(path, z->redis == NULL ? "no memory" : z->redis->errstr);
    return z;
}

static void answers_take(struct zincrby *z) {
    for (; z->unanswered > 0; z->unanswered--) {
        redisReply *reply = NULL;
        if (redisGetReply(z->redis, (void **)&reply) != REDIS_OK) die("answer", z->redis->errstr);
        if (reply->type == REDIS_REPLY_ERROR) die("answer", reply->str);
        freeReplyObject(reply);
    }
}

/* What stands between MARK and the byte END in EVENT. */
static struct text field(struct text event, const char *mark, char end) {
    const char *at = memmem(event.p, event.n, mark, strlen(mark));
    if (at == NULL) die(mark, "not in an event");
    at += strlen(mark);
    const char *behind = memchr(at, end, event.n - (size_t)(at - event.p));
    if (behind == NULL) die(mark, "has no end");
    return (struct text){at, (size_t)(behind - at)};
}

static void event_count(struct zincrby *z, struct text event) {
    char key[KEY_MAX];
    struct text item = field(event, "\"video_id\":\"", '"'), place = field(event, "\"location\":\"", '"');
    long long ms = strtoll(field(event, "\"ts\":", ',').p, NULL, 10);
    int key_n = snprintf(key, sizeof key, "z:{%.*s}:%lld", (int)place.n, place.p, ms / MINUTE_MS);
    const char *words[] = {"ZINCRBY", key, "1", item.p};
    size_t lengths[] = {7, (size_t)key_n, 1, item.n};
    if (redisAppendCommandArgv(z->redis, 4, words, lengths) != REDIS_OK) die("send", z->redis->errstr);
    if (++z->unanswered == PIPELINE) answers_take(z);
}

uint64_t zincrby_message(struct zincrby *z, const char *text, size_t n) {
    uint64_t events = 0;
    for (const char *end = text + n; text < end; events++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line_n = (size_t)((newline != NULL ? newline : end) - text);
        event_count(z, (struct text){text, line_n});
        text += line_n + 1;
    }
    return events;
}

void zincrby_close(struct zincrby *z) {
    answers_take(z);
    redisFree(z->redis);
    free(z);
}
