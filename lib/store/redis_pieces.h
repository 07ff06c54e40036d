/* store/redis_pieces.h - replies of Redis taken apart: what the ops have in common. Internal to store/.
 * Threads: any; no state. */
#ifndef TOPKD_STORE_REDIS_PIECES_H
#define TOPKD_STORE_REDIS_PIECES_H

#include "store/store.h"

struct redisReply;

/* An array of nothing but strings; of names and values in turn. */
bool redis_is_strings(const struct redisReply *r);
bool redis_is_map(const struct redisReply *r);
bool redis_is_text(const struct redisReply *r, const char *text);

/* A copy and a NUL, which hiredis too puts behind every string. The caller frees it. */
char *redis_copy(const struct redisReply *r);
/* A life or a token into OUT: at most MAX bytes and a NUL. False if R is longer. */
bool redis_copy_short(const struct redisReply *r, char *out, size_t max) MUST_CHECK;
/* The fence at the head of R into OUT. False if there is none, or nothing behind it. */
bool redis_copy_fence(const struct redisReply *r, char out[FENCE_LEN + 1]) MUST_CHECK;

/* A row as it stands in topk:progress: fence ';' text '#' count. The text is borrowed from the reply. */
struct redis_row {
    char fence[FENCE_LEN + 1];
    struct bytes text;
    int64_t rows_stored; /* -1: it has no count, so version 1 wrote it */
};
bool redis_row_split(const struct redisReply *r, struct redis_row *out) MUST_CHECK;

/* The words in which scripts answer: "stored", "newer" and so on. False for any other. */
bool redis_answer_of(struct bytes word, enum store_answer *out) MUST_CHECK;
/* The next of the words in *REST, behind each of which stands a space. False at the end, or for a word that is none. */
bool redis_answer_next(struct bytes *rest, enum store_answer *out) MUST_CHECK;

#endif
