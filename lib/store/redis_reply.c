/* store/redis_reply.c - error codes of Redis and what each of them means. */
#include "store/redis_reply.h"

#include <stdlib.h>
#include <string.h>

#include "store/store.h"

static const char password[] = "correct user and password in TOPKD_REDIS";
static const char rights[] = "grant the rights in Redis that RUNBOOK.md lists";
static const char cluster[] =
    "this is a Redis Cluster, and a board needs one Redis: set TOPKD_REDIS to one outside of it";

/* Broken: another server, or this one later, will take the request. What it has forgotten until then is unknown, so
 * rule 12 applies as after a broken connection. A password may be rotating, a right may be on its way.
 * What is not in this table is fatal. */
static const struct {
    const char *code;
    struct redis_error means;
} codes[] = {
    {"OOM", {STORE_FULL, "oom", "raise its maxmemory, or lower RETENTION", false}},
    {"READONLY", {STORE_BROKEN, "readonly", "set TOPKD_REDIS to the master", false}},
    {"MASTERDOWN", {STORE_BROKEN, "readonly", NULL, false}},
    {"NOREPLICAS", {STORE_BROKEN, "readonly", "attach the replicas that min-replicas-to-write asks for", false}},
    {"MOVED", {STORE_FATAL, "moved", cluster, false}},
    {"ASK", {STORE_FATAL, "moved", cluster, false}},
    {"CROSSSLOT", {STORE_FATAL, "moved", cluster, false}},
    {"TRYAGAIN", {STORE_FATAL, "moved", cluster, false}},
    {"CLUSTERDOWN", {STORE_FATAL, "moved", cluster, false}},
    {"LOADING", {STORE_BROKEN, "loading", NULL, false}},
    {"BUSY", {STORE_BROKEN, "loading", "a script of another client runs: SCRIPT KILL ends it", false}},
    {"MISCONF", {STORE_BROKEN, "other", "it cannot save: see its log and its disk", false}},
    {"NOSCRIPT", {STORE_BROKEN, "other", NULL, false}}, /* a moment after it was loaded: flushed all the time */
    {"NOAUTH", {STORE_BROKEN, "auth", password, false}},
    {"WRONGPASS", {STORE_BROKEN, "auth", password, false}},
    {"ERR AUTH", {STORE_BROKEN, "auth", password, false}},              /* it wants none, says Redis 6 and later, */
    {"ERR Client sent AUTH,", {STORE_BROKEN, "auth", password, false}}, /* and before */
    {"NOPERM", {STORE_BROKEN, "auth", rights, false}},
    {"ERR The user executing the script", {STORE_BROKEN, "auth", rights, false}}, /* can't run, can't access: 7.0 */
    {"ERR ACL failure in script:", {STORE_BROKEN, "auth", rights, false}},        /* 7.2 and later */
    {"ERR max number of clients", {STORE_BROKEN, "connection", "raise its maxclients", false}},
    {"WRONGTYPE", {STORE_FATAL, "other", "rename or delete the key, or take another TOPKD_BOARD", true}},
};

/* Before 7.0 an error inside a script was wrapped:
 * "ERR Error running script (call to f_..): @user_script:5: -OOM ..." */
static const char *unwrap(const char *text) {
    static const char wrapper[] = "ERR Error running script";
    if (strncmp(text, wrapper, sizeof wrapper - 1) != 0) return text;
    const char *inner = strstr(text, ": -");
    return inner != NULL ? inner + 3 : text;
}

/* Where a script's error says which script it was, at its end; "script: " may stand in the error itself, too. */
static const char *address_in(const char *text) {
    static const char before[] = " script: ";
    const char *last = NULL;
    for (const char *at = text; (at = strstr(at, before)) != NULL; at++)
        if (strstr(at, ", on @") != NULL) last = at;
    return last;
}

size_t redis_error_key(const char *text, struct bytes *said) {
    size_t key = 1, n = sizeof REDIS_ODD - 1;
    if (strncmp(text, REDIS_ODD, n) == 0) {
        key = strtoul(text + n, NULL, 10);
        text += n + strcspn(text + n, " ");
        text += *text == ' ';
    }
    text = unwrap(text);
    const char *address = address_in(text);
    *said = (struct bytes){text, address != NULL ? (size_t)(address - text) : strlen(text)};
    return key > 0 ? key : 1;
}

struct redis_error redis_error_of(const char *text) {
    struct bytes said;
    redis_error_key(text, &said);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        size_t n = strlen(codes[i].code);
        if (said.n >= n && memcmp(said.p, codes[i].code, n) == 0 && (said.n == n || said.p[n] == ' '))
            return codes[i].means;
    }
    return (struct redis_error){.status = STORE_FATAL, .kind = "other"};
}

static int gravity(int status) {
    switch (status) {
    case STORE_OK:
        return 0;
    case STORE_FULL:
        return 1;
    case STORE_BROKEN:
        return 2;
    default:
        return 3;
    }
}

int redis_status_worse(int a, int b) { return gravity(a) >= gravity(b) ? a : b; }
