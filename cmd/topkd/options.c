/* topkd/options.c - copies the settings that a part needs into the words of that part. */
#include "options.h"

#include <assert.h>

_Static_assert((int)CONFIG_TOPICS_MAX <= (int)KAFKA_TOPICS_MAX, "every topic that may be set has its place");
_Static_assert((int)CONFIG_KAFKA_PROPS_MAX <= (int)KAFKA_PROPERTIES_MAX,
               "every property that may be set has its place");

struct kafka_options options_kafka(const struct config *c) {
    struct kafka_options o = {.brokers = c->brokers,
                              .group = c->group,
                              .topics_n = c->topics_n,
                              .dead_letter_topic = c->dlq_topic[0] != '\0' ? c->dlq_topic : NULL,
                              .properties_n = c->kafka_props_n,
                              .members_n = c->threads};
    assert(c->topics_n <= CONFIG_TOPICS_MAX && c->kafka_props_n <= CONFIG_KAFKA_PROPS_MAX);
    for (uint32_t i = 0; i < c->topics_n; i++) o.topics[i] = c->topics[i];
    for (uint32_t i = 0; i < c->kafka_props_n; i++)
        o.properties[i] = (struct kafka_property){c->kafka_props[i].name, c->kafka_props[i].value};
    return o;
}
