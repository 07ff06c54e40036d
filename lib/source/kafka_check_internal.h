/* source/kafka_check_internal.h - what the files source/kafka_check*.c share. Nobody else includes it.
 * In reading order, and each calls only those above it:
 *     kafka_check_handle.c        the handle that asks, and what it says by itself
 *     kafka_check_patterns.c      which topics do the patterns fit?
 *     kafka_check_reading.c       may this user read the topics?
 *     kafka_check_group.c         may this user use the group?
 *     kafka_check_dead_letters.c  may this user write to the dead letter topic?
 *     kafka_check.c               settings, brokers, topics, and all of it */
#ifndef TOPKD_SOURCE_KAFKA_CHECK_INTERNAL_H
#define TOPKD_SOURCE_KAFKA_CHECK_INTERNAL_H

#include <librdkafka/rdkafka.h>

#include "base/clock.h"
#include "source/kafka_check.h"
#include "source/kafka_remedies.h"

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
    const char *name;      /* borrowed from the options, or from the metadata of all topics */
    uint32_t partitions_n; /* 0: not known */
    bool is_read;          /* not the dead letter topic */
};

struct kafka_checked {
    const struct kafka_options *options;
    struct findings *findings;
    rd_kafka_t *rk;
    struct check_error errors[CHECK_ERRORS_MAX]; /* that librdkafka reported by itself; one of a code */
    unsigned errors_n;
    struct check_topic topics[KAFKA_TOPICS_MAX + KAFKA_FOUND_MAX + 1];
    uint32_t topics_n, found_n;
    const struct rd_kafka_metadata *all; /* all topics that there are; NULL: nobody asked. Owned */
    bool group_is_refused;               /* said beside the answers */
};

/* -- kafka_check_handle.c ------------------------------------------------------------------------ */

int64_t kafka_check_now_ms(void);
/* For the log of a handle: what matters comes as an error too. */
void kafka_check_be_quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text);
/* False: it was told why there is none. */
bool kafka_check_open(struct kafka_checked *k);
void kafka_check_close(struct kafka_checked *k);
/* What librdkafka reported since; fills errors. */
void kafka_check_errors(struct kafka_checked *k);
/* Every known partition that is read, with OFFSET. The caller destroys it. */
rd_kafka_topic_partition_list_t *kafka_check_partitions(const struct kafka_checked *k, int64_t offset);
/* The next message; one that is of no partition speaks of the group, whose coordinator is looked for meanwhile. */
rd_kafka_message_t *kafka_check_poll(struct kafka_checked *k);
/* The next event of QUEUE that is of TYPE, NULL after CHECK_ANSWER_MS. The caller destroys it. */
rd_kafka_event_t *kafka_check_await(rd_kafka_queue_t *queue, rd_kafka_event_type_t type);

/* -- the others ---------------------------------------------------------------------------------- */

/* Adds the topics that the patterns fit, and says how many these are. */
void kafka_check_patterns(struct kafka_checked *k);
/* Reads the end of every known partition: what a fetch would be refused for is refused here. */
void kafka_check_reading(struct kafka_checked *k);
void kafka_check_group(struct kafka_checked *k);
void kafka_check_writing(struct kafka_checked *k, const char *topic);

#endif
