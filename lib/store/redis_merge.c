/* store/redis_merge.c - what the merger writes: lists, the end of notes, the index of locations (rules 14, 15, 17). */
#include <assert.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/redis_ops.h"
#include "store/redis_pieces.h"

/* -- lists -- */

enum { FORGET_MAX = 16, LIST_KEYS = 6 };

/* Minutes that may have left a location. */
struct oldest {
    const struct store_list *list;
    struct bytes members[FORGET_MAX]; /* owned */
    size_t n;
};

struct lists {
    struct redis_store *store;
    struct store_list *lists;
    struct oldest *oldest; /* owned */
    size_t oldest_n;
};

/* The list that was just written is there, even if it is empty. */
static void oldest_take(struct lists *c, const struct store_list *l, const struct redisReply *r) {
    char own[MINUTE_TEXT_LEN + 1];
    c->oldest = mem_realloc(c->oldest, c->oldest_n + 1, sizeof *c->oldest);
    struct oldest *o = &c->oldest[c->oldest_n++];
    *o = (struct oldest){.list = l};
    minute_format(l->minute, own);
    for (size_t i = 1; i < r->elements && o->n < FORGET_MAX; i++) {
        const struct redisReply *m = r->element[i];
        if (strcmp(m->str, own) != 0) o->members[o->n++] = (struct bytes){mem_dup(m->str, m->len + 1), m->len};
    }
}

/* {word, minutes ...}; "lost" is a word of its own for a list that was stored. */
static int lists_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct lists *c = ctx;
    struct store_list *l = &c->lists[index];
    if (!redis_is_strings(r) || r->elements == 0) return redis_unexpected(c->store, "a list", e);
    l->lost = redis_is_text(r->element[0], "lost");
    l->answer = STORE_STORED;
    if (!l->lost && !redis_answer_of((struct bytes){r->element[0]->str, r->element[0]->len}, &l->answer))
        return redis_unexpected(c->store, "a list", e);
    if (r->elements > 1) oldest_take(c, l, r);
    return STORE_OK;
}

/* All in slot {L}, in the order of the script's KEYS. */
static void arg_list_keys(struct redis_store *s, struct redis_call *call, struct bytes location, int64_t minute) {
    static const char *const names[] = {"minutes", "states", "meta", "losses"};
    keys_part(&s->key, s->board, location, minute);
    redis_arg_key(s, call);
    keys_minute(&s->key, s->board, location, minute);
    redis_arg_key(s, call);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        keys_of_location(&s->key, s->board, location, names[i]);
        redis_arg_key(s, call);
    }
}

static void list_send(struct redis_store *s, struct redis_call *call, const struct store_list *l, int64_t wall_ms) {
    char minute[MINUTE_TEXT_LEN + 1];
    assert(l->state != NULL && (l->top_n == 0 || l->top != NULL));
    minute_format(l->minute, minute);
    redis_arg_script(call, REDIS_SCRIPT_LIST, LIST_KEYS);
    arg_list_keys(s, call, l->location, l->minute);
    redis_arg_text(call, l->hash_token);
    redis_arg_int(call, l->writes);
    redis_arg_text(call, l->state);
    redis_arg_text(call, l->final ? "1" : "0");
    redis_arg(call, l->merged);
    redis_arg_int(call, s->retention_ms);
    redis_arg_text(call, minute);
    redis_arg_int(call, l->minute * (MINUTE_MS / 1000));
    redis_arg_int(call, wall_ms);
    if (l->log_time_ms == INT64_MIN)
        redis_arg_text(call, "");
    else
        redis_arg_int(call, l->log_time_ms);
    redis_arg_int(call, l->rows_version);
    for (size_t i = 0; i < l->top_n; i++) {
        redis_arg_int(call, (int64_t)l->top[i].count);
        redis_arg(call, l->top[i].item);
    }
    redis_send(call);
}

static bool lists_on_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct lists *c = ctx;
    if (!redis_is_odd(c->store, text, key)) return false;
    c->lists[index].answer = STORE_ODD;
    return true;
}

/* The key of a member is spelled from its text, whatever somebody else may have put into the index. */
static void forget_send(struct redis_store *s, struct redis_call *call, const struct oldest *o) {
    redis_arg_script(call, REDIS_SCRIPT_FORGET, 2 + (int)o->n);
    keys_of_location(&s->key, s->board, o->list->location, "minutes");
    redis_arg_key(s, call);
    keys_of_location(&s->key, s->board, o->list->location, "states");
    redis_arg_key(s, call);
    for (size_t i = 0; i < o->n; i++) {
        keys_of_location(&s->key, s->board, o->list->location, "");
        buf_add(&s->key, o->members[i].p, o->members[i].n);
        redis_arg_key(s, call);
    }
    for (size_t i = 0; i < o->n; i++) redis_arg(call, o->members[i]);
    redis_send(call);
}

static int lists_forget(struct lists *c, struct err *e) {
    struct redis_call call;
    redis_call_begin(&call, &c->store->conn, NULL, NULL, e);
    for (size_t i = 0; i < c->oldest_n; i++)
        if (c->oldest[i].n > 0) forget_send(c->store, &call, &c->oldest[i]);
    return redis_call_end(&call);
}

