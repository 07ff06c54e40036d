/* store/redis_check_rights.c - may this user run what a worker runs, and would a write be taken now?
 * Each command is put into a transaction that is then given up: Redis looks at rights, memory and role when a command
 * is queued, and runs none of them. Where transactions are not allowed a script asks (Redis 7), but only for rights. */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "store/keys.h"
#include "store/redis_check_internal.h"

#define SAY(k, kind, ...) findings_add((k)->findings, kind, "redis", __VA_ARGS__)

#define CHECK_DIGEST "0000000000000000000000000000000000000000" /* nothing is run, so no script need have it */

enum key { PROGRESS, LOCATION, NOTES, LOCATIONS, KEYS };

/* What the store and its scripts send, each once for each kind of key that it is sent for. Changes with them. */
static const struct command {
    enum key key;
    const char *args[CHECK_ARGS_MAX]; /* "" is the key */
} commands[] = {
    {PROGRESS, {"EVALSHA", CHECK_DIGEST, "1", ""}},
    {PROGRESS, {"SCRIPT", "LOAD", "return 1"}},
    {PROGRESS, {"HGET", "", "f"}},
    {PROGRESS, {"HMGET", "", "f"}},
    {PROGRESS, {"HGETALL", ""}},
    {PROGRESS, {"HSET", "", "f", "v"}},
    {PROGRESS, {"HDEL", "", ""}},
    {PROGRESS, {"HINCRBY", "", "f", "1"}},
    {PROGRESS, {"TIME"}},
    {LOCATION, {"EVALSHA", CHECK_DIGEST, "1", ""}},
    {LOCATION, {"HGETALL", ""}},
    {LOCATION, {"HGET", "", "f"}},
    {LOCATION, {"HMGET", "", "f"}},
    {LOCATION, {"HKEYS", ""}},
    {LOCATION, {"HSET", "", "f", "v"}},
    {LOCATION, {"HDEL", "", "f"}},
    {LOCATION, {"HINCRBY", "", "f", "1"}},
    {LOCATION, {"EXISTS", ""}},
    {LOCATION, {"DEL", ""}},
    {LOCATION, {"ZADD", "", "1", "m"}},
    {LOCATION, {"ZCARD", ""}},
    {LOCATION, {"ZSCORE", "", "m"}},
    {LOCATION, {"ZRANGE", "", "0", "1"}},
    {LOCATION, {"ZRANGEBYSCORE", "", "0", "1"}},
    {LOCATION, {"ZREM", "", "m"}},
    {LOCATION, {"PTTL", ""}},
    {LOCATION, {"PEXPIRE", "", "1000"}},
    {NOTES, {"EVALSHA", CHECK_DIGEST, "1", ""}},
    {NOTES, {"HGETALL", ""}},
    {NOTES, {"HLEN", ""}},
    {NOTES, {"HGET", "", "f"}},
    {NOTES, {"HSET", "", "f", "v"}},
    {NOTES, {"HDEL", "", "f"}},
    {LOCATIONS, {"ZADD", "", "1", "m"}},
    {LOCATIONS, {"ZREMRANGEBYSCORE", "", "-inf", "0"}},
};

struct rights {
    struct redis_checked *k;
    struct buf keys[KEYS];
    bool missing[ARRAY_LEN(commands)];
    bool keys_missing;
    struct buf refused; /* the first refusal of a write that is no matter of rights */
};

static void make_keys(struct rights *r) {
    const char *board = r->k->options->board;
    static const struct bytes location = {"topkd-check", 11};
    keys_progress(&r->keys[PROGRESS], board);
    keys_of_location(&r->keys[LOCATION], board, location, "meta");
    keys_notes(&r->keys[NOTES], board, 0, "changed");
    keys_locations(&r->keys[LOCATIONS], board);
}

static size_t fill_args(struct rights *r, const struct command *c, const char *args[CHECK_ARGS_MAX]) {
    size_t n = 0;
    for (; n < CHECK_ARGS_MAX && c->args[n] != NULL; n++)
        args[n] = c->args[n][0] != '\0' ? c->args[n] : buf_text(&r->keys[c->key]);
    return n;
}

/* -- by a transaction ---------------------------------------------------------------------------------------------- */

static void take_queued(struct rights *r, size_t i, const redisReply *reply) {
    if (reply == NULL || reply->type != REDIS_REPLY_ERROR) return;
    if (!redis_check_is_error(reply, "NOPERM")) {
        if (r->refused.len == 0) buf_add_str(&r->refused, reply->str);
    } else if (strstr(reply->str, " key") != NULL) {
        r->keys_missing = true;
    } else {
        r->missing[i] = true;
    }
}

