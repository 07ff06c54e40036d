/* source/kafka_topics_internal.h - what the files source/kafka_topics*.c share. Nobody else includes it.
 * In reading order, and each calls only those above it:
 *     kafka_topics.c      the table, and what it answers
 *     kafka_topics_ask.c  what brokers say of the topics goes into the table and into the log */
#ifndef TOPKD_SOURCE_KAFKA_TOPICS_INTERNAL_H
#define TOPKD_SOURCE_KAFKA_TOPICS_INTERNAL_H

#include "source/kafka_topics.h"

/* What holds whenever nobody has the lock; cheap. */
void kafka_topics_check(const struct kafka_topics *t);
/* Locked, both. NULL: there is no topic of that NAME. */
struct kafka_topic *kafka_topics_get(const struct kafka_topics *t, const char *name);
struct kafka_topic *kafka_topics_insert(struct kafka_topics *t, enum kafka_topic_kind kind, const char *name);

/* An answer about ALL topics that there are. True: nothing is to be waited for. Threads: the one that refreshes. */
bool kafka_topics_take(struct kafka_topics *t, const struct rd_kafka_metadata *all);

static inline const char *kafka_topics_room_remedy(const struct kafka_topics *t) {
    return t->found_n < KAFKA_FOUND_MAX ? "restart the worker, which has seen too many that are gone"
                                        : "make the pattern fit fewer, or delete old topics";
}

#endif
