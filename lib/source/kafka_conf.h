/* source/kafka_conf.h - the settings of each kind of handle.
 * *OUT: the caller hands it to rd_kafka_new or destroys it. ERR_INVALID names the environment variable. */
#ifndef TOPKD_SOURCE_KAFKA_CONF_H
#define TOPKD_SOURCE_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>

#include "base/err.h"
#include "source/kafka_options.h"

/* Of member number MEMBER, which may hold QUEUE_BYTES of fetched messages. */
int kafka_conf_consumer(const struct kafka_options *o, uint64_t queue_bytes, unsigned member, rd_kafka_conf_t **out,
                        struct err *e) MUST_CHECK;
/* For what all members share: metadata and the high watermarks. Not in the group. */
int kafka_conf_watcher(const struct kafka_options *o, rd_kafka_conf_t **out, struct err *e) MUST_CHECK;
/* SINGLES: each message is a batch of its own. */
int kafka_conf_producer(const struct kafka_options *o, bool singles, rd_kafka_conf_t **out, struct err *e) MUST_CHECK;

#endif
