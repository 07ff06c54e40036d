/* store/redis_board.c - which partitions belong to the board, and how far its lists may be closed (rules 23, 24).
 * All of it happens in topk:progress, one script after the other, so that "nobody joined since" is a fact. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/mem.h"
#include "store/redis_ops.h"
#include "store/redis_pieces.h"

enum { JOINS_A_CALL = 1000 }; /* Lua hands back no more than some thousand values */

void redis_arg_board_script(struct redis_store *s, struct redis_call *call, enum redis_script script,
                            const char *new_life) {
    redis_arg_script(call, script, 1);
    keys_progress(&s->key, s->board);
    redis_arg_key(s, call);
    redis_arg_text(call, new_life);
    redis_arg_text(call, s->group);
    redis_arg_int(call, STORE_CONTRACT_VERSION);
}

/* -- join -- */

struct joins {
    struct redis_store *store;
    struct store_join *joins;
    size_t n;
};

/* What join.lua answers: this, then two for each partition. */
enum { JOINS_OK, JOINS_LIFE, JOINS_CLOSABLE, JOINS_FIRST };

/* A row, or nothing. */
static bool join_take_row(struct store_join *j, const struct redisReply *reply) {
    struct redis_row row;
    j->fence[0] = j->value[0] = '\0';
    if (reply->len == 0) return true;
    if (!redis_row_split(reply, &row) || row.text.n >= sizeof j->value) return false;
    memcpy(j->fence, row.fence, sizeof j->fence);
    memcpy(j->value, row.text.p, row.text.n);
    j->value[row.text.n] = '\0';
    return true;
}

static bool joins_take(struct store_join *joins, size_t n, const struct redisReply *r) {
    const struct redisReply *life = r->element[JOINS_LIFE], *closable = r->element[JOINS_CLOSABLE];
    for (size_t i = 0; i < n; i++) {
        const struct redisReply *state = r->element[JOINS_FIRST + 2 * i], *row = r->element[JOINS_FIRST + 2 * i + 1];
        joins[i].is_new = redis_is_text(state, "new");
        joins[i].closable_until = closable->len == 0 ? INT64_MIN : strtoll(closable->str, NULL, 10);
        if (!joins[i].is_new && !redis_is_text(state, "known")) return false;
        if (!redis_copy_short(life, joins[i].life, LIFE_LEN) || !join_take_row(&joins[i], row)) return false;
    }
    return true;
}

static int joins_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct joins *c = ctx;
    size_t first = index * JOINS_A_CALL, left = c->n - first, n = left < JOINS_A_CALL ? left : JOINS_A_CALL;
    bool good = redis_is_strings(r) && r->elements >= 2;
    if (good && !redis_is_text(r->element[JOINS_OK], "ok"))
        return redis_refuse_board(c->store, r->element[0]->str, r->element[1]->str, e);
    good = good && r->elements == JOINS_FIRST + 2 * n && joins_take(c->joins + first, n, r);
    return good ? STORE_OK : redis_unexpected(c->store, "a partition that joins", e);
}

int redis_join(void *self, struct store_join *joins, size_t n, const char *new_life, struct err *e) {
    struct redis_store *s = self;
    assert((n == 0 || joins != NULL) && strlen(new_life) <= LIFE_LEN);
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct joins c = {.store = s, .joins = joins, .n = n};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, joins_on_reply, &c, e);
    for (size_t at = 0; at < n; at += JOINS_A_CALL) {
        redis_arg_board_script(s, &call, REDIS_SCRIPT_JOIN, new_life);
        for (size_t i = at; i < n && i < at + JOINS_A_CALL; i++) redis_arg_text(&call, joins[i].partition_name);
        redis_send(&call);
    }
    return redis_call_end(&call);
}

/* -- close -- */

struct closing {
    struct redis_store *store;
    bool *done;
};

static int closing_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct closing *c = ctx;
    (void)index;
    *c->done = redis_is_text(r, "stored");
    return *c->done || redis_is_text(r, "refused") ? STORE_OK
                                                   : redis_unexpected(c->store, "lists that may be closed", e);
}

int redis_close_up_to(void *self, const struct store_progress *p, int64_t minute, bool *done, struct err *e) {
    struct redis_store *s = self;
    *done = false;
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct closing c = {.store = s, .done = done};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, closing_on_reply, &c, e);
    redis_arg_script(&call, REDIS_SCRIPT_CLOSE, 1);
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
    struct redis_store *store;
    struct store_retire *rows;
    size_t n;
};

static int retiring_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct retiring *c = ctx;
    struct bytes words = {r->str, r->type == REDIS_REPLY_STRING ? r->len : 0};
    (void)index;
    for (size_t i = 0; i < c->n; i++) {
        enum store_answer answer;
        if (!redis_answer_next(&words, &answer)) return redis_unexpected(c->store, "rows to retire", e);
        c->rows[i].done = answer == STORE_STORED;
    }
    return words.n == 0 ? STORE_OK : redis_unexpected(c->store, "rows to retire", e);
}

/* A row as redis_row_split takes it apart. */
static void arg_row(struct redis_store *s, struct redis_call *call, const char *fence, struct bytes text,
                    int64_t rows_stored) {
    buf_addf(&s->key, "%s;", fence);
    buf_add(&s->key, text.p, text.n);
    if (rows_stored >= 0) buf_addf(&s->key, "#%" PRId64, rows_stored);
    redis_arg_key(s, call);
}

static void arg_retired(struct redis_store *s, struct redis_call *call, const struct store_retire *r) {
    const struct store_progress_row *was = r->was;
    redis_arg_text(call, was->partition_name);
    arg_row(s, call, was->fence, (struct bytes){was->value, was->value_len}, was->rows_stored);
    arg_row(s, call, was->fence, r->value, i64_larger(was->rows_stored, 0));
}

int redis_retire(void *self, struct store_retire *rows, size_t n, struct err *e) {
    struct redis_store *s = self;
    assert(n == 0 || rows != NULL);
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct retiring c = {.store = s, .rows = rows, .n = n};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, retiring_on_reply, &c, e);
    redis_arg_script(&call, REDIS_SCRIPT_RETIRE, 1);
    keys_progress(&s->key, s->board);
    redis_arg_key(s, &call);
    for (size_t i = 0; i < n; i++) arg_retired(s, &call, &rows[i]);
    redis_send(&call);
    return redis_call_end(&call);
}
