/* store/redis_publish.c - what the publisher sends: contributions, notes, progress rows (rules 9, 13, 19). */
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "store/redis_ops.h"
#include "store/redis_scripts.h"

/* The letter that the scripts answer with; false for any other. */
static bool answer_of(char letter, enum store_answer *out) {
    switch (letter) {
    case 'S':
        *out = STORE_STORED;
        return true;
    case 'N':
        *out = STORE_NEWER;
        return true;
    case 'C':
        *out = STORE_CLOSED;
        return true;
    case 'E':
        *out = STORE_EXPIRED;
        return true;
    case 'O':
        *out = STORE_OTHER_LIFE;
        return true;
    case 'L':
        *out = STORE_LEFT_OUT;
        return true;
    default:
        return false;
    }
}

/* -- contributions -- */

struct contribute {
    struct redis_store *s;
    struct store_parts *lists;
};

static int on_contributed(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct contribute *c = ctx;
    struct store_parts *list = &c->lists[index];
    bool good = r->type == REDIS_REPLY_STRING && r->len == list->n;
    for (size_t i = 0; good && i < list->n; i++) good = answer_of(r->str[i], &list->parts[i].answer);
    return good ? STORE_OK : redis_unexpected(c->s, "a contribution", e);
}

static bool on_contribute_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct contribute *c = ctx;
    struct store_parts *list = &c->lists[index];
    if (!redis_is_odd(c->s, text, key)) return false;
    for (size_t i = 0; i < list->n; i++) list->parts[i].answer = STORE_ODD;
    return true;
}

static void arg_random(struct redis_call *call) {
    char text[STORE_TOKEN_LEN + 1];
    snprintf(text, sizeof text, "%016" PRIx64, random64());
    redis_arg_text(call, text);
}

static void send_parts(struct redis_store *s, struct redis_call *call, const struct store_parts *list) {
    redis_arg_eval(call, redis_script_contribute, 1);
    keys_part(&s->key, s->board, list->location, list->minute);
    redis_arg_key(s, call);
    arg_random(call);
    redis_arg_int(call, s->retention_ms);
    for (size_t i = 0; i < list->n; i++) {
        const struct store_part *p = &list->parts[i];
        char fence[FENCE_LEN + 3];
        snprintf(fence, sizeof fence, "%s%c%s", p->fence, p->final ? '1' : '0', p->only_if_there ? "-" : "");
        redis_arg_text(call, p->partition_name);
        redis_arg_text(call, fence);
        redis_arg(call, p->items);
    }
    redis_send(call);
}

int redis_contribute(void *self, struct store_parts *lists, size_t n, struct err *e) {
    struct redis_store *s = self;
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct contribute c = {.s = s, .lists = lists};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, on_contributed, &c, e);
    call.on_error = on_contribute_error;
    for (size_t i = 0; i < n; i++) send_parts(s, &call, &lists[i]);
    return redis_call_end(&call);
}

/* -- notes: one HSET a shard -- */

struct notes {
    struct redis_store *s;
    struct store_note *notes;
    struct redis_sharded *order; /* those to send, by shard */
    size_t n;
};

/* How many of the notes from FIRST on are of one shard. */
static size_t run_of(const struct notes *c, size_t first) {
    size_t end = first + 1;
    while (end < c->n && c->order[end].shard == c->order[first].shard) end++;
    return end - first;
}

/* One command a run: the INDEXth of the call. */
static bool on_note_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct notes *c = ctx;
    size_t at = 0;
    if (!redis_is_odd(c->s, text, key)) return false;
    while (index-- > 0) at += run_of(c, at);
    for (size_t n = run_of(c, at), i = 0; i < n; i++) c->notes[c->order[at + i].index].answer = STORE_ODD;
    return true;
}

