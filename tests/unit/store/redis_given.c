/* unit/store/redis_given.c - a command is sent over a connection of the test's own. */
#include "redis_given.h"

#include <stdio.h>
#include <string.h>

#include <check.h>
#include <hiredis/hiredis.h>

void expect_answer(const struct redis_server *server, const char *want, const char *command) {
    redisContext *c = redis_server_connect(server);
    redisReply *r = redisCommand(c, command);
    char number[32];
    ck_assert_ptr_nonnull(r);
    snprintf(number, sizeof number, "%lld", r->integer);
    const char *got = r->str != NULL ? r->str : r->type == REDIS_REPLY_NIL ? "nil" : number;
    ck_assert_msg(strcmp(got, want) == 0, "%s: %s", command, got);
    freeReplyObject(r);
    redisFree(c);
}
