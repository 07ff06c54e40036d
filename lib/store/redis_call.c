/* store/redis_call.c - see redis_call.h. */
#include "store/redis_call.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/mem.h"
#include "store/redis_reply.h"
#include "store/redis_scripts.h"
#include "store/store.h"

/* Both bound what lies in buffers on either side: bytes for writes, commands for reads, whose answers are the larger.
 */
enum { CHUNK_BYTES_MAX = 1 << 20, CHUNK_COMMANDS_MAX = 256, NO_SCRIPT = -1 };

void redis_call_begin(struct redis_call *c, struct redis_conn *conn, redis_on_reply *on_reply, void *ctx,
                      struct err *e) {
    *c = (struct redis_call){
        .conn = conn, .on_reply = on_reply, .ctx = ctx, .e = e, .status = STORE_OK, .script = NO_SCRIPT};
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

static struct bytes arg_of(const struct redis_call *c, const struct redis_command *cmd, size_t i) {
    if (i >= cmd->n) return (struct bytes){"", 0};
    size_t at = cmd->first + i, start = at > 0 ? c->ends[at - 1] : 0;
    return (struct bytes){c->args.data + start, c->ends[at] - start};
}

/* The NUMBERth key of a command of ours: they stand behind the name, or behind digest and number of keys. */
static struct bytes key_of(const struct redis_call *c, const struct redis_command *cmd, size_t number) {
    return arg_of(c, cmd, cmd->script >= 0 ? 2 + number : number);
}

/* A location may hold anything; the text is one line. */
static void clean(char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127) *text = '?';
}

/* "Redis WHERE: what it says (COMMAND KEY): remedy". What varies from list to list is in the parentheses. */
static void take_error(struct redis_call *c, const struct redis_command *cmd, const char *text) {
    struct redis_error error = redis_error_of(text);
    struct bytes said, name = arg_of(c, cmd, 0);
    struct bytes key = key_of(c, cmd, redis_error_key(text, &said));
    struct err why;
    bool has_key = error.of_key || strcmp(error.kind, "auth") == 0;
    if (name.n == 4 && memcmp(name.p, "AUTH", 4) == 0) key.n = 0; /* a user or a password */
    redis_conn_count_error(c->conn, error.kind);
    int code = strcmp(error.kind, "moved") == 0 ? ERR_INVALID : ERR_REFUSED;
    err_set(&why, code, "Redis %.60s: %.*s (%.*s%s%.*s)%s%s", c->conn->where, (int)(said.n < 90 ? said.n : 90), said.p,
            (int)name.n, name.p, has_key && key.n > 0 ? " " : "", has_key ? (int)(key.n < 60 ? key.n : 60) : 0, key.p,
            error.remedy != NULL ? ": " : "", error.remedy != NULL ? error.remedy : "");
    clean(why.text);
    worsen(c, error.status, &why);
}

static void take_error_reply(struct redis_call *c, size_t index, const char *text) {
    const struct redis_command *cmd = &c->commands[index];
    struct bytes said, key = key_of(c, cmd, redis_error_key(text, &said));
    if (c->on_error != NULL && c->on_error(c->ctx, c->answered + index, text, key)) return;
    take_error(c, cmd, text);
}

static void take_reply(struct redis_call *c, size_t index, const struct redisReply *r) {
    struct err why = {0};
    if (r->type == REDIS_REPLY_ERROR) {
        take_error_reply(c, index, r->str);
    } else if (c->on_reply != NULL) {
        int status = c->on_reply(c->ctx, c->answered + index, r, &why);
        if (status != STORE_OK) worsen(c, status, &why);
    }
}

/* NULL, and the connection closed, if none comes. */
static struct redisReply *next_reply(struct redis_call *c) {
    void *reply = NULL;
    if (c->conn->ctx == NULL) return NULL;
    if (redisGetReply(c->conn->ctx, &reply) == REDIS_OK && reply != NULL) return reply;
    connection_failed(c);
    return NULL;
}

/* Hands the arguments to hiredis, which copies them. */
static bool append(struct redis_call *c, const struct redis_command *cmd) {
    const char **argv = mem_zalloc(cmd->n, sizeof *argv);
    size_t *lens = mem_zalloc(cmd->n, sizeof *lens), start = cmd->first > 0 ? c->ends[cmd->first - 1] : 0;
    const char *base = buf_text(&c->args);
    for (size_t i = 0; i < cmd->n; i++) {
        argv[i] = base + start;
        lens[i] = c->ends[cmd->first + i] - start;
        start = c->ends[cmd->first + i];
    }
    int rc = redisAppendCommandArgv(c->conn->ctx, (int)cmd->n, argv, lens);
    mem_free(lens);
    mem_free(argv);
    return rc == REDIS_OK;
}

