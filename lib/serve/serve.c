/* serve/serve.c - see serve.h. The listening socket is opened here and handed to libmicrohttpd, because its own error
 * is only "no": a port that is taken must be told from an address that is not ours. */
#include "serve/serve.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum {
    CONNECTIONS_MAX = 64,           /* probes and a few scrapers; the rest waits in the backlog */
    CONNECTION_TIMEOUT_S = 10,      /* an idle scraper must not hold one of them for ever */
    LIBRARY_LOG_INTERVAL_MS = 10000 /* clients that break off are no news */
};

struct serve {
    struct serve_options o; /* what it points to is borrowed */
    struct MHD_Daemon *daemon;
    uint16_t port;
    struct log_limit library_log; /* HTTP thread only */
};

/* -- answers ------------------------------------------------------------------------------------------------------- */

static unsigned answer_probe(const struct serve *s, bool (*probe)(void *self, char why[256]), struct buf *body) {
    char why[256] = "";
    bool ok = probe(s->o.self, why);
    buf_addf(body, "%s\n", ok ? "ok" : *why ? why : "no reason given");
    return ok ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned answer_healthz(const struct serve *s, struct buf *body) { return answer_probe(s, s->o.healthy, body); }

static unsigned answer_readyz(const struct serve *s, struct buf *body) { return answer_probe(s, s->o.ready, body); }

static unsigned answer_metrics(const struct serve *s, struct buf *body) {
    if (s->o.before_metrics) s->o.before_metrics(s->o.self);
    metrics_write(s->o.metrics, body);
    return MHD_HTTP_OK;
}

static unsigned answer_not_found(const struct serve *s, struct buf *body) {
    (void)s;
    buf_add_str(body, "not here: /metrics, /healthz and /readyz are\n");
    return MHD_HTTP_NOT_FOUND;
}

static const struct route {
    const char *path, *content_type;
    unsigned (*answer)(const struct serve *s, struct buf *body); /* the HTTP status */
} routes[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", answer_metrics},
    {"/healthz", "text/plain; charset=utf-8", answer_healthz},
    {"/readyz", "text/plain; charset=utf-8", answer_readyz},
    {NULL, "text/plain; charset=utf-8", answer_not_found},
};

static const struct route *find_route(const char *path) {
    const struct route *r = routes;
    while (r->path && strcmp(r->path, path) != 0) r++;
    return r;
}

/* Takes BODY's memory. */
static enum MHD_Result send_text(struct MHD_Connection *c, unsigned status, const char *content_type,
                                 struct buf *body) {
    struct MHD_Response *r = MHD_create_response_from_buffer_with_free_callback(body->len, body->data, mem_free);
    if (!r) {
        buf_free(body);
        return MHD_NO;
    }
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(c, status, r);
    MHD_destroy_response(r); /* the connection holds it now */
    return result;
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *c, const char *path, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request) {
    (void)version, (void)upload, (void)upload_size, (void)request;
    const struct route *r = find_route(path);
    struct buf body = {0};
    buf_reserve(&body, 1);
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        buf_add_str(&body, "only GET and HEAD\n");
        return send_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", &body);
    }
    unsigned status = r->answer(self, &body);
    return send_text(c, status, r->content_type, &body);
}

static void PRINTF_LIKE(2, 0) on_library_log(void *self, const char *fmt, va_list ap) {
    struct serve *s = self;
    char text[256];
    vsnprintf(text, sizeof text, fmt, ap);
    text[strcspn(text, "\r\n")] = '\0';
    log_limited(&s->library_log, LIBRARY_LOG_INTERVAL_MS, LOG_WARN, "http_problem", "text=%s", log_quote(text));
}

/* -- the listening socket ------------------------------------------------------------------------------------------ */

/* A socket that listens at A, or -1 with errno. */
static int listen_at(const struct addrinfo *a) {
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (fd < 0) return -1;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
    int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return -1;
}

/* No host: the IPv6 wildcard takes IPv4 too, so it goes first; where the kernel has no IPv6 the other one does. */
static int listen_any(const struct addrinfo *all) {
    static const int order[] = {AF_INET6, AF_INET};
    int fd = -1;
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        for (const struct addrinfo *a = all; a; a = a->ai_next) {
            if (a->ai_family != order[i]) continue;
            fd = listen_at(a);
            if (fd >= 0 || errno == EADDRINUSE) return fd;
        }
    return fd;
}

static int listen_first(const struct addrinfo *all) {
    int fd = -1;
    for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next) fd = listen_at(a);
    return fd;
}

static int listen_open(const struct serve_options *o, int *out, struct err *e) {
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)o->port);
    int rc = getaddrinfo(*o->host ? o->host : NULL, port, &hints, &all);
    if (rc != 0)
        return err_set(e, ERR_INVALID, "TOPKD_LISTEN: cannot resolve the host %s: %s", log_quote(o->host),
                       gai_strerror(rc));
    int fd = *o->host ? listen_first(all) : listen_any(all);
    int saved_errno = errno;
    freeaddrinfo(all);
    if (fd < 0)
        return err_set(e, ERR_INVALID, "TOPKD_LISTEN: cannot listen on port %s of %s: %s; %s", port,
                       *o->host ? log_quote(o->host) : "all addresses", strerror(saved_errno),
                       saved_errno == EADDRINUSE ? "choose another port or stop who has it" : "choose another address");
    *out = fd;
    return 0;
}

static uint16_t bound_port(int fd) {
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &len) != 0) return 0;
    if (a.ss_family == AF_INET6) return ntohs(((const struct sockaddr_in6 *)(const void *)&a)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)&a)->sin_port);
}

/* -- life ---------------------------------------------------------------------------------------------------------- */

/* Signals are for the main thread; the library's thread inherits the mask that holds here. */
static struct MHD_Daemon *start_daemon(struct serve *s, int fd) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *d = MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER,
        on_library_log, s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return d;
}

int serve_start(const struct serve_options *o, struct serve **out, struct err *e) {
    int fd = -1;
    int rc = listen_open(o, &fd, e);
    if (rc != 0) return rc;
    struct serve *s = mem_zalloc(1, sizeof *s);
    s->o = *o;
    s->port = bound_port(fd);
    s->daemon = start_daemon(s, fd);
    if (!s->daemon) { /* whether the library closed the socket depends on where it failed; the process ends anyway */
        mem_free(s);
        return err_set(e, ERR_IO, "cannot start the HTTP thread: see event=http_problem in the log");
    }
    *out = s;
    return 0;
}

uint16_t serve_port(const struct serve *s) { return s->port; }

void serve_stop(struct serve *s) {
    if (!s) return;
    MHD_stop_daemon(s->daemon); /* closes the socket and joins the thread */
    mem_free(s);
}
