/* event/place.h - where a field stands, as FIELD_* and EVENTS_AT say it.
 *
 *   video_id             the member of that name of the event
 *   /data/items/0/id     the same by a JSON pointer (RFC 6901) into the event: /video_id is video_id
 *   ^/sent_at            by a JSON pointer into the wrapper that the event came in
 *   @key                 the key of the message
 *   @topic               the name of its topic
 *   @header:NAME         its last header of that name
 *                        (empty) nowhere
 *
 * Threads: any; const after parse. */
#ifndef TOPKD_EVENT_PLACE_H
#define TOPKD_EVENT_PLACE_H

#include "base/base.h"
#include "base/err.h"

enum { PLACE_BYTES_MAX = 256, PLACE_TOKENS_MAX = 16, PLACE_NO_INDEX = -1 };

enum place_of { PLACE_NOWHERE, PLACE_EVENT, PLACE_WRAPPER, PLACE_KEY, PLACE_TOPIC, PLACE_HEADER };

struct place_token {
    const char *name; /* in `text` below: the token with its escapes undone, ended by a NUL */
    size_t name_bytes;
    int32_t index; /* which element it names where an array stands; PLACE_NO_INDEX: none */
};

struct place {
    enum place_of of;
    struct place_token tokens[PLACE_TOKENS_MAX]; /* of an event or a wrapper: one or more */
    size_t tokens_n;
    char text[PLACE_BYTES_MAX + 1]; /* of a header its name */
};

/* Not to be copied: the tokens point into it. TEXT NULL is as if it were empty. 0, or ERR_INVALID with what to do. */
int place_parse(const char *text, struct place *out, struct err *e) MUST_CHECK;
/* The same for a TEXT that was checked with the settings: it must be right. */
void place_take(const char *text, struct place *out);
/* Is it the same place, however it is written? Nowhere is no place. */
bool place_is(const struct place *a, const struct place *b);

#endif
