/* serve/serve.c - the HTTP thread: routes, answers, and the connections that libmicrohttpd holds.
 * The thread is ours and calls libmicrohttpd. Between two calls it shuts down the connections that must go (see
 * serve/clients.h). A thread of the library would not do that. The library's own limits do not help either. Its time
 * limit counts from the last byte, so a client that sends a byte every nine seconds lives for ever. At its limit of
 * connections it lets all newcomers wait. */
#include "serve/serve.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "serve/clients.h"
#include "serve/listen.h"

enum {
    LIBRARY_LOG_INTERVAL_MS = 10000, /* a client that breaks off is nothing new */
    DROPPED_LOG_INTERVAL_MS = 60000,
    /* The library counts a connection until its thread has seen the end of it, and accepts ten in a row. */
    LEAVING_MAX = 32
};

struct serve {
    struct serve_options options; /* what it points to is borrowed */
    struct MHD_Daemon *daemon;
    uint16_t port;
    pthread_t thread;
    int wake; /* eventfd: stop is set */
    atomic_bool stop;
    /* HTTP thread only. */
    struct clients clients;
    struct log_limit library_log, dropped_log;
};

static int64_t now_ms(void) { return clock_mono_ms(&clock_system); }

/* -- answers ------------------------------------------------------------------------------------------------------- */

static unsigned answer_probe(const struct serve *s, bool (*probe)(void *self, char why[WHY_MAX]), struct buf *body) {
    char why[WHY_MAX] = "";
    bool ok = probe(s->options.self, why);
    buf_addf(body, "%s\n", ok ? "ok" : why[0] != '\0' ? why : "no reason given");
    return ok ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned answer_healthz(const struct serve *s, struct buf *body) {
    return answer_probe(s, s->options.healthy, body);
}

static unsigned answer_readyz(const struct serve *s, struct buf *body) {
    return answer_probe(s, s->options.ready, body);
}

static unsigned answer_metrics(const struct serve *s, struct buf *body) {
    if (s->options.before_metrics != NULL) s->options.before_metrics(s->options.self);
    metrics_write(s->options.metrics, body);
    return MHD_HTTP_OK;
}

static unsigned answer_not_found(const struct serve *s, struct buf *body) {
    (void)s;
    buf_add_str(body, "expected the path /metrics, /healthz or /readyz\n");
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

static const struct route *route_find(const char *path) {
    const struct route *r = routes;
    while (r->path != NULL && strcmp(r->path, path) != 0) r++;
    return r;
}

/* -- connections --------------------------------------------------------------------------------------------------- */

static void connections_show(struct serve *s) {
    metric_set(metrics_get(s->options.metrics, METRIC_HTTP_CONNECTIONS, ""), s->clients.n);
}

/* Only shuts C down: the library then sees the end of the connection and closes it. */
static void connection_drop(struct serve *s, const struct client *c, enum client_fault why) {
    char label[64];
    snprintf(label, sizeof label, "reason=\"%s\"", client_fault_name(why));
    metric_add(metrics_get(s->options.metrics, METRIC_HTTP_DROPPED, label), 1);
    shutdown(c->fd, SHUT_RDWR);
    if (why == CLIENT_IDLE) return;
    log_limited(&s->dropped_log, DROPPED_LOG_INTERVAL_MS, LOG_WARN, "http_connection_dropped", "reason=%s remedy=%s",
                client_fault_name(why),
                log_quote("find the client that opens connections to TOPKD_LISTEN and does not use them"));
}

static void connections_drop_excess(struct serve *s) {
    enum client_fault why;
    for (struct client *c; (c = clients_take_excess(&s->clients, &why)) != NULL;) connection_drop(s, c, why);
}

static void connections_drop_late(struct serve *s) {
    enum client_fault why;
    for (struct client *c; (c = clients_take_late(&s->clients, now_ms(), &why)) != NULL;) connection_drop(s, c, why);
}

/* Use the value before the next question to libmicrohttpd: its answer may overwrite this one. */
static const struct sockaddr *connection_address(struct MHD_Connection *c) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info != NULL ? info->client_addr : NULL;
}

static int connection_fd(struct MHD_Connection *c) {
    return MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static void on_connection(void *self, struct MHD_Connection *c, void **client,
                          enum MHD_ConnectionNotificationCode code) {
    struct serve *s = self;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *client = clients_add(&s->clients, connection_address(c), connection_fd(c), now_ms());
        connections_drop_excess(s);
    } else {
        clients_remove(&s->clients, *client);
    }
    connections_show(s);
}

static struct client *connection_client(struct MHD_Connection *c) {
    return MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* -- requests ------------------------------------------------------------------------------------------------------ */

static void request_count(struct serve *s, unsigned status) {
    char label[32];
    snprintf(label, sizeof label, "code=\"%u\"", status);
    metric_add(metrics_get(s->options.metrics, METRIC_HTTP_REQUESTS, label), 1);
}

/* Takes BODY's memory. */
static enum MHD_Result answer_send(struct serve *s, struct MHD_Connection *c, unsigned status, const char *content_type,
                                   struct buf *body) {
    struct MHD_Response *r = MHD_create_response_from_buffer_with_free_callback(body->len, body->data, mem_free);
    if (r == NULL) {
        buf_free(body);
        return MHD_NO;
    }
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    request_count(s, status);
    enum MHD_Result result = MHD_queue_response(c, status, r);
    MHD_destroy_response(r); /* the connection holds it now */
    return result;
}

static enum MHD_Result answer_refuse(struct serve *s, struct MHD_Connection *c, unsigned status, const char *why) {
    struct buf body = {0};
    buf_addf(&body, "%s\n", why);
    return answer_send(s, c, status, "text/plain; charset=utf-8", &body);
}

static bool request_has_body(struct MHD_Connection *c) {
    const char *length = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return (length != NULL && strcmp(length, "0") != 0) ||
           MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
}

static enum MHD_Result answer_route(struct serve *s, struct MHD_Connection *c, const char *path) {
    const struct route *r = route_find(path);
    struct buf body = {0};
    buf_reserve(&body, 1);
    unsigned status = r->answer(s, &body);
    return answer_send(s, c, status, r->content_type, &body);
}

/* Called when the head of a request is there, and once more at its end. An answer at the first call costs the client
 * its connection, because the library does not read the rest of a request that is answered. So only refusals are sent
 * at the first call: nobody wants the body of a refused request. */
static enum MHD_Result on_request(void *self, struct MHD_Connection *c, const char *path, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request) {
    struct serve *s = self;
    (void)version, (void)upload;
    if (*request != NULL) {
        *upload_size = 0;
        return answer_route(s, c, path);
    }
    *request = s; /* seen */
    clients_request(&s->clients, connection_client(c), now_ms());
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_refuse(s, c, MHD_HTTP_METHOD_NOT_ALLOWED, "expected GET or HEAD");
    return request_has_body(c) ? answer_refuse(s, c, MHD_HTTP_BAD_REQUEST, "expected a request without a body")
                               : MHD_YES;
}

static void on_completed(void *self, struct MHD_Connection *c, void **request, enum MHD_RequestTerminationCode how) {
    struct serve *s = self;
    (void)request;
    if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK) clients_answered(&s->clients, connection_client(c), now_ms());
}

static void PRINTF_LIKE(2, 0) on_library_log(void *self, const char *fmt, va_list ap) {
    struct serve *s = self;
    char text[256];
    vsnprintf(text, sizeof text, fmt, ap);
    text[strcspn(text, "\r\n")] = '\0';
    log_limited(&s->library_log, LIBRARY_LOG_INTERVAL_MS, LOG_WARN, "http_problem", "text=%s", log_quote(text));
}

/* -- life ---------------------------------------------------------------------------------------------------------- */

/* TURBO: a new connection is read at once. Without it the library looks at all sockets first and accepts others, which
 * could take its place. */
static struct MHD_Daemon *daemon_start(struct serve *s, int fd) {
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_TURBO | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, s,
                            MHD_OPTION_EXTERNAL_LOGGER, on_library_log, s, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
                            s, MHD_OPTION_CONNECTION_LIMIT, s->options.limits.connections_max + LEAVING_MAX,
                            MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)SERVE_CONNECTION_BYTES, MHD_OPTION_END);
}

