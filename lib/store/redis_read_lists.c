/* store/redis_read_lists.c - what lists are made of: the progress, their hashes, and the life once more (rule 15).
 * A hash is odd if a field is there that no worker writes. It is not enough to skip the field: a part that is missing
 * can make a list final.
 *
 * A hash that version 2 wrote has other names of fields (keys.h). It is given those of this version, by a script, and
 * then everything is read again: what was read before is older than the life that was read behind it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/mem.h"
#include "store/redis_ops.h"
#include "store/redis_pieces.h"

struct lists_read {
    struct redis_store *store;
    struct store_lists_read *out;
    bool *is_version_2; /* of each hash */
    size_t version_2_n;
};

/* -- a hash -- */

static const char fence_kind[] = "fence:", items_kind[] = "items:";
enum { KIND_LEN = sizeof fence_kind - 1 };

/* The part of the partition that NAME is about, made if it is new. Fence and items of one are neighbours in most
 * replies. */
static struct store_hash_part *hash_part(struct store_hash *h, const struct redisReply *name) {
    const char *partition_name = name->str + KIND_LEN;
    for (size_t i = h->parts_n; i-- > 0;)
        if (strcmp(h->parts[i].partition_name, partition_name) == 0) return &h->parts[i];
    struct store_hash_part *p = &h->parts[h->parts_n++];
    p->partition_name = mem_strdup(partition_name);
    return p;
}

static bool part_take_fence(struct store_hash_part *p, const struct redisReply *value) {
    if (value->len != FENCE_LEN + 1 || !redis_copy_fence(value, p->fence)) return false;
    p->final = value->str[FENCE_LEN] == '1';
    return true;
}

static bool hash_take_field(struct store_hash *h, const struct redisReply *name, const struct redisReply *value) {
    if (strncmp(name->str, fence_kind, KIND_LEN) == 0) return part_take_fence(hash_part(h, name), value);
    if (strncmp(name->str, items_kind, KIND_LEN) == 0) {
        struct store_hash_part *p = hash_part(h, name);
        p->items = redis_copy(value);
        p->items_len = value->len;
    } else if (redis_is_text(name, "token")) {
        return redis_copy_short(value, h->hash_token, STORE_TOKEN_LEN);
    } else if (redis_is_text(name, "born")) {
        h->born_ms = strtoll(value->str, NULL, 10);
    } else if (redis_is_text(name, "writes")) {
        h->writes = strtoll(value->str, NULL, 10);
        return h->writes > 0;
    } else if (redis_is_text(name, "closed")) {
        h->closed = true;
    } else if (redis_is_text(name, "lost")) {
        h->lost = true;
    }
    return true;
}

/* False if there is anything that the scripts never write. */
static bool hash_parse(const struct redisReply *r, struct store_hash *h) {
    if (!redis_is_map(r)) return false;
    if (r->elements == 0) return true;
    h->parts = mem_zalloc(r->elements / 2, sizeof *h->parts);
    for (size_t i = 0; i < r->elements; i += 2)
        if (!hash_take_field(h, r->element[i], r->element[i + 1])) return false;
    for (size_t i = 0; i < h->parts_n; i++)
        if (h->parts[i].fence[0] == '\0' || h->parts[i].items == NULL) return false;
    h->exists = h->hash_token[0] != '\0';
    return h->exists;
}

static void hash_say_odd(struct redis_store *s, const struct store_hash *h) {
    static const char why[] = "a field is none that this program writes, or misses its other half: delete the key, and "
                              "the list is lost";
    keys_part(&s->key, s->board, h->location, h->minute);
    redis_say_odd(s, (struct bytes){s->key.data, s->key.len}, (struct bytes){why, sizeof why - 1});
    buf_clear(&s->key);
}

static bool hash_is_version_2(const struct redisReply *r) {
    bool old = false;
    if (!redis_is_map(r)) return false;
    for (size_t i = 0; i < r->elements; i += 2) {
        if (redis_is_text(r->element[i], "token")) return false;
        old = old || redis_is_text(r->element[i], "e");
    }
    return old;
}

