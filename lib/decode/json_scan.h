/* decode/json_scan.h - the fast path: it reads only the configured fields, of the JSON that producers usually send.
 * Use when: before jansson is asked.   Not for: verdicts on what it does not recognise; those are jansson's.
 * Guarantee: what it recognises, jansson accepts too, and the events are the same: outcome, texts, time, weight, raw.
 * Threads: one owner.   Memory: allocates nothing; texts point into the message. */
#ifndef TOPKD_DECODE_JSON_SCAN_H
#define TOPKD_DECODE_JSON_SCAN_H

#include "decode/json_object.h"
#include "decode/json_token.h"

/* A message on its way into a batch. */
struct json_scan {
    const struct event_rules *rules; /* borrowed, as are the rest */
    struct json_names *names;        /* of these rules */
    struct event_batch *batch;
    struct bytes message;
    int64_t record_time_ms;
    /* set by json_scan_start */
    bool usable; /* false: the scanner would recognise nothing of this message, and must not be asked */
    struct json_text text;
};

enum json_scanned {
    JSON_SCAN_UNKNOWN, /* not recognised; nothing was added */
    JSON_SCAN_WHOLE,   /* the message is one event, which was added */
    JSON_SCAN_FIRST    /* one object and then something else: as a whole it is no JSON. Nothing was added */
};

/* S has its rules, names, batch, message and time. Returns whether the scanner may be asked. */
static inline bool json_scan_start(struct json_scan *s) {
    s->usable = s->names->distinct && json_text_init(&s->text, s->message);
    return s->usable;
}

/* The whole message as one object. */
enum json_scanned json_scan_object(struct json_scan *s) MUST_CHECK;
/* The whole message as an array: its elements are added. False: not recognised, and some may have been added. */
bool json_scan_array(struct json_scan *s) MUST_CHECK;
/* The next line of REST, which is the end of the message: one event is added, and REST is moved behind it.
 * False: not recognised, and nothing was done. */
bool json_scan_line(struct json_scan *s, struct bytes *rest) MUST_CHECK;

#endif
