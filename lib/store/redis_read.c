/* store/redis_read.c - what the merger reads: progress, notes, what lists are made of (rules 14, 15, 19). A field that
 * this program never writes makes a hash odd where a missing one would be taken for an answer (an absent part can make
 * a list final); a row that is odd is a row that says nothing; and in topk:progress itself the rest is fatal. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/redis_ops.h"

/* -- pieces of replies -- */

static bool is_map(const struct redisReply *r) { return redis_is_strings(r) && r->elements % 2 == 0; }

/* A copy and a NUL, which hiredis too puts behind every string. */
static char *copy_of(const struct redisReply *r) { return mem_dup(r->str, (size_t)r->len + 1); }

static bool is_named(const struct redisReply *r, const char *name) {
    return r->len == strlen(name) && memcmp(r->str, name, r->len) == 0;
}

/* A life or a token: at most MAX bytes and a NUL. */
static bool copy_short(const struct redisReply *r, char *out, size_t max) {
    if (r->len > max) return false;
    memcpy(out, r->str, (size_t)r->len + 1);
    return true;
}

/* The fence at the head of R into OUT; false if R is shorter than that and one byte. */
static bool copy_fence(const struct redisReply *r, char out[FENCE_LEN + 1]) {
    if (r->len <= FENCE_LEN) return false;
    memcpy(out, r->str, FENCE_LEN);
    out[FENCE_LEN] = '\0';
    return true;
}

static void send_read(struct redis_store *s, struct redis_call *call, const char *command) {
    redis_arg_text(call, command);
    redis_arg_key(s, call);
    redis_send(call);
}

/* -- progress -- */

static bool take_row(struct store_progress_row *row, const struct redisReply *value) {
    if (!copy_fence(value, row->fence) || strspn(row->fence, "0123456789abcdef") != FENCE_LEN) return false;
    if (value->str[FENCE_LEN] != ';') return false;
    const char *text = value->str + FENCE_LEN + 1, *count = strrchr(text, '#');
    row->rows_stored = count != NULL ? strtoll(count + 1, NULL, 10) : -1;
    row->value_len = count != NULL ? (size_t)(count - text) : (size_t)value->len - FENCE_LEN - 1;
    row->value = mem_dup(text, row->value_len + 1);
    row->value[row->value_len] = '\0';
    return true;
}

static void say_odd_row(struct redis_store *s, const struct redisReply *source) {
    char why[160];
    int n = snprintf(why, sizeof why, "field %.100s is no row of a partition: it counts as none", source->str);
    keys_progress(&s->key, s->board);
    redis_say_odd(s, (struct bytes){s->key.data, s->key.len}, (struct bytes){why, (size_t)n});
    buf_clear(&s->key);
}

static void add_row(struct redis_store *s, struct store_progress *out, const struct redisReply *name,
                    const struct redisReply *value) {
    struct store_progress_row row = {.value_len = 0};
    if (!take_row(&row, value)) {
        say_odd_row(s, name);
        row = (struct store_progress_row){.value = mem_strdup("")};
    }
    row.partition_name = copy_of(name);
    out->rows[out->n++] = row;
}

/* Sources hold a slash, the fields about the board do not. */
static bool parse_progress(struct redis_store *s, const struct redisReply *r, struct store_progress *out) {
    if (!is_map(r)) return false;
    out->rows = mem_zalloc(r->elements / 2 + 1, sizeof *out->rows);
    out->closable_until = INT64_MIN;
    for (size_t i = 0; i < r->elements; i += 2) {
        const struct redisReply *name = r->element[i], *value = r->element[i + 1];
        if (is_named(name, "life") && !copy_short(value, out->life, LIFE_LEN)) return false;
        if (is_named(name, "rows")) out->rows_version = strtoll(value->str, NULL, 10);
        if (is_named(name, "members")) out->members = strtoll(value->str, NULL, 10);
        if (is_named(name, "closed")) out->closable_until = strtoll(value->str, NULL, 10);
        if (memchr(name->str, '/', name->len) != NULL) add_row(s, out, name, value);
    }
    return true;
}

struct progress {
    struct redis_store *s;
    struct store_progress *out;
};

static int on_progress(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct progress *c = ctx;
    (void)index;
    return parse_progress(c->s, r, c->out) ? STORE_OK : redis_unexpected(c->s, "topk:progress", e);
}

