/* store/redis_call.c - commands put together, sent in chunks, answered, and sent again where Redis lacks the script. */
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

/* Both bound what lies in buffers on either side: bytes for writes, commands for reads, whose answers are larger. */
enum { CHUNK_BYTES_MAX = 1 << 20, CHUNK_COMMANDS_MAX = 256, NO_SCRIPT = -1 };

void redis_call_begin(struct redis_call *c, struct redis_conn *conn, redis_on_reply *on_reply, void *ctx,
                      struct err *e) {
    *c = (struct redis_call){
        .conn = conn, .on_reply = on_reply, .ctx = ctx, .err = e, .status = STORE_OK, .script = NO_SCRIPT};
}

static void status_worsen(struct redis_call *c, int status, const struct err *why) {
    if (redis_status_worse(c->status, status) == c->status) return;
    c->status = status;
    if (c->err != NULL) *c->err = *why;
}

/* Nothing more is sent: it would not change the outcome. */
static bool call_is_over(const struct redis_call *c) {
    return c->conn->ctx == NULL || c->status == STORE_BROKEN || c->status == STORE_FATAL;
}

static void call_failed(struct redis_call *c) {
    struct err why;
    int status = redis_conn_failed(c->conn, &why);
    status_worsen(c, status, &why);
}

static struct bytes command_arg(const struct redis_call *c, const struct redis_command *cmd, size_t i) {
    if (i >= cmd->args_n) return (struct bytes){"", 0};
    size_t at = cmd->first + i, start = at > 0 ? c->ends[at - 1] : 0;
    return (struct bytes){c->args.data + start, c->ends[at] - start};
}

/* The NUMBERth key of a command of ours: they stand behind the name, or behind digest and number of keys. */
static struct bytes command_key(const struct redis_call *c, const struct redis_command *cmd, size_t number) {
    return command_arg(c, cmd, cmd->script >= 0 ? 2 + number : number);
}

/* A location may hold anything; the text is one line. */
static void text_clean(char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127) *text = '?';
}

/* "Redis WHERE: what it says (COMMAND KEY): remedy". What varies from list to list is in the parentheses. */
static void error_take(struct redis_call *c, const struct redis_command *cmd, const char *text) {
    struct redis_error error = redis_error_of(text);
    struct bytes said, name = command_arg(c, cmd, 0);
    struct bytes key = command_key(c, cmd, redis_error_key(text, &said));
    struct err why;
    bool has_key = error.of_key || strcmp(error.kind, "auth") == 0;
    if (name.n == 4 && memcmp(name.p, "AUTH", 4) == 0) key.n = 0; /* a user or a password */
    redis_conn_count_error(c->conn, error.kind);
    int code = strcmp(error.kind, "moved") == 0 ? ERR_INVALID : ERR_REFUSED;
    err_set(&why, code, "Redis %.60s: %.*s (%.*s%s%.*s)%s%s", c->conn->where, (int)(said.n < 90 ? said.n : 90), said.p,
            (int)name.n, name.p, has_key && key.n > 0 ? " " : "", has_key ? (int)(key.n < 60 ? key.n : 60) : 0, key.p,
            error.remedy != NULL ? ": " : "", error.remedy != NULL ? error.remedy : "");
    text_clean(why.text);
    status_worsen(c, error.status, &why);
}

static void error_reply_take(struct redis_call *c, size_t index, const char *text) {
    const struct redis_command *cmd = &c->commands[index];
    struct bytes said, key = command_key(c, cmd, redis_error_key(text, &said));
    if (c->on_error != NULL && c->on_error(c->ctx, c->answered + index, text, key)) return;
    error_take(c, cmd, text);
}

static void reply_take(struct redis_call *c, size_t index, const struct redisReply *r) {
    struct err why = {0};
    if (r->type == REDIS_REPLY_ERROR) {
        error_reply_take(c, index, r->str);
    } else if (c->on_reply != NULL) {
        int status = c->on_reply(c->ctx, c->answered + index, r, &why);
        if (status != STORE_OK) status_worsen(c, status, &why);
    }
}

/* NULL, and the connection closed, if none comes. */
static struct redisReply *reply_next(struct redis_call *c) {
    void *reply = NULL;
    if (c->conn->ctx == NULL) return NULL;
    if (redisGetReply(c->conn->ctx, &reply) == REDIS_OK && reply != NULL) return reply;
    call_failed(c);
    return NULL;
}

/* Hands the arguments to hiredis, which copies them. */
static bool command_append(struct redis_call *c, const struct redis_command *cmd) {
    const char **argv = mem_zalloc(cmd->args_n, sizeof *argv);
    size_t *lens = mem_zalloc(cmd->args_n, sizeof *lens), start = cmd->first > 0 ? c->ends[cmd->first - 1] : 0;
    const char *base = buf_text(&c->args);
    for (size_t i = 0; i < cmd->args_n; i++) {
        argv[i] = base + start;
        lens[i] = c->ends[cmd->first + i] - start;
        start = c->ends[cmd->first + i];
    }
    int status = redisAppendCommandArgv(c->conn->ctx, (int)cmd->args_n, argv, lens);
    mem_free(lens);
    mem_free(argv);
    return status == REDIS_OK;
}

