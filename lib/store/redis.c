/* store/redis.c - the object around the ops, and what several of them use. */
#include "store/redis.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "base/mem.h"
#include "store/redis_ops.h"
#include "store/redis_reply.h"

static const struct store_ops redis_ops = {
    .hello = redis_hello,
    .contribute = redis_contribute,
    .note = redis_note,
    .lists_lose = redis_lists_lose,
    .rows_write = redis_rows_write,
    .join = redis_join,
    .close_up_to = redis_close_up_to,
    .retire = redis_retire,
    .progress_read = redis_progress_read,
    .notes_read = redis_notes_read,
    .lists_read = redis_lists_read,
    .lists_write = redis_lists_write,
    .notes_end = redis_notes_end,
    .locations_touch = redis_locations_touch,
};

/* hiredis writes with write(2): to a socket that the server closed, that would end the process. */
static void ignore_sigpipe(void) {
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
}

int redis_store_create(const struct redis_options *o, struct metrics *m, struct store *out, struct err *e) {
    struct redis_url url;
    assert(o->board[0] != '\0' && o->group[0] != '\0' && o->retention_ms > 0);
    int status = redis_url_parse(o->url, &url, e);
    if (status != ERR_OK) return status;
    ignore_sigpipe();
    struct redis_store *s = mem_zalloc(1, sizeof *s);
    redis_conn_init(&s->conn, url, o->connect_timeout_ms > 0 ? o->connect_timeout_ms : REDIS_CONNECT_TIMEOUT_MS,
                    o->call_timeout_ms > 0 ? o->call_timeout_ms : REDIS_CALL_TIMEOUT_MS, m);
    s->board = mem_strdup(o->board);
    s->group = mem_strdup(o->group);
    s->retention_ms = o->retention_ms;
    s->allow_eviction = o->allow_eviction;
    s->is_second = o->is_second;
    s->on_news = o->on_news;
    s->news_ctx = o->news_ctx;
    *out = (struct store){.ops = &redis_ops, .self = s};
    return ERR_OK;
}

void redis_store_destroy(struct store *st) {
    struct redis_store *s = st->self;
    if (s == NULL) return;
    redis_conn_deinit(&s->conn);
    mem_free(s->board);
    mem_free(s->group);
    buf_free(&s->key);
    mem_free(s);
    *st = (struct store){0};
}

void redis_store_interrupt(struct store *st) {
    struct redis_store *s = st->self;
    redis_conn_interrupt(&s->conn);
}

static int compare_shards(const void *a, const void *b) {
    const struct redis_sharded *x = a, *y = b;
    if (x->shard != y->shard) return x->shard < y->shard ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

size_t redis_shard_run(const struct redis_sharded *elements, size_t n, size_t first) {
    size_t end = first + 1;
    while (end < n && elements[end].shard == elements[first].shard) end++;
    return end - first;
}

void redis_by_shard(struct redis_call *call, struct redis_sharded *elements, size_t n, redis_send_shard *send,
                    void *ctx) {
    if (n > 1) qsort(elements, n, sizeof *elements, compare_shards);
    for (size_t first = 0, run; first < n; first += run) {
        run = redis_shard_run(elements, n, first);
        send(ctx, call, &elements[first], run);
    }
}

void redis_arg_key(struct redis_store *s, struct redis_call *c) {
    redis_arg(c, (struct bytes){s->key.data, s->key.len});
    buf_clear(&s->key);
}

void redis_say(const struct redis_store *s, enum redis_news news, const char *text) {
    if (s->on_news != NULL) s->on_news(s->news_ctx, news, text);
}

void redis_say_odd(const struct redis_store *s, struct bytes key, struct bytes why) {
    char text[400];
    snprintf(text, sizeof text, "key %.*s: %.*s", (int)(key.n < 200 ? key.n : 200), key.p,
             (int)(why.n < 150 ? why.n : 150), why.p);
    redis_say(s, REDIS_KEY_ODD, text);
}

bool redis_is_odd(const struct redis_store *s, const char *text, struct bytes key) {
    struct bytes why;
    if (!redis_error_of(text).of_key) return false;
    redis_error_key(text, &why);
    redis_conn_count_error((struct redis_conn *)(uintptr_t)&s->conn, "key");
    redis_say_odd(s, key, why);
    return true;
}

int redis_unexpected(const struct redis_store *s, const char *what, struct err *e) {
    err_set(e, ERR_REFUSED, "Redis %s: unexpected answer to %s: is board %.60s written by another program?",
            s->conn.where, what, s->board);
    return STORE_FATAL;
}
