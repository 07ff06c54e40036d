/* source/kafka_properties.h - single settings of a handle, ours and those that the user passes through. */
#ifndef TOPKD_SOURCE_KAFKA_PROPERTIES_H
#define TOPKD_SOURCE_KAFKA_PROPERTIES_H

#include <librdkafka/rdkafka.h>

#include "base/err.h"
#include "source/kafka_options.h"

/* Who a property is for. */
enum kafka_client {
    KAFKA_CONSUMER,
    KAFKA_PRODUCER,
    KAFKA_WATCHER, /* metadata and high watermarks, outside the group: gets what is for everybody */
    KAFKA_EVERYBODY
};

/* ENV is where a user would change it; NULL: it is ours. ERR_INVALID names it. */
int kafka_property_set(rd_kafka_conf_t *conf, const char *name, const char *value, const char *env,
                       struct err *e) MUST_CHECK;
int kafka_property_set_number(rd_kafka_conf_t *conf, const char *name, uint64_t value, struct err *e) MUST_CHECK;

/* Those of the user that are for CLIENT. */
int kafka_properties_pass(rd_kafka_conf_t *conf, const struct kafka_options *o, enum kafka_client client,
                          struct err *e) MUST_CHECK;

#endif
