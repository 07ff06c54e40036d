/* unit/store/store_pair.h - a real Redis and the fake one side by side: the same calls, and all they hold as text. */
#ifndef TOPKD_TESTS_STORE_PAIR_H
#define TOPKD_TESTS_STORE_PAIR_H

#include "base/metrics.h"
#include "support/fake_store.h"
#include "support/redis_server.h"

enum { PAIR_RETENTION_MS = 3600 * 1000 };

struct store_pair {
    struct redis_server *server; /* borrowed */
    struct redisContext *direct; /* the test's own connection */
    struct metrics *metrics;
    struct fake_redis *fake_redis;
    struct fake_store *fake_store;
    struct store real, fake;
};

/* Both empty. */
void pair_init(struct store_pair *p, struct redis_server *server);
void pair_deinit(struct store_pair *p);

void pair_flush(struct store_pair *p);
/* As if the list of that minute had expired. */
void pair_expire_list(struct store_pair *p, struct bytes location, int64_t minute);
/* The hash of contributions is gone. */
void pair_delete_part(struct store_pair *p, struct bytes location, int64_t minute);

/* Every field of every key, sorted, a line each; the random token and the time born are masked. Of the real one also
 * whether each key has the time to live that it should have. */
void pair_dump_real(struct store_pair *p, struct buf *out);
void pair_dump_fake(struct store_pair *p, struct buf *out);

/* Sorts the lines of TEXT (each ends in a newline). */
void pair_sort_lines(struct buf *text);

#endif
