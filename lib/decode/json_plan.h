/* decode/json_plan.h - the rules for events, made ready for a scanner: what is looked for where.
 * Threads: one owner, because shapes learn.   Memory: fixed; what the rules point to is borrowed. */
#ifndef TOPKD_DECODE_JSON_PLAN_H
#define TOPKD_DECODE_JSON_PLAN_H

#include "decode/json_object.h"
#include "event/place.h"

/* Where values come from. */
enum json_values {
    JSON_OF_EVENT,
    JSON_OF_WRAPPER,
    JSON_OF_MESSAGE, /* its key, its topic, its headers */
    JSON_VALUES
};

struct json_plan {
    struct event_rules rules;
    struct place places[EVENT_FIELDS]; /* of those that nobody needs: nowhere */
    struct place events_at;            /* nowhere: there are no wrappers */
    struct json_shape event, wrapper;
    /* Fields whose values the walk through an event's object does not put into their slots. */
    struct json_outside {
        enum event_field field;
        enum json_values from;
        unsigned slot; /* of FROM */
    } outside[EVENT_FIELDS];
    size_t outside_n;
};

/* RULES are copied. Their texts were checked with the settings. Not to be copied. */
void json_plan_init(struct json_plan *plan, const struct event_rules *rules);

static inline bool json_plan_has_wrappers(const struct json_plan *plan) { return plan->events_at.of != PLACE_NOWHERE; }

#endif
