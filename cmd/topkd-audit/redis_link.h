/* topkd-audit/redis_link.h - one connection to Redis, plain commands, pipelined.   Threads: one owner. */
#ifndef TOPKD_AUDIT_REDIS_LINK_H
#define TOPKD_AUDIT_REDIS_LINK_H

#include <hiredis/hiredis.h>

#include "base/buf.h"
#include "base/err.h"

/* URL: redis://[user:password@]host[:port][/db] or unix://[user:password@]/path[?db=N]; user, password and path may be
 * percent-encoded. 0 and *OUT (redisFree), ERR_INVALID for a URL that is not understood, ERR_IO. */
int redis_link_open(const char *url, redisContext **out, struct err *e) MUST_CHECK;

/* Sends a command of N words (words are bytes); its answer comes with redis_link_take, in order. */
void redis_link_send(redisContext *r, const struct bytes *words, size_t n);
/* The next answer (freeReplyObject), or NULL with the reason: connection broken, or an error answer. */
redisReply *redis_link_take(redisContext *r, struct err *e) MUST_CHECK;

#endif
