/* topkd-audit/field.h - where a field stands: what FIELD_* and EVENTS_AT say, and the way there.
 * Threads: any; const after field_of. */
#ifndef TOPKD_AUDIT_FIELD_H
#define TOPKD_AUDIT_FIELD_H

#include "base/base.h"

enum { FIELD_STEPS_MAX = 16 };

enum field_place { FIELD_NOWHERE, FIELD_IN_EVENT, FIELD_IN_WRAPPER, FIELD_IS_KEY, FIELD_IS_TOPIC, FIELD_IS_HEADER };

/* Into an object or an array. */
struct field_step {
    struct bytes name; /* with ~0 and ~1 undone; lies in the field's text */
    bool has_index;    /* the name is one of an element, too */
    uint64_t index;
};

struct field {
    enum field_place place;
    char *text; /* owned; of a header its name */
    struct field_step steps[FIELD_STEPS_MAX];
    size_t steps_n; /* in an event or a wrapper: at least one */
};

/* TEXT as a setting has it, which was checked there; field_deinit. */
struct field field_of(const char *text);
void field_deinit(struct field *f); /* zero-initialised is FIELD_NOWHERE */

/* Follows the way of F from CONTAINER, and sets *VALUE to what stands at its end (p == NULL: nothing). Of members with
 * the same name the last one counts. False: a container on the way does not fit the grammar. */
bool field_find(const struct field *f, struct bytes container, struct bytes *value) MUST_CHECK;

#endif