int redis_progress_read(void *self, struct store_progress *out, struct err *e) {
    struct redis_store *s = self;
    *out = (struct store_progress){0};
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct progress c = {.s = s, .out = out};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, on_progress, &c, e);
    keys_progress(&s->key, s->board);
    send_read(s, &call, "HGETALL");
    return redis_call_end(&call);
}

/* -- notes -- */

struct notes {
    struct redis_store *s;
    const uint32_t *shards;
    size_t n, waiting_n;
    struct store_notes *out;
};

static void add_note(struct store_notes *out, uint32_t shard, bool waiting, const struct redisReply *field,
                     const struct redisReply *token) {
    struct buf location = {0};
    struct store_note_read note = {.shard = shard, .waiting = waiting};
    if (!copy_short(token, note.token, STORE_TOKEN_LEN) ||
        !keys_note_parse((struct bytes){field->str, field->len}, &location, &note.minute)) {
        buf_free(&location);
        return;
    }
    buf_text(&location); /* its NUL */
    note.location = location.data;
    note.location_len = location.len;
    if (out->n == out->cap) {
        out->cap = out->cap > 0 ? 2 * out->cap : 64;
        out->notes = mem_realloc(out->notes, out->cap, sizeof *out->notes);
    }
    out->notes[out->n++] = note;
}

static bool take_version(struct store_notes *out, const struct redisReply *r) {
    if (r->type != REDIS_REPLY_ARRAY || r->elements != 2) return false;
    const struct redisReply *life = r->element[0], *version = r->element[1];
    if (life->type == REDIS_REPLY_STRING && !copy_short(life, out->life, LIFE_LEN)) return false;
    if (version->type == REDIS_REPLY_STRING) out->rows_version = strtoll(version->str, NULL, 10);
    return true;
}

/* First of each shard what changed, then of some what waits, then how far the progress is. */
static int on_notes(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct notes *c = ctx;
    bool waiting = index >= c->n;
    if (index == c->n + c->waiting_n)
        return take_version(c->out, r) ? STORE_OK : redis_unexpected(c->s, "the version of the progress", e);
    if (!is_map(r)) return redis_unexpected(c->s, "notes", e);
    uint32_t shard = c->shards[waiting ? index - c->n : index];
    for (size_t i = 0; i < r->elements; i += 2) add_note(c->out, shard, waiting, r->element[i], r->element[i + 1]);
    return STORE_OK;
}

/* The notes of such a shard are put aside by whoever writes them. */
static bool on_notes_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct notes *c = ctx;
    return index < c->n + c->waiting_n && redis_is_odd(c->s, text, key);
}

static void send_notes_read(struct redis_store *s, struct redis_call *call, const uint32_t *shards, size_t n,
                            const char *which) {
    for (size_t i = 0; i < n; i++) {
        keys_notes(&s->key, s->board, shards[i], which);
        send_read(s, call, "HGETALL");
    }
}

int redis_notes_read(void *self, const uint32_t *shards, size_t n, size_t waiting_n, struct store_notes *out,
                     struct err *e) {
    struct redis_store *s = self;
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct notes c = {.s = s, .shards = shards, .n = n, .waiting_n = waiting_n, .out = out};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, on_notes, &c, e);
    call.on_error = on_notes_error;
    send_notes_read(s, &call, shards, n, "changed");
    send_notes_read(s, &call, shards, waiting_n, "waiting");
    redis_arg_text(&call, "HMGET");
    keys_progress(&s->key, s->board);
    redis_arg_key(s, &call);
    redis_arg_text(&call, "life");
    redis_arg_text(&call, "rows");
    redis_send(&call);
    return redis_call_end(&call);
}

/* -- what lists are made of -- */

/* The part of NAME's source, made if it is new. Fence and items of a source are neighbours in most replies. */
static struct store_hash_part *part_of(struct store_hash *h, const struct redisReply *name) {
    for (size_t i = h->parts_n; i-- > 0;)
        if (strcmp(h->parts[i].partition_name, name->str + 2) == 0) return &h->parts[i];
    struct store_hash_part *p = &h->parts[h->parts_n++];
    p->partition_name = mem_strdup(name->str + 2);
    return p;
}

static bool take_fence(struct store_hash_part *p, const struct redisReply *value) {
    if (value->len != FENCE_LEN + 1 || !copy_fence(value, p->fence)) return false;
    if (strspn(p->fence, "0123456789abcdef") != FENCE_LEN) return false;
    p->final = value->str[FENCE_LEN] == '1';
    return true;
}