/* -- scripts that Redis does not know -- */

static bool append_load(struct redis_call *c, int script) {
    return redisAppendCommand(c->conn->ctx, "SCRIPT LOAD %s", redis_scripts[script]) == REDIS_OK;
}

/* The scripts to load and what needs them; false if the connection failed. */
static bool append_again(struct redis_call *c, bool load[REDIS_SCRIPTS]) {
    bool good = true;
    for (size_t i = 0; i < c->commands_n; i++)
        if (c->commands[i].again) load[c->commands[i].script] = true;
    for (int s = 0; s < REDIS_SCRIPTS; s++) good = good && (!load[s] || append_load(c, s));
    for (size_t i = 0; i < c->commands_n; i++)
        if (c->commands[i].again) good = good && append(c, &c->commands[i]);
    if (!good) connection_failed(c);
    return good;
}

static void send_again(struct redis_call *c) {
    bool load[REDIS_SCRIPTS] = {false};
    struct redisReply *r;
    if (!append_again(c, load)) return;
    for (int s = 0; s < REDIS_SCRIPTS; s++) {
        if (!load[s]) continue;
        if ((r = next_reply(c)) == NULL) return;
        if (r->type == REDIS_REPLY_ERROR) take_error(c, &(struct redis_command){.script = NO_SCRIPT}, r->str);
        freeReplyObject(r);
    }
    for (size_t i = 0; i < c->commands_n; i++) {
        if (!c->commands[i].again) continue;
        if ((r = next_reply(c)) == NULL) return;
        take_reply(c, i, r);
        freeReplyObject(r);
    }
}

static bool lacks_script(const struct redis_command *cmd, const struct redisReply *r) {
    return cmd->script >= 0 && r->type == REDIS_REPLY_ERROR && strncmp(r->str, "NOSCRIPT", 8) == 0;
}

static void read_replies(struct redis_call *c) {
    bool again = false;
    for (size_t i = 0; i < c->commands_n; i++) {
        struct redisReply *r = next_reply(c);
        if (r == NULL) break;
        c->commands[i].again = lacks_script(&c->commands[i], r);
        again = again || c->commands[i].again;
        if (!c->commands[i].again) take_reply(c, i, r);
        freeReplyObject(r);
    }
    if (again && !is_over(c)) send_again(c);
    c->answered += c->commands_n;
    c->commands_n = c->args_n = 0;
    buf_clear(&c->args);
}

/* -- putting a command together -- */

static struct redis_command *command(struct redis_call *c) {
    if (c->commands_n == c->commands_cap) {
        c->commands_cap = c->commands_cap > 0 ? 2 * c->commands_cap : 16;
        c->commands = mem_realloc(c->commands, c->commands_cap, sizeof *c->commands);
    }
    return &c->commands[c->commands_n];
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

void redis_arg_eval(struct redis_call *c, const char *script, int keys) {
    int i = 0;
    while (i < REDIS_SCRIPTS && redis_scripts[i] != script) i++;
    assert(i < REDIS_SCRIPTS);
    c->script = i;
    redis_arg_text(c, "EVALSHA");
    redis_arg_text(c, c->conn->digests[i]);
    redis_arg_int(c, keys);
}

void redis_send(struct redis_call *c) {
    struct redis_command *cmd = command(c);
    size_t first = c->commands_n > 0 ? cmd[-1].first + cmd[-1].n : 0;
    *cmd = (struct redis_command){.first = first, .n = c->args_n - first, .script = c->script};
    c->script = NO_SCRIPT;
    bool over = is_over(c);
    if (!over && append(c, cmd)) {
        c->commands_n++;
        if (c->args.len >= CHUNK_BYTES_MAX || c->commands_n >= CHUNK_COMMANDS_MAX) read_replies(c);
        return;
    }
    if (!over) connection_failed(c);
    c->args_n = first; /* it never happened */
    c->args.len = first > 0 ? c->ends[first - 1] : 0;
}

int redis_call_end(struct redis_call *c) {
    read_replies(c);
    if (c->status == STORE_BROKEN) redis_conn_close(c->conn);
    buf_free(&c->args);
    mem_free(c->ends);
    mem_free(c->commands);
    return c->status;
}
