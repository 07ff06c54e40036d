/* store/redis_merge.c - what the merger writes: lists, the end of notes, the index of locations (rules 14, 15, 17). */
#include <hiredis/hiredis.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/redis_ops.h"
#include "store/redis_scripts.h"

/* -- lists -- */

enum { FORGET_MAX = 16, LIST_KEYS = 6 };

/* Minutes that may have left a location. */
struct oldest {
    const struct store_list *list;
    struct bytes members[FORGET_MAX]; /* owned */
    size_t n;
};

struct lists {
    struct redis_store *s;
    struct store_list *lists;
    struct oldest *oldest; /* owned */
    size_t oldest_n;
};

/* The list that was just written is there, even if it is empty. */
static void take_oldest(struct lists *c, const struct store_list *l, const struct redisReply *r) {
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

static int on_list(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct lists *c = ctx;
    enum store_answer *answer = &c->lists[index].answer;
    if (redis_is_strings(r) && r->elements > 0) {
        *answer = STORE_STORED;
        c->lists[index].lost = r->element[0]->str[0] == 'L';
        if (r->elements > 1) take_oldest(c, &c->lists[index], r);
        return STORE_OK;
    }
    switch (r->type == REDIS_REPLY_STRING && r->len == 1 ? r->str[0] : '?') {
    case 'R':
        *answer = STORE_REFUSED;
        return STORE_OK;
    case 'C':
        *answer = STORE_CLOSED;
        return STORE_OK;
    case 'A':
        *answer = STORE_ABSENT;
        return STORE_OK;
    default:
        return redis_unexpected(c->s, "a list", e);
    }
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

static void send_list(struct redis_store *s, struct redis_call *call, const struct store_list *l, int64_t wall_ms) {
    char minute[MINUTE_TEXT_LEN + 1];
    minute_format(l->minute, minute);
    redis_arg_eval(call, redis_script_list, LIST_KEYS);
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

static bool on_list_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct lists *c = ctx;
    if (!redis_is_odd(c->s, text, key)) return false;
    c->lists[index].answer = STORE_ODD;
    return true;
}

/* The key of a member is spelled from its text, whatever somebody else may have put into the index. */
static void send_forget(struct redis_store *s, struct redis_call *call, const struct oldest *o) {
    redis_arg_eval(call, redis_script_forget, 2 + (int)o->n);
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

static int forget(struct lists *c, struct err *e) {
    struct redis_call call;
    redis_call_begin(&call, &c->s->conn, NULL, NULL, e);
    for (size_t i = 0; i < c->oldest_n; i++)
        if (c->oldest[i].n > 0) send_forget(c->s, &call, &c->oldest[i]);
    return redis_call_end(&call);
}

static void lists_deinit(struct lists *c) {
    for (size_t i = 0; i < c->oldest_n; i++)
        for (size_t k = 0; k < c->oldest[i].n; k++) mem_free((char *)(uintptr_t)c->oldest[i].members[k].p);
    mem_free(c->oldest);
}

int redis_lists_write(void *self, struct store_list *lists, size_t n, int64_t wall_ms, struct err *e) {
    struct redis_store *s = self;
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct lists c = {.s = s, .lists = lists};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, on_list, &c, e);
    call.on_error = on_list_error;
    for (size_t i = 0; i < n; i++) send_list(s, &call, &lists[i], wall_ms);
    status = redis_call_end(&call);
    if (status == STORE_OK && c.oldest_n > 0) status = forget(&c, e);
    lists_deinit(&c);
    return status;
}

/* -- lists that are lost -- */

struct losses {
    struct redis_store *s;
    struct store_loss *lists;
};

static int on_loss(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct losses *c = ctx;
    char letter = r->type == REDIS_REPLY_STRING && r->len == 1 ? r->str[0] : '?';
    c->lists[index].answer = letter == 'C' ? STORE_CLOSED : STORE_STORED;
    return letter == 'S' || letter == 'C' ? STORE_OK : redis_unexpected(c->s, "a lost list", e);
}

static bool on_loss_error(void *ctx, size_t index, const char *text, struct bytes key) {
    struct losses *c = ctx;
    if (!redis_is_odd(c->s, text, key)) return false;
    c->lists[index].answer = STORE_ODD;
    return true;
}

static void send_loss(struct redis_store *s, struct redis_call *call, const struct store_loss *l) {
    char minute[MINUTE_TEXT_LEN + 1];
    minute_format(l->minute, minute);
    redis_arg_eval(call, redis_script_lose, LIST_KEYS);
    arg_list_keys(s, call, l->location, l->minute);
    redis_arg_text(call, minute);
    redis_arg_int(call, l->minute * (MINUTE_MS / 1000));
    redis_arg_int(call, s->retention_ms);
    redis_send(call);
}

int redis_lists_lose(void *self, struct store_loss *lists, size_t n, struct err *e) {
    struct redis_store *s = self;
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct losses c = {.s = s, .lists = lists};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, on_loss, &c, e);
    call.on_error = on_loss_error;
    for (size_t i = 0; i < n; i++) send_loss(s, &call, &lists[i]);
    return redis_call_end(&call);
}

/* -- the end of notes: one script a shard -- */

static void send_ends(struct redis_store *s, struct redis_call *call, const struct store_note_end *ends,
                      const struct redis_sharded *of, size_t n) {
    redis_arg_eval(call, redis_script_notes_end, 2);
    keys_notes(&s->key, s->board, of[0].shard, "changed");
    redis_arg_key(s, call);
    keys_notes(&s->key, s->board, of[0].shard, "waiting");
    redis_arg_key(s, call);
    for (size_t i = 0; i < n; i++) {
        const struct store_note_end *end = &ends[of[i].index];
        redis_arg_text(call, end->wait ? "w" : "d");
        keys_note_field(&s->key, end->location, end->minute);
        redis_arg_key(s, call);
        redis_arg_text(call, end->token);
    }
    redis_send(call);
}

int redis_notes_end(void *self, const struct store_note_end *ends, size_t n, struct err *e) {
    struct redis_store *s = self;
    int status = redis_ready(s, e);
    if (status != STORE_OK) return status;
    struct redis_call call;
    redis_call_begin(&call, &s->conn, NULL, NULL, e);
    struct redis_sharded *order = mem_zalloc(n + 1, sizeof *order);
    for (size_t i = 0; i < n; i++) order[i] = (struct redis_sharded){keys_shard(ends[i].location), i};
    redis_sort_by_shard(order, n);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && order[end].shard == order[i].shard;) end++;
        send_ends(s, &call, ends, &order[i], end - i);
    }
    mem_free(order);
    return redis_call_end(&call);
}

/* -- the index of locations -- */

static bool on_locations_error(void *ctx, size_t index, const char *text, struct bytes key) {
    (void)index;
    return redis_is_odd(ctx, text, key);
}

int redis_locations_touch(void *self, const struct bytes *locations, size_t n, struct err *e) {
    struct redis_store *s = self;
    int status = redis_ready(s, e);
    if (status != STORE_OK || n == 0) return status;
    struct redis_call call;
    redis_call_begin(&call, &s->conn, NULL, s, e);
    call.on_error = on_locations_error;
    redis_arg_eval(&call, redis_script_locations, 1);
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
