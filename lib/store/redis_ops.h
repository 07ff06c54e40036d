/* store/redis_ops.h - the parts of redis_store: state, and the ops by file. Internal to store/.   Threads: one owner.
 */
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
    bool unsafe_said;
    struct buf key; /* scratch: the key or field being written */
};

/* redis_hello.c: open and looked at, or a status. Every op begins with it. */
int redis_ready(struct redis_store *s, struct err *e) MUST_CHECK;
int redis_hello(void *self, struct err *e);
/* The board is of another group or format. Returns STORE_FATAL. */
int redis_refuse_board(const struct redis_store *s, const char *what, const char *theirs, struct err *e);

/* redis_publish.c */
int redis_contribute(void *self, struct store_parts *lists, size_t n, struct err *e);
int redis_note(void *self, struct store_note *notes, size_t n, struct err *e);
int redis_rows_write(void *self, struct store_row *rows, size_t n, const char *new_life, struct err *e);

/* redis_board.c */
int redis_join(void *self, struct store_join *joins, size_t n, const char *new_life, struct err *e);
int redis_close_up_to(void *self, const struct store_progress *p, int64_t minute, bool *done, struct err *e);
int redis_retire(void *self, struct store_retire *rows, size_t n, struct err *e);

/* redis_read.c */
int redis_progress_read(void *self, struct store_progress *out, struct err *e);
int redis_notes_read(void *self, const uint32_t *shards, size_t n, size_t waiting_n, struct store_notes *out,
                     struct err *e);
int redis_lists_read(void *self, struct store_lists_read *r, struct err *e);

/* redis_merge.c */
int redis_lists_write(void *self, struct store_list *lists, size_t n, int64_t wall_ms, struct err *e);
int redis_lists_lose(void *self, struct store_loss *lists, size_t n, struct err *e);
int redis_notes_end(void *self, const struct store_note_end *ends, size_t n, struct err *e);
int redis_locations_touch(void *self, const struct bytes *locations, size_t n, struct err *e);

/* redis.c: what several files use. */

/* Elements of a call by shard, and within a shard as they came: notes of one shard travel together. */
struct redis_sharded {
    uint32_t shard;
    size_t index;
};
void redis_sort_by_shard(struct redis_sharded *elements, size_t n);
/* The key or field that was put together in s->key is the next argument. */
void redis_arg_key(struct redis_store *s, struct redis_call *c);
void redis_say(const struct redis_store *s, enum redis_news news, const char *text);
/* KEY holds something else than it must, says WHY. */
void redis_say_odd(const struct redis_store *s, struct bytes key, struct bytes why);
/* Is TEXT, an error reply, about what lies at KEY? Then it is said, and true. */
bool redis_is_odd(const struct redis_store *s, const char *text, struct bytes key);
/* An array of nothing but strings. */
bool redis_is_strings(const struct redisReply *r);
/* For an answer that WHAT never gives. Returns STORE_FATAL. */
int redis_unexpected(const struct redis_store *s, const char *what, struct err *e);

#endif