static bool take_field(struct store_hash *h, const struct redisReply *name, const struct redisReply *value) {
    if (strncmp(name->str, "f:", 2) == 0) return take_fence(part_of(h, name), value);
    if (strncmp(name->str, "i:", 2) == 0) {
        struct store_hash_part *p = part_of(h, name);
        p->items = copy_of(value);
        p->items_len = value->len;
    } else if (is_named(name, "e")) {
        return copy_short(value, h->hash_token, STORE_TOKEN_LEN);
    } else if (is_named(name, "born")) {
        h->born_ms = strtoll(value->str, NULL, 10);
    } else if (is_named(name, "n")) {
        h->writes = strtoll(value->str, NULL, 10);
        return h->writes > 0;
    } else if (is_named(name, "closed")) {
        h->closed = true;
    } else if (is_named(name, "lost")) {
        h->lost = true;
    }
    return true;
}

/* False if there is anything that the scripts never write. */
static bool parse_hash(const struct redisReply *r, struct store_hash *h) {
    if (!is_map(r)) return false;
    if (r->elements == 0) return true;
    h->parts = mem_zalloc(r->elements / 2, sizeof *h->parts);
    for (size_t i = 0; i < r->elements; i += 2)
        if (!take_field(h, r->element[i], r->element[i + 1])) return false;
    for (size_t i = 0; i < h->parts_n; i++)
        if (h->parts[i].fence[0] == '\0' || h->parts[i].items == NULL) return false;
    h->exists = h->hash_token[0] != '\0';
    return h->exists;
}

struct reading {
    struct redis_store *s;
    struct store_lists_read *r;
};

static bool parse_life(const struct redisReply *reply, struct store_lists_read *r) {
    char life[LIFE_LEN + 1] = "";
    if (reply->type == REDIS_REPLY_STRING && !copy_short(reply, life, LIFE_LEN)) return false;
    r->life_changed = strcmp(life, r->progress.life) != 0;
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_NIL;
}

static void say_odd_hash(struct redis_store *s, const struct store_hash *h) {
    static const char why[] = "a field is none that this program writes, or misses its other half: delete the key, and "
                              "the list is lost";
    keys_part(&s->key, s->board, h->location, h->minute);
    redis_say_odd(s, (struct bytes){s->key.data, s->key.len}, (struct bytes){why, sizeof why - 1});
    buf_clear(&s->key);
}

static void take_hash(struct redis_store *s, const struct redisReply *r, struct store_hash *h) {
    if (parse_hash(r, h)) return;
    say_odd_hash(s, h);
    store_hash_deinit(h);
    h->odd = true;
}

/* In the order in which lists_read asks. */
static int on_lists_read(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct reading *c = ctx;
    bool good = true;
    if (index == 0)
        good = parse_progress(c->s, r, &c->r->progress);
    else if (index <= c->r->hashes_n)
        take_hash(c->s, r, &c->r->hashes[index - 1]);
    else
        good = parse_life(r, c->r);
    return good ? STORE_OK : redis_unexpected(c->s, "topk:progress", e);
}

static bool on_lists_read_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct reading *c = ctx;
    if (index == 0 || index > c->r->hashes_n || !redis_is_odd(c->s, text, key)) return false;
    c->r->hashes[index - 1].odd = true;
    return true;
}

static void forget_answers(struct store_lists_read *r) {
    r->progress = (struct store_progress){0};
    r->life_changed = false;
    for (size_t i = 0; i < r->hashes_n; i++)
        r->hashes[i] = (struct store_hash){.location = r->hashes[i].location, .minute = r->hashes[i].minute};
}

int redis_lists_read(void *self, struct store_lists_read *r, struct err *e) {
    struct redis_store *s = self;
    forget_answers(r);
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct reading c = {.s = s, .r = r};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, on_lists_read, &c, e);
    call.on_error = on_lists_read_error;
    keys_progress(&s->key, s->board);
    send_read(s, &call, "HGETALL");
    for (size_t i = 0; i < r->hashes_n; i++) {
        keys_part(&s->key, s->board, r->hashes[i].location, r->hashes[i].minute);
        send_read(s, &call, "HGETALL");
    }
    redis_arg_text(&call, "HGET");
    keys_progress(&s->key, s->board);
    redis_arg_key(s, &call);
    redis_arg_text(&call, "life");
    redis_send(&call);
    return redis_call_end(&call);
}
