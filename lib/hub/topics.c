/* hub/topics.c - names and sizes of topics. */
#include "hub/topics.h"

#include <stdlib.h>
#include <string.h>

uint32_t topics_partitions(const struct topics *t, uint32_t topic) { return t->partitions(t->self, topic); }

uint32_t topics_partitions_there(const struct topics *t, uint32_t topic) {
    bool away = t->is_away != NULL && t->is_away(t->self, topic);
    return away ? 0 : topics_partitions(t, topic);
}

uint64_t topics_sizes(const struct topics *t) {
    uint64_t hash = 0;
    for (uint32_t i = 0; i < t->n; i++) hash = hash * 1000003 + topics_partitions(t, i) + 1;
    return hash;
}

/* The number of the partition's topic; -1: it is not read (any longer). */
static int topic_of(const struct topics *t, const char *partition_name) {
    const char *slash = strrchr(partition_name, '/');
    for (uint32_t i = 0; slash != NULL && i < t->n; i++)
        if (strlen(t->names[i]) == (size_t)(slash - partition_name) &&
            strncmp(t->names[i], partition_name, (size_t)(slash - partition_name)) == 0)
            return (int)i;
    return -1;
}

bool topics_lack(const struct topics *t, const char *partition_name) {
    int topic = topic_of(t, partition_name);
    if (topic < 0) return true;
    uint32_t known = topics_partitions(t, (uint32_t)topic);
    return known > 0 && strtoul(strrchr(partition_name, '/') + 1, NULL, 10) >= known;
}
