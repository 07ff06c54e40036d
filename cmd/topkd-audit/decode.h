/* topkd-audit/decode.h - the audit's own reading of messages: bytes to judged events.
 * It is a second opinion, written from the text of the rules alone. It shares nothing with lib/decode and lib/event.
 * Four outcomes need the log before the event and are judged in recount.h: future, late, duplicate, many_locations.
 * Threads: the rules are const; of a zone with a name see zone.h. */
#ifndef TOPKD_AUDIT_DECODE_H
#define TOPKD_AUDIT_DECODE_H

#include "base/base.h"
#include "config/config.h"
#include "record.h"

/* In the order in which they are looked for; APPLIED is what is left. */
enum outcome {
    OUTCOME_TOMBSTONE,
    OUTCOME_MALFORMED,
    OUTCOME_FRAMED,
    OUTCOME_NO_EVENTS,
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
    OUTCOME_DUPLICATE,
    OUTCOME_MANY_LOCATIONS,
    OUTCOME_APPLIED,
    OUTCOMES
};
const char *outcome_name(enum outcome o);

/* What is said of one event; texts are valid during the visit. */
struct judgement {
    enum outcome outcome;  /* none of those that need the log before it */
    struct bytes item;     /* this and what follows is set when WEIGHTLESS or APPLIED */
    struct bytes location; /* p == NULL: none */
    int64_t time_ms;
    uint32_t weight;
    struct bytes id;  /* p == NULL: none */
    struct bytes raw; /* always set: the event as it is written; p == NULL: a tombstone */
};

/* C's settings, taken apart. It borrows from C. */
struct decode_rules;
struct decode_rules *decode_rules_create(const struct config *c);
void decode_rules_destroy(struct decode_rules *r); /* NULL is allowed */
/* Events may have ids. */
bool decode_rules_have_id(const struct decode_rules *r);

/* Visits every event of the record in its order. */
void decode_message(const struct decode_rules *rules, const struct record *record,
                    void (*visit)(void *self, const struct judgement *j), void *self);

#endif
