/* base/units.h - numbers, durations and sizes as people write them.
 *   durations  500ms, 90s, 5m, 24h, 7d
 *   sizes      512KB, 16MB, 1GB; of 1024
 * Strict: digits, then the unit, nothing else. A bare number is neither.   Threads: any. */
#ifndef TOPKD_BASE_UNITS_H
#define TOPKD_BASE_UNITS_H

#include "base/buf.h"
#include "base/err.h"

/* For config.def, in ms and bytes. */
#define SECONDS(n)   ((uint64_t)(n)*1000)
#define MINUTES(n)   (SECONDS(n) * 60)
#define HOURS(n)     (MINUTES(n) * 60)
#define DAYS(n)      (HOURS(n) * 24)
#define MEGABYTES(n) ((uint64_t)(n) << 20)

/* 0, or ERR_INVALID with what to do. Products that do not fit 64 bits are refused. */
int units_parse_number(const char *text, uint64_t *out, struct err *e) MUST_CHECK;
int units_parse_duration(const char *text, uint64_t *out_ms, struct err *e) MUST_CHECK;
int units_parse_size(const char *text, uint64_t *out_bytes, struct err *e) MUST_CHECK;

/* With the largest unit that loses nothing (days from 2d on); 0 is `0s` and `0KB`. */
void units_write_duration(uint64_t ms, struct buf *out);
void units_write_size(uint64_t bytes, struct buf *out);

#endif
