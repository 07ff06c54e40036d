/* source/kafka_library.h - librdkafka as it runs here: what its version can, and where its logs go. */
#ifndef TOPKD_SOURCE_KAFKA_LIBRARY_H
#define TOPKD_SOURCE_KAFKA_LIBRARY_H

#include <librdkafka/rdkafka.h>

#include "base/base.h"

/* Is there fetch.queue.backoff.ms? Without it a fetcher that found the queue full sleeps for up to a second. */
bool kafka_library_has_queue_backoff(void);

/* Brokers of Kafka 4 refuse SCRAM of librdkafka below 2.6.1. VERSION is rd_kafka_version's. */
bool kafka_scram_is_too_old(int version, const char *mechanism);
/* Does CONF want such a SCRAM? */
bool kafka_conf_scram_is_too_old(const rd_kafka_conf_t *conf);
/* The same, and a warning if so. */
bool kafka_conf_warn_of_scram(const rd_kafka_conf_t *conf);

/* For rd_kafka_conf_set_log_cb.   Threads: any. */
void kafka_library_log(const rd_kafka_t *rk, int level, const char *facility, const char *text);

#endif
