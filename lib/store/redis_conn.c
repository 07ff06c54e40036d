/* store/redis_conn.c - one socket to a Redis, with hiredis 0.14 and 1.x. */
#include "store/redis_conn.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include <hiredis/hiredis.h>

#include "store/store.h"

void redis_conn_init(struct redis_conn *c, struct redis_url url, int connect_timeout_ms, int call_timeout_ms,
                     struct metrics *m) {
    *c = (struct redis_conn){.url = url,
                             .connect_timeout_ms = connect_timeout_ms,
                             .call_timeout_ms = call_timeout_ms,
                             .metrics = m,
                             .fd = -1};
    if (url.path != NULL)
        snprintf(c->where, sizeof c->where, "%s", url.path);
    else
        snprintf(c->where, sizeof c->where, "%.100s:%d", url.host, url.port);
    pthread_mutex_init(&c->lock, NULL);
}

void redis_conn_deinit(struct redis_conn *c) {
    redis_conn_close(c);
    pthread_mutex_destroy(&c->lock);
    redis_url_deinit(&c->url);
}

void redis_conn_count_error(struct redis_conn *c, const char *kind) {
    char label[32];
    snprintf(label, sizeof label, "kind=\"%s\"", kind);
    metric_add(metrics_get(c->metrics, METRIC_REDIS_ERRORS, label), 1);
}

/* hiredis 0.14 reports a timeout as an I/O error with EAGAIN. */
static bool timed_out(int code) {
#ifdef REDIS_ERR_TIMEOUT
    if (code == REDIS_ERR_TIMEOUT) return true;
#endif
    return code == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETIMEDOUT);
}

int redis_conn_failed(struct redis_conn *c, struct err *e) {
    bool late = c->ctx != NULL && timed_out(c->ctx->err);
    const char *why = late ? "no answer in time" : c->ctx != NULL ? c->ctx->errstr : "out of memory";
    err_set(e, late ? ERR_TIMEOUT : ERR_IO, "Redis %s: %s", c->where, why);
    redis_conn_count_error(c, late ? "timeout" : "connection");
    redis_conn_close(c);
    return STORE_BROKEN;
}

static struct timeval timeval_of(int ms) { return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}; }

/* From here on redis_conn_interrupt has a socket to shut down. False if it was called before. */
static bool publish_fd(struct redis_conn *c) {
    pthread_mutex_lock(&c->lock);
    c->fd = c->ctx->fd;
    bool go_on = !c->interrupted;
    pthread_mutex_unlock(&c->lock);
    return go_on;
}

static bool was_interrupted(struct redis_conn *c) {
    pthread_mutex_lock(&c->lock);
    bool was = c->interrupted;
    pthread_mutex_unlock(&c->lock);
    return was;
}

static int refuse_interrupted(const struct redis_conn *c, struct err *e) {
    err_set(e, ERR_IO, "Redis %s: interrupted", c->where);
    return STORE_BROKEN;
}

int redis_conn_open(struct redis_conn *c, struct err *e) {
    struct timeval connect = timeval_of(c->connect_timeout_ms), call = timeval_of(c->call_timeout_ms);
    if (was_interrupted(c)) return refuse_interrupted(c, e);
    c->ctx = c->url.path != NULL ? redisConnectUnixWithTimeout(c->url.path, connect)
                                 : redisConnectWithTimeout(c->url.host, c->url.port, connect);
    if (c->ctx == NULL || c->ctx->err != 0) return redis_conn_failed(c, e);
    if (redisSetTimeout(c->ctx, call) != REDIS_OK) return redis_conn_failed(c, e);
    if (c->url.path == NULL && redisEnableKeepAlive(c->ctx) != REDIS_OK) return redis_conn_failed(c, e);
    if (!publish_fd(c)) {
        redis_conn_close(c);
        return refuse_interrupted(c, e);
    }
    if (c->was_connected) metric_add(metrics_get(c->metrics, METRIC_REDIS_RECONNECTS, ""), 1);
    c->was_connected = true;
    return STORE_OK;
}

void redis_conn_close(struct redis_conn *c) {
    if (c->ctx == NULL) return;
    pthread_mutex_lock(&c->lock);
    c->fd = -1;
    pthread_mutex_unlock(&c->lock);
    redisFree(c->ctx);
    c->ctx = NULL;
}

void redis_conn_interrupt(struct redis_conn *c) {
    pthread_mutex_lock(&c->lock);
    if (c->fd >= 0) shutdown(c->fd, SHUT_RDWR);
    c->interrupted = true; /* for good */
    pthread_mutex_unlock(&c->lock);
}
