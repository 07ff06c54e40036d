/* unit/store/redis_stub.h - a server that says what a test tells it to: for answers that a healthy Redis never gives.
 * It introduces itself as MODE, ROLE, REFUSES and POLICY say, and answers other commands, in order of arrival over all
 * connections, with REPLIES. Threads: its own. */
#ifndef TOPKD_TESTS_REDIS_STUB_H
#define TOPKD_TESTS_REDIS_STUB_H

#include "base/base.h"

#define STUB_CLOSE "close" /* instead of a reply: the connection is closed */
#define STUB_HANG  "hang"  /* no reply, now or later */

struct redis_stub_options {
    const char *mode;           /* NULL: standalone */
    const char *role;           /* NULL: master */
    const char *refuses;        /* raw RESP for a write that changes nothing; NULL: it is taken */
    const char *policy;         /* NULL: noeviction; "": INFO does not say */
    const char *const *replies; /* raw RESP, NULL-terminated; behind the last one: +OK for ever */
};

struct redis_stub;
struct redis_stub *redis_stub_start(const struct redis_stub_options *o);
const char *redis_stub_url(const struct redis_stub *s);
/* Waits until N commands, those of its introduction not counted, have arrived. */
void redis_stub_await(struct redis_stub *s, size_t n);
size_t redis_stub_connections(struct redis_stub *s); /* so far */
void redis_stub_stop(struct redis_stub *s);

#endif
