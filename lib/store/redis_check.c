/* store/redis_check.c - every question about a Redis, its server, its board and this user's rights, one by one.
 * Unlike in a call of the store, a refusal ends nothing here: the next question may find another problem. */
#include "store/redis_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/keys.h"
#include "store/redis_check_internal.h"

#define SAY(k, kind, ...) findings_add((k)->findings, kind, "redis", __VA_ARGS__)

/* -- questions ----------------------------------------------------------------------------------------------------- */

redisReply *redis_check_ask(struct redis_checked *k, size_t args_n, const char *const *args) {
    if (k->gone) return NULL;
    redisReply *r = redisCommandArgv(k->conn.ctx, (int)args_n, (const char **)(uintptr_t)args, NULL);
    if (r != NULL) return r;
    struct err e;
    k->gone = true;
    (void)redis_conn_failed(&k->conn, &e);
    SAY(k, FINDING_PROBLEM, "expected an answer to %s, got \"%s\": check the server and the network to it", args[0],
        e.text);
    return NULL;
}

bool redis_check_is_error(const redisReply *r, const char *code) {
    return r != NULL && r->type == REDIS_REPLY_ERROR && strncmp(r->str, code, strlen(code)) == 0;
}

bool redis_check_is_text(const redisReply *r) { return r != NULL && r->type == REDIS_REPLY_STRING; }

/* -- getting in ---------------------------------------------------------------------------------------------------- */

static bool tell_login(const struct redis_checked *k, const redisReply *r) {
    if (r == NULL) return false;
    if (r->type != REDIS_REPLY_ERROR) return true;
    SAY(k, FINDING_PROBLEM, "expected %s to let us in, got \"%s\": correct user and password in TOPKD_REDIS",
        k->conn.where, r->str);
    return false;
}

static bool log_in(struct redis_checked *k) {
    const struct redis_url *url = &k->conn.url;
    const char *args[3] = {"AUTH", url->user != NULL ? url->user : url->password, url->password};
    bool has_password = url->password != NULL;
    if (!has_password) args[0] = "PING"; /* refused where a password is needed */
    redisReply *r = redis_check_ask(k, !has_password ? 1 : url->user != NULL ? 3 : 2, args);
    bool in = tell_login(k, r);
    if (!has_password && redis_check_is_error(r, "NOPERM")) in = true;
    freeReplyObject(r);
    return in;
}

static void select_db(struct redis_checked *k) {
    char number[16];
    if (k->conn.url.db == 0) return;
    snprintf(number, sizeof number, "%u", k->conn.url.db);
    redisReply *r = redis_check_ask(k, 2, (const char *const[]){"SELECT", number});
    if (r != NULL && r->type == REDIS_REPLY_ERROR)
        SAY(k, FINDING_PROBLEM, "expected a database %s, got \"%s\": correct the number in TOPKD_REDIS", number,
            r->str);
    freeReplyObject(r);
}

/* -- the server ---------------------------------------------------------------------------------------------------- */

/* The value of NAME ("aof_enabled:") in the text of INFO, "" if it is not there. */
static void info_field(const redisReply *info, const char *name, char out[64]) {
    const char *at = redis_check_is_text(info) ? strstr(info->str, name) : NULL;
    size_t n = at != NULL ? strcspn(at + strlen(name), "\r\n") : 0;
    snprintf(out, 64, "%.*s", (int)n, at != NULL ? at + strlen(name) : "");
}

static void check_kind(const struct redis_checked *k, const redisReply *info) {
    char version[64], mode[64], role[64];
    info_field(info, "redis_version:", version);
    info_field(info, "redis_mode:", mode);
    info_field(info, "role:", role);
    if (strcmp(mode, "cluster") == 0)
        SAY(k, FINDING_PROBLEM,
            "expected a single Redis, got a node of a Redis Cluster: set TOPKD_REDIS to one that is "
            "not part of a cluster");
    else if (strcmp(mode, "sentinel") == 0)
        SAY(k, FINDING_PROBLEM, "expected a Redis, got a Sentinel: set TOPKD_REDIS to the master that it watches");
    else
        SAY(k, FINDING_GOOD, "%s answers, version %s", k->conn.where, version);
    if (*role && strcmp(role, "master") != 0)
        SAY(k, FINDING_PROBLEM, "expected the master, got a %s: set TOPKD_REDIS to an address that follows the master",
            role);
}

static void check_policy(const struct redis_checked *k, const redisReply *info) {
    char policy[64];
    info_field(info, "maxmemory_policy:", policy);
    if (strcmp(policy, "noeviction") == 0)
        SAY(k, FINDING_GOOD, "it evicts nothing");
    else
        SAY(k, k->options->allow_eviction ? FINDING_WARNING : FINDING_PROBLEM,
            "expected maxmemory-policy noeviction, got %s: run CONFIG SET maxmemory-policy noeviction, %s",
            *policy ? policy : "no answer",
            k->options->allow_eviction ? "or lists may silently lack counts (TOPKD_ALLOW_EVICTION is set)"
                                       : "or set TOPKD_ALLOW_EVICTION=1 and lists may lose counts");
}

static void check_room(const struct redis_checked *k, const redisReply *info) {
    char used[64], most[64];
    info_field(info, "used_memory:", used);
    info_field(info, "maxmemory:", most);
    double limit = strtod(most, NULL), now = strtod(used, NULL);
    if (limit > 0 && now > limit * .9)
        SAY(k, FINDING_WARNING,
            "expected a tenth of maxmemory to be free, got %.0f of %.0f MB used: raise maxmemory, or "
            "lower TOPKD_RETENTION",
            now / (1 << 20), limit / (1 << 20));
}