static int wait_ms(const struct serve *s) {
    MHD_UNSIGNED_LONG_LONG library_ms = 0;
    int64_t due_ms = clients_due_ms(&s->clients), wait = due_ms == INT64_MAX ? -1 : i64_larger(due_ms - now_ms(), 0);
    if (MHD_get_timeout(s->daemon, &library_ms) == MHD_YES && (wait < 0 || library_ms < (uint64_t)wait))
        wait = (int64_t)library_ms;
    return (int)i64_smaller(wait, INT_MAX);
}

static void *serve_main(void *self) {
    struct serve *s = self;
    int epoll_fd = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    while (!atomic_load_explicit(&s->stop, memory_order_relaxed)) {
        struct pollfd fds[] = {{.fd = epoll_fd, .events = POLLIN}, {.fd = s->wake, .events = POLLIN}};
        poll(fds, ARRAY_LEN(fds), wait_ms(s));
        connections_drop_late(s);
        MHD_run(s->daemon);
    }
    return NULL;
}

/* Signals are for the main thread; a thread inherits the mask that holds here. */
static int thread_start(struct serve *s) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&s->thread, NULL, serve_main, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

static void limits_set_defaults(struct clients_limits *l) {
    if (l->connections_max == 0) l->connections_max = SERVE_CONNECTIONS_MAX;
    if (l->per_address_max == 0) l->per_address_max = SERVE_CONNECTIONS_PER_ADDRESS_MAX;
    if (l->request_ms_max == 0) l->request_ms_max = SERVE_REQUEST_MS_MAX;
    if (l->kept_ms_max == 0) l->kept_ms_max = SERVE_KEPT_MS_MAX;
}

static struct serve *serve_create(const struct serve_options *o, int fd) {
    struct serve *s = mem_zalloc(1, sizeof *s);
    s->options = *o;
    limits_set_defaults(&s->options.limits);
    s->clients.limits = s->options.limits;
    s->port = listen_port(fd);
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    connections_show(s);
    return s;
}

static void serve_destroy(struct serve *s) {
    if (s->daemon != NULL) MHD_stop_daemon(s->daemon); /* closes all sockets, the listening one too */
    if (s->wake >= 0) close(s->wake);
    mem_free(s);
}

int serve_start(const struct serve_options *o, struct serve **out, struct err *e) {
    int fd = -1;
    int status = listen_open(o->host, o->port, &fd, e);
    if (status != 0) return status;
    struct serve *s = serve_create(o, fd);
    if (s->wake >= 0) s->daemon = daemon_start(s, fd);
    /* FD is not closed here: the library may have closed it already. The process ends anyway. */
    if (s->daemon == NULL || thread_start(s) != 0) {
        serve_destroy(s);
        return err_set(e, ERR_IO, "cannot start the HTTP thread: see event=http_problem in the log");
    }
    *out = s;
    return 0;
}

uint16_t serve_port(const struct serve *s) { return s->port; }

void serve_stop(struct serve *s) {
    if (s == NULL) return;
    atomic_store_explicit(&s->stop, true, memory_order_relaxed);
    eventfd_write(s->wake, 1);
    pthread_join(s->thread, NULL);
    serve_destroy(s);
}
