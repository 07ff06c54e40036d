/* store/redis_hello.c - letting a connection in: who we are, whether this is a Redis that keeps what it is given, and
 * whether the board is ours.
 * Asked anew at every connect, because what answers behind one address changes. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

#include "store/redis_ops.h"

enum command { AUTH, SELECT, ROLE, INFO, OWNER, LOAD };

struct check {
    struct redis_store *s;
    enum command sent[5 + REDIS_SCRIPTS]; /* the commands of this call, in order */
    size_t n, loaded;
};

static int check_role(struct check *c, const struct redisReply *r, struct err *e) {
    if (r->type != REDIS_REPLY_ARRAY || r->elements == 0 || r->element[0]->type != REDIS_REPLY_STRING) {
        err_set(e, ERR_REFUSED, "Redis %s: ROLE gave no role: is this a Redis?", c->s->conn.where);
        return STORE_FATAL;
    }
    if (strcmp(r->element[0]->str, "master") == 0) return STORE_OK;
    redis_conn_count_error(&c->s->conn, "readonly");
    err_set(e, ERR_IO, "Redis %s: role is %.20s, writes need the master", c->s->conn.where, r->element[0]->str);
    return STORE_BROKEN;
}

/* The value of maxmemory_policy in the text of INFO; n == 0 if it is not there. */
static struct bytes policy_of(const struct redisReply *r) {
    static const char name[] = "maxmemory_policy:";
    const char *at = r->type == REDIS_REPLY_STRING ? strstr(r->str, name) : NULL;
    if (at == NULL) return (struct bytes){"", 0};
    at += sizeof name - 1;
    return (struct bytes){at, strcspn(at, "\r\n")};
}

/* An evicted list is a list that silently lies. */
static int check_policy(struct check *c, const struct redisReply *r, struct err *e) {
    static const char wanted[] = "noeviction";
    struct bytes policy = policy_of(r);
    if (c->s->allow_eviction) return STORE_OK;
    if (policy.n == sizeof wanted - 1 && memcmp(policy.p, wanted, policy.n) == 0) return STORE_OK;
    err_set(e, ERR_INVALID,
            "Redis %.80s: maxmemory-policy is %.*s, must be noeviction: run CONFIG SET maxmemory-policy noeviction, or "
            "set TOPKD_ALLOW_EVICTION=1 and lists may lose counts",
            c->s->conn.where, policy.n > 0 && policy.n < 30 ? (int)policy.n : 7, policy.n > 0 ? policy.p : "unknown");
    return STORE_FATAL;
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

static bool differs(const struct redisReply *r, const char *ours) {
    return r->type == REDIS_REPLY_STRING && strcmp(r->str, ours) != 0;
}

/* Before the first contribution: another group's incarnations would stand above ours. A board without rows is
 * anybody's. */
static int check_owner(struct check *c, const struct redisReply *r, struct err *e) {
    char version[16];
    if (r->type != REDIS_REPLY_ARRAY || r->elements != 2) return redis_unexpected(c->s, "HMGET", e);
    snprintf(version, sizeof version, "%d", STORE_CONTRACT_VERSION);
    if (differs(r->element[0], c->s->group)) return redis_refuse_board(c->s, "group", r->element[0]->str, e);
    if (differs(r->element[1], version)) return redis_refuse_board(c->s, "version", r->element[1]->str, e);
    return STORE_OK;
}

static int take_digest(struct check *c, const struct redisReply *r, struct err *e) {
    if (r->type != REDIS_REPLY_STRING || r->len != REDIS_DIGEST_LEN) return redis_unexpected(c->s, "SCRIPT LOAD", e);
    memcpy(c->s->conn.digests[c->loaded++], r->str, REDIS_DIGEST_LEN + 1);
    return STORE_OK;
}

static int on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e) {
    struct check *c = ctx;
    switch (c->sent[index]) {
    case ROLE:
        return check_role(c, r, e);
    case INFO:
        return check_policy(c, r, e);
    case OWNER:
        return check_owner(c, r, e);
    case LOAD:
        return take_digest(c, r, e);
    default:
        return STORE_OK; /* AUTH and SELECT: anything but an error */
    }
}

static void send_check(struct check *c, struct redis_call *call, enum command which) {
    c->sent[c->n++] = which;
    redis_send(call);
}

static void send_login(struct check *c, struct redis_call *call) {
    const struct redis_url *url = &c->s->conn.url;
    if (url->password != NULL) {
        redis_arg_text(call, "AUTH");
        if (url->user != NULL) redis_arg_text(call, url->user);
        redis_arg_text(call, url->password);
        send_check(c, call, AUTH);
    }
    if (url->db != 0) {
        redis_arg_text(call, "SELECT");
        redis_arg_int(call, url->db);
        send_check(c, call, SELECT);
    }
}

static void send_owner(struct check *c, struct redis_call *call) {
    buf_clear(&c->s->key);
    keys_progress(&c->s->key, c->s->board);
    redis_arg_text(call, "HMGET");
    redis_arg_key(c->s, call);
    redis_arg_text(call, "group");
    redis_arg_text(call, "version");
    send_check(c, call, OWNER);
}

static void send_loads(struct check *c, struct redis_call *call) {
    for (size_t i = 0; i < REDIS_SCRIPTS; i++) {
        redis_arg_text(call, "SCRIPT");
        redis_arg_text(call, "LOAD");
        redis_arg_text(call, redis_scripts[i]);
        send_check(c, call, LOAD);
    }
}

static bool digests_are_known(const struct redis_store *s) { return s->conn.digests[REDIS_SCRIPTS - 1][0] != '\0'; }

static int check(struct redis_store *s, bool login, struct err *e) {
    struct check c = {.s = s};
    struct redis_call call;
    redis_call_begin(&call, &s->conn, on_reply, &c, e);
    if (login) send_login(&c, &call);
    redis_arg_text(&call, "ROLE");
    send_check(&c, &call, ROLE);
    redis_arg_text(&call, "INFO");
    redis_arg_text(&call, "memory");
    send_check(&c, &call, INFO);
    send_owner(&c, &call);
    if (!digests_are_known(s)) send_loads(&c, &call);
    return redis_call_end(&call);
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
