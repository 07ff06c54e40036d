/* hub/shards.c - owners of partitions, and the row that makes shards of them. */
#include "hub/shards.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

void shards_init(struct shards *s, const struct topics *topics) {
    memset(s, 0, sizeof *s);
    s->topics = topics;
    pthread_mutex_init(&s->lock, NULL);
}

void shards_deinit(struct shards *s) {
    mem_free(s->owners);
    pthread_mutex_destroy(&s->lock);
}

static int owner_order(const struct shard_owner *o, const char *topic, int64_t partition) {
    int order = o->topic == topic ? 0 : strcmp(o->topic, topic);
    return order != 0 ? order : (o->partition > partition) - (o->partition < partition);
}

/* Locked. The place of the first owner that is not before the partition. */
static size_t owner_place(const struct shards *s, const char *topic, int64_t partition) {
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (owner_order(&s->owners[middle], topic, partition) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool owner_is_at(const struct shards *s, size_t i, const char *topic, int64_t partition) {
    return i < s->n && owner_order(&s->owners[i], topic, partition) == 0;
}

/* Locked. */
static void owner_insert(struct shards *s, size_t i, struct shard_owner o) {
    s->owners = mem_grow(s->owners, &s->cap, s->n + 1, sizeof *s->owners);
    memmove(&s->owners[i + 1], &s->owners[i], (s->n - i) * sizeof *s->owners);
    s->owners[i] = o;
    s->n++;
}

/* Locked. */
static void owner_remove(struct shards *s, size_t i) {
    assert(i < s->n);
    s->n--;
    memmove(&s->owners[i], &s->owners[i + 1], (s->n - i) * sizeof *s->owners);
}

void shards_own(struct shards *s, uint32_t number, const char *topic, int32_t partition, bool owns) {
    if (partition < 0) return;
    pthread_mutex_lock(&s->lock);
    size_t i = owner_place(s, topic, partition);
    bool known = owner_is_at(s, i, topic, partition);
    if (owns && known)
        s->owners[i].consumer = number;
    else if (owns)
        owner_insert(s, i, (struct shard_owner){topic, partition, number});
    else if (known && s->owners[i].consumer == number)
        owner_remove(s, i);
    pthread_mutex_unlock(&s->lock);
}

/* Locked. Is the partition at place AT of the row of all partitions ours? */
static bool owns_at(const struct shards *s, const struct topics_view *v, uint64_t at) {
    size_t t = 0;
    for (; at >= topic_partitions_there(&v->all[t]); t++) at -= topic_partitions_there(&v->all[t]);
    assert(t < v->n);
    return owner_is_at(s, owner_place(s, v->all[t].name, (int64_t)at), v->all[t].name, (int64_t)at);
}

size_t shards_here(struct shards *s, uint32_t shards[STORE_SHARDS]) {
    struct topics_view v;
    uint64_t all = 0;
    size_t n = 0;
    topics_look(s->topics, &v);
    for (size_t t = 0; t < v.n; t++) all += topic_partitions_there(&v.all[t]);
    if (all == 0) return 0;
    pthread_mutex_lock(&s->lock);
    for (uint32_t i = 0; i < STORE_SHARDS; i++)
        if (owns_at(s, &v, i % all)) shards[n++] = i;
    pthread_mutex_unlock(&s->lock);
    return n;
}
