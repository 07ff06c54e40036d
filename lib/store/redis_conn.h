/* store/redis_conn.h - one socket to a Redis. Internal to store/.
 * Threads: one owner; redis_conn_interrupt from any. */
#ifndef TOPKD_STORE_REDIS_CONN_H
#define TOPKD_STORE_REDIS_CONN_H

#include <pthread.h>

#include "base/err.h"
#include "base/metrics.h"
#include "store/redis_scripts.h"
#include "store/redis_url.h"

struct redisContext;

enum { REDIS_DIGEST_LEN = 40 };

struct redis_conn {
    struct redis_url url;
    char where[128]; /* host:port or path, for texts */
    int connect_timeout_ms, call_timeout_ms;
    struct metrics *metrics;  /* borrowed */
    struct redisContext *ctx; /* NULL: not connected */
    bool was_connected;
    /* Of the scripts, as the first Redis called them; "" until then. */
    char digests[REDIS_SCRIPTS][REDIS_DIGEST_LEN + 1];
    pthread_mutex_t lock; /* guards the two below: the owner closes while another thread interrupts */
    int fd;               /* -1: not connected */
    bool interrupted;     /* while there was no socket to shut down */
};

/* URL is taken over. */
void redis_conn_init(struct redis_conn *c, struct redis_url url, int connect_timeout_ms, int call_timeout_ms,
                     struct metrics *m);
void redis_conn_deinit(struct redis_conn *c);

/* Opens the socket; the server is not looked at. STORE_OK or STORE_BROKEN. */
int redis_conn_open(struct redis_conn *c, struct err *e) MUST_CHECK;
void redis_conn_close(struct redis_conn *c); /* nothing if it is closed */
/* A call in progress fails soon, or else the next one. */
void redis_conn_interrupt(struct redis_conn *c);

/* After a hiredis call failed: counts it, says why in E, closes. Returns STORE_BROKEN. */
int redis_conn_failed(struct redis_conn *c, struct err *e);
void redis_conn_count_error(struct redis_conn *c, const char *kind);

#endif
