/* unit/store/store_pair.c - a real Redis and the fake one are filled, emptied and written down side by side. */
#include "store_pair.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <hiredis/hiredis.h>

#include "base/mem.h"
#include "store/redis.h"

void pair_init(struct store_pair *p, struct redis_server *server) {
    struct err e;
    *p = (struct store_pair){.server = server, .direct = redis_server_connect(server), .metrics = metrics_create()};
    redis_server_do(server, "FLUSHALL");
    struct redis_options o = {.url = server->url, .board = "topk", .group = "g", .retention_ms = PAIR_RETENTION_MS};
    ck_assert_msg(redis_store_create(&o, p->metrics, &p->real, &e) == ERR_OK, "%s", e.text);
    p->fake_redis = fake_redis_create("topk", PAIR_RETENTION_MS);
    p->fake_store = fake_store_create(p->fake_redis, "g");
    p->fake = fake_store_ops(p->fake_store);
}

void pair_deinit(struct store_pair *p) {
    redis_store_destroy(&p->real);
    fake_store_destroy(p->fake_store);
    fake_redis_destroy(p->fake_redis);
    metrics_destroy(p->metrics);
    redisFree(p->direct);
}

static redisReply *ask(struct store_pair *p, const char *command, struct bytes key, const char *rest) {
    const char *argv[8] = {command, key.p};
    size_t lens[8] = {strlen(command), key.n};
    char copy[64], *save = NULL;
    int n = 2;
    strcpy(copy, rest);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save), n++) {
        argv[n] = word;
        lens[n] = strlen(word);
    }
    redisReply *r = redisCommandArgv(p->direct, n, argv, lens);
    ck_assert_msg(r != NULL && r->type != REDIS_REPLY_ERROR, "%s: %s", command, r ? r->str : p->direct->errstr);
    return r;
}

void pair_flush(struct store_pair *p) {
    redis_server_do(p->server, "FLUSHALL");
    fake_redis_flush(p->fake_redis, false);
}

static void delete (struct store_pair *p, struct buf *key) {
    freeReplyObject(ask(p, "DEL", fake_bytes(key), ""));
    fake_del_key(p->fake_redis, fake_key(p->fake_redis, fake_bytes(key)));
    buf_free(key);
}

void pair_expire_list(struct store_pair *p, struct bytes location, int64_t minute) {
    struct buf key = {0};
    keys_minute(&key, "topk", location, minute);
    delete (p, &key);
}

void pair_delete_part(struct store_pair *p, struct bytes location, int64_t minute) {
    struct buf key = {0};
    keys_part(&key, "topk", location, minute);
    delete (p, &key);
}

/* -- dumps -- */

static struct bytes bytes_of(const redisReply *r) { return (struct bytes){r->str, r->len}; }

static bool ends_with(struct bytes key, const char *tail) {
    size_t n = strlen(tail);
    return key.n >= n && memcmp(key.p + key.n - n, tail, n) == 0;
}

/* What is random, or the clock of Redis. */
static struct bytes masked(struct bytes key, struct bytes field, struct bytes value) {
    return fake_eq(field, fake_text("token")) || fake_eq(field, fake_text("born")) || ends_with(key, ":locations")
               ? fake_text("*")
               : value;
}

/* Progress, notes and the index of locations stay; everything else goes when nobody writes it. */
static void check_ttl(struct store_pair *p, struct bytes key) {
    static const char *const stay[] = {":progress", ":changed", ":waiting", ":locations"};
    bool stays = false;
    for (size_t i = 0; i < ARRAY_LEN(stay); i++) stays = stays || ends_with(key, stay[i]);
    redisReply *r = ask(p, "PTTL", key, "");
    bool good = stays ? r->integer == -1 : r->integer > 0 && r->integer <= PAIR_RETENTION_MS;
    ck_assert_msg(good, "key %.*s has a time to live of %lld ms", (int)key.n, key.p, r->integer);
    freeReplyObject(r);
}

static void dump_key(struct store_pair *p, struct bytes key, struct buf *out) {
    redisReply *type = ask(p, "TYPE", key, "");
    bool zset = strcmp(type->str, "zset") == 0;
    redisReply *r = zset ? ask(p, "ZRANGE", key, "0 -1 WITHSCORES") : ask(p, "HGETALL", key, "");
    for (size_t i = 0; i < r->elements; i += 2) {
        struct bytes field = bytes_of(r->element[i]);
        fake_dump_line(out, key, field, masked(key, field, bytes_of(r->element[i + 1])));
    }
    freeReplyObject(r);
    freeReplyObject(type);
    check_ttl(p, key);
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

void pair_sort_lines(struct buf *text) {
    size_t n = 0;
    char *copy = mem_strdup(buf_text(text)), *save = NULL;
    char **lines = mem_zalloc(text->len + 1, sizeof *lines);
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) lines[n++] = line;
    qsort(lines, n, sizeof *lines, by_text);
    buf_clear(text);
    for (size_t i = 0; i < n; i++) buf_addf(text, "%s\n", lines[i]);
    mem_free(lines);
    mem_free(copy);
}

void pair_dump_real(struct store_pair *p, struct buf *out) {
    redisReply *keys = ask(p, "KEYS", fake_text("*"), "");
    buf_clear(out);
    for (size_t i = 0; i < keys->elements; i++) dump_key(p, bytes_of(keys->element[i]), out);
    freeReplyObject(keys);
    pair_sort_lines(out);
}

void pair_dump_fake(struct store_pair *p, struct buf *out) {
    struct fake_redis *r = p->fake_redis;
    buf_clear(out);
    for (size_t i = 0; i < r->keys_n; i++)
        for (size_t j = 0; j < r->keys[i]->n; j++) {
            struct bytes field = fake_bytes(&r->keys[i]->fields[j].name);
            fake_dump_line(out, fake_bytes(&r->keys[i]->name), field,
                           masked(fake_bytes(&r->keys[i]->name), field, fake_bytes(&r->keys[i]->fields[j].value)));
        }
    pair_sort_lines(out);
}
