/* source/kafka_scram.c - see kafka_scram.h. */
#include "source/kafka_scram.h"

#include <string.h>

enum { VERSION_WITH_SCRAM_FOR_KAFKA_4 = 0x020601ff };

bool kafka_scram_is_too_old(const struct config *c, int library_version) {
    if (library_version >= VERSION_WITH_SCRAM_FOR_KAFKA_4) return false;
    for (uint32_t i = 0; i < c->kafka_props_n; i++) {
        const struct config_kafka_prop *p = &c->kafka_props[i];
        if (strncmp(p->name, "sasl.mechanism", 14) == 0 && strncasecmp(p->value, "SCRAM", 5) == 0) return true;
    }
    return false;
}