static void lists_deinit(struct lists *c) {
    for (size_t i = 0; i < c->oldest_n; i++)
        for (size_t k = 0; k < c->oldest[i].n; k++) mem_free((char *)(uintptr_t)c->oldest[i].members[k].p);
    mem_free(c->oldest);
}

int redis_lists_write(void *self, struct store_list *lists, size_t n, int64_t wall_ms, struct err *e) {
    struct redis_store *s = self;
    assert(n == 0 || lists != NULL);
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct lists c = {.store = s, .lists = lists};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, lists_on_reply, &c, e);
    call.on_error = lists_on_error;
    for (size_t i = 0; i < n; i++) list_send(s, &call, &lists[i], wall_ms);
    status = redis_call_end(&call);
    if (status == STORE_OK && c.oldest_n > 0) status = lists_forget(&c, e);
    lists_deinit(&c);
    return status;
}

/* -- lists that are lost -- */

struct losses {
    struct redis_store *store;
    struct store_loss *lists;
};

static int losses_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct losses *c = ctx;
    bool is_text = r->type == REDIS_REPLY_STRING;
    bool good = is_text && redis_answer_of((struct bytes){r->str, r->len}, &c->lists[index].answer);
    return good ? STORE_OK : redis_unexpected(c->store, "a lost list", e);
}

static bool losses_on_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct losses *c = ctx;
    if (!redis_is_odd(c->store, text, key)) return false;
    c->lists[index].answer = STORE_ODD;
    return true;
}

static void loss_send(struct redis_store *s, struct redis_call *call, const struct store_loss *l) {
    char minute[MINUTE_TEXT_LEN + 1];
    minute_format(l->minute, minute);
    redis_arg_script(call, REDIS_SCRIPT_LOSE, LIST_KEYS);
    arg_list_keys(s, call, l->location, l->minute);
    redis_arg_text(call, minute);
    redis_arg_int(call, l->minute * (MINUTE_MS / 1000));
    redis_arg_int(call, s->retention_ms);
    redis_send(call);
}

int redis_lists_lose(void *self, struct store_loss *lists, size_t n, struct err *e) {
    struct redis_store *s = self;
    assert(n == 0 || lists != NULL);
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct losses c = {.store = s, .lists = lists};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, losses_on_reply, &c, e);
    call.on_error = losses_on_error;
    for (size_t i = 0; i < n; i++) loss_send(s, &call, &lists[i]);
    return redis_call_end(&call);
}

/* -- the end of notes: one script a shard -- */

struct note_ends {
    struct redis_store *store;
    const struct store_note_end *ends;
};

static void note_ends_send_shard(void *ctx, struct redis_call *call, const struct redis_sharded *of, size_t n) {
    const struct note_ends *c = ctx;
    struct redis_store *s = c->store;
    redis_arg_script(call, REDIS_SCRIPT_NOTES_END, 2);
    keys_notes(&s->key, s->board, of[0].shard, "changed");
    redis_arg_key(s, call);
    keys_notes(&s->key, s->board, of[0].shard, "waiting");
    redis_arg_key(s, call);
    for (size_t i = 0; i < n; i++) {
        const struct store_note_end *end = &c->ends[of[i].index];
        redis_arg_text(call, end->wait ? "wait" : "delete");
        keys_note_field(&s->key, end->location, end->minute);
        redis_arg_key(s, call);
        redis_arg_text(call, end->token);
    }
    redis_send(call);
}

int redis_notes_end(void *self, const struct store_note_end *ends, size_t n, struct err *e) {
    struct redis_store *s = self;
    assert(n == 0 || ends != NULL);
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct redis_call call;
    redis_call_begin(&call, &s->conn, NULL, NULL, e);
    struct redis_sharded *order = mem_zalloc(n + 1, sizeof *order);
    for (size_t i = 0; i < n; i++) order[i] = (struct redis_sharded){keys_shard(ends[i].location), i};
    redis_by_shard(&call, order, n, note_ends_send_shard, &(struct note_ends){s, ends});
    mem_free(order);
    return redis_call_end(&call);
}

/* -- the index of locations -- */

static bool locations_on_error(void *ctx, size_t index, const char *text, struct bytes key) {
    (void)index;
    return redis_is_odd(ctx, text, key);
}

int redis_locations_touch(void *self, const struct bytes *locations, size_t n, struct err *e) {
    struct redis_store *s = self;
    assert(n == 0 || locations != NULL);
    int status = redis_ready(s, e);
    if (status != STORE_OK || n == 0) return status;
    struct redis_call call;
    redis_call_begin(&call, &s->conn, NULL, s, e);
    call.on_error = locations_on_error;
    redis_arg_script(&call, REDIS_SCRIPT_LOCATIONS, 1);
    keys_locations(&s->key, s->board);
    redis_arg_key(s, &call);
    redis_arg_int(&call, s->retention_ms);
    for (size_t i = 0; i < n; i++) {
        keys_encode_location(&s->key, locations[i]);
        redis_arg_key(s, &call);
    }
    redis_send(&call);
    return redis_call_end(&call);
}
