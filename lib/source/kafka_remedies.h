/* source/kafka_remedies.h - what an error of Kafka means: whose trouble it is, and what a person can do about it.
 * Every remedy is an order ("create topic events") that completes "expected X, got Y: ".   Threads: any. */
#ifndef TOPKD_SOURCE_KAFKA_REMEDIES_H
#define TOPKD_SOURCE_KAFKA_REMEDIES_H

#include <librdkafka/rdkafka.h>

#include "base/base.h"

enum { KAFKA_REMEDY_MAX = 160 };

enum kafka_scope {
    KAFKA_CONNECTION, /* no way to a broker, or it does not let us in; over when metadata are answered */
    KAFKA_GROUP,      /* the group does not take us; over when a member is in it */
    KAFKA_OTHER,
    KAFKA_SCOPES
};

enum kafka_scope kafka_scope_of(rd_kafka_resp_err_t code);
/* "": none is known. */
const char *kafka_remedy_of(rd_kafka_resp_err_t code);
/* Never "": what is not known is taken for a broker that cannot be reached. */
const char *kafka_broker_remedy(rd_kafka_resp_err_t code);

/* What to do so that TOPIC can be read, or so that it takes dead letters. */
void kafka_topic_remedy(rd_kafka_resp_err_t code, bool dead_letters, const char *topic, char remedy[KAFKA_REMEDY_MAX]);

/* What becomes of a dead letter that was refused. */
enum kafka_fate {
    KAFKA_FATE_HEALS,     /* something can be mended: it is sent again until it is taken */
    KAFKA_FATE_TOO_LARGE, /* its batch is, or it is itself: sent alone, and given up if that is refused too */
    KAFKA_FATE_NEVER      /* it could not even be put into a request */
};

/* A code that is in no table heals: rather wait than lose. */
enum kafka_fate kafka_fate_of(rd_kafka_resp_err_t code);
/* Is CODE in the table? What is not explains nothing. */
bool kafka_refusal_is_known(rd_kafka_resp_err_t code);
/* Do A and B need the same remedy? */
bool kafka_refusals_are_alike(rd_kafka_resp_err_t a, rd_kafka_resp_err_t b);
/* What to do so that TOPIC takes the dead letters that it refused with CODE. */
void kafka_refusal_remedy(rd_kafka_resp_err_t code, const char *topic, char remedy[KAFKA_REMEDY_MAX]);

#endif
