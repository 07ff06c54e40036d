/* source/kafka_check_internal.h - what kafka_check.c (settings, brokers, topics), kafka_check_rights.c (reading, the
 * group) and kafka_check_letters.c (writing) share. Nobody else includes it. */
#ifndef TOPKD_SOURCE_KAFKA_CHECK_INTERNAL_H
#define TOPKD_SOURCE_KAFKA_CHECK_INTERNAL_H

#include <librdkafka/rdkafka.h>

#include "base/clock.h"
#include "source/kafka_check.h"

enum {
    CHECK_ERRORS_MAX = 16, /* different ones that are kept */
    CHECK_ANSWER_MS = 5000,
    CHECK_POLL_MS = 100,
    CHECK_QUEUE_BYTES = 8 << 20
};

struct check_error {
    rd_kafka_resp_err_t code;
    char text[256];
};

struct check_topic {
    const char *name;      /* borrowed from the options */
    uint32_t partitions_n; /* 0: not known */
    bool is_read;          /* of TOPICS, not the dead-letter topic */
};

struct kafka_checked {
    const struct kafka_options *options;
    struct findings *findings;
    rd_kafka_t *rk;
    struct check_error errors[CHECK_ERRORS_MAX]; /* that librdkafka reported by itself; one of a code */
    unsigned errors_n;
    struct check_topic topics[KAFKA_TOPICS_MAX + 1];
    uint32_t topics_n;
    bool group_is_refused; /* said beside the answers */
};

/* For the log of a handle: what matters comes as an error too. */
void kafka_check_be_quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text);

/* What librdkafka reported since; fills errors. */
void kafka_check_errors(struct kafka_checked *k);

/* Reads the end of every known partition: what a fetch would be refused for is refused here. */
void kafka_check_reading(struct kafka_checked *k);
void kafka_check_group(struct kafka_checked *k);
void kafka_check_writing(struct kafka_checked *k, const char *topic);

/* The next event of QUEUE that is of TYPE, NULL after CHECK_ANSWER_MS. The caller destroys it. */
rd_kafka_event_t *kafka_check_await(rd_kafka_queue_t *queue, rd_kafka_event_type_t type);

#endif
