/* store/redis_publish.c - what the publisher sends: contributions, notes, progress rows (rules 9, 13, 19). */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/hash.h"
#include "base/mem.h"
#include "store/redis_ops.h"
#include "store/redis_pieces.h"

/* -- contributions -- */

struct contributions {
    struct redis_store *store;
    struct store_parts *lists;
};

static int contributions_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct contributions *c = ctx;
    struct store_parts *list = &c->lists[index];
    struct bytes words = {r->str, r->type == REDIS_REPLY_STRING ? r->len : 0};
    for (size_t i = 0; i < list->n; i++)
        if (!redis_answer_next(&words, &list->parts[i].answer)) return redis_unexpected(c->store, "a contribution", e);
    return words.n == 0 ? STORE_OK : redis_unexpected(c->store, "a contribution", e);
}

static bool contributions_on_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct contributions *c = ctx;
    struct store_parts *list = &c->lists[index];
    if (!redis_is_odd(c->store, text, key)) return false;
    for (size_t i = 0; i < list->n; i++) list->parts[i].answer = STORE_ODD;
    return true;
}

static void arg_new_token(struct redis_call *call) {
    char text[STORE_TOKEN_LEN + 1];
    snprintf(text, sizeof text, "%016" PRIx64, random64());
    redis_arg_text(call, text);
}

static void arg_part(struct redis_call *call, const struct store_part *p) {
    char fence[FENCE_LEN + 3];
    assert(strlen(p->partition_name) <= PARTITION_NAME_BYTES_MAX && p->fence[FENCE_LEN] == '\0');
    snprintf(fence, sizeof fence, "%s%c%s", p->fence, p->final ? '1' : '0', p->only_if_there ? "-" : "");
    redis_arg_text(call, p->partition_name);
    redis_arg_text(call, fence);
    redis_arg(call, p->items);
}

static void contribution_send(struct redis_store *s, struct redis_call *call, const struct store_parts *list) {
    assert(list->n > 0 && list->location.n > 0);
    redis_arg_script(call, REDIS_SCRIPT_CONTRIBUTE, 1);
    keys_part(&s->key, s->board, list->location, list->minute);
    redis_arg_key(s, call);
    arg_new_token(call);
    redis_arg_int(call, s->retention_ms);
    for (size_t i = 0; i < list->n; i++) arg_part(call, &list->parts[i]);
    redis_send(call);
}

int redis_contribute(void *self, struct store_parts *lists, size_t n, struct err *e) {
    struct redis_store *s = self;
    assert(n == 0 || lists != NULL);
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct contributions c = {.store = s, .lists = lists};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, contributions_on_reply, &c, e);
    call.on_error = contributions_on_error;
    for (size_t i = 0; i < n; i++) contribution_send(s, &call, &lists[i]);
    return redis_call_end(&call);
}

/* -- notes: one HSET a shard -- */

struct notes {
    struct redis_store *store;
    struct store_note *notes;
    const char *which;           /* changed, or waiting */
    struct redis_sharded *order; /* those to send, by shard */
    size_t n;
};

/* One command a shard: the INDEXth of the call. */
static bool notes_on_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct notes *c = ctx;
    size_t first = 0;
    if (!redis_is_odd(c->store, text, key)) return false;
    while (index-- > 0) first += redis_shard_run(c->order, c->n, first);
    for (size_t n = redis_shard_run(c->order, c->n, first), i = 0; i < n; i++)
        c->notes[c->order[first + i].index].answer = STORE_ODD;
    return true;
}

static void notes_send_shard(void *ctx, struct redis_call *call, const struct redis_sharded *of, size_t n) {
    struct notes *c = ctx;
    redis_arg_text(call, "HSET");
    keys_notes(&c->store->key, c->store->board, of[0].shard, c->which);
    redis_arg_key(c->store, call);
    for (size_t i = 0; i < n; i++) {
        struct store_note *note = &c->notes[of[i].index];
        note->answer = STORE_STORED;
        keys_note_field(&c->store->key, note->location, note->minute);
        redis_arg_key(c->store, call);
        redis_arg_text(call, note->token);
    }
    redis_send(call);
}

