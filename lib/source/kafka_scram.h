/* source/kafka_scram.h - SCRAM of librdkafka below 2.6.1 sends what Kafka 4 refuses.   Threads: any. */
#ifndef TOPKD_SOURCE_KAFKA_SCRAM_H
#define TOPKD_SOURCE_KAFKA_SCRAM_H

#include "base/base.h"

/* VERSION is rd_kafka_version's. */
bool kafka_scram_is_too_old(int version, const char *mechanism);

#endif
