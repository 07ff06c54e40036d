/* store/redis_pieces.c - replies of Redis taken apart. */
#include "store/redis_pieces.h"

#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/mem.h"

bool redis_is_strings(const struct redisReply *r) {
    if (r->type != REDIS_REPLY_ARRAY) return false;
    for (size_t i = 0; i < r->elements; i++)
        if (r->element[i]->type != REDIS_REPLY_STRING) return false;
    return true;
}

bool redis_is_map(const struct redisReply *r) { return redis_is_strings(r) && r->elements % 2 == 0; }

bool redis_is_text(const struct redisReply *r, const char *text) {
    return r->type == REDIS_REPLY_STRING && r->len == strlen(text) && memcmp(r->str, text, r->len) == 0;
}

char *redis_copy(const struct redisReply *r) { return mem_dup(r->str, (size_t)r->len + 1); }

bool redis_copy_short(const struct redisReply *r, char *out, size_t max) {
    if (r->len > max) return false;
    memcpy(out, r->str, (size_t)r->len + 1);
    return true;
}

bool redis_copy_fence(const struct redisReply *r, char out[FENCE_LEN + 1]) {
    if (r->len <= FENCE_LEN || strspn(r->str, "0123456789abcdef") < FENCE_LEN) return false;
    memcpy(out, r->str, FENCE_LEN);
    out[FENCE_LEN] = '\0';
    return true;
}

bool redis_row_split(const struct redisReply *r, struct redis_row *out) {
    if (!redis_copy_fence(r, out->fence) || r->str[FENCE_LEN] != ';') return false;
    const char *text = r->str + FENCE_LEN + 1, *count = strrchr(text, '#'), *end = r->str + r->len;
    out->rows_stored = count != NULL ? strtoll(count + 1, NULL, 10) : -1;
    out->text = (struct bytes){text, (size_t)((count != NULL ? count : end) - text)};
    return true;
}

static const struct {
    const char *word;
    enum store_answer answer;
} answers[] = {
    {"stored", STORE_STORED},         {"newer", STORE_NEWER},       {"closed", STORE_CLOSED},
    {"expired", STORE_EXPIRED},       {"refused", STORE_REFUSED},   {"absent", STORE_ABSENT},
    {"other_life", STORE_OTHER_LIFE}, {"left_out", STORE_LEFT_OUT},
};

bool redis_answer_of(struct bytes word, enum store_answer *out) {
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        if (word.n != strlen(answers[i].word) || memcmp(word.p, answers[i].word, word.n) != 0) continue;
        *out = answers[i].answer;
        return true;
    }
    return false;
}

bool redis_answer_next(struct bytes *rest, enum store_answer *out) {
    const char *space = rest->n > 0 ? memchr(rest->p, ' ', rest->n) : NULL;
    if (space == NULL) return false;
    struct bytes word = {rest->p, (size_t)(space - rest->p)};
    *rest = (struct bytes){space + 1, rest->n - word.n - 1};
    return redis_answer_of(word, out);
}