static int notes_send(struct notes *c, const char *which, struct err *e) {
    struct redis_call call;
    c->which = which;
    redis_call_begin(&call, &c->store->conn, NULL, c, e);
    call.on_error = notes_on_error;
    redis_by_shard(&call, c->order, c->n, notes_send_shard, c);
    return redis_call_end(&call);
}

static void notes_keep_odd(struct notes *c) {
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->notes[c->order[i].index].answer == STORE_ODD) c->order[n++] = c->order[i];
    c->n = n;
}

int redis_note(void *self, struct store_note *notes, size_t n, struct err *e) {
    struct redis_store *s = self;
    assert(n == 0 || notes != NULL);
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct notes c = {.store = s, .notes = notes, .order = mem_zalloc(n + 1, sizeof *c.order), .n = n};
    for (size_t i = 0; i < n; i++) c.order[i] = (struct redis_sharded){keys_shard(notes[i].location), i};
    status = notes_send(&c, "changed", e);
    notes_keep_odd(&c);
    if (status == STORE_OK && c.n > 0) status = notes_send(&c, "waiting", e);
    mem_free(c.order);
    return status;
}

/* -- progress rows -- */

struct rows {
    struct redis_store *store;
    struct store_row *rows;
    size_t n;
};

/* What rows.lua answers, behind its "ok". */
enum { ROWS_OK, ROWS_LIFE, ROWS_ANSWERS, ROWS_CLOCK, ROWS_COUNTS, ROWS_REPLY };

static bool rows_take(struct rows *c, const struct redisReply *r) {
    const struct redisReply *life = r->element[ROWS_LIFE];
    struct bytes words = {r->element[ROWS_ANSWERS]->str, r->element[ROWS_ANSWERS]->len};
    char *counts = r->element[ROWS_COUNTS]->str;
    if (life->len > LIFE_LEN) return false;
    for (size_t i = 0; i < c->n; i++) {
        struct store_row *row = &c->rows[i];
        if (!redis_answer_next(&words, &row->answer)) return false;
        if (row->answer == STORE_OTHER_LIFE) memcpy(row->new_life, life->str, life->len + 1);
        row->redis_ms = strtoll(r->element[ROWS_CLOCK]->str, NULL, 10);
        row->rows_stored = strtoll(counts, &counts, 10);
    }
    return words.n == 0;
}

static int rows_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct rows *c = ctx;
    (void)index;
    bool good = redis_is_strings(r) && r->elements >= 2;
    if (good && !redis_is_text(r->element[ROWS_OK], "ok"))
        return redis_refuse_board(c->store, r->element[0]->str, r->element[1]->str, e);
    good = good && r->elements == ROWS_REPLY && rows_take(c, r);
    return good ? STORE_OK : redis_unexpected(c->store, "progress rows", e);
}

static void arg_row(struct redis_call *call, const struct store_row *row) {
    assert(strlen(row->partition_name) <= PARTITION_NAME_BYTES_MAX && row->fence[FENCE_LEN] == '\0');
    redis_arg_text(call, row->partition_name);
    redis_arg_text(call, row->life);
    redis_arg_text(call, row->fence);
    redis_arg(call, row->value);
    redis_arg_int(call, row->rows_kept);
}

int redis_rows_write(void *self, struct store_row *rows, size_t n, const char *new_life, struct err *e) {
    struct redis_store *s = self;
    assert((n == 0 || rows != NULL) && strlen(new_life) <= LIFE_LEN);
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct rows c = {.store = s, .rows = rows, .n = n};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, rows_on_reply, &c, e);
    redis_arg_board_script(s, &call, REDIS_SCRIPT_ROWS, new_life);
    for (size_t i = 0; i < n; i++) arg_row(&call, &rows[i]);
    redis_send(&call);
    return redis_call_end(&call);
}
