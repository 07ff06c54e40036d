/* source/kafka.h - source_ops on librdkafka. See source/source.h for the contract and
 * kafka_member.c for the facts that bite.
 */
#ifndef TOPKD_SOURCE_KAFKA_H
#define TOPKD_SOURCE_KAFKA_H

#include "base/clock.h"
#include "base/metrics.h"
#include "source/kafka_options.h"
#include "source/source.h"

struct kafka_shared; /* what all members of one process share: topic metadata, the way to the dead-letter topic */

/* Threads: any for kafka_shared_*. */
int kafka_shared_open(const struct kafka_options *o, const struct clock *clock, struct metrics *m,
                      struct kafka_shared **out, struct err *e) MUST_CHECK;
void kafka_shared_close(struct kafka_shared *s);
/* Number of partitions of topic number I of the options, as last heard (refreshed every 10 s or faster); 0 = not
 * known (yet). What was known stays while the topic is missing. */
uint32_t kafka_shared_partitions(struct kafka_shared *s, uint32_t i);
/* Did the topic go, though its partitions were known? */
bool kafka_shared_topic_is_away(struct kafka_shared *s, uint32_t i);
/* True: Kafka does not serve us, and WHY says what is in the way and what to do. False (WHY is left as it is): a broker
 * answered within the last refresh, all topics are there, and no dead letter waits for something to be mended. */
bool kafka_shared_why(struct kafka_shared *s, char why[WHY_MAX]);
/* The last error that was not about a connection, with its age and remedy, if it is not known to be over; else "". */
void kafka_shared_last_error(struct kafka_shared *s, char text[200]);

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
