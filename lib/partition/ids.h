/* partition/ids.h - the ids of the last events, and from where on the log has them all (rule 26).
 * Use when: an id is to be known again, by this memory or by the one behind it.   Not for: what becomes of its event.
 * Threads: none, one owner. */
#ifndef TOPKD_PARTITION_IDS_H
#define TOPKD_PARTITION_IDS_H

#include "partition/sightings.h"
#include "protocol/commit.h"
#include "protocol/rules.h"

/* A mark comes when a sixteenth of DEDUP or of DEDUP_IDS_MAX has passed since the last one. Kept are those within both,
 * and one before them. */
enum { MARKS_PER = 16, MARKS_MAX = 2 * MARKS_PER + 2 };

struct ids {
    struct sightings seen;
    struct mark {
        struct rewind at; /* who reads from here on ... */
        uint64_t first;   /* ... sees this sighting and all behind it */
        int64_t second;   /* of that sighting */
    } marks[MARKS_MAX];   /* ascending */
    uint32_t marks_n;
    uint32_t mark_seconds, mark_sightings; /* what lies between two of them at most */
};

/* NULL where ids mean nothing. */
struct ids *ids_create(const struct delivery_rules *rules, struct pool *pool);
void ids_destroy(struct ids *ids); /* NULL is allowed */
void ids_clear(struct ids *ids);   /* another log begins; NULL is allowed */

/* Must there be a mark before the next sighting? */
bool ids_want_mark(const struct ids *ids);
/* The record of the next sighting, which wants a mark. */
void ids_mark(struct ids *ids, const struct rewind *at);
/* The last mark from which on a reader sees all that is remembered; NULL: nothing is. */
const struct rewind *ids_rewind(const struct ids *ids);

/* Asserts what is true between two calls. */
void ids_check(const struct ids *ids);

#endif
