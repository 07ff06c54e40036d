/* store/redis_ops.h - the parts of redis_store: state, and the ops by file. Internal to store/.
 * Read them in this order: redis_hello.c, redis_publish.c, redis_read.c, redis_read_lists.c, redis_merge.c,
 * redis_board.c; redis_call.c is below all of them, and redis.c is the object around them.
 * Threads: one owner. */
#ifndef TOPKD_STORE_REDIS_OPS_H
#define TOPKD_STORE_REDIS_OPS_H

#include "store/redis.h"
#include "store/redis_call.h"
#include "store/store.h"

struct redis_store {
    struct redis_conn conn;
    char *board, *group; /* owned */
    int64_t retention_ms;
    bool allow_eviction, is_second;
    void (*on_news)(void *ctx, enum redis_news news, const char *text);
    void *news_ctx;
    bool unsafe_said; /* REDIS_SNAPSHOTS_ONLY was told of */
    struct buf key;   /* scratch: the key or field being written */
};

/* redis_hello.c: open and looked at, or a status. Every op begins with it. */
int redis_ready(struct redis_store *s, struct err *e) MUST_CHECK;
int redis_hello(void *self, struct err *e);
/* The board is of another group or format. Returns STORE_FATAL. */
int redis_refuse_board(const struct redis_store *s, const char *what, const char *theirs, struct err *e);

/* redis_publish.c: contributions, notes, rows */
int redis_contribute(void *self, struct store_parts *lists, size_t n, struct err *e);
int redis_note(void *self, struct store_note *notes, size_t n, struct err *e);
int redis_rows_write(void *self, struct store_row *rows, size_t n, const char *new_life, struct err *e);

/* redis_board.c: who belongs to the board */
int redis_join(void *self, struct store_join *joins, size_t n, const char *new_life, struct err *e);
int redis_close_up_to(void *self, const struct store_progress *p, int64_t minute, bool *done, struct err *e);
int redis_retire(void *self, struct store_retire *rows, size_t n, struct err *e);
/* The head of a script that includes board.lua. */
void redis_arg_board_script(struct redis_store *s, struct redis_call *call, enum redis_script script,
                            const char *new_life);

/* redis_read.c: progress and notes */
int redis_progress_read(void *self, struct store_progress *out, struct err *e);
int redis_notes_read(void *self, const uint32_t *shards, size_t n, size_t waiting_n, struct store_notes *out,
                     struct err *e);
bool redis_progress_parse(struct redis_store *s, const struct redisReply *r, struct store_progress *out) MUST_CHECK;
/* COMMAND of the key that was put together in s->key. */
void redis_send_read(struct redis_store *s, struct redis_call *call, const char *command);

/* redis_read_lists.c: what lists are made of */
int redis_lists_read(void *self, struct store_lists_read *r, struct err *e);

/* redis_merge.c: lists and their end */
int redis_lists_write(void *self, struct store_list *lists, size_t n, int64_t wall_ms, struct err *e);
int redis_lists_lose(void *self, struct store_loss *lists, size_t n, struct err *e);
int redis_notes_end(void *self, const struct store_note_end *ends, size_t n, struct err *e);
int redis_locations_touch(void *self, const struct bytes *locations, size_t n, struct err *e);

/* redis.c: what several files use. */

/* An element of a call and its shard. Notes of one shard travel together. */
struct redis_sharded {
    uint32_t shard;
    size_t index;
};
/* Sends one command for N elements of one shard. */
typedef void redis_send_shard(void *ctx, struct redis_call *call, const struct redis_sharded *of, size_t n);
/* Sorts ELEMENTS by shard, and within a shard as they came, and lets SEND send each shard. */
void redis_by_shard(struct redis_call *call, struct redis_sharded *elements, size_t n, redis_send_shard *send,
                    void *ctx);
/* How many of N sorted elements, from FIRST on, are of one shard. */
size_t redis_shard_run(const struct redis_sharded *elements, size_t n, size_t first);
/* The key or field that was put together in s->key is the next argument. */
void redis_arg_key(struct redis_store *s, struct redis_call *c);
void redis_say(const struct redis_store *s, enum redis_news news, const char *text);
/* KEY holds something else than it must, says WHY. */
void redis_say_odd(const struct redis_store *s, struct bytes key, struct bytes why);
/* Is TEXT, an error reply, about what lies at KEY? Then it is said, and true. */
bool redis_is_odd(const struct redis_store *s, const char *text, struct bytes key);
/* For an answer that WHAT never gives. Returns STORE_FATAL. */
int redis_unexpected(const struct redis_store *s, const char *what, struct err *e);

#endif
