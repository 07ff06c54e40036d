/* topkd-audit/decode.h - the audit's own reading of messages: bytes to judged events, by jansson and nothing else.
 * It is a second opinion, written from the text of the design alone. It shares nothing with lib/decode and
 * lib/event. Three outcomes need the log before the event and are judged in recount.h: future, late, many_locations.
 * Threads: any; the rules are const. */
#ifndef TOPKD_AUDIT_DECODE_H
#define TOPKD_AUDIT_DECODE_H

#include <jansson.h>

#include "base/base.h"
#include "config/config.h"

/* In the order in which they are looked for; APPLIED is what is left. */
enum outcome {
    OUTCOME_TOMBSTONE,
    OUTCOME_MALFORMED,
    OUTCOME_NO_ITEM,
    OUTCOME_BAD_ITEM,
    OUTCOME_NO_LOCATION,
    OUTCOME_BAD_LOCATION,
    OUTCOME_BAD_TIME,
    OUTCOME_BAD_TYPE,
    OUTCOME_BAD_VALUE,
    OUTCOME_WEIGHTLESS,
    OUTCOME_FUTURE,
    OUTCOME_LATE,
    OUTCOME_MANY_LOCATIONS,
    OUTCOME_APPLIED,
    OUTCOMES
};
const char *outcome_name(enum outcome o);

/* One event; texts are valid during the visit. */
struct sighting {
    enum outcome outcome;  /* none of those that need the log before it */
    struct bytes item;     /* the fields below are set when WEIGHTLESS or APPLIED */
    struct bytes location; /* p == NULL: none */
    int64_t time_ms;
    uint32_t weight;
    char digits[24];    /* where an integer item is spelled */
    struct bytes raw;   /* the event as it is written; p == NULL: one of an array, or a tombstone */
    const json_t *json; /* NULL: not JSON */
};

/* Visits every event of the message P[0..N) (P == NULL: a tombstone) in its order. RECORD_MS stands in for a missing
 * time; negative: the record has none. */
void decode_message(const struct config *c, const char *p, size_t n, int64_t record_ms,
                    void (*visit)(void *self, const struct sighting *s), void *self);

#endif
