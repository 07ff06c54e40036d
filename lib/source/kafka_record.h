/* source/kafka_record.h - what a message of librdkafka says beside its key and value.
 * Threads: the message's.   Ownership: what is returned is the message's. */
#ifndef TOPKD_SOURCE_KAFKA_RECORD_H
#define TOPKD_SOURCE_KAFKA_RECORD_H

#include <librdkafka/rdkafka.h>

#include "base/base.h"

/* The record's timestamp in unix ms; -1: it has none. */
static inline int64_t kafka_record_time_ms(const rd_kafka_message_t *rkm) {
    rd_kafka_timestamp_type_t type;
    int64_t time_ms = rd_kafka_message_timestamp(rkm, &type);
    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time_ms;
}

/* Its last header called NAME; p == NULL: there is none, or it is null. librdkafka takes the headers of a message apart
 * when they are first asked for. */
static inline struct bytes kafka_record_header(const rd_kafka_message_t *rkm, const char *name) {
    rd_kafka_headers_t *headers;
    const void *value = NULL;
    size_t n = 0;
    if (rd_kafka_message_headers(rkm, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &n) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return (struct bytes){NULL, 0};
    return (struct bytes){value, value != NULL ? n : 0};
}

#endif
