/* decode/json_object.h - the needed values of one JSON object, found by the configured places.
 * Use when: a scanner stands on a brace.   Not for: judging the values (event/judge.h).
 * Threads: one owner of the shape and of the text.   Memory: the texts of values point into the text, or into its
 * arena. */
#ifndef TOPKD_DECODE_JSON_OBJECT_H
#define TOPKD_DECODE_JSON_OBJECT_H

#include "decode/json_form.h"
#include "decode/json_token.h"
#include "decode/json_tree.h"

/* What is looked for in objects of one kind, and what was learnt of how they are written. */
struct json_shape {
    struct json_tree tree;
    struct json_form form;
};

/* Nothing is looked for, and nothing is learnt yet. Not to be copied. */
void json_shape_init(struct json_shape *shape);

/* OBJECT stands on the opening brace. Fills VALUES (JSON_SLOT_EVENTS only if it is there), and returns what follows the
 * closing brace: that may be behind the last bracket of T. NULL: what begins there is no object. SHAPE learns how the
 * object was written. */
const char *json_object_take(struct json_shape *shape, const struct json_text *t, const char *object,
                             struct event_value values[JSON_SLOTS]) MUST_CHECK;

#endif