static bool ask_by_transaction(struct rights *r) {
    redisReply *multi = redis_check_ask(r->k, 1, (const char *const[]){"MULTI"});
    bool begun = multi != NULL && multi->type == REDIS_REPLY_STATUS;
    freeReplyObject(multi);
    if (!begun) return false;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        const char *args[CHECK_ARGS_MAX];
        redisReply *reply = redis_check_ask(r->k, fill_args(r, &commands[i], args), args);
        take_queued(r, i, reply);
        freeReplyObject(reply);
    }
    freeReplyObject(redis_check_ask(r->k, 1, (const char *const[]){"DISCARD"}));
    return true;
}

/* -- by a script --------------------------------------------------------------------------------------------------- */

static const char ask_script[] = "return redis.acl_check_cmd(unpack(ARGV)) and 1 or 0";

enum { EVALSHA_AT, SCRIPT_AT }; /* in commands */

/* A script cannot tell a command that is not allowed from a key that is not. */
static bool ask_one(struct rights *r, const char *digest, size_t i) {
    const char *args[CHECK_ARGS_MAX + 3] = {"EVALSHA", digest, "0"};
    size_t n = fill_args(r, &commands[i], args + 3);
    redisReply *reply = redis_check_ask(r->k, n + 3, args);
    bool told = reply != NULL && reply->type == REDIS_REPLY_INTEGER;
    r->missing[i] = told && reply->integer == 0;
    if (redis_check_is_error(reply, "NOPERM")) r->missing[EVALSHA_AT] = told = true;
    freeReplyObject(reply);
    return told;
}

static bool ask_by_script(struct rights *r) {
    redisReply *digest = redis_check_ask(r->k, 3, (const char *const[]){"SCRIPT", "LOAD", ask_script});
    bool told = redis_check_is_text(digest);
    for (size_t i = 0; i < ARRAY_LEN(commands) && told; i++) told = ask_one(r, digest->str, i);
    if (redis_check_is_error(digest, "NOPERM")) r->missing[SCRIPT_AT] = told = true;
    freeReplyObject(digest);
    return told;
}

/* -- what is told -------------------------------------------------------------------------------------------------- */

static bool is_first(const bool chosen[ARRAY_LEN(commands)], size_t i) {
    size_t j = 0;
    while (j < i && !(chosen[j] && strcmp(commands[j].args[0], commands[i].args[0]) == 0)) j++;
    return j == i;
}

/* " +hset +zadd", each once. */
static void add_rights(struct buf *out, const bool chosen[ARRAY_LEN(commands)]) {
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (!chosen[i] || !is_first(chosen, i)) continue;
        buf_add_str(out, " +");
        for (const char *p = commands[i].args[0]; *p != '\0'; p++)
            buf_add_byte(out, (unsigned char)tolower((unsigned char)*p));
        if (strcmp(commands[i].args[0], "SCRIPT") == 0) buf_add_str(out, "|load");
    }
}

static void tell_rights(const struct rights *r) {
    const struct redis_checked *k = r->k;
    const char *user = k->conn.url.user != NULL ? k->conn.url.user : "default", *board = k->options->board;
    bool all[ARRAY_LEN(commands)];
    memset(all, true, sizeof all);
    struct buf missing = {0}, needed = {0};
    add_rights(&missing, r->missing);
    add_rights(&needed, all);
    if (r->keys_missing)
        SAY(k, FINDING_PROBLEM, "expected the right to the keys %s:*, got NOPERM: run ACL SETUSER %s ~%s:*", board,
            user, board);
    if (missing.len > 0)
        SAY(k, FINDING_PROBLEM, "expected the right to all that a worker does, got NOPERM: run ACL SETUSER %s ~%s:*%s",
            user, board, buf_text(&missing));
    if (!r->keys_missing && missing.len == 0)
        SAY(k, FINDING_GOOD, "user %s may do what a worker does: ~%s:* +info%s", user, board, buf_text(&needed));
    buf_free(&missing);
    buf_free(&needed);
}

void redis_check_rights(struct redis_checked *k) {
    struct rights r = {.k = k};
    make_keys(&r);
    if (ask_by_transaction(&r) || ask_by_script(&r))
        tell_rights(&r);
    else if (!k->gone)
        SAY(k, FINDING_WARNING,
            "expected to find out this user's rights, got neither MULTI nor a Redis 7: run the "
            "worker and look at /readyz");
    if (r.refused.len > 0)
        SAY(k, FINDING_PROBLEM, "expected writes to be taken, got \"%s\": the server's log says more",
            buf_text(&r.refused));
    for (size_t i = 0; i < KEYS; i++) buf_free(&r.keys[i]);
    buf_free(&r.refused);
}
