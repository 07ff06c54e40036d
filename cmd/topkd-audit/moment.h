/* topkd-audit/moment.h - the time of an event: a number, a text, or an array of the parts of a date.
 * Threads: as zone.h. */
#ifndef TOPKD_AUDIT_MOMENT_H
#define TOPKD_AUDIT_MOMENT_H

#include "base/base.h"
#include "value.h"
#include "zone.h"

/* Unix ms of V, which is not absent. ZONE: of a time that says none. False: it is no time, or one outside the years
 * 1970 to 9999. */
bool moment_of_value(const struct value *v, const struct zone *zone, int64_t *ms) MUST_CHECK;
bool moment_in_range(int64_t ms);

#endif
