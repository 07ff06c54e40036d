/* unit/audit/reports.h - the cases of tests/data/reports.json: messages as people send them, and what becomes of them.
 *
 *   {"what":     for people
 *    "settings": names without their prefix; absent: the defaults
 *    "text" or "base64":  the value; null: a tombstone
 *    "key" or "key64", "headers": [[name, value or null], ...], "topic", "record_ms":  beside it; all may be absent
 *    "wants":    the events in their order: the outcome, and of the item, location (null: none), minute, weight and id
 *                (null: none) those that are asked for}
 *
 * A reader of messages says what it makes of a case with report_say. */
#ifndef TOPKD_UNIT_AUDIT_REPORTS_H
#define TOPKD_UNIT_AUDIT_REPORTS_H

#include <jansson.h>

#include "base/buf.h"
#include "config/config.h"

struct report_bytes {
    bool is_set; /* false: null, or none */
    struct buf bytes;
};

/* A case, taken apart. */
struct report {
    const json_t *json; /* borrowed */
    const char *what;
    struct config *config; /* owned */
    struct report_bytes value, key;
    const char *topic;
    int64_t record_ms;
};

/* p == NULL for what is not set. */
struct bytes report_bytes_of(const struct report_bytes *b);
/* The last header of that NAME, as Kafka's clients find it; p == NULL: none. SELF: a struct report. */
struct bytes report_header(const void *self, const char *name);

/* An event; fields whose p is NULL are none. */
struct report_event {
    const char *outcome;
    struct bytes item, location, id;
    int64_t time_ms;
    uint32_t weight;
    bool is_judged; /* it has all of these: it is applied or weightless */
    bool tells_id;  /* false: the reader does not know ids as texts, and they are not compared */
};
/* SAID: the array of events so far. */
void report_say(json_t *said, const struct report_event *event);

struct report_reader {
    const char *name;
    void (*read)(const struct report *r, json_t *said);
};

/* Gives every case to READER, and fails with those that are not as wanted. */
void reports_expect(const struct report_reader *reader);

#endif
