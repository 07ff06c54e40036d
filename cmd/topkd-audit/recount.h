/* topkd-audit/recount.h - the time rules applied to one partition's records in their order, and what is left
 * counted.
 * Log time of a partition is the largest record timestamp before a record. With LOG_CLOCK=event it is the largest
 * time of the events before it that were neither bad nor future. A minute is sealed when log time has reached its
 * end + LATENESS.
 * A record's timestamp outside the years 1970 to 9999 is none. The events of such a record are future by log time.
 * Where there is no log time yet, all of them are future. With LOG_CLOCK=event none of them is.
 * An event that nothing before it has ruled out, and that has an id, is a sighting of this id. It is a duplicate if the
 * id was seen before, and still counts as a sighting (ids.h). Log time is then that after its own record.
 * Of a minute that has LOCATIONS_MAX locations, a further one counts in the list of all only.
 * Threads: one owner. */
#ifndef TOPKD_AUDIT_RECOUNT_H
#define TOPKD_AUDIT_RECOUNT_H

#include "decode.h"
#include "example.h"
#include "ids.h"
#include "places.h"
#include "tally.h"

struct track {           /* one partition; track_deinit */
    int64_t log_time_ms; /* INT64_MIN: minus infinity */
    struct places places;
    struct ids ids;
};
void track_deinit(struct track *t);

struct recount {
    const struct config *config; /* borrowed */
    struct decode_rules *rules;  /* owned */
    int64_t from, to;            /* minutes kept: from <= m < to */
    uint64_t messages, events, outcomes[OUTCOMES];
    uint64_t without_location;         /* of the applied: they count in the list of all only */
    int64_t first_minute, last_minute; /* of the applied, in [from, to) or not; first > last: there is none */
    struct origin origin;              /* of the record that comes next */
    struct example examples[OUTCOMES]; /* the first event of each outcome but APPLIED */
    struct tally tally;
};

void recount_init(struct recount *r, const struct config *c, int64_t from, int64_t to);
void recount_deinit(struct recount *r); /* zero-initialised is empty */
/* The record's events are judged by what came before it; then it moves W. */
void recount_record(struct recount *r, struct track *t, const struct record *rec);
/* Moves W alone: a record before the first one that counts. It is no sighting, for a group begins with none. */
void recount_clock_only(const struct recount *r, struct track *t, const struct record *rec);
/* The newest minute that is sealed at T (INT64_MIN: none). */
int64_t recount_sealed(const struct config *c, const struct track *t);

#endif
