/* topkd-audit/value.h - what the value of a field is, once it is needed: strings and numbers by jansson.
 * Threads: one owner. */
#ifndef TOPKD_AUDIT_VALUE_H
#define TOPKD_AUDIT_VALUE_H

#include <jansson.h>

#include "base/base.h"

enum value_kind {
    VALUE_ABSENT, /* or null */
    VALUE_STRING,
    VALUE_INTEGER, /* of any length */
    VALUE_REAL,
    VALUE_ARRAY,
    VALUE_OTHER /* or it cannot be read */
};

struct value {
    enum value_kind kind;
    struct bytes text; /* of a string what it means, of an integer its digits, of an array all of its bytes */
    double real;
    json_t *json; /* owned; what a string's text may lie in */
};

/* TOKEN: a value of the grammar, borrowed; p == NULL: none. value_deinit. */
struct value value_of_token(struct bytes token);
/* BYTES beside the message's value, borrowed: a key, a topic, a header; p == NULL: none. A string, if it is UTF-8
 * without a NUL. */
struct value value_of_bytes(struct bytes bytes);
void value_deinit(struct value *v); /* zero-initialised is absent */

#endif
