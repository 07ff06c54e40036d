/* store/redis_check_internal.h - what redis_check.c (server and board) and redis_check_rights.c share. Nobody else
 * includes it. */
#ifndef TOPKD_STORE_REDIS_CHECK_INTERNAL_H
#define TOPKD_STORE_REDIS_CHECK_INTERNAL_H

#include <hiredis/hiredis.h>

#include "store/redis_check.h"
#include "store/redis_conn.h"

enum { CHECK_ARGS_MAX = 8 };

struct redis_checked {
    const struct redis_options *options;
    struct findings *findings;
    struct redis_conn conn;
    bool gone; /* the connection broke, which was told */
};

/* The reply to a command; NULL when the connection is gone. The caller frees it. */
redisReply *redis_check_ask(struct redis_checked *k, size_t args_n, const char *const *args);
bool redis_check_is_error(const redisReply *r, const char *code); /* R is an error that begins with CODE */
bool redis_check_is_text(const redisReply *r);

/* May this user run what a worker runs, and would a write be taken now? */
void redis_check_rights(struct redis_checked *k);

#endif
