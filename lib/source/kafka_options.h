/* source/kafka_options.h - what a worker has to know of Kafka, as the program that starts it says it.
 * Ownership: everything is borrowed, and stays as it is as long as anything that was opened with it. */
#ifndef TOPKD_SOURCE_KAFKA_OPTIONS_H
#define TOPKD_SOURCE_KAFKA_OPTIONS_H

#include "base/base.h"

enum {
    KAFKA_TOPICS_MAX = 64,  /* entries of TOPICS */
    KAFKA_FOUND_MAX = 1024, /* topics that the patterns among them fit, at a time */
    KAFKA_PROPERTIES_MAX = 128
};

/* A setting of librdkafka that the user passes through. TOPKD_RDKAFKA_FETCH_WAIT_MAX_MS is its name in the
 * environment, which messages about it use. */
struct kafka_property {
    const char *name; /* "fetch.wait.max.ms" */
    const char *value;
};

struct kafka_options {
    const char *brokers;
    const char *group;
    const char *topics[KAFKA_TOPICS_MAX]; /* names and patterns (base/name_pattern.h) */
    uint32_t topics_n;
    const char *dead_letter_topic; /* NULL: none */
    struct kafka_property properties[KAFKA_PROPERTIES_MAX];
    uint32_t properties_n;
    uint32_t members_n; /* that this process will open */
};

#endif
