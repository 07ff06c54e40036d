/* event/judge.h - the rules for the fields: what an object must hold to count.
 * Use when: a decoder has read the values of an object.   Not for: what is JSON; decoders know that.
 * All that read events hand their values to this one judge, so they can only differ in what they read.
 * Threads: any; pure. */
#ifndef TOPKD_EVENT_JUDGE_H
#define TOPKD_EVENT_JUDGE_H

#include "event/event.h"

enum event_kind {
    EVENT_ABSENT, /* or null: no rule tells the two apart */
    EVENT_STRING,
    EVENT_INTEGER,
    EVENT_BIG_INTEGER, /* of more than 64 bits */
    EVENT_REAL,
    EVENT_ARRAY,
    EVENT_OTHER /* an object, true, false, or a text that cannot be read */
};

struct event_value {
    enum event_kind kind;
    bool plain;        /* of a string: it surely holds no control character, not even 0x7f */
    struct bytes text; /* of a string; of an integer its digits; of an array the JSON that it is */
    int64_t integer;
    double real; /* finite */
};

/* Fills EV from VALUES. EV must be as it was added to a batch; its texts become those of the values. */
void event_judge(const struct event_rules *r, const struct event_value values[EVENT_FIELDS], int64_t record_time_ms,
                 struct event *ev);

#endif
