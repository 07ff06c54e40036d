/* event/judge.c - every field is read, whatever the others hold; then the first complaint wins.
 * Complaints are ordered as in `enum event_outcome`. So the time of an event is there whenever it could be read. */
#include "event/judge.h"

#include "base/bytes8.h"
#include "base/hash.h"
#include "event/time.h"

/* A string or an integer of 1..MAX bytes: an integer counts as its digits. */
static bool is_name(const struct event_value *v, size_t max) {
    bool named = v->kind == EVENT_STRING || v->kind == EVENT_INTEGER || v->kind == EVENT_BIG_INTEGER;
    return named && v->text.n - 1 < max;
}

static enum event_outcome judge_item(const struct event_value *v, struct bytes *item) {
    if (!is_name(v, EVENT_ITEM_BYTES_MAX)) return v->kind == EVENT_ABSENT ? EVENT_NO_ITEM : EVENT_BAD_ITEM;
    *item = v->text;
    return EVENT_APPLIED;
}

static bool is_control(char c) { return (unsigned char)c < 0x20 || c == 0x7f; }

/* Not 0 if one of eight bytes is a control character. */
static uint64_t controls8(const char *p) {
    uint64_t w = bytes8_load(p);
    return bytes8_zeros(w & BYTES8_EACH(0xe0)) | bytes8_zeros(w ^ BYTES8_EACH(0x7f));
}

/* Looks at eight bytes at once. The last eight may overlap those before them: what is looked at twice is the same
 * twice. It is not inlined: its registers would be saved for every event, and few events need them. */
static __attribute__((noinline)) bool has_control(struct bytes text) {
    uint64_t found = 0;
    size_t i = 0;
    for (; i + 8 <= text.n; i += 8) found |= controls8(text.p + i);
    if (text.n >= 8) return (found | controls8(text.p + text.n - 8)) != 0;
    for (; i < text.n; i++)
        if (is_control(text.p[i])) return true;
    return false;
}

/* Control characters are refused: locations become parts of keys and lines. */
static bool location_is_ok(const struct event_value *v) {
    return is_name(v, EVENT_LOCATION_BYTES_MAX) && (v->kind != EVENT_STRING || v->plain || !has_control(v->text));
}

static bool is_empty(const struct event_value *v) { return v->kind == EVENT_STRING && v->text.n == 0; }

/* An empty location is as none: producers write it where they do not know the place. */
static enum event_outcome judge_location(const struct event_value *v, bool has_global, struct bytes *location) {
    if (location_is_ok(v)) {
        *location = v->text;
        return EVENT_APPLIED;
    }
    if (v->kind != EVENT_ABSENT && !is_empty(v)) return EVENT_BAD_LOCATION;
    return has_global ? EVENT_APPLIED : EVENT_NO_LOCATION;
}

static bool judge_time(const struct event_value *v, const struct time_zone *zone, int64_t record_time_ms, int64_t *ms) {
    if (v->kind == EVENT_INTEGER) return event_time_from_integer(v->integer, ms);
    if (v->kind == EVENT_ABSENT) return event_time_from_ms(record_time_ms, ms);
    if (v->kind == EVENT_STRING) return event_time_from_text(v->text, zone, ms);
    if (v->kind == EVENT_ARRAY) return event_time_from_array(v->text, zone, ms);
    return v->kind == EVENT_REAL && event_time_from_real(v->real, ms);
}

static enum event_outcome judge_type(const struct event_value *v, const struct weights *weights, uint32_t *weight) {
    struct bytes type = {.p = "view", .n = 4};
    if (is_name(v, EVENT_TYPE_BYTES_MAX) || is_empty(v))
        type = v->text;
    else if (v->kind != EVENT_ABSENT)
        return EVENT_BAD_TYPE;
    *weight = weights_get(weights, type);
    return EVENT_APPLIED;
}

static enum event_outcome judge_value(const struct event_value *v) {
    bool ok = v->kind == EVENT_ABSENT || (v->kind == EVENT_INTEGER && v->integer >= 0) ||
              (v->kind == EVENT_BIG_INTEGER && v->text.p[0] != '-') || (v->kind == EVENT_REAL && v->real >= 0);
    return ok ? EVENT_APPLIED : EVENT_BAD_VALUE;
}

/* An event whose id is absent or cannot be read is as one without: it counts. */
static uint64_t judge_id(const struct event_value *v) {
    if (!is_name(v, EVENT_ID_BYTES_MAX)) return 0;
    uint64_t hash = hash64(v->text.p, v->text.n, 0);
    return hash != 0 ? hash : 1;
}

static enum event_outcome outcome_or(enum event_outcome first, enum event_outcome second) {
    return first != EVENT_APPLIED ? first : second;
}

/* In the order of the enumeration. That the weight is 0 is the last thing to be said of an event. */
void event_judge(const struct event_rules *r, const struct event_value values[EVENT_FIELDS], int64_t record_time_ms,
                 struct event *ev) {
    enum event_outcome item = judge_item(&values[EVENT_FIELD_ITEM], &ev->item);
    enum event_outcome location = judge_location(&values[EVENT_FIELD_LOCATION], r->has_global, &ev->location);
    bool has_time = judge_time(&values[EVENT_FIELD_TIME], r->zone, record_time_ms, &ev->time_ms);
    enum event_outcome type = judge_type(&values[EVENT_FIELD_TYPE], r->weights, &ev->weight);
    enum event_outcome value = judge_value(&values[EVENT_FIELD_VALUE]);
    ev->id_hash = judge_id(&values[EVENT_FIELD_ID]);
    enum event_outcome said = ev->weight == 0 ? EVENT_WEIGHTLESS : EVENT_APPLIED;
    said = outcome_or(type, outcome_or(value, said));
    said = outcome_or(has_time ? EVENT_APPLIED : EVENT_BAD_TIME, said);
    ev->outcome = outcome_or(item, outcome_or(location, said));
}
