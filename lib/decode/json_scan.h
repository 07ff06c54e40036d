/* decode/json_scan.h - the fast path: reads only the configured fields of the JSON that producers usually send.
 * Use when: before jansson.   Not for: verdicts on what it does not recognise; event_json.h has the last word there.
 * Guarantee: what it recognises, jansson accepts, and the events are the same: outcome, texts, time, weight, raw.
 * Threads: one owner.   Memory: allocates nothing; texts point into the message. */
#ifndef TOPKD_DECODE_JSON_SCAN_H
#define TOPKD_DECODE_JSON_SCAN_H

#include "decode/json_names.h"
#include "decode/json_token.h"

/* A message on its way into a batch. */
struct event_scan {
    const struct event_rules *rules; /* borrowed, as are the rest */
    struct event_batch *batch;
    struct bytes message;
    int64_t record_time_ms;
    struct event_text text;
};

enum event_scanned {
    EVENT_SCAN_UNKNOWN, /* not recognised; nothing was added */
    EVENT_SCAN_WHOLE,   /* the message is one event, which was added */
    EVENT_SCAN_FIRST    /* one object and then something else: as a whole it is no JSON. Nothing was added */
};

/* S has its rules, batch, message and time. False: nothing of this message will be recognised. */
static inline bool event_scan_start(struct event_scan *s) {
    struct event_names *names = s->batch->names;
    if (!event_names_are(names, s->rules)) event_names_set(names, s->rules);
    return names->distinct && event_text_init(&s->text, s->message);
}

/* The whole message as one object. */
enum event_scanned event_scan_object(struct event_scan *s) MUST_CHECK;
/* The whole message as an array: its elements are added. False: not recognised, and some may have been added. */
bool event_scan_array(struct event_scan *s) MUST_CHECK;
/* The next line of REST, the message's last bytes: one event is added and REST moved behind it. False: not recognised,
 * and nothing was done. */
bool event_scan_line(struct event_scan *s, struct bytes *rest) MUST_CHECK;

#endif
