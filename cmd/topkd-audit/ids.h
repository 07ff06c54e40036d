/* topkd-audit/ids.h - the ids that a partition has seen lately, each with its last sighting.
 * An id is seen again if an earlier sighting of it is among the last IDS_MAX of the partition, and less than SECONDS
 * old by the log's time. Only the last sighting need be known: it is the nearest in both. Ids are compared byte by
 * byte.
 * Memory: the ids of two halves. A half takes the new ones until it has IDS_MAX of them or is SECONDS old. Then it is
 * the old half, and what was in the old half before is too old in any case.   Threads: one owner. */
#ifndef TOPKD_AUDIT_IDS_H
#define TOPKD_AUDIT_IDS_H

#include "names.h"

struct ids_half {
    struct names names;
    struct last_seen {
        uint64_t number; /* of the sighting in its partition */
        int64_t second;  /* of log time behind its record */
    } * last;            /* by the number of the name */
    size_t cap;
    int64_t begun; /* second of its first sighting */
};

struct ids {
    struct ids_half young, old;
    uint64_t sightings;
};

void ids_deinit(struct ids *ids); /* zero-initialised is empty */
/* A sighting of ID at SECOND, which never goes back. True: it is seen again. */
bool ids_see(struct ids *ids, struct bytes id, int64_t second, int64_t seconds, uint32_t ids_max);

#endif
