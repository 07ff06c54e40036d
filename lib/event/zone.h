/* event/zone.h - how times are read that say no zone: the setting TIME_ZONE.
 * Threads: a zone is const after parse; look-ups from any thread.   Source of zones with a name: the system's tz
 * database, by way of the C library, which knows one zone a process: the last that was entered. */
#ifndef TOPKD_EVENT_ZONE_H
#define TOPKD_EVENT_ZONE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum { TIME_ZONE_NAME_BYTES_MAX = 64 };

enum time_zone_kind {
    TIME_ZONE_OFFSET, /* of UTC too */
    TIME_ZONE_NAMED,
    TIME_ZONE_REFUSED /* a time without a zone is a bad one */
};

struct time_zone {
    enum time_zone_kind kind;
    int offset_min;                          /* of an offset: local time minus UTC */
    char name[TIME_ZONE_NAME_BYTES_MAX + 1]; /* as it was set */
};

/* TEXT: `none`, `UTC`, an offset (`+05:30`, `-0330`, `+02`, `Z`), or the name of a zone (`Europe/Berlin`), which must
 * be in the tz database. 0, or ERR_INVALID with what to do; *OUT is untouched then. */
int time_zone_parse(const char *text, struct time_zone *out, struct err *e) MUST_CHECK;
/* Reads `+05:30`, `+0530` or `+05` at *P (before END) and moves *P behind it. False: there is none, and *P is
 * anywhere. */
bool time_zone_offset_read(const char **p, const char *end, int *offset_min) MUST_CHECK;
/* Must be called once for the zone of a process before times are read by it and before it has a second thread; only a
 * named zone needs it. It sets TZ, so it is local time in that zone for all of the process. */
void time_zone_enter(const struct time_zone *z);
/* Of the local time that is LOCAL_S seconds behind 1970-01-01T00:00:00 in the zone Z, the same moment in unix seconds.
 * A local time that comes twice is the first of the two; one that does not exist is read with the offset before the
 * gap. False: Z refuses. */
bool time_zone_to_utc(const struct time_zone *z, int64_t local_s, int64_t *unix_s) MUST_CHECK;

#endif
