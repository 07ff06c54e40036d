/* serve/serve.h - /metrics, /healthz and /readyz over libmicrohttpd, on a thread of its own.
 * Slow clients, or many, cannot keep others from being answered: serve/clients.h says who has to go.
 * Ownership: borrows everything it is given until serve_stop.   Threads: the probes are called on the HTTP thread. */
#ifndef TOPKD_SERVE_SERVE_H
#define TOPKD_SERVE_SERVE_H

#include "base/err.h"
#include "base/metrics.h"
#include "serve/clients.h"

struct serve;

/* The limits where struct serve_options says 0. topkd_http_dropped_total counts who went by each. */
enum {
    SERVE_CONNECTIONS_MAX = 64, /* probes and a few scrapers */
    SERVE_CONNECTIONS_PER_ADDRESS_MAX = 16,
    SERVE_REQUEST_MS_MAX = 10000,
    SERVE_KEPT_MS_MAX = 75000,         /* more than the minute between two scrapes */
    SERVE_CONNECTION_BYTES = 16 * 1024 /* heads of requests above about this are answered with 431 */
};

struct serve_options {
    const char *host; /* "" = all addresses, v4 and v6 */
    uint16_t port;    /* 0 = any free one, see serve_port */
    struct metrics *metrics;
    /* Healthy, ready? False with the reason as one line in WHY: answered with 503. */
    bool (*healthy)(void *self, char why[WHY_MAX]);
    bool (*ready)(void *self, char why[WHY_MAX]);
    void (*before_metrics)(void *self); /* may be NULL: refresh gauges */
    void *self;
    struct clients_limits limits; /* 0: as above */
};

int serve_start(const struct serve_options *o, struct serve **out, struct err *e) MUST_CHECK;
uint16_t serve_port(const struct serve *s);
void serve_stop(struct serve *s);

#endif
