/* decode/json_block.h - where strings end, 16 or 64 bytes at a time, and numbers eight digits at a time.
 * Use when: a scanner wants to know where a string may end.   Threads: any; pure.
 * A stop is a byte at which a JSON string is not plain text going on: '"', '\', below 0x20, or above 0x7e.
 * Two ways to find one, with the same answers: SSE2, and words of 64 bits where there is none or EVENT_BLOCK_PORTABLE
 * is defined. In test builds event_block_portable chooses at run time. */
#ifndef TOPKD_DECODE_JSON_BLOCK_H
#define TOPKD_DECODE_JSON_BLOCK_H

#include <string.h>

#include "base/base.h"

#if defined(__SSE2__) && !defined(EVENT_BLOCK_PORTABLE)
#define EVENT_BLOCK_SSE2 1
#include <emmintrin.h>
#endif

/* 16: the piece that is looked at in one go; no text shorter than it is scanned. */
enum { EVENT_BLOCK_BYTES = 64, EVENT_PIECE_BYTES = 16 };

#define EVENT_EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

#ifdef TOPKD_TESTHOOKS
extern bool event_block_portable;
#endif

/* Eight bytes, the first in the lowest place whatever the machine. */
static inline uint64_t event_load8(const char *p) {
    uint64_t w;
    memcpy(&w, p, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* The same of a text that ends at END, which may be less than eight bytes away: NULs stand for what is behind it. Eight
 * bytes before END must be the text's. */
static inline uint64_t event_load8_before(const char *p, const char *end) {
    if (p <= end - 8) return event_load8(p);
    return event_load8(end - 8) >> 8 * (7 - (size_t)(end - p)) >> 8;
}

/* 0x80 in every byte that is 0, and in no other: no carry leaves its byte. */
static inline uint64_t event_zero_bytes(uint64_t w) {
    const uint64_t low = EVENT_EACH_BYTE(0x7f);
    return ~(((w & low) + low) | w | low);
}

/* Not 0 if one of eight bytes is below 0x20, or 0x7f. */
static inline uint64_t event_controls8(const char *p) {
    uint64_t w = event_load8(p);
    return event_zero_bytes(w & EVENT_EACH_BYTE(0xe0)) | event_zero_bytes(w ^ EVENT_EACH_BYTE(0x7f));
}

/* A bit for each of 8 bytes, the first in the lowest. The product puts the bit of byte i, times 2^(56-7i), in place. */
static inline unsigned event_stops8(const char *p) {
    uint64_t w = event_load8(p);
    uint64_t stops = event_zero_bytes(w ^ EVENT_EACH_BYTE('"')) | event_zero_bytes(w ^ EVENT_EACH_BYTE('\\')) |
                     event_zero_bytes(w & EVENT_EACH_BYTE(0xe0)) | event_zero_bytes(w ^ EVENT_EACH_BYTE(0x7f)) |
                     (w & EVENT_EACH_BYTE(0x80));
    return (unsigned)((stops >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

static inline unsigned event_stops16_portable(const char *p) { return event_stops8(p) | event_stops8(p + 8) << 8; }

#ifdef EVENT_BLOCK_SSE2
/* What is neither quote nor backslash is no stop if it is 0x20 and up to 0x5e more. */
static inline unsigned event_stops16_sse2(const char *p) {
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quotes = _mm_cmpeq_epi8(x, _mm_set1_epi8('"')), escapes = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    __m128i more = _mm_sub_epi8(x, _mm_set1_epi8(0x20)), odd = _mm_max_epu8(more, _mm_set1_epi8(0x5f));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, escapes), _mm_cmpeq_epi8(more, odd)));
}
#endif

static inline unsigned event_stops16(const char *p) {
#ifdef EVENT_BLOCK_SSE2
#ifdef TOPKD_TESTHOOKS
    if (event_block_portable) return event_stops16_portable(p);
#endif
    return event_stops16_sse2(p);
#else
    return event_stops16_portable(p);
#endif
}

/* The first stop at P or behind it; END counts as one. Sixteen bytes before END must be the text's: the last piece is
 * read so that it ends there, and the bit above those of a piece stands for "none". */
static inline const char *event_stop(const char *p, const char *end) {
    const char *last = end - EVENT_PIECE_BYTES;
    for (; p < last; p += EVENT_PIECE_BYTES) {
        unsigned stops = event_stops16(p);
        if (stops != 0) return p + (unsigned)__builtin_ctz(stops);
    }
    return p + (unsigned)__builtin_ctz((event_stops16(last) | 1u << EVENT_PIECE_BYTES) >> (p - last));
}

/* The stops of a whole block. */
static inline uint64_t event_stops64(const char *p) {
    return (uint64_t)event_stops16(p) | (uint64_t)event_stops16(p + 16) << 16 | (uint64_t)event_stops16(p + 32) << 32 |
           (uint64_t)event_stops16(p + 48) << 48;
}

/* The stops of a block that END cuts; END counts as one, and all behind it. TEXT_BYTES, at least 16, before END are the
 * text's. */
static inline uint64_t event_stops_before(const char *p, const char *end, size_t text_bytes) {
    size_t n = (size_t)(end - p), i = 0;
    uint64_t stops = UINT64_MAX << n;
    if (text_bytes >= EVENT_BLOCK_BYTES)
        return stops | event_stops64(end - EVENT_BLOCK_BYTES) >> 1 >> (EVENT_BLOCK_BYTES - 1 - n);
    for (; i + EVENT_PIECE_BYTES <= n; i += EVENT_PIECE_BYTES) stops |= (uint64_t)event_stops16(p + i) << i;
    return stops | (uint64_t)event_stops16(end - EVENT_PIECE_BYTES) >> (EVENT_PIECE_BYTES - (n - i)) << i;
}

/* How many of eight bytes are digits before the first that is none; DIGITS: the bytes less '0'. */
static inline unsigned event_digits_count(uint64_t digits) {
    uint64_t others = ((digits & EVENT_EACH_BYTE(0x7f)) + EVENT_EACH_BYTE(0x76)) | digits;
    others &= EVENT_EACH_BYTE(0x80);
    return others != 0 ? (unsigned)__builtin_ctzll(others) / 8 : 8;
}

/* The number that eight digits are, the first in the lowest byte: neighbours are joined to pairs, then all four pairs
 * are summed in the upper half of two products. */
static inline uint64_t event_digits_value(uint64_t digits) {
    const uint64_t pair = UINT64_C(0x000000ff000000ff);
    uint64_t pairs = digits * 10 + (digits >> 8);
    return ((pairs & pair) * UINT64_C(0x000f424000000064) + (pairs >> 16 & pair) * UINT64_C(0x0000271000000001)) >> 32;
}

#endif