static void hash_take(struct lists_read *c, size_t index, const struct redisReply *r) {
    struct store_hash *h = &c->out->hashes[index];
    if (hash_parse(r, h)) return;
    store_hash_deinit(h);
    h->odd = true;
    c->is_version_2[index] = hash_is_version_2(r);
    if (c->is_version_2[index])
        c->version_2_n++;
    else
        hash_say_odd(c->store, h);
}

/* -- a reading -- */

static bool life_take(const struct redisReply *reply, struct store_lists_read *r) {
    char life[LIFE_LEN + 1] = "";
    if (reply->type == REDIS_REPLY_STRING && !redis_copy_short(reply, life, LIFE_LEN)) return false;
    r->life_changed = strcmp(life, r->progress.life) != 0;
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_NIL;
}

/* In the order in which lists_send asks. */
static int lists_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct lists_read *c = ctx;
    bool good = true;
    if (index == 0)
        good = redis_progress_parse(c->store, r, &c->out->progress);
    else if (index <= c->out->hashes_n)
        hash_take(c, index - 1, r);
    else
        good = life_take(r, c->out);
    return good ? STORE_OK : redis_unexpected(c->store, "topk:progress", e);
}

static bool lists_on_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct lists_read *c = ctx;
    if (index == 0 || index > c->out->hashes_n || !redis_is_odd(c->store, text, key)) return false;
    c->out->hashes[index - 1].odd = true;
    return true;
}

static void lists_send(struct redis_store *s, struct redis_call *call, const struct store_lists_read *r) {
    keys_progress(&s->key, s->board);
    redis_send_read(s, call, "HGETALL");
    for (size_t i = 0; i < r->hashes_n; i++) {
        keys_part(&s->key, s->board, r->hashes[i].location, r->hashes[i].minute);
        redis_send_read(s, call, "HGETALL");
    }
    redis_arg_text(call, "HGET");
    keys_progress(&s->key, s->board);
    redis_arg_key(s, call);
    redis_arg_text(call, "life");
    redis_send(call);
}

static void answers_forget(struct store_lists_read *r) {
    r->progress = (struct store_progress){0};
    r->life_changed = false;
    for (size_t i = 0; i < r->hashes_n; i++)
        r->hashes[i] = (struct store_hash){.location = r->hashes[i].location, .minute = r->hashes[i].minute};
}

static int lists_read_once(struct lists_read *c, struct err *e) {
    struct redis_call call;
    c->version_2_n = 0;
    redis_call_begin(&call, &c->store->conn, lists_on_reply, c, e);
    call.on_error = lists_on_error;
    lists_send(c->store, &call, c->out);
    return redis_call_end(&call);
}

/* -- hashes that version 2 wrote -- */

/* Something else came to lie at the key since: the reading that follows sees it. */
static bool upgrade_on_error(void *ctx, size_t index, const char *text, struct bytes key) {
    (void)index;
    return redis_is_odd(ctx, text, key);
}

static int lists_upgrade(struct lists_read *c, struct err *e) {
    struct redis_call call;
    redis_call_begin(&call, &c->store->conn, NULL, c->store, e);
    call.on_error = upgrade_on_error;
    for (size_t i = 0; i < c->out->hashes_n; i++) {
        if (!c->is_version_2[i]) continue;
        redis_arg_script(&call, REDIS_SCRIPT_UPGRADE, 1);
        keys_part(&c->store->key, c->store->board, c->out->hashes[i].location, c->out->hashes[i].minute);
        redis_arg_key(c->store, &call);
        redis_arg_int(&call, c->store->retention_ms);
        redis_send(&call);
        c->is_version_2[i] = false;
    }
    return redis_call_end(&call);
}

int redis_lists_read(void *self, struct store_lists_read *r, struct err *e) {
    struct redis_store *s = self;
    assert(r->hashes_n == 0 || r->hashes != NULL);
    answers_forget(r);
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct lists_read c = {.store = s, .out = r, .is_version_2 = mem_zalloc(r->hashes_n + 1, sizeof *c.is_version_2)};
    status = lists_read_once(&c, e);
    if (status == STORE_OK && c.version_2_n > 0) {
        store_lists_read_deinit(r);
        answers_forget(r);
        status = lists_upgrade(&c, e);
        if (status == STORE_OK) status = lists_read_once(&c, e);
    }
    mem_free(c.is_version_2);
    return status;
}
