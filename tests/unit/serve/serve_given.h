/* unit/serve/serve_given.h - a server with probes that the test sets, and a client by hand. */
#ifndef TOPKD_TESTS_UNIT_SERVE_SERVE_GIVEN_H
#define TOPKD_TESTS_UNIT_SERVE_SERVE_GIVEN_H

#include <stdatomic.h>

#include "serve/serve.h"

extern atomic_bool is_healthy, is_ready, has_reason;
extern atomic_bool is_stuck;   /* the probe of /healthz does not return, and with it stands all of the server */
extern atomic_int refreshed_n; /* times that before_metrics was called */
extern struct metrics *served_metrics;
extern struct serve *server; /* at 127.0.0.1 */

struct serve_options server_options(const char *host, uint16_t port);
struct serve *must_start(const char *host, uint16_t port);
void given_server(void); /* a server with the limits of a release */
void given_server_with(struct clients_limits limits);
void server_gone(void);

/* A connection, -1 when refused. dial_from: from 127.0.0.LAST. */
int dial(int family, uint16_t port);
int dial_from(unsigned last, uint16_t port);
void must_send(int fd, const char *text);
/* The whole answer to REQUEST, up to the end of the connection. */
const char *ask_at(int family, uint16_t port, const char *request);
const char *ask(const char *method, const char *path);
/* One answer off a connection that stays open; "" if the connection ended before it. */
const char *read_answer(int fd);
void expect(const char *answer, const char *status, const char *part);
/* Has the server closed FD, and when not, does it within TIMEOUT_MS? */
bool is_closed(int fd, int timeout_ms);
double dropped(const char *reason);
int64_t mono_ms(void);

#endif
