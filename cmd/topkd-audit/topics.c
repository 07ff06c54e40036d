/* topkd-audit/topics.c - which topics are read. A topic that a pattern fits is left out if it is that of dead letters,
 * or Kafka's own. */
#include "topics.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name_pattern.h"

static int name_order(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void topic_add(struct topics *t, const char *name) {
    t->names = mem_grow(t->names, &t->cap, t->n + 1, sizeof *t->names);
    t->names[t->n++] = mem_strdup(name);
}

static void topics_add_fitting(struct topics *t, const struct name_pattern *pattern, const struct config *c,
                               const struct rd_kafka_metadata *all) {
    for (int i = 0; i < all->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *found = &all->topics[i];
        if (!found->err && strcmp(found->topic, c->dlq_topic) != 0 && name_pattern_fits(pattern, found->topic))
            topic_add(t, found->topic);
    }
}

static int topics_add_pattern(struct topics *t, const char *text, const struct config *c,
                              const struct rd_kafka_metadata *all, struct err *e) {
    struct name_pattern pattern;
    int status = name_pattern_compile(text, &pattern, e);
    if (status != 0) return status;
    topics_add_fitting(t, &pattern, c, all);
    name_pattern_free(&pattern);
    return 0;
}

/* By name, and each once: patterns overlap. */
static void topics_order(struct topics *t) {
    size_t kept = 0;
    if (t->n > 0) qsort(t->names, t->n, sizeof *t->names, name_order);
    for (size_t i = 0; i < t->n; i++) {
        if (kept > 0 && strcmp(t->names[kept - 1], t->names[i]) == 0)
            mem_free(t->names[i]);
        else
            t->names[kept++] = t->names[i];
    }
    t->n = kept;
}

static bool config_has_pattern(const struct config *c) {
    for (uint32_t i = 0; i < c->topics_n; i++)
        if (name_is_pattern(c->topics[i])) return true;
    return false;
}

static int topics_collect(struct topics *t, const struct config *c, const struct rd_kafka_metadata *all,
                          struct err *e) {
    int status = 0;
    for (uint32_t i = 0; status == 0 && i < c->topics_n; i++) {
        if (name_is_pattern(c->topics[i]))
            status = topics_add_pattern(t, c->topics[i], c, all, e);
        else
            topic_add(t, c->topics[i]);
    }
    topics_order(t);
    if (status != 0 || t->n > 0) return status;
    return err_set(e, ERR_IO, "Kafka: expected a topic that TOPKD_TOPICS fits, got none: create one, or correct it");
}

int topics_find(rd_kafka_t *rk, const struct config *c, int timeout_ms, struct topics *out, struct err *e) {
    const struct rd_kafka_metadata *all = NULL;
    *out = (struct topics){0};
    if (config_has_pattern(c)) {
        rd_kafka_resp_err_t why = rd_kafka_metadata(rk, 1, NULL, &all, timeout_ms);
        if (why)
            return err_set(e, ERR_IO, "Kafka: expected the names of all topics, got \"%s\": check TOPKD_BROKERS",
                           rd_kafka_err2str(why));
    }
    int status = topics_collect(out, c, all, e);
    if (all != NULL) rd_kafka_metadata_destroy(all);
    if (status != 0) topics_deinit(out);
    return status;
}

void topics_deinit(struct topics *t) {
    for (size_t i = 0; i < t->n; i++) mem_free(t->names[i]);
    mem_free(t->names);
    *t = (struct topics){0};
}

size_t topics_number(const struct topics *t, const char *name) {
    char *const *found = bsearch(&name, t->names, t->n, sizeof *t->names, name_order);
    assert(found != NULL);
    return (size_t)(found - t->names);
}
