/* source/kafka_scram.c - see kafka_scram.h. */
#include "source/kafka_scram.h"

#include <string.h>

enum { VERSION_WITH_SOUND_SCRAM = 0x020601ff };

bool kafka_scram_is_too_old(int version, const char *mechanism) {
    return strncasecmp(mechanism, "SCRAM-", 6) == 0 && version < VERSION_WITH_SOUND_SCRAM;
}
