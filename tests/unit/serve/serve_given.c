/* unit/serve/serve_given.c - the server under test, its probes, and sockets that talk to it byte by byte. */
#include "serve_given.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "base/clock.h"

atomic_bool is_healthy, is_ready, has_reason, is_stuck;
atomic_int refreshed_n;
struct metrics *served_metrics;
struct serve *server;

static bool probe(bool ok, char why[WHY_MAX], const char *reason) {
    if (!ok && has_reason) snprintf(why, WHY_MAX, "%s", reason);
    return ok;
}

static bool healthy(void *self, char why[WHY_MAX]) {
    (void)self;
    while (is_stuck) poll(NULL, 0, 1);
    return probe(is_healthy, why, "the loop has not turned for 31 s");
}

static bool ready(void *self, char why[WHY_MAX]) {
    (void)self;
    return probe(is_ready, why, "Redis is away");
}

static void refresh(void *self) {
    metric_set(metrics_get(self, METRIC_COMMIT_AGE, ""), 12);
    atomic_fetch_add(&refreshed_n, 1);
}

struct serve_options server_options(const char *host, uint16_t port) {
    return (struct serve_options){.host = host,
                                  .port = port,
                                  .metrics = served_metrics,
                                  .healthy = healthy,
                                  .ready = ready,
                                  .before_metrics = refresh,
                                  .self = served_metrics};
}

struct serve *must_start(const char *host, uint16_t port) {
    struct serve_options o = server_options(host, port);
    struct serve *s = NULL;
    struct err e = {0};
    ck_assert_msg(serve_start(&o, &s, &e) == 0, "%s", e.text);
    ck_assert_uint_ne(serve_port(s), 0);
    return s;
}

void given_server_with(struct clients_limits limits) {
    struct serve_options o;
    struct err e = {0};
    is_healthy = is_ready = has_reason = true;
    is_stuck = false;
    refreshed_n = 0;
    served_metrics = metrics_create();
    metric_add(metrics_get(served_metrics, METRIC_MESSAGES, ""), 42);
    o = server_options("127.0.0.1", 0);
    o.limits = limits;
    ck_assert_msg(serve_start(&o, &server, &e) == 0, "%s", e.text);
}

void given_server(void) { given_server_with((struct clients_limits){0}); }

void server_gone(void) {
    serve_stop(server);
    metrics_destroy(served_metrics);
}

int dial(int family, uint16_t port) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(family, SOCK_STREAM, 0);
    int status = family == AF_INET ? connect(fd, (struct sockaddr *)&v4, sizeof v4)
                                   : connect(fd, (struct sockaddr *)&v6, sizeof v6);
    if (status == 0) return fd;
    close(fd);
    return -1;
}

int dial_from(unsigned last, uint16_t port) {
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffu) | last)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

void must_send(int fd, const char *text) {
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

const char *ask_at(int family, uint16_t port, const char *request) {
    static _Thread_local char answer[16384];
    size_t n = 0;
    int fd = dial(family, port);
    ck_assert_int_ge(fd, 0);
    must_send(fd, request);
    for (ssize_t got = 1; got > 0 && n<sizeof answer - 1; n += got> 0 ? (size_t)got : 0)
        got = recv(fd, answer + n, sizeof answer - 1 - n, 0);
    answer[n] = '\0';
    close(fd);
    return answer;
}

const char *ask(const char *method, const char *path) {
    char request[256];
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", method, path);
    return ask_at(AF_INET, serve_port(server), request);
}

void expect(const char *answer, const char *status, const char *part) {
    ck_assert_msg(strncmp(answer, "HTTP/1.1 ", 9) == 0 && strncmp(answer + 9, status, strlen(status)) == 0,
                  "not %s: %s", status, answer);
    ck_assert_msg(strstr(answer, part) != NULL, "no '%s' in: %s", part, answer);
}

/* The length of the answer in TEXT, 0 while it is not whole. */
static size_t whole_answer(const char *text, size_t n) {
    const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
    if (end == NULL) return 0;
    size_t size = (size_t)(end + 4 - text) + (length != NULL && length < end ? strtoul(length + 16, NULL, 10) : 0);
    return n >= size ? size : 0;
}

const char *read_answer(int fd) {
    static _Thread_local char answer[65536];
    size_t n = 0;
    memset(answer, 0, sizeof answer);
    while (whole_answer(answer, n) == 0) {
        ssize_t got = recv(fd, answer + n, sizeof answer - 1 - n, 0);
        if (got <= 0) return "";
        n += (size_t)got;
    }
    return answer;
}

bool is_closed(int fd, int timeout_ms) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    return poll(&p, 1, timeout_ms) == 1 && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

double dropped(const char *reason) {
    char label[64];
    snprintf(label, sizeof label, "reason=\"%s\"", reason);
    return metric_value(metrics_get(served_metrics, METRIC_HTTP_DROPPED, label));
}

int64_t mono_ms(void) { return clock_mono_ms(&clock_system); }
