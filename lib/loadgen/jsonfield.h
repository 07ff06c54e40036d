/* loadgen/jsonfield.h - where a field's value stands in the text of one JSON object.
 * Use when: a replayed line must go out as it came in, so it is searched, not decoded.
 * Not for: judging events. Text that is no JSON gives no answer, or a wrong one.   Threads: any. */
#ifndef TOPKD_LOADGEN_JSONFIELD_H
#define TOPKD_LOADGEN_JSONFIELD_H

#include "base/base.h"

/* The value of the field NAME on the outermost level of OBJECT, as it is written: a string with its quotes. Where a
 * field is repeated, its last value. A name that is written with escapes is not recognised. */
bool jsonfield_find(struct bytes object, const char *name, struct bytes *value) MUST_CHECK;
/* VALUE without its quotes, if it has any. */
struct bytes jsonfield_text(struct bytes value);
/* The time that VALUE says: an integer or a string as value_parse_time has it, or seconds with a fraction. */
bool jsonfield_time(struct bytes value, int64_t *ms) MUST_CHECK;

#endif
