/* decode/json_plan.c - which fields are needed, and where each stands. */
#include "decode/json_plan.h"

#include <assert.h>

/* A type that changes no weight decides nothing. */
static bool field_is_needed(const struct event_rules *r, enum event_field field) {
    if (field == EVENT_FIELD_TYPE) return weights_differ(r->weights);
    return field != EVENT_FIELD_VALUE || r->adds_value;
}

static void outside_add(struct json_plan *plan, enum event_field field, enum json_values from, unsigned slot) {
    assert(plan->outside_n < EVENT_FIELDS);
    plan->outside[plan->outside_n++] = (struct json_outside){field, from, slot};
}

static void field_add(struct json_plan *plan, enum event_field field) {
    struct place *place = &plan->places[field];
    unsigned slot = field;
    place_take(plan->rules.fields[field], place);
    switch (place->of) {
    case PLACE_NOWHERE:
        break;
    case PLACE_EVENT:
        slot = json_tree_add(&plan->event.tree, place, field);
        if (slot != field) outside_add(plan, field, JSON_OF_EVENT, slot); /* another field stands there too */
        break;
    case PLACE_WRAPPER:
        slot = json_tree_add(&plan->wrapper.tree, place, field);
        outside_add(plan, field, JSON_OF_WRAPPER, slot);
        break;
    case PLACE_KEY:
    case PLACE_TOPIC:
    case PLACE_HEADER:
        outside_add(plan, field, JSON_OF_MESSAGE, slot);
        break;
    }
}

void json_plan_init(struct json_plan *plan, const struct event_rules *rules) {
    assert(rules->weights != NULL && rules->zone != NULL);
    plan->rules = *rules;
    plan->outside_n = 0;
    json_shape_init(&plan->event);
    json_shape_init(&plan->wrapper);
    place_take(rules->events_at, &plan->events_at);
    if (json_plan_has_wrappers(plan)) (void)json_tree_add(&plan->wrapper.tree, &plan->events_at, JSON_SLOT_EVENTS);
    for (unsigned f = 0; f < EVENT_FIELDS; f++) {
        plan->places[f] = (struct place){.of = PLACE_NOWHERE};
        if (field_is_needed(rules, (enum event_field)f)) field_add(plan, (enum event_field)f);
    }
}
