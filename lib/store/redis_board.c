/* store/redis_board.c - which partitions belong to the board, and how far its lists may be closed (rules 23, 24). All of
 * it happens in topk:progress, one script after the other, so that "nobody joined since" is a fact. */
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/redis_ops.h"
#include "store/redis_scripts.h"

enum { JOINS_A_CALL = 1000 }; /* Lua hands back no more than some thousand values */

static bool all_strings(const struct redisReply *r) {
    if (r->type != REDIS_REPLY_ARRAY) return false;
    for (size_t i = 0; i < r->elements; i++)
        if (r->element[i]->type != REDIS_REPLY_STRING) return false;
    return true;
}

/* -- join -- */

struct joins {
    struct redis_store *s;
    struct store_join *joins;
    size_t n;
};

/* "fence;value#count", or nothing. */
static bool take_row(struct store_join *j, const struct redisReply *row) {
    j->fence[0] = j->value[0] = 0;
    if (row->len == 0) return true;
    const char *end = strrchr(row->str, '#');
    size_t n = end != NULL ? (size_t)(end - row->str) : row->len;
    if (n <= FENCE_LEN || row->str[FENCE_LEN] != ';' || n - FENCE_LEN > sizeof j->value) return false;
    memcpy(j->fence, row->str, FENCE_LEN);
    j->fence[FENCE_LEN] = 0;
    memcpy(j->value, row->str + FENCE_LEN + 1, n - FENCE_LEN - 1);
    j->value[n - FENCE_LEN - 1] = 0;
    return true;
}

static int on_joined(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct joins *c = ctx;
    struct store_join *first = c->joins + index * JOINS_A_CALL;
    size_t left = c->n - index * JOINS_A_CALL, n = left < JOINS_A_CALL ? left : JOINS_A_CALL;
    if (!all_strings(r) || r->elements < 2) return redis_unexpected(c->s, "a partition that joins", e);
    if (strcmp(r->element[0]->str, "ok") != 0)
        return redis_refuse_board(c->s, r->element[0]->str, r->element[1]->str, e);
    const struct redisReply *life = r->element[1];
    bool good = r->elements == 3 + 2 * n && life->len <= LIFE_LEN;
    for (size_t i = 0; good && i < n; i++) {
        memcpy(first[i].life, life->str, life->len + 1);
        const struct redisReply *closed = r->element[2];
        first[i].closable_until = closed->len == 0 ? INT64_MIN : strtoll(closed->str, NULL, 10);
        first[i].is_new = r->element[3 + 2 * i]->str[0] == '1';
        good = take_row(&first[i], r->element[4 + 2 * i]);
    }
    return good ? STORE_OK : redis_unexpected(c->s, "a partition that joins", e);
}

int redis_join(void *self, struct store_join *joins, size_t n, const char *new_life, struct err *e) {
    struct redis_store *s = self;
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct joins c = {.s = s, .joins = joins, .n = n};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, on_joined, &c, e);
    for (size_t at = 0; at < n; at += JOINS_A_CALL) {
        redis_arg_eval(&call, redis_script_join, 1);
        keys_progress(&s->key, s->board);
        redis_arg_key(s, &call);
        redis_arg_text(&call, new_life);
        redis_arg_text(&call, s->group);
        redis_arg_int(&call, STORE_CONTRACT_VERSION);
        for (size_t i = at; i < n && i < at + JOINS_A_CALL; i++) redis_arg_text(&call, joins[i].partition_name);
        redis_send(&call);
    }
    return redis_call_end(&call);
}

/* -- close -- */

struct closing {
    struct redis_store *s;
    bool *done;
};

static int on_closing(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct closing *c = ctx;
    (void)index;
    if (r->type != REDIS_REPLY_INTEGER) return redis_unexpected(c->s, "lists that may be closed", e);
    *c->done = r->integer == 1;
    return STORE_OK;
}

int redis_close_up_to(void *self, const struct store_progress *p, int64_t minute, bool *done, struct err *e) {
    struct redis_store *s = self;
    *done = false;
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct closing c = {.s = s, .done = done};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, on_closing, &c, e);
    redis_arg_eval(&call, redis_script_close, 1);
    keys_progress(&s->key, s->board);
    redis_arg_key(s, &call);
    redis_arg_text(&call, p->life);
    redis_arg_int(&call, p->members);
    redis_arg_int(&call, minute);
    redis_send(&call);
    return redis_call_end(&call);
}

/* -- retire -- */

struct retiring {
    struct redis_store *s;
    struct store_retire *rows;
    size_t n;
};

static int on_retired(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct retiring *c = ctx;
    (void)index;
    if (r->type != REDIS_REPLY_STRING || r->len != c->n) return redis_unexpected(c->s, "rows to retire", e);
    for (size_t i = 0; i < c->n; i++) c->rows[i].done = r->str[i] == '1';
    return STORE_OK;
}

static void arg_stored(struct redis_store *s, struct redis_call *call, const char *fence, struct bytes value,
                       int64_t count) {
    buf_addf(&s->key, "%s;", fence);
    buf_add(&s->key, value.p, value.n);
    if (count >= 0) buf_addf(&s->key, "#%lld", (long long)count);
    redis_arg_key(s, call);
}

int redis_retire(void *self, struct store_retire *rows, size_t n, struct err *e) {
    struct redis_store *s = self;
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct retiring c = {.s = s, .rows = rows, .n = n};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, on_retired, &c, e);
    redis_arg_eval(&call, redis_script_retire, 1);
    keys_progress(&s->key, s->board);
    redis_arg_key(s, &call);
    for (size_t i = 0; i < n; i++) {
        const struct store_progress_row *was = rows[i].was;
        redis_arg_text(&call, was->partition_name);
        arg_stored(s, &call, was->fence, (struct bytes){was->value, was->value_len}, was->rows_stored);
        arg_stored(s, &call, was->fence, rows[i].value, was->rows_stored < 0 ? 0 : was->rows_stored);
    }
    redis_send(&call);
    return redis_call_end(&call);
}
