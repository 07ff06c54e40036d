/* loadgen/values.h - numbers, durations and times out of text. Strict: the whole text, or nothing.   Threads: any. */
#ifndef TOPKD_LOADGEN_VALUES_H
#define TOPKD_LOADGEN_VALUES_H

#include "base/base.h"

/* Decimal digits only, MIN..MAX. */
bool value_parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *out) MUST_CHECK;
/* A plain decimal ("2", "0.5"; no exponent, no sign), MIN..MAX. */
bool value_parse_decimal(const char *text, double min, double max, double *out) MUST_CHECK;
/* A count with its unit ms, s, m or h: "500ms", "2m"; 1 ms to a year. "0" is allowed and is 0. */
bool value_parse_duration(const char *text, int64_t *ms) MUST_CHECK;
/* Unix ms of an RFC 3339 time (seconds may be left out) or of an integer: us from 10^14 up, ms from 10^11 up, else s.
 * Years 1970..9999. */
bool value_parse_time(struct bytes text, int64_t *ms) MUST_CHECK;
/* How many of the integer V's units make a second, by the rule of value_parse_time: 1, 1000 or 1000000. */
int64_t value_time_units_per_s(int64_t v);

#endif
