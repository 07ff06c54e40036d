/* serve/serve.h - /metrics, /healthz and /readyz over libmicrohttpd, on a thread of its own.
 * Ownership: borrows everything it is given until serve_stop.   Threads: the probes are called on the HTTP thread. */
#ifndef TOPKD_SERVE_SERVE_H
#define TOPKD_SERVE_SERVE_H

#include "base/err.h"
#include "base/metrics.h"

struct serve;

struct serve_options {
    const char *host; /* "" = all addresses, v4 and v6 */
    uint16_t port;    /* 0 = any free one, see serve_port */
    struct metrics *metrics;
    /* Healthy, ready? False with the reason as one line in WHY (256 bytes): answered with 503. */
    bool (*healthy)(void *self, char why[256]);
    bool (*ready)(void *self, char why[256]);
    void (*before_metrics)(void *self); /* may be NULL: refresh gauges */
    void *self;
};

int serve_start(const struct serve_options *o, struct serve **out, struct err *e) MUST_CHECK;
uint16_t serve_port(const struct serve *s);
void serve_stop(struct serve *s);

#endif
