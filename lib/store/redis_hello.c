/* store/redis_hello.c - letting a connection in: login, does this Redis take writes and keep them, is the board ours?
 * Asked anew at every connect, because what answers behind one address changes. Nothing is written before, but that a
 * board of the version before is taken over: from then on its workers' rows are refused (keys.h). */
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "store/redis_ops.h"
#include "store/redis_pieces.h"

enum command { AUTH, SELECT, HELLO, POLICY, SAFETY, SAVES, OWNER, WRITE, LOAD };

struct check {
    struct redis_store *store;
    enum command sent[8 + REDIS_SCRIPTS]; /* the commands of this call, in order */
    size_t n, loaded;
    bool append_only, snapshots;
    bool is_of_before; /* the board is of the version before */
};

/* The value of NAME in HELLO's map, which arrives as names and values in turn. */
static const char *hello_value(const struct redisReply *r, const char *name) {
    for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements; i += 2)
        if (redis_is_text(r->element[i], name) && r->element[i + 1]->type == REDIS_REPLY_STRING)
            return r->element[i + 1]->str;
    return "";
}

/* Of all commands that say this, the only one that needs no right. */
static int hello_check(struct check *c, const struct redisReply *r, struct err *e) {
    const char *mode = hello_value(r, "mode"), *role = hello_value(r, "role");
    if (strcmp(mode, "cluster") == 0 || strcmp(mode, "sentinel") == 0) {
        err_set(e, ERR_INVALID,
                "Redis %.100s: expected one Redis, got a node in mode %s: set TOPKD_REDIS to a "
                "master outside of a cluster",
                c->store->conn.where, mode);
        return STORE_FATAL;
    }
    if (role[0] == '\0') {
        err_set(e, ERR_REFUSED, "Redis %.100s: HELLO gave no role: is this a Redis?", c->store->conn.where);
        return STORE_FATAL;
    }
    if (strcmp(role, "master") == 0) return STORE_OK;
    redis_conn_count_error(&c->store->conn, "readonly");
    err_set(e, ERR_REFUSED, "Redis %.100s: role is %.20s, writes need the master: set TOPKD_REDIS to that one",
            c->store->conn.where, role);
    return STORE_BROKEN;
}

/* The value of NAME, which ends with a colon, in the text of INFO; n == 0 if it is not there. */
static struct bytes info_value(const struct redisReply *r, const char *name) {
    const char *at = r->type == REDIS_REPLY_STRING ? strstr(r->str, name) : NULL;
    if (at == NULL) return (struct bytes){"", 0};
    at += strlen(name);
    return (struct bytes){at, strcspn(at, "\r\n")};
}

static bool info_is(const struct redisReply *r, const char *name, const char *value) {
    struct bytes is = info_value(r, name);
    return is.n == strlen(value) && memcmp(is.p, value, is.n) == 0;
}

/* An evicted list is a list that silently lies. */
static int policy_check(struct check *c, const struct redisReply *r, struct err *e) {
    struct bytes policy = info_value(r, "maxmemory_policy:");
    if (info_is(r, "maxmemory_policy:", "noeviction")) return STORE_OK;
    err_set(e, ERR_INVALID,
            "Redis %.80s: maxmemory-policy is %.*s, must be noeviction: run CONFIG SET maxmemory-policy noeviction, or "
            "set TOPKD_ALLOW_EVICTION=1 and lists may lose counts",
            c->store->conn.where, policy.n > 0 && policy.n < 30 ? (int)policy.n : 7,
            policy.n > 0 ? policy.p : "unknown");
    return STORE_FATAL;
}

/* -1: no snapshot was ever made. Where CONFIG is not for us, this is all there is to see. */
static void safety_look(struct check *c, const struct redisReply *r) {
    c->append_only = info_is(r, "aof_enabled:", "1");
    c->snapshots = info_value(r, "rdb_last_bgsave_time_sec:").n > 0 && !info_is(r, "rdb_last_bgsave_time_sec:", "-1");
}

