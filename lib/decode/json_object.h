/* decode/json_object.h - the needed values of one JSON object.
 * Use when: a scanner stands on a brace.   Not for: judging them (event/judge.h).
 * Threads: one owner of NAMES and T.   Memory: allocates nothing; texts point into T. */
#ifndef TOPKD_DECODE_JSON_OBJECT_H
#define TOPKD_DECODE_JSON_OBJECT_H

#include "decode/json_names.h"
#include "decode/json_token.h"

/* P stands on the opening brace. Returns what follows the closing one, which may be behind T's last bracket, with
 * VALUES filled; NULL: not recognised. NAMES learns how the object was written. */
const char *event_object_take(struct event_names *names, struct event_text *t, const char *p,
                              struct event_value values[EVENT_FIELDS]) MUST_CHECK;

#endif
