/* decode/json_jansson.c - from a tree of jansson's to judged events, and where they lie in the text.
 * Texts are copied to the batch's arena, because jansson's live only as long as its values. */
#include "decode/json_jansson.h"

#include <assert.h>
#include <stdio.h>

#include <jansson.h>

#include "decode/json_token.h"
#include "event/arena.h"
#include "event/batch.h"

enum { INTEGER_TEXT_BYTES = sizeof "-9223372036854775808" };

/* -- where elements lie: strings are skipped whole, so every bracket seen outside them is real -- */

/* P stands on the opening quote; returns what follows the closing one. */
static const char *string_skip(const char *p, const char *end) {
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\' && p + 1 < end) p++;
    return p < end ? p + 1 : end;
}

/* P stands on '{' or '['; returns what follows its partner. */
static const char *container_skip(const char *p, const char *end) {
    size_t depth = 0;
    while (p < end) {
        char c = *p;
        if (c == '"') {
            p = string_skip(p, end);
            continue;
        }
        p++;
        if (c == '{' || c == '[') depth++;
        if ((c == '}' || c == ']') && --depth == 0) break;
    }
    return p;
}

/* A number or a literal ends where something else begins. */
static const char *scalar_skip(const char *p, const char *end) {
    while (p < end && *p != ',' && *p != ']' && !json_is_space(*p)) p++;
    return p;
}

static const char *element_skip(const char *p, const char *end) {
    if (*p == '"') return string_skip(p, end);
    if (*p == '{' || *p == '[') return container_skip(p, end);
    return scalar_skip(p, end);
}

static const char *spaces_skip(const char *p, const char *end) {
    while (p < end && json_is_space(*p)) p++;
    return p;
}

void json_elements_init(struct json_elements *it, struct bytes array) {
    it->end = array.p + array.n;
    it->p = spaces_skip(array.p, it->end);
    if (it->p < it->end) it->p++; /* the bracket */
}

struct bytes json_elements_next(struct json_elements *it) {
    assert(it->p <= it->end);
    const char *start = spaces_skip(it->p, it->end);
    if (start < it->end && *start == ',') start = spaces_skip(start + 1, it->end);
    if (start == it->end || *start == ']') return (struct bytes){.p = start, .n = 0};
    it->p = element_skip(start, it->end);
    return (struct bytes){.p = start, .n = (size_t)(it->p - start)};
}

/* -- what they hold -- */

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

static void integer_write(struct event_value *v, char text[INTEGER_TEXT_BYTES]) {
    int n = snprintf(text, INTEGER_TEXT_BYTES, "%" JSON_INTEGER_FORMAT, (json_int_t)v->integer);
    assert(n > 0 && n < INTEGER_TEXT_BYTES);
    v->text = (struct bytes){.p = text, .n = (size_t)n};
}

static void text_keep(struct event_arena *arena, struct bytes *text) {
    if (text->p != NULL) *text = event_arena_copy(arena, *text);
}

static void object_judge(const struct event_rules *r, const json_t *object, int64_t record_time_ms,
                         struct event_arena *arena, struct event *ev) {
    struct event_value values[EVENT_FIELDS] = {
        [EVENT_FIELD_ITEM] = field_get(object, r->fields[EVENT_FIELD_ITEM]),
        [EVENT_FIELD_LOCATION] = field_get(object, r->fields[EVENT_FIELD_LOCATION]),
        [EVENT_FIELD_TIME] = field_get(object, r->fields[EVENT_FIELD_TIME]),
        [EVENT_FIELD_TYPE] = field_get(object, r->fields[EVENT_FIELD_TYPE]),
        [EVENT_FIELD_VALUE] = field_get(object, r->fields[EVENT_FIELD_VALUE]),
    };
    char digits[INTEGER_TEXT_BYTES];
    if (values[EVENT_FIELD_ITEM].kind == EVENT_INTEGER) integer_write(&values[EVENT_FIELD_ITEM], digits);
    event_judge(r, values, record_time_ms, ev);
    text_keep(arena, &ev->item);
    text_keep(arena, &ev->location);
}

/* What is not an object stays malformed, as it was added. */
static enum event_outcome value_add(const struct event_rules *r, const json_t *v, struct bytes raw,
                                    int64_t record_time_ms, struct event_batch *b) {
    struct event *ev = event_batch_add(b, raw);
    if (json_is_object(v)) object_judge(r, v, record_time_ms, b->arena, ev);
    return ev->outcome;
}

enum event_outcome json_jansson_add(const struct event_rules *r, struct bytes text, int64_t record_time_ms,
                                    struct event_batch *b) {
    json_t *v = json_loadb(text.p, text.n, 0, NULL);
    enum event_outcome o = value_add(r, v, text, record_time_ms, b);
    json_decref(v);
    return o;
}

void json_jansson_add_array(const struct event_rules *r, struct bytes text, int64_t record_time_ms,
                            struct event_batch *b) {
    json_t *array = json_loadb(text.p, text.n, 0, NULL);
    struct json_elements it;
    json_elements_init(&it, text);
    if (json_is_array(array))
        for (size_t i = 0; i < json_array_size(array); i++)
            value_add(r, json_array_get(array, i), json_elements_next(&it), record_time_ms, b);
    else
        event_batch_add(b, text);
    json_decref(array);
}