static void saves_look(struct check *c, const struct redisReply *r) {
    if (r->type == REDIS_REPLY_ARRAY && r->elements == 2 && r->element[1]->type == REDIS_REPLY_STRING)
        c->snapshots = r->element[1]->len > 0;
}

int redis_refuse_board(const struct redis_store *s, const char *what, const char *theirs, struct err *e) {
    if (strcmp(what, "group") == 0)
        err_set(e, ERR_INVALID,
                "board %.40s belongs to consumer group %.60s, not to %.60s: two groups need two boards (TOPKD_BOARD)",
                s->board, theirs, s->group);
    else
        err_set(e, ERR_INVALID, "board %.40s has format %.20s, this program writes %d: use a new board (TOPKD_BOARD)",
                s->board, theirs, STORE_CONTRACT_VERSION);
    return STORE_FATAL;
}

/* Nothing is nobody's. */
static bool owner_differs(const struct redisReply *r, const char *ours) {
    return r->type == REDIS_REPLY_STRING && !redis_is_text(r, ours);
}

static bool version_is(const struct redisReply *r, int version) {
    char text[16];
    snprintf(text, sizeof text, "%d", version);
    return !owner_differs(r, text);
}

/* Before the first contribution: another group's incarnations would stand above ours. A board without rows is
 * anybody's. */
static int owner_check(struct check *c, const struct redisReply *r, struct err *e) {
    if (r->type != REDIS_REPLY_ARRAY || r->elements != 2) return redis_unexpected(c->store, "HMGET", e);
    const struct redisReply *group = r->element[0], *version = r->element[1];
    if (owner_differs(group, c->store->group)) return redis_refuse_board(c->store, "group", group->str, e);
    if (version_is(version, STORE_CONTRACT_VERSION)) return STORE_OK;
    c->is_of_before = version_is(version, STORE_CONTRACT_BEFORE);
    return c->is_of_before ? STORE_OK : redis_refuse_board(c->store, "version", version->str, e);
}

static int digest_take(struct check *c, const struct redisReply *r, struct err *e) {
    if (r->type != REDIS_REPLY_STRING || r->len != REDIS_DIGEST_LEN)
        return redis_unexpected(c->store, "SCRIPT LOAD", e);
    memcpy(c->store->conn.digests[c->loaded++], r->str, REDIS_DIGEST_LEN + 1);
    return STORE_OK;
}

static int check_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct check *c = ctx;
    switch (c->sent[index]) {
    case HELLO:
        return hello_check(c, r, e);
    case POLICY:
        return policy_check(c, r, e);
    case SAFETY:
        safety_look(c, r);
        return STORE_OK;
    case SAVES:
        saves_look(c, r);
        return STORE_OK;
    case OWNER:
        return owner_check(c, r, e);
    case LOAD:
        return digest_take(c, r, e);
    default:
        return STORE_OK; /* AUTH, SELECT and WRITE: anything but an error */
    }
}

/* What only a warning hangs on needs no right. */
static bool check_on_error(void *ctx, size_t index, const char *text, struct bytes key) {
    const struct check *c = ctx;
    (void)text;
    (void)key;
    return c->sent[index] == SAFETY || c->sent[index] == SAVES;
}

static void check_send(struct check *c, struct redis_call *call, enum command which) {
    c->sent[c->n++] = which;
    redis_send(call);
}

static void login_send(struct check *c, struct redis_call *call) {
    const struct redis_url *url = &c->store->conn.url;
    if (url->password != NULL) {
        redis_arg_text(call, "AUTH");
        if (url->user != NULL) redis_arg_text(call, url->user);
        redis_arg_text(call, url->password);
        check_send(c, call, AUTH);
    }
    if (url->db != 0) {
        redis_arg_text(call, "SELECT");
        redis_arg_int(call, url->db);
        check_send(c, call, SELECT);
    }
}