/* -- scripts that Redis does not know -- */

static bool load_append(struct redis_call *c, int script) {
    return redisAppendCommand(c->conn->ctx, "SCRIPT LOAD %s", redis_scripts[script]) == REDIS_OK;
}

/* The scripts to load and what needs them; false if the connection failed. */
static bool again_append(struct redis_call *c, bool load[REDIS_SCRIPTS]) {
    bool good = true;
    for (size_t i = 0; i < c->commands_n; i++)
        if (c->commands[i].again) load[c->commands[i].script] = true;
    for (int s = 0; s < REDIS_SCRIPTS; s++) good = good && (!load[s] || load_append(c, s));
    for (size_t i = 0; i < c->commands_n; i++)
        if (c->commands[i].again) good = good && command_append(c, &c->commands[i]);
    if (!good) call_failed(c);
    return good;
}

static void again_send(struct redis_call *c) {
    bool load[REDIS_SCRIPTS] = {false};
    struct redisReply *r;
    if (!again_append(c, load)) return;
    for (int s = 0; s < REDIS_SCRIPTS; s++) {
        if (!load[s]) continue;
        if ((r = reply_next(c)) == NULL) return;
        if (r->type == REDIS_REPLY_ERROR) error_take(c, &(struct redis_command){.script = NO_SCRIPT}, r->str);
        freeReplyObject(r);
    }
    for (size_t i = 0; i < c->commands_n; i++) {
        if (!c->commands[i].again) continue;
        if ((r = reply_next(c)) == NULL) return;
        reply_take(c, i, r);
        freeReplyObject(r);
    }
}

static bool command_lacks_script(const struct redis_command *cmd, const struct redisReply *r) {
    return cmd->script >= 0 && r->type == REDIS_REPLY_ERROR && strncmp(r->str, "NOSCRIPT", 8) == 0;
}

static void replies_read(struct redis_call *c) {
    bool again = false;
    for (size_t i = 0; i < c->commands_n; i++) {
        struct redisReply *r = reply_next(c);
        if (r == NULL) break;
        c->commands[i].again = command_lacks_script(&c->commands[i], r);
        again = again || c->commands[i].again;
        if (!c->commands[i].again) reply_take(c, i, r);
        freeReplyObject(r);
    }
    if (again && !call_is_over(c)) again_send(c);
    c->answered += c->commands_n;
    c->commands_n = c->args_n = 0;
    buf_clear(&c->args);
}

/* -- putting a command together -- */

static struct redis_command *command_new(struct redis_call *c) {
    c->commands = mem_grow(c->commands, &c->commands_cap, c->commands_n + 1, sizeof *c->commands);
    return &c->commands[c->commands_n];
}

static void arg_end(struct redis_call *c) {
    c->ends = mem_grow(c->ends, &c->ends_cap, c->args_n + 1, sizeof *c->ends);
    c->ends[c->args_n++] = c->args.len;
}

void redis_arg(struct redis_call *c, struct bytes arg) {
    buf_add(&c->args, arg.p, arg.n);
    arg_end(c);
}

void redis_arg_text(struct redis_call *c, const char *s) { redis_arg(c, (struct bytes){s, strlen(s)}); }

void redis_arg_int(struct redis_call *c, int64_t v) {
    buf_addf(&c->args, "%" PRId64, v);
    arg_end(c);
}

void redis_arg_script(struct redis_call *c, enum redis_script script, int keys) {
    assert(script < REDIS_SCRIPTS && keys >= 1);
    c->script = (int)script;
    redis_arg_text(c, "EVALSHA");
    redis_arg_text(c, c->conn->digests[script]);
    redis_arg_int(c, keys);
}

void redis_send(struct redis_call *c) {
    struct redis_command *cmd = command_new(c);
    size_t first = c->commands_n > 0 ? cmd[-1].first + cmd[-1].args_n : 0;
    *cmd = (struct redis_command){.first = first, .args_n = c->args_n - first, .script = c->script};
    c->script = NO_SCRIPT;
    bool over = call_is_over(c);
    if (!over && command_append(c, cmd)) {
        c->commands_n++;
        if (c->args.len >= CHUNK_BYTES_MAX || c->commands_n >= CHUNK_COMMANDS_MAX) replies_read(c);
        return;
    }
    if (!over) call_failed(c);
    c->args_n = first; /* it never happened */
    c->args.len = first > 0 ? c->ends[first - 1] : 0;
}

int redis_call_end(struct redis_call *c) {
    replies_read(c);
    if (c->status == STORE_BROKEN) redis_conn_close(c->conn);
    buf_free(&c->args);
    mem_free(c->ends);
    mem_free(c->commands);
    return c->status;
}
