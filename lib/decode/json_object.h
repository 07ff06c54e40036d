/* decode/json_object.h - the needed values of one JSON object, found by the configured field names.
 * Use when: a scanner stands on a brace.   Not for: judging the values (event/judge.h).
 * Threads: one owner of the names and of the text.   Memory: allocates nothing; the names are borrowed, and the texts
 * of values point into the text. */
#ifndef TOPKD_DECODE_JSON_OBJECT_H
#define TOPKD_DECODE_JSON_OBJECT_H

#include "decode/json_form.h"
#include "decode/json_token.h"

/* The configured names, made ready to be compared with keys, and what was learnt of objects that had them. */
struct json_names {
    struct json_name {
        const char *text; /* borrowed, from the rules */
        size_t text_bytes;
        uint64_t head; /* its first eight bytes as name_head has them: they are compared first */
    } of[EVENT_FIELDS];
    bool distinct; /* false: two fields have one name, or a field has none */
    struct json_form form;
};

/* Nothing is learnt yet. */
void json_names_init(struct json_names *names, const struct event_rules *rules);

/* OBJECT stands on the opening brace. Fills VALUES, and returns what follows the closing brace: that may be behind the
 * last bracket of T. NULL: not recognised. NAMES learns how the object was written. */
const char *json_object_take(struct json_names *names, struct json_text *t, const char *object,
                             struct event_value values[EVENT_FIELDS]) MUST_CHECK;

#endif