static void words_send(struct check *c, struct redis_call *call, enum command which, const char *const words[3]) {
    for (size_t i = 0; i < 3 && words[i] != NULL; i++) redis_arg_text(call, words[i]);
    check_send(c, call, which);
}

static void server_send(struct check *c, struct redis_call *call) {
    words_send(c, call, HELLO, (const char *const[]){"HELLO", "2", NULL});
    if (!c->store->allow_eviction) words_send(c, call, POLICY, (const char *const[]){"INFO", "memory", NULL});
    if (c->store->is_second) return;
    words_send(c, call, SAFETY, (const char *const[]){"INFO", "persistence", NULL});
    words_send(c, call, SAVES, (const char *const[]){"CONFIG", "GET", "save"});
}

/* A write that changes nothing. A Redis that cannot save, or lacks its replicas, answers reads and refuses this. */
static void write_send(struct check *c, struct redis_call *call) {
    keys_progress(&c->store->key, c->store->board);
    redis_arg_text(call, "HDEL");
    redis_arg_key(c->store, call);
    redis_arg_text(call, "");
    check_send(c, call, WRITE);
}

static void owner_send(struct check *c, struct redis_call *call) {
    buf_clear(&c->store->key);
    keys_progress(&c->store->key, c->store->board);
    redis_arg_text(call, "HMGET");
    redis_arg_key(c->store, call);
    redis_arg_text(call, "group");
    redis_arg_text(call, "version");
    check_send(c, call, OWNER);
}

static void loads_send(struct check *c, struct redis_call *call) {
    for (size_t i = 0; i < REDIS_SCRIPTS; i++) {
        redis_arg_text(call, "SCRIPT");
        redis_arg_text(call, "LOAD");
        redis_arg_text(call, redis_scripts[i]);
        check_send(c, call, LOAD);
    }
}

static bool digests_are_known(const struct redis_store *s) { return s->conn.digests[REDIS_SCRIPTS - 1][0] != '\0'; }

static void safety_say(struct check *c) {
    bool unsafe = c->snapshots && !c->append_only;
    if (unsafe && !c->store->unsafe_said)
        redis_say(
            c->store, REDIS_SNAPSHOTS_ONLY,
            "it saves snapshots and no append-only file: after a crash it is minutes back, and lists of that time "
            "are lost: set appendonly yes");
    c->store->unsafe_said = unsafe;
}

static int board_take_over(struct redis_store *s, struct err *e) {
    struct redis_call call;
    redis_call_begin(&call, &s->conn, NULL, NULL, e);
    redis_arg_script(&call, REDIS_SCRIPT_TAKE_OVER, 1);
    keys_progress(&s->key, s->board);
    redis_arg_key(s, &call);
    redis_arg_int(&call, STORE_CONTRACT_VERSION);
    redis_send(&call);
    return redis_call_end(&call);
}

static int check(struct redis_store *s, bool login, struct err *e) {
    struct check c = {.store = s};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, check_on_reply, &c, e);
    if (login) login_send(&c, &call);
    call.on_error = check_on_error;
    server_send(&c, &call);
    owner_send(&c, &call);
    write_send(&c, &call);
    if (!digests_are_known(s)) loads_send(&c, &call);
    int status = redis_call_end(&call);
    if (status == STORE_OK) safety_say(&c);
    return status == STORE_OK && c.is_of_before ? board_take_over(s, e) : status;
}

int redis_ready(struct redis_store *s, struct err *e) {
    if (s->conn.ctx != NULL) return STORE_OK;
    int status = redis_conn_open(&s->conn, e);
    if (status == STORE_OK) status = check(s, true, e);
    if (status != STORE_OK) redis_conn_close(&s->conn); /* an open connection is one that passed */
    return status;
}

int redis_hello(void *self, struct err *e) {
    struct redis_store *s = self;
    if (s->conn.ctx == NULL) return redis_ready(s, e);
    int status = check(s, false, e);
    if (status != STORE_OK) redis_conn_close(&s->conn);
    return status;
}
