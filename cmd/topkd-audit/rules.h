/* topkd-audit/rules.h - the settings of events, taken apart; of decode.c and questions.c only. */
#ifndef TOPKD_AUDIT_RULES_H
#define TOPKD_AUDIT_RULES_H

#include "decode.h"
#include "field.h"
#include "zone.h"

enum { RULE_ITEM, RULE_LOCATION, RULE_TIME, RULE_TYPE, RULE_ID, RULES };

struct decode_rules {
    const struct config *config;
    struct field fields[RULES]; /* of what is not needed: FIELD_NOWHERE */
    struct field events;        /* in a wrapper; FIELD_NOWHERE: there is none */
    struct zone zone;
};

/* Where the fields of an event stand, as tokens; p == NULL: absent. */
struct tokens {
    struct bytes at[RULES];
};

#endif
