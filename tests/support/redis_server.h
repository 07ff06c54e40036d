/* support/redis_server.h - a private redis-server on a unix socket in a folder of its own; nothing is persisted.
 * It dies with the process that started it.   Threads: one owner. */
#ifndef TOPKD_TESTS_REDIS_SERVER_H
#define TOPKD_TESTS_REDIS_SERVER_H

#include "base/base.h"

struct redisContext;

struct redis_server {
    char folder[64], socket[96];
    char url[112]; /* unix://... */
    int pid;
};

/* Starts it with ARGS (NULL-terminated; NULL: none) on top of ours and waits until it answers. Aborts with a message if
 * there is no redis-server. */
struct redis_server *redis_server_start(const char *const *args);
void redis_server_stop(struct redis_server *s);    /* kill, and remove the folder */
void redis_server_crash(struct redis_server *s);   /* kill only: what it held is gone */
void redis_server_restart(struct redis_server *s); /* an empty one at the same place, without ARGS */

/* A connection of the test's own; the caller frees it with redisFree. */
struct redisContext *redis_server_connect(const struct redis_server *s);
/* Runs one command, given as printf would; aborts if the answer is an error. */
void redis_server_do(const struct redis_server *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
