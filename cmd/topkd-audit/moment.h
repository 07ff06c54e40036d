/* topkd-audit/moment.h - the time of an event: a number, digits, or RFC 3339, as the README's table of fields says.
 * Pure. */
#ifndef TOPKD_AUDIT_MOMENT_H
#define TOPKD_AUDIT_MOMENT_H

#include <jansson.h>

#include "base/base.h"

/* Unix ms of V (neither NULL nor JSON null), or false: no time, or one outside the years 1970 to 9999. */
bool moment_from_json(const json_t *v, int64_t *ms) MUST_CHECK;
bool moment_in_range(int64_t ms);

#endif
