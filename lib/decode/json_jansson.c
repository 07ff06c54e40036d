/* From a JSON value to a judged event (event_judge.c has the rules). Texts are copied to the batch's arena, because
 * jansson's live only as long as its values. */
#include "decode/json_jansson.h"

#include <stdio.h>

#include <jansson.h>

#include "decode/json_elements.h"
#include "event/arena.h"
#include "event/batch.h"
#include "event/judge.h"

enum { INTEGER_TEXT_BYTES = sizeof "-9223372036854775808" };

/* jansson refuses numbers too large for a double, so all are finite. */
static struct event_value value_of(const json_t *v) {
    if (v == NULL || json_is_null(v)) return (struct event_value){.kind = EVENT_ABSENT};
    if (json_is_string(v))
        return (struct event_value){.kind = EVENT_STRING, .text = {json_string_value(v), json_string_length(v)}};
    if (json_is_integer(v)) return (struct event_value){.kind = EVENT_INTEGER, .integer = json_integer_value(v)};
    if (json_is_real(v)) return (struct event_value){.kind = EVENT_REAL, .real = json_real_value(v)};
    return (struct event_value){.kind = EVENT_OTHER};
}

static struct event_value field_get(const json_t *object, const char *name) {
    return value_of(json_object_get(object, name));
}

static void write_integer(struct event_value *v, char text[INTEGER_TEXT_BYTES]) {
    int n = snprintf(text, INTEGER_TEXT_BYTES, "%" JSON_INTEGER_FORMAT, (json_int_t)v->integer);
    v->text = (struct bytes){.p = text, .n = (size_t)n};
}

static void keep(struct event_arena *arena, struct bytes *text) {
    if (text->p != NULL) *text = event_arena_copy(arena, *text);
}

static void judge_object(const struct event_rules *r, const json_t *object, int64_t record_time_ms,
                         struct event_arena *arena, struct event *ev) {
    struct event_value values[EVENT_FIELDS] = {
        [EVENT_FIELD_ITEM] = field_get(object, r->field_item),
        [EVENT_FIELD_LOCATION] = field_get(object, r->field_location),
        [EVENT_FIELD_TIME] = field_get(object, r->field_time),
        [EVENT_FIELD_TYPE] = field_get(object, r->field_type),
        [EVENT_FIELD_VALUE] = field_get(object, r->field_value),
    };
    char digits[INTEGER_TEXT_BYTES];
    if (values[EVENT_FIELD_ITEM].kind == EVENT_INTEGER) write_integer(&values[EVENT_FIELD_ITEM], digits);
    event_judge(r, values, record_time_ms, ev);
    keep(arena, &ev->item);
    keep(arena, &ev->location);
}

/* What is not an object stays malformed, as it was added. */
static enum event_outcome add_value(const struct event_rules *r, const json_t *v, struct bytes raw,
                                    int64_t record_time_ms, struct event_batch *b) {
    struct event *ev = event_batch_add(b, raw);
    if (json_is_object(v)) judge_object(r, v, record_time_ms, b->arena, ev);
    return ev->outcome;
}

enum event_outcome event_json_add(const struct event_rules *r, struct bytes text, int64_t record_time_ms,
                                  struct event_batch *b) {
    json_t *v = json_loadb(text.p, text.n, 0, NULL);
    enum event_outcome o = add_value(r, v, text, record_time_ms, b);
    json_decref(v);
    return o;
}

void event_json_add_array(const struct event_rules *r, struct bytes text, int64_t record_time_ms,
                          struct event_batch *b) {
    json_t *array = json_loadb(text.p, text.n, 0, NULL);
    struct event_elements it;
    event_elements_init(&it, text);
    if (json_is_array(array))
        for (size_t i = 0; i < json_array_size(array); i++)
            add_value(r, json_array_get(array, i), event_elements_next(&it), record_time_ms, b);
    else
        event_batch_add(b, text);
    json_decref(array);
}
