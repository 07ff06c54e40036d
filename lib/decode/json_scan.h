/* decode/json_scan.h - from the text of a message to the events in it.
 * Use when: it is known where the JSON of a message begins.   Threads: one owner.
 * Memory: allocates nothing but in the batch; texts point into the message or into the batch's arena. */
#ifndef TOPKD_DECODE_JSON_SCAN_H
#define TOPKD_DECODE_JSON_SCAN_H

#include "decode/json_plan.h"
#include "event/batch.h"

/* A message on its way into a batch. */
struct json_scan {
    struct json_plan *plan; /* borrowed, as are the rest */
    struct event_batch *batch;
    struct bytes json; /* the message from where its JSON begins */
    int64_t record_time_ms;
    const struct event_value *beside; /* JSON_SLOTS values of the message */
    struct json_text text;
    ptrdiff_t moved; /* from the message to where its text is read: it was copied if it is not 0 */
    bool whole;      /* the message is no more than its events and what is between them: no array, no wrapper */
    struct event_value wrapper[JSON_SLOTS];
};

/* S has the first five fields. */
static inline void json_scan_begin(struct json_scan *s) {
    s->moved = 0;
    s->whole = false;
    s->text.start = s->json.p;
    s->text.end = s->json.p + s->json.n;
    s->text.arena = s->batch->arena;
}

/* Adds the events of S, which begins. */
void json_scan_any(struct json_scan *s);
/* The same from P on, where objects follow one another. The text ends with a bracket. */
void json_scan_objects(struct json_scan *s, const char *p);

/* VALUES of fields that do not stand in the event's object are put to the others. */
void json_scan_outside(const struct json_scan *s, struct event_value values[JSON_SLOTS]);

/* An event of the bytes RAW was read. */
ALWAYS_INLINE void json_scan_add(struct json_scan *s, struct bytes raw, struct event_value values[JSON_SLOTS]) {
    if (s->plan->outside_n > 0) json_scan_outside(s, values);
    event_judge(&s->plan->rules, values, s->record_time_ms, event_batch_add(s->batch, raw));
}

#endif
