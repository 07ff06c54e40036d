/* hub/topics.c - names and sizes of topics at one moment. */
#include "hub/topics.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

void topics_look(const struct topics *t, struct topics_view *out) {
    out->n = 0;
    out->incomplete = false;
    t->look(t->self, out);
}

void topics_add(struct topics_view *v, struct topic_seen t) {
    assert(t.name != NULL && v->n < TOPICS_MAX);
    assert(v->n == 0 || strcmp(v->all[v->n - 1].name, t.name) < 0);
    v->all[v->n++] = t;
}

uint32_t topic_partitions_there(const struct topic_seen *t) { return t->is_away ? 0 : t->partitions; }

uint64_t topics_digest(const struct topics_view *v) {
    uint64_t hash = v->incomplete;
    for (size_t i = 0; i < v->n; i++) {
        hash = hash64(v->all[i].name, strlen(v->all[i].name), hash);
        hash = hash64(&v->all[i].partitions, sizeof v->all[i].partitions, hash);
    }
    return hash;
}

/* As strcmp(A, NAME) with the N bytes of NAME. */
static int name_order(const char *a, const char *name, size_t n) {
    int order = strncmp(a, name, n);
    return order != 0 ? order : a[n] != '\0';
}

/* NULL: it is not read (any longer). */
static const struct topic_seen *topic_find(const struct topics_view *v, const char *name, size_t n) {
    size_t low = 0, high = v->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = name_order(v->all[middle].name, name, n);
        if (order == 0) return &v->all[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool topics_lack(const struct topics_view *v, const char *partition_name) {
    const char *slash = strrchr(partition_name, '/');
    const struct topic_seen *t = slash != NULL ? topic_find(v, partition_name, (size_t)(slash - partition_name)) : NULL;
    if (t == NULL) return !v->incomplete;
    if (t->may_go && t->is_away) return true;
    return t->partitions > 0 && strtoul(slash + 1, NULL, 10) >= t->partitions;
}
