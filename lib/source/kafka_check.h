/* source/kafka_check.h - what a worker with these settings would meet at Kafka, found out without changing anything: no
 * group is joined, nothing is produced or committed.
 * Every wait has a limit; the whole takes a few seconds, and at most half a minute where nothing answers.
 * Threads: the caller's; blocks. */
#ifndef TOPKD_SOURCE_KAFKA_CHECK_H
#define TOPKD_SOURCE_KAFKA_CHECK_H

#include "base/findings.h"
#include "source/kafka_options.h"

/* What librdkafka says of each TOPKD_RDKAFKA_ setting; asks nobody. False if there is a problem. */
bool kafka_check_settings(const struct kafka_options *o, struct findings *f);
/* Brokers, topics, rights, group and dead-letter topic; with settings that passed. */
void kafka_check(const struct kafka_options *o, struct findings *f);

#endif
