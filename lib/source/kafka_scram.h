/* source/kafka_scram.h - SCRAM of librdkafka below 2.6.1 sends what Kafka 4 refuses.   Threads: any. */
#ifndef TOPKD_SOURCE_KAFKA_SCRAM_H
#define TOPKD_SOURCE_KAFKA_SCRAM_H

#include "config/config.h"

/* Does C log in by SCRAM with a library too old for it? LIBRARY_VERSION: of rd_kafka_version(). */
bool kafka_scram_is_too_old(const struct config *c, int library_version);

#endif
