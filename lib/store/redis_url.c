/* store/redis_url.c - the URL of a Redis, taken apart from left to right. */
#include "store/redis_url.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

enum { PORT_MAX = 65535, DB_MAX = 65535 };

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* TEXT with %XX replaced, or NULL if an escape is cut short, is no hex, or stands for NUL. */
static char *percent_decode(struct bytes text) {
    char *out = mem_alloc(text.n + 1), *to = out;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%') {
            int high = i + 2 < text.n ? hex_digit(text.p[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text.p[i + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0)) {
                mem_free(out);
                return NULL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        *to++ = c;
    }
    *to = '\0';
    return out;
}

/* One to five digits, at most MAX. */
static bool parse_number(struct bytes text, unsigned max, unsigned *out) {
    unsigned v = 0;
    if (text.n == 0 || text.n > 5) return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') return false;
        v = v * 10 + (unsigned)(text.p[i] - '0');
    }
    *out = v;
    return v <= max;
}

/* Cuts TEXT at the first (or, with LAST, the last) C: what stands before it goes to *HEAD, what stands behind stays.
 * False, and nothing changed, without C. */
static bool split(struct bytes *text, char c, bool last, struct bytes *head) {
    const char *at = text->n == 0 ? NULL : last ? memrchr(text->p, c, text->n) : memchr(text->p, c, text->n);
    if (at == NULL) return false;
    size_t n = (size_t)(at - text->p);
    *head = (struct bytes){text->p, n};
    *text = (struct bytes){at + 1, text->n - n - 1};
    return true;
}

/* "user:password@" or ":password@" at the head of REST. The last '@' ends it: people forget to encode theirs. */
static bool parse_credentials(struct bytes *rest, struct redis_url *out) {
    struct bytes who, user;
    if (!split(rest, '@', true, &who)) return true;
    if (!split(&who, ':', false, &user)) return false;
    out->password = percent_decode(who);
    if (user.n > 0) out->user = percent_decode(user);
    return out->password != NULL && (user.n == 0 || out->user != NULL);
}

static bool parse_host(struct bytes text, struct redis_url *out) {
    struct bytes host = text, port = {NULL, 0};
    if (text.n > 0 && text.p[0] == '[') {
        struct bytes rest = {text.p + 1, text.n - 1};
        if (!split(&rest, ']', false, &host)) return false;
        if (rest.n > 0 && rest.p[0] != ':') return false;
        if (rest.n > 0) port = (struct bytes){rest.p + 1, rest.n - 1};
    } else if (split(&text, ':', false, &host)) {
        port = text;
    }
    unsigned number = REDIS_PORT;
    if (port.p != NULL && (!parse_number(port, PORT_MAX, &number) || number == 0)) return false;
    if (host.n == 0) return false;
    out->port = (int)number;
    out->host = percent_decode(host);
    return out->host != NULL;
}

static bool parse_tcp(struct bytes rest, struct redis_url *out) {
    struct bytes host;
    /* A password may hold a slash, so the credentials go first. */
    if (!parse_credentials(&rest, out)) return false;
    if (!split(&rest, '/', false, &host)) return parse_host(rest, out);
    return parse_host(host, out) && (rest.n == 0 || parse_number(rest, DB_MAX, &out->db));
}

static bool parse_unix(struct bytes rest, struct redis_url *out) {
    static const char name[] = "db=";
    struct bytes path = rest;
    if (rest.n > 0 && rest.p[0] != '/') {
        if (!parse_credentials(&rest, out)) return false;
        path = rest;
    }
    if (split(&rest, '?', false, &path)) {
        if (rest.n < sizeof name - 1 || memcmp(rest.p, name, sizeof name - 1) != 0) return false;
        if (!parse_number((struct bytes){rest.p + 3, rest.n - 3}, DB_MAX, &out->db)) return false;
    }
    if (path.n < 2 || path.p[0] != '/') return false;
    out->path = percent_decode(path);
    return out->path != NULL;
}

int redis_url_parse(const char *text, struct redis_url *out, struct err *e) {
    static const char tcp[] = "redis://", local[] = "unix://", tls[] = "rediss://";
    *out = (struct redis_url){0};
    bool good = false;
    if (strncmp(text, tls, sizeof tls - 1) == 0)
        return err_set(e, ERR_INVALID, "rediss:// (TLS) is not supported: use redis:// or unix://");
    if (strncmp(text, tcp, sizeof tcp - 1) == 0)
        good = parse_tcp((struct bytes){text + sizeof tcp - 1, strlen(text) - (sizeof tcp - 1)}, out);
    else if (strncmp(text, local, sizeof local - 1) == 0)
        good = parse_unix((struct bytes){text + sizeof local - 1, strlen(text) - (sizeof local - 1)}, out);
    if (good) return ERR_OK;
    redis_url_deinit(out);
    return err_set(e, ERR_INVALID,
                   "not a Redis URL: expected redis://[user:password@]host[:port][/db] or unix:///path[?db=N]");
}

void redis_url_deinit(struct redis_url *u) {
    mem_free(u->host);
    mem_free(u->path);
    mem_free(u->user);
    mem_free(u->password);
    *u = (struct redis_url){0};
}
