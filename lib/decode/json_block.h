/* decode/json_block.h - where a string may end, for 16 or 64 bytes at a time.
 * Use when: a scanner looks for the end of a string.   Threads: any; pure.
 * A "stop" is a byte that is not plain text of a JSON string: '"', '\', below 0x20, or above 0x7e.
 * Stops are found in two ways, with the same answers: by SSE2, or by words of 64 bits. The words are used where there
 * is no SSE2 or where JSON_BLOCK_PORTABLE is defined. In test builds json_block_portable chooses at run time. */
#ifndef TOPKD_DECODE_JSON_BLOCK_H
#define TOPKD_DECODE_JSON_BLOCK_H

#include "base/bytes8.h"

#if defined(__SSE2__) && !defined(JSON_BLOCK_PORTABLE)
#define JSON_BLOCK_SSE2 1
#include <emmintrin.h>
#endif

/* A piece is looked at in one go; no text shorter than it is scanned. A block has a byte for each bit of a word. */
enum { JSON_BLOCK_BYTES = 64, JSON_PIECE_BYTES = 16 };

#ifdef TOPKD_TESTHOOKS
extern bool json_block_portable;
#endif

/* A bit for each of eight bytes, that of the first is the lowest. The product moves the bit of byte i to its place, by
 * 2^(56-7i). */
static inline unsigned json_stops8(const char *p) {
    uint64_t w = bytes8_load(p);
    uint64_t stops = bytes8_zeros(w ^ BYTES8_EACH('"')) | bytes8_zeros(w ^ BYTES8_EACH('\\')) |
                     bytes8_zeros(w & BYTES8_EACH(0xe0)) | bytes8_zeros(w ^ BYTES8_EACH(0x7f)) |
                     (w & BYTES8_EACH(0x80));
    return (unsigned)((stops >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

static inline unsigned json_stops16_portable(const char *p) { return json_stops8(p) | json_stops8(p + 8) << 8; }

#ifdef JSON_BLOCK_SSE2
/* A byte that is neither quote nor backslash is no stop if it is at least 0x20, and at most 0x5e above that. */
static inline unsigned json_stops16_sse2(const char *p) {
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quotes = _mm_cmpeq_epi8(x, _mm_set1_epi8('"')), escapes = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    __m128i more = _mm_sub_epi8(x, _mm_set1_epi8(0x20)), odd = _mm_max_epu8(more, _mm_set1_epi8(0x5f));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, escapes), _mm_cmpeq_epi8(more, odd)));
}
#endif

static inline unsigned json_stops16(const char *p) {
#ifdef JSON_BLOCK_SSE2
#ifdef TOPKD_TESTHOOKS
    if (json_block_portable) return json_stops16_portable(p);
#endif
    return json_stops16_sse2(p);
#else
    return json_stops16_portable(p);
#endif
}

/* The first stop at P or behind it; END counts as one. The 16 bytes before END must be the text's, because the last
 * piece is read so that it ends there. The bit above those of a piece stands for "none". */
static inline const char *json_stop(const char *p, const char *end) {
    const char *last = end - JSON_PIECE_BYTES;
    for (; p < last; p += JSON_PIECE_BYTES) {
        unsigned stops = json_stops16(p);
        if (stops != 0) return p + (unsigned)__builtin_ctz(stops);
    }
    return p + (unsigned)__builtin_ctz((json_stops16(last) | 1u << JSON_PIECE_BYTES) >> (p - last));
}

/* The stops of a whole block. */
static inline uint64_t json_stops64(const char *p) {
    return (uint64_t)json_stops16(p) | (uint64_t)json_stops16(p + 16) << 16 | (uint64_t)json_stops16(p + 32) << 32 |
           (uint64_t)json_stops16(p + 48) << 48;
}

/* The stops of a block that END cuts; END and all behind it count as stops. TEXT_BYTES: how many bytes before END are
 * the text's, at least 16. */
static inline uint64_t json_stops_before(const char *p, const char *end, size_t text_bytes) {
    size_t n = (size_t)(end - p), i = 0;
    uint64_t stops = UINT64_MAX << n;
    if (text_bytes >= JSON_BLOCK_BYTES)
        return stops | json_stops64(end - JSON_BLOCK_BYTES) >> 1 >> (JSON_BLOCK_BYTES - 1 - n);
    for (; i + JSON_PIECE_BYTES <= n; i += JSON_PIECE_BYTES) stops |= (uint64_t)json_stops16(p + i) << i;
    return stops | (uint64_t)json_stops16(end - JSON_PIECE_BYTES) >> (JSON_PIECE_BYTES - (n - i)) << i;
}

#endif
