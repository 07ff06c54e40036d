/* store/redis_read.c - what the merger reads first: the progress and the notes (rules 14, 19).
 * A row that is odd is a row that says nothing. Anything else in topk:progress that no worker writes is fatal. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/mem.h"
#include "store/redis_ops.h"
#include "store/redis_pieces.h"

void redis_send_read(struct redis_store *s, struct redis_call *call, const char *command) {
    redis_arg_text(call, command);
    redis_arg_key(s, call);
    redis_send(call);
}

/* -- progress -- */

static void row_say_odd(struct redis_store *s, const struct redisReply *partition) {
    char why[160];
    int n = snprintf(why, sizeof why, "field %.100s is no row of a partition: it counts as none", partition->str);
    keys_progress(&s->key, s->board);
    redis_say_odd(s, (struct bytes){s->key.data, s->key.len}, (struct bytes){why, (size_t)n});
    buf_clear(&s->key);
}

static char *text_copy(struct bytes text) {
    char *copy = mem_dup(text.p, text.n + 1); /* a '#' or a NUL stands behind it */
    copy[text.n] = '\0';
    return copy;
}

static void progress_add(struct redis_store *s, struct store_progress *out, const struct redisReply *name,
                         const struct redisReply *value) {
    struct store_progress_row *row = &out->rows[out->n++];
    struct redis_row read;
    row->partition_name = redis_copy(name);
    if (!redis_row_split(value, &read)) {
        row_say_odd(s, name);
        row->value = mem_strdup("");
        return;
    }
    memcpy(row->fence, read.fence, sizeof row->fence);
    row->value = text_copy(read.text);
    row->value_len = read.text.n;
    row->rows_stored = read.rows_stored;
}

/* Names of partitions hold a slash, the fields about the board do not. */
bool redis_progress_parse(struct redis_store *s, const struct redisReply *r, struct store_progress *out) {
    if (!redis_is_map(r)) return false;
    out->rows = mem_zalloc(r->elements / 2 + 1, sizeof *out->rows);
    out->closable_until = INT64_MIN;
    for (size_t i = 0; i < r->elements; i += 2) {
        const struct redisReply *name = r->element[i], *value = r->element[i + 1];
        if (redis_is_text(name, "life") && !redis_copy_short(value, out->life, LIFE_LEN)) return false;
        if (redis_is_text(name, "rows")) out->rows_version = strtoll(value->str, NULL, 10);
        if (redis_is_text(name, "members")) out->members = strtoll(value->str, NULL, 10);
        if (redis_is_text(name, "closed")) out->closable_until = strtoll(value->str, NULL, 10);
        if (memchr(name->str, '/', name->len) != NULL) progress_add(s, out, name, value);
    }
    return true;
}

struct progress_read {
    struct redis_store *store;
    struct store_progress *out;
};

static int progress_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct progress_read *c = ctx;
    (void)index;
    return redis_progress_parse(c->store, r, c->out) ? STORE_OK : redis_unexpected(c->store, "topk:progress", e);
}

int redis_progress_read(void *self, struct store_progress *out, struct err *e) {
    struct redis_store *s = self;
    *out = (struct store_progress){0};
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct progress_read c = {.store = s, .out = out};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, progress_on_reply, &c, e);
    keys_progress(&s->key, s->board);
    redis_send_read(s, &call, "HGETALL");
    return redis_call_end(&call);
}

/* -- notes -- */

struct notes_read {
    struct redis_store *store;
    const uint32_t *shards;
    size_t n, waiting_n;
    struct store_notes *out;
};

/* What is no note is nobody's. */
static void notes_add(struct store_notes *out, struct store_note_read note, const struct redisReply *field,
                      const struct redisReply *token) {
    struct buf location = {0};
    if (!redis_copy_short(token, note.token, STORE_TOKEN_LEN) ||
        !keys_note_parse((struct bytes){field->str, field->len}, &location, &note.minute)) {
        buf_free(&location);
        return;
    }
    buf_text(&location); /* its NUL */
    note.location = location.data;
    note.location_len = location.len;
    out->notes = mem_grow(out->notes, &out->cap, out->n + 1, sizeof *out->notes);
    out->notes[out->n++] = note;
}

static bool notes_take_version(struct store_notes *out, const struct redisReply *r) {
    if (r->type != REDIS_REPLY_ARRAY || r->elements != 2) return false;
    const struct redisReply *life = r->element[0], *version = r->element[1];
    if (life->type == REDIS_REPLY_STRING && !redis_copy_short(life, out->life, LIFE_LEN)) return false;
    if (version->type == REDIS_REPLY_STRING) out->rows_version = strtoll(version->str, NULL, 10);
    return true;
}

/* First of each shard what changed, then of some what waits, then how far the progress is. */
static int notes_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct notes_read *c = ctx;
    bool waiting = index >= c->n;
    if (index == c->n + c->waiting_n)
        return notes_take_version(c->out, r) ? STORE_OK : redis_unexpected(c->store, "the version of the progress", e);
    if (!redis_is_map(r)) return redis_unexpected(c->store, "notes", e);
    struct store_note_read note = {.shard = c->shards[waiting ? index - c->n : index], .waiting = waiting};
    for (size_t i = 0; i < r->elements; i += 2) notes_add(c->out, note, r->element[i], r->element[i + 1]);
    return STORE_OK;
}

/* The notes of such a shard are put aside by whoever writes them. */
static bool notes_on_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct notes_read *c = ctx;
    return index < c->n + c->waiting_n && redis_is_odd(c->store, text, key);
}

static void notes_send_read(struct notes_read *c, struct redis_call *call, size_t n, const char *which) {
    for (size_t i = 0; i < n; i++) {
        keys_notes(&c->store->key, c->store->board, c->shards[i], which);
        redis_send_read(c->store, call, "HGETALL");
    }
}

static void notes_send_version(struct redis_store *s, struct redis_call *call) {
    redis_arg_text(call, "HMGET");
    keys_progress(&s->key, s->board);
    redis_arg_key(s, call);
    redis_arg_text(call, "life");
    redis_arg_text(call, "rows");
    redis_send(call);
}

int redis_notes_read(void *self, const uint32_t *shards, size_t n, size_t waiting_n, struct store_notes *out,
                     struct err *e) {
    struct redis_store *s = self;
    assert((n == 0 || shards != NULL) && waiting_n <= n);
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct notes_read c = {.store = s, .shards = shards, .n = n, .waiting_n = waiting_n, .out = out};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, notes_on_reply, &c, e);
    call.on_error = notes_on_error;
    notes_send_read(&c, &call, n, "changed");
    notes_send_read(&c, &call, waiting_n, "waiting");
    notes_send_version(s, &call);
    return redis_call_end(&call);
}
