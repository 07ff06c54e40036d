/* decode/json_names.h - the configured field names, made ready to be compared with the keys of an object.
 * Threads: one owner.   Memory: borrows the names. */
#ifndef TOPKD_DECODE_JSON_NAMES_H
#define TOPKD_DECODE_JSON_NAMES_H

#include <string.h>

#include "decode/json_form.h"

struct event_names {
    struct event_name {
        const char *text; /* borrowed, from the rules */
        size_t n;
        uint64_t head; /* event_names_head */
    } of[EVENT_FIELDS];
    bool distinct;          /* false: two fields have one name, or a field has none */
    struct event_form form; /* how objects came that had these names */
};

/* False: the names of R must be set first. A name is known by its address. */
static inline bool event_names_are(const struct event_names *names, const struct event_rules *r) {
    const struct event_name *of = names->of;
    uintptr_t others = ((uintptr_t)of[EVENT_FIELD_ITEM].text ^ (uintptr_t)r->field_item) |
                       ((uintptr_t)of[EVENT_FIELD_LOCATION].text ^ (uintptr_t)r->field_location) |
                       ((uintptr_t)of[EVENT_FIELD_TIME].text ^ (uintptr_t)r->field_time) |
                       ((uintptr_t)of[EVENT_FIELD_TYPE].text ^ (uintptr_t)r->field_type) |
                       ((uintptr_t)of[EVENT_FIELD_VALUE].text ^ (uintptr_t)r->field_value);
    return others == 0;
}

void event_names_set(struct event_names *names, const struct event_rules *r);

/* What is compared first: of the eight bytes FIRST at a name's beginning those that are the name's, moved to the top.
 */
static inline uint64_t event_names_head(uint64_t first, size_t n) {
    if (n == 0) return 0;
    return first << (n < 8 ? 64 - 8 * n : 0);
}

static inline bool event_name_is(const struct event_name *name, struct bytes key, uint64_t head) {
    return head == name->head && key.n == name->n && (key.n <= 8 || memcmp(key.p + 8, name->text + 8, key.n - 8) == 0);
}

/* The field whose name is KEY, or EVENT_FIELDS. */
static inline enum event_field event_names_find(const struct event_names *names, struct bytes key, uint64_t head) {
    const struct event_name *of = names->of;
    if (event_name_is(&of[EVENT_FIELD_ITEM], key, head)) return EVENT_FIELD_ITEM;
    if (event_name_is(&of[EVENT_FIELD_LOCATION], key, head)) return EVENT_FIELD_LOCATION;
    if (event_name_is(&of[EVENT_FIELD_TYPE], key, head)) return EVENT_FIELD_TYPE;
    if (event_name_is(&of[EVENT_FIELD_TIME], key, head)) return EVENT_FIELD_TIME;
    if (event_name_is(&of[EVENT_FIELD_VALUE], key, head)) return EVENT_FIELD_VALUE;
    return EVENT_FIELDS;
}

#endif
