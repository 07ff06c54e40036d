/* source/kafka.h - source_ops on librdkafka: what all members of a process share, and the members.
 * See source/source.h for the contract and kafka_member.c for the facts that bite.
 *
 * The files in reading order; each knows only those above it:
 *     source.h                 the contract that a member keeps
 *     kafka_options.h          what the program that starts it says
 *     kafka_remedies           an error of Kafka -> what a person can do
 *     kafka_library            librdkafka's version, its logs
 *     kafka_properties, _conf  the settings of a handle
 *     kafka_notes              the last error of each kind
 *     kafka_tickets            how far the dead letters of each member got
 *     kafka_dead_letters       the way to the dead letter topic (kafka_dead_letters_internal.h lists its files)
 *     kafka_topics             which topics are read, their partitions and leaders, as last heard
 *                              (kafka_topics_internal.h lists its files)
 *     kafka_shared, _why       the handle and the thread that all members share; what is wrong, in words
 *     kafka_events, _asker     events that wait for poll; a thread for questions that take a round trip
 *     kafka_nudge              a cure for old versions
 *     kafka_member             a member of the group (kafka_member.h lists its files)
 *     kafka_check              what a worker would meet, for --check (kafka_check_internal.h lists its files) */
#ifndef TOPKD_SOURCE_KAFKA_H
#define TOPKD_SOURCE_KAFKA_H

#include "base/clock.h"
#include "base/metrics.h"
#include "source/kafka_options.h"
#include "source/source.h"

enum { KAFKA_LAST_ERROR_MAX = 200 };

/* What all members of one process share: topic metadata, the way to the dead letter topic.   Threads: any. */
struct kafka_shared;

/* O: at least one topic or pattern; borrowed. Settings that librdkafka refuses: ERR_INVALID with its text. */
int kafka_shared_open(const struct kafka_options *o, const struct clock *clock, struct metrics *m,
                      struct kafka_shared **out, struct err *e) MUST_CHECK;
void kafka_shared_close(struct kafka_shared *s);
struct kafka_topic_known {
    const char *name;    /* valid as long as the shared part */
    uint32_t partitions; /* 0: not known (yet). What was known stays while the topic is missing */
    bool is_away;        /* it does not exist */
    bool is_found;       /* a pattern of the options fits it: once it is away for a while it is no longer visited */
};
/* Calls VISIT for each topic that is read, by name, as last heard (refreshed every 10 s or faster); it must not call
 * anything of Kafka's. False: there may be more, because no broker was heard on the patterns. */
bool kafka_shared_topics(struct kafka_shared *s, void (*visit)(void *self, const struct kafka_topic_known *topic),
                         void *self);
/* True: Kafka does not serve us, and WHY says what is in the way and what to do. False (WHY is left as it is): a broker
 * answered within the last refresh, all topics are there, and no dead letter waits for something to be mended. */
bool kafka_shared_why(struct kafka_shared *s, char why[WHY_MAX]);
/* The last error that was not about a connection, with its age and remedy, if it is not known to be over; else "". */
void kafka_shared_last_error(struct kafka_shared *s, char text[KAFKA_LAST_ERROR_MAX]);

/* One member. QUEUE_BYTES bounds what librdkafka may hold of fetched messages for it. Settings that librdkafka refuses:
 * ERR_INVALID with its text. */
int kafka_member_open(struct kafka_shared *s, uint64_t queue_bytes, struct source *out, struct err *e) MUST_CHECK;
/* Leaves the group and frees the member: takes seconds when no broker answers.   Threads: any one, when no other calls
 * the member any more. */
void kafka_member_close(struct source *s);
/* Is the member in the group (with or without partitions)?   Threads: any. */
bool kafka_member_joined(const struct source *s);

/* Version of librdkafka that runs, as text. */
const char *kafka_library_version(void);

#endif
