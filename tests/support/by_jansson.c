/* support/by_jansson.c - from a tree of jansson's to judged events. Texts are copied to the batch's arena, because
 * jansson's live only as long as its values. */
#include "support/by_jansson.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "event/arena.h"
#include "event/batch.h"
#include "event/judge.h"

static const json_t *child_get(const json_t *parent, const struct place_token *token) {
    if (json_is_array(parent)) return token->index >= 0 ? json_array_get(parent, (size_t)token->index) : NULL;
    return json_object_getn(parent, token->name, token->name_bytes);
}

static const json_t *place_get(const json_t *object, const struct place *place) {
    for (size_t i = 0; i < place->tokens_n && object != NULL; i++) object = child_get(object, &place->tokens[i]);
    return object;
}

static struct event_value digits_of(json_int_t integer, struct event_arena *arena) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, integer);
    return (struct event_value){
        .kind = EVENT_INTEGER, .integer = integer, .text = event_arena_copy(arena, (struct bytes){digits, (size_t)n})};
}

static struct event_value array_of(const json_t *v, struct event_arena *arena) {
    char *text = json_dumps(v, JSON_COMPACT);
    struct event_value value = {.kind = EVENT_ARRAY,
                                .text = event_arena_copy(arena, (struct bytes){text, strlen(text)})};
    free(text);
    return value;
}

static struct event_value value_of(const json_t *v, struct event_arena *arena) {
    if (v == NULL || json_is_null(v)) return (struct event_value){.kind = EVENT_ABSENT};
    if (json_is_string(v)) {
        struct bytes text = {json_string_value(v), json_string_length(v)};
        return (struct event_value){.kind = EVENT_STRING, .text = event_arena_copy(arena, text)};
    }
    if (json_is_integer(v)) return digits_of(json_integer_value(v), arena);
    if (json_is_real(v)) return (struct event_value){.kind = EVENT_REAL, .real = json_real_value(v)};
    if (json_is_array(v)) return array_of(v, arena);
    return (struct event_value){.kind = EVENT_OTHER};
}

/* A message on its way into a batch. */
struct reading {
    const struct json_plan *plan;
    int64_t record_time_ms;
    struct event_batch *batch;
};

static struct event_value field_of(const struct reading *r, const struct place *place, const json_t *v,
                                   const json_t *wrapper) {
    if (place->of == PLACE_EVENT) return value_of(place_get(v, place), r->batch->arena);
    if (place->of == PLACE_WRAPPER) return value_of(place_get(wrapper, place), r->batch->arena);
    return (struct event_value){.kind = EVENT_ABSENT};
}

static void event_add(const struct reading *r, const json_t *v, const json_t *wrapper) {
    struct event_value values[EVENT_FIELDS];
    struct event *ev = event_batch_add(r->batch, (struct bytes){NULL, 0});
    if (!json_is_object(v)) return; /* malformed */
    for (size_t f = 0; f < EVENT_FIELDS; f++) values[f] = field_of(r, &r->plan->places[f], v, wrapper);
    event_judge(&r->plan->rules, values, r->record_time_ms, ev);
}

static void wrapper_add(const struct reading *r, const json_t *wrapper) {
    const json_t *events = place_get(wrapper, &r->plan->events_at);
    if (json_is_array(events))
        for (size_t i = 0; i < json_array_size(events); i++) event_add(r, json_array_get(events, i), wrapper);
    else if (json_is_object(events))
        event_add(r, events, wrapper);
    else
        event_batch_add(r->batch, (struct bytes){NULL, 0})->outcome = EVENT_NO_EVENTS;
}

static void object_add(const struct reading *r, const json_t *v) {
    if (json_is_object(v) && json_plan_has_wrappers(r->plan))
        wrapper_add(r, v);
    else
        event_add(r, v, NULL);
}

bool by_jansson_decode(const struct json_plan *plan, struct bytes m, int64_t record_time_ms, struct event_batch *b) {
    const struct reading r = {plan, record_time_ms, b};
    json_t *v = json_loadb(m.p, m.n, 0, NULL);
    if (json_is_array(v))
        for (size_t i = 0; i < json_array_size(v); i++) object_add(&r, json_array_get(v, i));
    else if (v != NULL)
        object_add(&r, v);
    json_decref(v);
    return v != NULL;
}