static void send_run(struct notes *c, struct redis_call *call, const char *which, size_t first, size_t n) {
    redis_arg_text(call, "HSET");
    keys_notes(&c->s->key, c->s->board, c->order[first].shard, which);
    redis_arg_key(c->s, call);
    for (size_t i = 0; i < n; i++) {
        struct store_note *note = &c->notes[c->order[first + i].index];
        note->answer = STORE_STORED;
        keys_note_field(&c->s->key, note->location, note->minute);
        redis_arg_key(c->s, call);
        redis_arg_text(call, note->token);
    }
    redis_send(call);
}

static int send_notes(struct notes *c, const char *which, struct err *e) {
    struct redis_call call;
    redis_call_begin(&call, &c->s->conn, NULL, c, e);
    call.on_error = on_note_error;
    for (size_t i = 0, n; i < c->n; i += n) {
        n = run_of(c, i);
        send_run(c, &call, which, i, n);
    }
    return redis_call_end(&call);
}

static void keep_odd(struct notes *c) {
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->notes[c->order[i].index].answer == STORE_ODD) c->order[n++] = c->order[i];
    c->n = n;
}

int redis_note(void *self, struct store_note *notes, size_t n, struct err *e) {
    struct redis_store *s = self;
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct notes c = {.s = s, .notes = notes, .order = mem_zalloc(n + 1, sizeof *c.order), .n = n};
    for (size_t i = 0; i < n; i++) c.order[i] = (struct redis_sharded){keys_shard(notes[i].location), i};
    redis_sort_by_shard(c.order, n);
    status = send_notes(&c, "changed", e);
    keep_odd(&c);
    if (status == STORE_OK && c.n > 0) status = send_notes(&c, "waiting", e);
    mem_free(c.order);
    return status;
}

/* -- progress rows -- */

struct rows {
    struct redis_store *s;
    struct store_row *rows;
    size_t n;
};

static bool take_rows(struct rows *c, const struct redisReply *life, const struct redisReply *answers,
                      const struct redisReply *now, char *counts) {
    if (life->len > LIFE_LEN || answers->len != c->n) return false;
    for (size_t i = 0; i < c->n; i++) {
        struct store_row *row = &c->rows[i];
        if (!answer_of(answers->str[i], &row->answer)) return false;
        if (row->answer == STORE_OTHER_LIFE) memcpy(row->new_life, life->str, life->len + 1);
        row->redis_ms = strtoll(now->str, NULL, 10);
        row->rows_stored = strtoll(counts, &counts, 10);
    }
    return true;
}

static int on_rows(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct rows *c = ctx;
    (void)index;
    bool good = r->type == REDIS_REPLY_ARRAY && r->elements >= 2;
    for (size_t i = 0; good && i < r->elements; i++) good = r->element[i]->type == REDIS_REPLY_STRING;
    if (good && strcmp(r->element[0]->str, "ok") != 0)
        return redis_refuse_board(c->s, r->element[0]->str, r->element[1]->str, e);
    good = good && r->elements == 5 && take_rows(c, r->element[1], r->element[2], r->element[3], r->element[4]->str);
    return good ? STORE_OK : redis_unexpected(c->s, "progress rows", e);
}

int redis_rows_write(void *self, struct store_row *rows, size_t n, const char *new_life, struct err *e) {
    struct redis_store *s = self;
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct rows c = {.s = s, .rows = rows, .n = n};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, on_rows, &c, e);
    redis_arg_eval(&call, redis_script_rows, 1);
    keys_progress(&s->key, s->board);
    redis_arg_key(s, &call);
    redis_arg_text(&call, new_life);
    redis_arg_text(&call, s->group);
    redis_arg_int(&call, STORE_CONTRACT_VERSION);
    for (size_t i = 0; i < n; i++) {
        redis_arg_text(&call, rows[i].partition_name);
        redis_arg_text(&call, rows[i].life);
        redis_arg_text(&call, rows[i].fence);
        redis_arg(&call, rows[i].value);
        redis_arg_int(&call, rows[i].rows_kept);
    }
    redis_send(&call);
    return redis_call_end(&call);
}