/* Are snapshots made? CONFIG says so; where it is not allowed, whether one was made since the start. */
static bool makes_snapshots(struct redis_checked *k, const redisReply *info) {
    char saves[64];
    redisReply *r = redis_check_ask(k, 3, (const char *const[]){"CONFIG", "GET", "save"});
    info_field(info, "rdb_saves:", saves);
    bool makes = strtoul(saves, NULL, 10) > 0;
    if (r != NULL && r->type == REDIS_REPLY_ARRAY && r->elements == 2) makes = r->element[1]->len > 0;
    freeReplyObject(r);
    return makes;
}

/* From a snapshot a Redis comes back older than what was answered as stored: settled lists are gone, and were final. */
static void check_persistence(struct redis_checked *k, const redisReply *info) {
    char aof[64], failed[64];
    info_field(info, "aof_enabled:", aof);
    info_field(info, "rdb_last_bgsave_status:", failed);
    if (strcmp(aof, "1") == 0)
        SAY(k, FINDING_GOOD, "it keeps an append-only file");
    else if (makes_snapshots(k, info))
        SAY(k, FINDING_WARNING,
            "expected an append-only file, got snapshots only, from which a restart brings back "
            "older lists: run CONFIG SET appendonly yes, or CONFIG SET save \"\"");
    else
        SAY(k, FINDING_GOOD,
            "it keeps nothing on disk: after a restart lists older than the unsettled minutes are gone");
    if (strcmp(failed, "err") == 0)
        SAY(k, FINDING_PROBLEM,
            "expected its last snapshot to succeed, got an error: look at its log and disk; it may "
            "refuse all writes until then");
}

static void check_server(struct redis_checked *k) {
    redisReply *info = redis_check_ask(k, 1, (const char *const[]){"INFO"});
    if (redis_check_is_text(info)) {
        check_kind(k, info);
        check_policy(k, info);
        check_room(k, info);
        check_persistence(k, info);
    } else if (info != NULL) {
        SAY(k, k->options->allow_eviction ? FINDING_WARNING : FINDING_PROBLEM,
            "expected INFO to say whether it evicts, got \"%s\": grant this user +info",
            info->str != NULL ? info->str : "");
    }
    freeReplyObject(info);
}

/* -- the board ----------------------------------------------------------------------------------------------------- */

static bool differs(const redisReply *r, const char *ours) {
    return redis_check_is_text(r) && strcmp(r->str, ours) != 0;
}

static void tell_owner(const struct redis_checked *k, const redisReply *r, const char *key) {
    const char *board = k->options->board, *group = k->options->group;
    char version[16], before[16];
    snprintf(version, sizeof version, "%d", STORE_CONTRACT_VERSION);
    snprintf(before, sizeof before, "%d", STORE_CONTRACT_BEFORE);
    if (redis_check_is_error(r, "WRONGTYPE"))
        SAY(k, FINDING_PROBLEM,
            "expected a hash at %s, got another type: it is somebody else's, set another TOPKD_BOARD "
            "or remove it",
            key);
    else if (r->type != REDIS_REPLY_ARRAY || r->elements != 2)
        SAY(k, FINDING_PROBLEM, "expected to read %s, got \"%s\": grant this user the right to read it", key,
            r->str != NULL ? r->str : "");
    else if (differs(r->element[0], group))
        SAY(k, FINDING_PROBLEM,
            "expected board %s to be of group %s, got group %s: two groups need two boards "
            "(TOPKD_BOARD)",
            board, group, r->element[0]->str);
    else if (redis_check_is_text(r->element[1]) && strcmp(r->element[1]->str, before) == 0)
        SAY(k, FINDING_GOOD,
            "board %s is of this group and has format %s, which is taken over: first stop the workers that wrote it",
            board, before);
    else if (differs(r->element[1], version))
        SAY(k, FINDING_PROBLEM, "expected board %s to have format %s, got %s: set a new TOPKD_BOARD", board, version,
            r->element[1]->str);
    else
        SAY(k, FINDING_GOOD, "board %s is %s", board, redis_check_is_text(r->element[0]) ? "of this group" : "new");
}

static void check_owner(struct redis_checked *k) {
    struct buf key = {0};
    keys_progress(&key, k->options->board);
    const char *args[] = {"HMGET", buf_text(&key), "group", "version"};
    redisReply *r = redis_check_ask(k, ARRAY_LEN(args), args);
    if (r != NULL) tell_owner(k, r, args[1]);
    freeReplyObject(r);
    buf_free(&key);
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

static void look(struct redis_checked *k) {
    struct err e;
    if (redis_conn_open(&k->conn, &e) != STORE_OK) {
        SAY(k, FINDING_PROBLEM,
            "expected a Redis at %s, got \"%s\": start it, open the network to it, or correct "
            "TOPKD_REDIS",
            k->conn.where, e.text);
        return;
    }
    if (!log_in(k)) return;
    select_db(k);
    check_server(k);
    check_owner(k);
    redis_check_rights(k);
}

void redis_check(const struct redis_options *o, struct metrics *m, struct findings *f) {
    struct redis_checked k = {.options = o, .findings = f};
    struct redis_url url;
    struct err e;
    if (redis_url_parse(o->url, &url, &e) != 0) {
        findings_add(f, FINDING_PROBLEM, "settings", "TOPKD_REDIS: %s", e.text);
        return;
    }
    redis_conn_init(&k.conn, url, REDIS_CONNECT_TIMEOUT_MS, REDIS_CALL_TIMEOUT_MS, m);
    look(&k);
    redis_conn_deinit(&k.conn);
}
