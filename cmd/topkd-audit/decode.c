/* topkd-audit/decode.c - takes a message apart and asks each event one question after the other.
 * A message whose first byte opens an array is an array. Else it is one event if jansson takes the whole of it, else
 * it is events on lines. The questions come in the order of the outcomes, and the first bad answer is the event's
 * outcome. */
#include "decode.h"

#include <stdio.h>
#include <string.h>

#include "moment.h"

enum { ITEM_BYTES_MAX = 256, LOCATION_BYTES_MAX = 64, TYPE_BYTES_MAX = 64 };

const char *outcome_name(enum outcome o) {
    static const char *const names[OUTCOMES] = {
        "tombstone", "malformed", "no_item",    "bad_item", "no_location", "bad_location",   "bad_time",
        "bad_type",  "bad_value", "weightless", "future",   "late",        "many_locations", "applied"};
    return names[o];
}

static bool value_is_absent(const json_t *v) { return v == NULL || json_is_null(v); }

static struct bytes value_text(const json_t *v) { return (struct bytes){json_string_value(v), json_string_length(v)}; }

static enum outcome ask_item(const json_t *v, struct sighting *s) {
    if (value_is_absent(v)) return OUTCOME_NO_ITEM;
    if (json_is_integer(v)) {
        int n = snprintf(s->digits, sizeof s->digits, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
        s->item = (struct bytes){s->digits, (size_t)n};
        return OUTCOME_APPLIED;
    }
    if (!json_is_string(v)) return OUTCOME_BAD_ITEM;
    s->item = value_text(v);
    return s->item.n >= 1 && s->item.n <= ITEM_BYTES_MAX ? OUTCOME_APPLIED : OUTCOME_BAD_ITEM;
}

static bool text_has_control(struct bytes t) {
    for (size_t i = 0; i < t.n; i++)
        if ((unsigned char)t.p[i] < 0x20 || t.p[i] == 0x7f) return true;
    return false;
}

static enum outcome ask_location(const json_t *v, const struct config *c, struct sighting *s) {
    if (value_is_absent(v)) {
        s->location = (struct bytes){NULL, 0};
        return c->global[0] ? OUTCOME_APPLIED : OUTCOME_NO_LOCATION;
    }
    if (!json_is_string(v)) return OUTCOME_BAD_LOCATION;
    s->location = value_text(v);
    if (s->location.n < 1 || s->location.n > LOCATION_BYTES_MAX) return OUTCOME_BAD_LOCATION;
    return text_has_control(s->location) ? OUTCOME_BAD_LOCATION : OUTCOME_APPLIED;
}

static enum outcome ask_time(const json_t *v, int64_t record_ms, struct sighting *s) {
    if (!value_is_absent(v)) return moment_from_json(v, &s->time_ms) ? OUTCOME_APPLIED : OUTCOME_BAD_TIME;
    s->time_ms = record_ms;
    return moment_in_range(record_ms) ? OUTCOME_APPLIED : OUTCOME_BAD_TIME;
}

static uint32_t weight_of(const struct weights *w, struct bytes type) {
    for (uint32_t i = 0; i < w->n; i++)
        if (w->rows[i].type_len == type.n && memcmp(w->rows[i].type, type.p, type.n) == 0) return w->rows[i].weight;
    return w->other;
}

static enum outcome ask_type(const json_t *v, const struct config *c, struct sighting *s) {
    struct bytes type = {"view", 4};
    if (!value_is_absent(v)) {
        if (!json_is_string(v) || json_string_length(v) > TYPE_BYTES_MAX) return OUTCOME_BAD_TYPE;
        type = value_text(v);
    }
    s->weight = weight_of(&c->weights, type);
    return OUTCOME_APPLIED;
}

/* jansson knows no infinite numbers, so "finite" needs no question. */
static enum outcome ask_value(const json_t *v) {
    if (value_is_absent(v)) return OUTCOME_APPLIED;
    return json_is_number(v) && json_number_value(v) >= 0.0 ? OUTCOME_APPLIED : OUTCOME_BAD_VALUE;
}

static enum outcome ask_all(const json_t *object, const struct config *c, int64_t record_ms, struct sighting *s) {
    enum outcome o = ask_item(json_object_get(object, c->field_item), s);
    if (o == OUTCOME_APPLIED) o = ask_location(json_object_get(object, c->field_location), c, s);
    if (o == OUTCOME_APPLIED) o = ask_time(json_object_get(object, c->field_time), record_ms, s);
    if (o == OUTCOME_APPLIED) o = ask_type(json_object_get(object, c->field_type), c, s);
    if (o == OUTCOME_APPLIED) o = ask_value(json_object_get(object, c->field_value));
    if (o == OUTCOME_APPLIED && s->weight == 0) o = OUTCOME_WEIGHTLESS;
    return o;
}

/* What every step below needs. */
struct visit {
    const struct config *config;
    struct bytes message;
    int64_t record_ms;
    void (*call)(void *self, const struct sighting *s);
    void *self;
};

static void visit_bare(const struct visit *v, enum outcome o) {
    struct sighting s = {.outcome = o, .raw = v->message};
    v->call(v->self, &s);
}

/* EVENT may be NULL: not JSON. */
static void visit_event(const struct visit *v, const json_t *event, struct bytes raw) {
    struct sighting s = {.outcome = OUTCOME_MALFORMED, .raw = raw, .json = event};
    if (json_is_object(event)) s.outcome = ask_all(event, v->config, v->record_ms, &s);
    v->call(v->self, &s);
}

static void visit_array(const struct visit *v, const char *p, size_t n) {
    json_t *array = json_loadb(p, n, 0, NULL);
    if (!json_is_array(array)) {
        visit_bare(v, OUTCOME_MALFORMED);
        json_decref(array);
        return;
    }
    for (size_t i = 0; i < json_array_size(array); i++)
        visit_event(v, json_array_get(array, i), (struct bytes){NULL, 0});
    json_decref(array);
}

static bool char_is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static size_t text_leading_space(const char *p, size_t n) {
    size_t i = 0;
    while (i < n && char_is_space(p[i])) i++;
    return i;
}

static void visit_lines(const struct visit *v, const char *p, size_t n) {
    const char *end = p + n;
    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        size_t line_n = (size_t)((lf != NULL ? lf : end) - p);
        if (text_leading_space(p, line_n) < line_n) {
            json_t *event = json_loadb(p, line_n, 0, NULL);
            visit_event(v, event, (struct bytes){p, line_n});
            json_decref(event);
        }
        p += line_n + 1;
    }
}

static void visit_object_or_lines(const struct visit *v, const char *p, size_t n) {
    json_t *whole = json_loadb(p, n, 0, NULL);
    if (whole != NULL)
        visit_event(v, whole, v->message);
    else
        visit_lines(v, p, n);
    json_decref(whole);
}

void decode_message(const struct config *c, const char *p, size_t n, int64_t record_ms,
                    void (*call)(void *self, const struct sighting *s), void *self) {
    struct visit v = {c, {p, n}, record_ms, call, self};
    size_t skip = p != NULL ? text_leading_space(p, n) : 0;
    if (p == NULL)
        visit_bare(&v, OUTCOME_TOMBSTONE);
    else if (skip == n)
        visit_bare(&v, OUTCOME_MALFORMED);
    else if (p[skip] == '[')
        visit_array(&v, p, n);
    else
        visit_object_or_lines(&v, p, n);
}
