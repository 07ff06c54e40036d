/* base/base.h - the few attributes and value types that every folder uses. */
#ifndef TOPKD_BASE_BASE_H
#define TOPKD_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK              __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define ALWAYS_INLINE           static inline __attribute__((always_inline))
#define ARRAY_LEN(a)            (sizeof(a) / sizeof((a)[0]))

static inline int64_t i64_larger(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t i64_smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* Borrowed bytes, not NUL-terminated. P is NULL only where a comment gives that a meaning. */
struct bytes {
    const char *p;
    size_t n;
};

#endif
