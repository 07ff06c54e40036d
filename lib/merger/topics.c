/* merger/topics.c - metadata and rows become one progress. */
#include "merger/topics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/testhook.h"

static uint32_t topic_size(const struct hub *hub, uint32_t topic) {
    return hub->partitions(hub->partitions_self, topic);
}

/* The number of the partition's topic; -1: it is not read (any longer). */
static int topic_of(const struct config *c, const char *partition_name) {
    const char *slash = strrchr(partition_name, '/');
    for (uint32_t i = 0; slash != NULL && i < c->topics_n; i++)
        if (strlen(c->topics[i]) == (size_t)(slash - partition_name) &&
            strncmp(c->topics[i], partition_name, (size_t)(slash - partition_name)) == 0)
            return (int)i;
    return -1;
}

bool topics_lack(const struct hub *hub, const char *partition_name) {
    int topic = topic_of(hub->config, partition_name);
    if (topic < 0) return true;
    uint32_t known = topic_size(hub, (uint32_t)topic);
    return known > 0 && strtoul(strrchr(partition_name, '/') + 1, NULL, 10) >= known;
}

uint64_t topics_sizes(const struct hub *hub) {
    uint64_t hash = 0;
    for (uint32_t t = 0; t < hub->config->topics_n; t++) hash = hash * 1000003 + topic_size(hub, t) + 1;
    return hash;
}

static void topic_add(const struct hub *hub, uint32_t topic, struct progress *out) {
    char name[PARTITION_NAME_BYTES_MAX];
    uint32_t n = topic_size(hub, topic);
    if (n == 0 && RULE(18, unknown_topic)) progress_add_unknown_topic(out, hub->config->topics[topic]);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s/%" PRIu32, hub->config->topics[topic], i);
        progress_add(out, name, 0, NULL);
    }
}

/* An odd row is a partition that has said nothing yet, not one that is not there. */
static void row_add(const struct store_progress_row *r, struct progress *out) {
    struct progress_row row;
    bool good = progress_row_parse((struct bytes){r->value, r->value_len}, &row);
    progress_add(out, r->partition_name, fence_incarnation(r->fence), good ? &row : NULL);
}

/* Rows of topics that are not read here have their say: another worker may read them, while a setting changes from one
 * to the other. Once nobody does they are retired. */
void topics_progress(const struct hub *hub, const struct store_progress *rows, struct progress *out) {
    out->version = rows->version;
    out->members = rows->members;
    out->closed = rows->closed;
    for (uint32_t t = 0; t < hub->config->topics_n; t++) topic_add(hub, t, out);
    for (size_t i = 0; i < rows->n; i++) row_add(&rows->rows[i], out);
}
