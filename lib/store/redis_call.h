/* store/redis_call.h - one pipelined exchange: commands go out in chunks, and replies of one are read before the next.
 * Scripts go by the digest that Redis calls them by. A Redis that was restarted, failed over or told SCRIPT FLUSH does
 * not know it and does nothing (NOSCRIPT): the script is loaded, and what was refused is sent again, behind the rest of
 * its chunk. So every command of a call still happens once, and no two of them depend on their order.
 * Internal to store/.   Threads: the connection's owner. */
#ifndef TOPKD_STORE_REDIS_CALL_H
#define TOPKD_STORE_REDIS_CALL_H

#include "base/buf.h"
#include "store/redis_conn.h"

struct redisReply;

/* A reply that is no error, to command INDEX of the call. Returns STORE_OK, or another status with *E filled in. */
typedef int redis_on_reply(void *ctx, size_t index, const struct redisReply *r, struct err *e);

/* An error reply. True: it is the command's own matter and settled; the call goes on. KEY: what it is about. */
typedef bool redis_on_error(void *ctx, size_t index, const char *text, struct bytes key);

struct redis_call {
    struct redis_conn *conn;
    redis_on_reply *on_reply;
    redis_on_error *on_error; /* NULL, or set behind redis_call_begin */
    void *ctx;
    struct err *err; /* may be NULL */
    int status;      /* the gravest so far */
    size_t answered; /* commands of earlier chunks */
    /* The chunk: its arguments, one behind the other, where each ends, and its commands. Behind them is the one that is
     * being put together. */
    struct buf args;
    size_t *ends;
    size_t args_n, ends_cap;
    struct redis_command {
        size_t first, args_n; /* arguments */
        int script;           /* enum redis_script; -1: none */
        bool again;           /* refused, because Redis does not know the script */
    } * commands;
    size_t commands_n, commands_cap;
    int script; /* of the command that is being put together */
};

/* CONN is open. ON_REPLY may be NULL; E too. */
void redis_call_begin(struct redis_call *c, struct redis_conn *conn, redis_on_reply *on_reply, void *ctx,
                      struct err *e);
/* The arguments of one command, copied, its name first; then redis_send. */
void redis_arg(struct redis_call *c, struct bytes arg);
void redis_arg_text(struct redis_call *c, const char *s);
void redis_arg_int(struct redis_call *c, int64_t v);
/* Instead of a name: a script, and how many of the arguments after it are keys. */
void redis_arg_script(struct redis_call *c, enum redis_script script, int keys);
void redis_send(struct redis_call *c);
/* Reads what is missing. STORE_OK when every reply arrived and was accepted, else the gravest status, and its reason in
 * E. After STORE_BROKEN the connection is closed. */
int redis_call_end(struct redis_call *c) MUST_CHECK;

#endif
