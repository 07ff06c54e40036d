/* moment.h - the time of an event as the design's table of fields reads it: numbers, digits, RFC 3339.   Pure. */
#ifndef TOPKD_AUDIT_MOMENT_H
#define TOPKD_AUDIT_MOMENT_H

#include <jansson.h>

#include "base/base.h"

/* Unix ms of V (neither NULL nor JSON null), or false: no time, or one outside the years 1970 to 9999. */
bool moment_from_json(const json_t *v, int64_t *ms) MUST_CHECK;
bool moment_in_range(int64_t ms);

#endif
