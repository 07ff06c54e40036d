/* store/redis_call.c - see redis_call.h. */
#include "store/redis_call.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/redis_reply.h"
#include "store/store.h"

/* Both bound what lies in buffers on either side: bytes for writes, commands for reads, whose answers are the larger.
 */
enum { CHUNK_BYTES_MAX = 1 << 20, CHUNK_COMMANDS_MAX = 256 };

void redis_call_begin(struct redis_call *c, struct redis_conn *conn, redis_on_reply *on_reply, void *ctx,
                      struct err *e) {
    *c = (struct redis_call){.conn = conn, .on_reply = on_reply, .ctx = ctx, .e = e, .status = STORE_OK};
}

static void worsen(struct redis_call *c, int status, const struct err *why) {
    if (redis_status_worse(c->status, status) == c->status) return;
    c->status = status;
    if (c->e != NULL) *c->e = *why;
}

/* Nothing more is sent: it would not change the outcome. */
static bool is_over(const struct redis_call *c) {
    return c->conn->ctx == NULL || c->status == STORE_BROKEN || c->status == STORE_FATAL;
}

static void connection_failed(struct redis_call *c) {
    struct err why;
    int status = redis_conn_failed(c->conn, &why);
    worsen(c, status, &why);
}

static void take_error(struct redis_call *c, const char *text) {
    struct redis_error error = redis_error_of(text);
    struct err why;
    redis_conn_count_error(c->conn, error.kind);
    err_set(&why, error.status == STORE_FATAL ? ERR_REFUSED : ERR_IO, "Redis %s: %.160s", c->conn->where, text);
    worsen(c, error.status, &why);
}

static void take_reply(struct redis_call *c, const struct redisReply *r) {
    struct err why = {0};
    if (r->type == REDIS_REPLY_ERROR) {
        take_error(c, r->str);
    } else if (c->on_reply != NULL) {
        int status = c->on_reply(c->ctx, c->answered, r, &why);
        if (status != STORE_OK) worsen(c, status, &why);
    }
}

static void read_replies(struct redis_call *c) {
    while (c->conn->ctx != NULL && c->answered < c->sent) {
        void *reply = NULL;
        if (redisGetReply(c->conn->ctx, &reply) != REDIS_OK || reply == NULL) {
            connection_failed(c);
            return;
        }
        take_reply(c, reply);
        freeReplyObject(reply);
        c->answered++;
    }
    c->chunk_bytes = 0;
}

static void end_arg(struct redis_call *c) {
    if (c->args_n == c->ends_cap) {
        c->ends_cap = c->ends_cap > 0 ? 2 * c->ends_cap : 64;
        c->ends = mem_realloc(c->ends, c->ends_cap, sizeof *c->ends);
    }
    c->ends[c->args_n++] = c->args.len;
}

void redis_arg(struct redis_call *c, struct bytes arg) {
    buf_add(&c->args, arg.p, arg.n);
    end_arg(c);
}

void redis_arg_text(struct redis_call *c, const char *s) { redis_arg(c, (struct bytes){s, strlen(s)}); }

void redis_arg_int(struct redis_call *c, int64_t v) {
    buf_addf(&c->args, "%" PRId64, v);
    end_arg(c);
}

/* Hands the arguments to hiredis, which copies them. */
static bool append(struct redis_call *c) {
    const char **argv = mem_zalloc(c->args_n, sizeof *argv);
    size_t *lens = mem_zalloc(c->args_n, sizeof *lens), start = 0;
    const char *base = buf_text(&c->args);
    for (size_t i = 0; i < c->args_n; i++) {
        argv[i] = base + start;
        lens[i] = c->ends[i] - start;
        start = c->ends[i];
    }
    int rc = redisAppendCommandArgv(c->conn->ctx, (int)c->args_n, argv, lens);
    mem_free(lens);
    mem_free(argv);
    return rc == REDIS_OK;
}

void redis_send(struct redis_call *c) {
    if (!is_over(c)) {
        if (append(c)) {
            c->sent++;
            c->chunk_bytes += c->args.len;
        } else {
            connection_failed(c);
        }
    }
    buf_clear(&c->args);
    c->args_n = 0;
    if (c->chunk_bytes >= CHUNK_BYTES_MAX || c->sent - c->answered >= CHUNK_COMMANDS_MAX) read_replies(c);
}

int redis_call_end(struct redis_call *c) {
    read_replies(c);
    if (c->status == STORE_BROKEN) redis_conn_close(c->conn);
    buf_free(&c->args);
    mem_free(c->ends);
    return c->status;
}
