/* From a JSON value to a judged event. Every field is read whatever the others hold, and then the first complaint in
 * the order of `enum event_outcome` wins: so the time of an event is there whenever it could be read. Texts are copied
 * to the batch's arena, because jansson's live only as long as its values. */
#include "event/event_json.h"

#include <jansson.h>
#include <stdio.h>

#include "event/event_arena.h"
#include "event/event_batch.h"
#include "event/event_elements.h"
#include "event/event_time.h"

/* NULL if absent or null: no rule tells the two apart. */
static const json_t *field_get(const json_t *object, const char *name) {
    const json_t *v = json_object_get(object, name);
    return json_is_null(v) ? NULL : v;
}

static struct bytes text_of(const json_t *string) {
    return (struct bytes){.p = json_string_value(string), .n = json_string_length(string)};
}

static struct bytes integer_text(struct event_arena *arena, json_int_t v) {
    char text[sizeof "-9223372036854775808"];
    int n = snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, v);
    return event_arena_copy(arena, (struct bytes){.p = text, .n = (size_t)n});
}

static enum event_outcome read_item(const json_t *v, struct event_arena *arena, struct bytes *item) {
    if (v == NULL) return EVENT_NO_ITEM;
    if (json_is_integer(v)) {
        *item = integer_text(arena, json_integer_value(v));
        return EVENT_APPLIED;
    }
    if (!json_is_string(v)) return EVENT_BAD_ITEM;
    struct bytes text = text_of(v);
    if (text.n == 0 || text.n > EVENT_ITEM_BYTES_MAX) return EVENT_BAD_ITEM;
    *item = event_arena_copy(arena, text);
    return EVENT_APPLIED;
}

/* Control characters are refused: locations become parts of keys and lines. */
static bool location_ok(struct bytes text) {
    if (text.n == 0 || text.n > EVENT_LOCATION_BYTES_MAX) return false;
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f) return false;
    return true;
}

static enum event_outcome read_location(const json_t *v, bool has_global, struct event_arena *arena,
                                        struct bytes *location) {
    if (v == NULL) return has_global ? EVENT_APPLIED : EVENT_NO_LOCATION;
    if (!json_is_string(v) || !location_ok(text_of(v))) return EVENT_BAD_LOCATION;
    *location = event_arena_copy(arena, text_of(v));
    return EVENT_APPLIED;
}

static bool time_of(const json_t *v, int64_t record_time_ms, int64_t *ms) {
    if (v == NULL) return event_time_from_ms(record_time_ms, ms);
    if (json_is_integer(v)) return event_time_from_integer(json_integer_value(v), ms);
    if (json_is_real(v)) return event_time_from_real(json_real_value(v), ms);
    return json_is_string(v) && event_time_from_text(text_of(v), ms);
}

static enum event_outcome read_type(const json_t *v, const struct weights *weights, uint32_t *weight) {
    struct bytes type = {.p = "view", .n = 4};
    if (v != NULL) {
        if (!json_is_string(v)) return EVENT_BAD_TYPE;
        type = text_of(v);
    }
    if (type.n > EVENT_TYPE_BYTES_MAX) return EVENT_BAD_TYPE;
    *weight = weights_get(weights, type);
    return EVENT_APPLIED;
}

/* jansson refuses numbers too large for a double, so all are finite. */
static enum event_outcome read_value(const json_t *v) {
    return v == NULL || (json_is_number(v) && json_number_value(v) >= 0) ? EVENT_APPLIED : EVENT_BAD_VALUE;
}

/* In the order of the enumeration; a weight of 0 is the last thing to be said of an event. */
static void read_object(const struct event_rules *r, const json_t *object, int64_t record_time_ms,
                        struct event_arena *arena, struct event *ev) {
    const json_t *time = field_get(object, r->field_time);
    const enum event_outcome said[] = {
        read_item(field_get(object, r->field_item), arena, &ev->item),
        read_location(field_get(object, r->field_location), r->has_global, arena, &ev->location),
        time_of(time, record_time_ms, &ev->time_ms) ? EVENT_APPLIED : EVENT_BAD_TIME,
        read_type(field_get(object, r->field_type), r->weights, &ev->weight),
        read_value(field_get(object, r->field_value)),
    };
    ev->outcome = ev->weight == 0 ? EVENT_WEIGHTLESS : EVENT_APPLIED;
    for (size_t i = ARRAY_LEN(said); i-- > 0;)
        if (said[i] != EVENT_APPLIED) ev->outcome = said[i];
}

/* What is not an object stays malformed, as it was added. */
static enum event_outcome add_value(const struct event_rules *r, const json_t *v, struct bytes raw,
                                    int64_t record_time_ms, struct event_batch *b) {
    struct event *ev = event_batch_add(b, raw);
    if (json_is_object(v)) read_object(r, v, record_time_ms, b->arena, ev);
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
