/* topkd-audit/zone.h - the zone of times that say none.
 * Threads: one; a zone with a name is the C library's, which has one a process: the last that was entered. */
#ifndef TOPKD_AUDIT_ZONE_H
#define TOPKD_AUDIT_ZONE_H

#include "base/base.h"

enum zone_kind { ZONE_NONE, ZONE_OFFSET, ZONE_NAMED };

struct zone {
    enum zone_kind kind;
    int64_t offset_s; /* of an offset: local time less UTC */
};

/* TEXT: TIME_ZONE, which was checked there. A zone with a name becomes that of the process. */
struct zone zone_enter(const char *text);
/* Unix seconds of the local time that is LOCAL_S behind 1970-01-01T00:00:00. One that comes twice is the first of the
 * two. One that never comes is read with the offset before the gap. False: a time must say its zone. */
bool zone_to_utc(const struct zone *z, int64_t local_s, int64_t *unix_s) MUST_CHECK;

#endif
