/* base/bytes8.h - eight bytes of a text, looked at as one number.
 * Use when: a look at one byte at a time would cost too much.   Threads: any; pure. */
#ifndef TOPKD_BASE_BYTES8_H
#define TOPKD_BASE_BYTES8_H

#include <string.h>

#include "base/base.h"

/* The byte B eight times. */
#define BYTES8_EACH(b) (UINT64_C(0x0101010101010101) * (b))

/* Eight bytes. The first is the lowest of the number, on every machine. */
static inline uint64_t bytes8_load(const char *p) {
    uint64_t w;
    memcpy(&w, p, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* The same for a text that ends at END, which may be less than eight bytes away. What lies behind END is read as NULs.
 * The eight bytes before END must belong to the text. */
static inline uint64_t bytes8_load_before(const char *p, const char *end) {
    if (p <= end - 8) return bytes8_load(p);
    return bytes8_load(end - 8) >> 8 * (7 - (size_t)(end - p)) >> 8;
}

/* 0x80 in every byte that is 0, and 0 in every other: no carry leaves its byte. */
static inline uint64_t bytes8_zeros(uint64_t w) {
    const uint64_t low = BYTES8_EACH(0x7f);
    return ~(((w & low) + low) | w | low);
}

#endif
