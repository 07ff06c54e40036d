/* topkd-audit/redis_link.c - takes the URL apart, connects, logs in, and pipelines commands with hiredis. */
#include "redis_link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/mem.h"

enum { WORDS_MAX = 8, PORT_DEFAULT = 6379 };
static const struct timeval TIMEOUT = {.tv_sec = 10};

/* A URL taken apart; all texts owned. */
struct target {
    char *user, *password, *host, *path; /* NULL where there is none; path: a unix socket's */
    int port;
    char *db; /* NULL = 0 */
};

static void target_free(struct target *t) {
    char *texts[] = {t->user, t->password, t->host, t->path, t->db};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) mem_free(texts[i]);
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* P[0..N) with %XX decoded, as a new text. */
static char *url_unescape(const char *p, size_t n) {
    char *out = mem_alloc(n + 1), *o = out;
    for (size_t i = 0; i < n; i++) {
        bool coded = p[i] == '%' && i + 2 < n && hex_value(p[i + 1]) >= 0 && hex_value(p[i + 2]) >= 0;
        *o++ = coded ? (char)(hex_value(p[i + 1]) * 16 + hex_value(p[i + 2])) : p[i];
        if (coded) i += 2;
    }
    *o = '\0';
    return out;
}

/* `user:password@`, `:password@` or `password@`; returns what follows. */
static const char *url_parse_login(const char *p, const char *stop, struct target *t) {
    const char *at = memrchr(p, '@', (size_t)(stop - p));
    if (at == NULL) return p;
    const char *colon = memchr(p, ':', (size_t)(at - p));
    const char *secret = colon != NULL ? colon + 1 : p;
    if (colon != NULL && colon > p) t->user = url_unescape(p, (size_t)(colon - p));
    t->password = url_unescape(secret, (size_t)(at - secret));
    return at + 1;
}

static bool url_parse_port(const char *p, const char *end, int *port) {
    char *stop;
    long v = strtol(p, &stop, 10);
    *port = (int)v;
    return stop == end && p < end && v > 0 && v < 65536;
}

static bool url_parse_tcp(const char *p, struct target *t) {
    const char *stop = p + strcspn(p, "/?");
    p = url_parse_login(p, stop, t);
    bool v6 = *p == '[';
    const char *host_end = v6 ? memchr(p, ']', (size_t)(stop - p)) : memchr(p, ':', (size_t)(stop - p));
    if (v6 && host_end == NULL) return false;
    const char *colon = v6 ? host_end + 1 : host_end;
    if (host_end == NULL) host_end = stop;
    t->host = url_unescape(p + v6, (size_t)(host_end - p - v6));
    t->port = PORT_DEFAULT;
    if (colon != NULL && colon < stop && (*colon != ':' || !url_parse_port(colon + 1, stop, &t->port))) return false;
    if (*stop == '/' && stop[1]) t->db = url_unescape(stop + 1, strcspn(stop + 1, "?"));
    return t->host[0] != '\0';
}

static bool url_parse_unix(const char *p, struct target *t) {
    const char *slash = strchr(p, '/');
    if (slash == NULL) return false;
    p = url_parse_login(p, slash, t);
    const char *query = strchr(p, '?');
    t->path = url_unescape(p, query != NULL ? (size_t)(query - p) : strlen(p));
    if (query != NULL && strncmp(query, "?db=", 4) != 0) return false;
    if (query != NULL) t->db = url_unescape(query + 4, strlen(query + 4));
    return t->path[0] == '/';
}

static bool url_parse(const char *url, struct target *t) {
    if (strncmp(url, "redis://", 8) == 0) return url_parse_tcp(url + 8, t);
    if (strncmp(url, "unix://", 7) == 0) return url_parse_unix(url + 7, t);
    return false;
}

void redis_link_send(redisContext *r, const struct bytes *words, size_t n) {
    const char *argv[WORDS_MAX];
    size_t lengths[WORDS_MAX];
    assert(n <= WORDS_MAX);
    for (size_t i = 0; i < n; i++) {
        argv[i] = words[i].p;
        lengths[i] = words[i].n;
    }
    /* A failure to append stays in the context and comes out of the next take. */
    (void)redisAppendCommandArgv(r, (int)n, argv, lengths);
}

redisReply *redis_link_take(redisContext *r, struct err *e) {
    void *reply = NULL;
    if (redisGetReply(r, &reply) != REDIS_OK || reply == NULL) {
        err_set(e, ERR_IO, "Redis: expected an answer, got \"%s\": check that it is up",
                r->errstr[0] ? r->errstr : "connection lost");
        return NULL;
    }
    redisReply *answer = reply;
    if (answer->type != REDIS_REPLY_ERROR) return answer;
    err_set(e, ERR_REFUSED, "Redis: expected an answer, got \"%.200s\": check TOPKD_REDIS and the rights of its user",
            answer->str);
    freeReplyObject(answer);
    return NULL;
}

static bool link_ask(redisContext *r, const struct bytes *words, size_t n, struct err *e) {
    redis_link_send(r, words, n);
    redisReply *reply = redis_link_take(r, e);
    if (reply == NULL) return false;
    freeReplyObject(reply);
    return true;
}

static struct bytes word(const char *s) { return (struct bytes){s, strlen(s)}; }

static bool link_greet(redisContext *r, const struct target *t, struct err *e) {
    if (t->password != NULL) {
        const struct bytes both[] = {word("AUTH"), word(t->user != NULL ? t->user : ""), word(t->password)};
        const struct bytes alone[] = {word("AUTH"), word(t->password)};
        if (!(t->user != NULL ? link_ask(r, both, 3, e) : link_ask(r, alone, 2, e))) return false;
    }
    const struct bytes select[] = {word("SELECT"), word(t->db != NULL ? t->db : "0")};
    return link_ask(r, select, 2, e);
}

int redis_link_open(const char *url, redisContext **out, struct err *e) {
    struct target t = {0};
    redisContext *r = NULL;
    int status = ERR_IO;
    if (!url_parse(url, &t)) {
        status = err_set(e, ERR_INVALID,
                         "TOPKD_REDIS: expected redis://host:port/db or unix:///path, got another form: correct it");
        goto done;
    }
    r = t.path != NULL ? redisConnectUnixWithTimeout(t.path, TIMEOUT)
                       : redisConnectWithTimeout(t.host, t.port, TIMEOUT);
    if (r == NULL || r->err) {
        status =
            err_set(e, ERR_IO, "Redis: expected a connection, got \"%s\": check that it is up and TOPKD_REDIS is right",
                    r != NULL ? r->errstr : "no memory");
        goto fail;
    }
    (void)redisSetTimeout(r, TIMEOUT);
    if (!link_greet(r, &t, e)) goto fail;
    *out = r;
    status = 0;
    goto done;
fail:
    if (r != NULL) redisFree(r);
done:
    target_free(&t);
    return status;
}
