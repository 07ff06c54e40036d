/* decode/json_block.h - where a string or a container may end, for 16 or 64 bytes at a time.
 * Use when: a scanner looks for the end of a string or a container.   Threads: any; pure.
 * Three kinds of bytes are looked for:
 *   stops      not plain text of a JSON string: '"', '\', below 0x20, or above 0x7e
 *   quotes     '"' and '\': all that matters in a string that nobody needs
 *   brackets   '"' and the four brackets and braces: all that matters in a container that nobody needs
 * They are found in two ways, with the same answers: by SSE2, or by words of 64 bits. The words are used where there
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

/* FOUND has 0x80 in some of its bytes. A bit for each of the eight, that of the first is the lowest. The product moves
 * the bit of byte i to its place, by 2^(56-7i). */
static inline unsigned json_bits8(uint64_t found) {
    return (unsigned)((found >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

static inline unsigned json_stops8(const char *p) {
    uint64_t w = bytes8_load(p);
    return json_bits8(bytes8_zeros(w ^ BYTES8_EACH('"')) | bytes8_zeros(w ^ BYTES8_EACH('\\')) |
                      bytes8_zeros(w & BYTES8_EACH(0xe0)) | bytes8_zeros(w ^ BYTES8_EACH(0x7f)) |
                      (w & BYTES8_EACH(0x80)));
}

static inline unsigned json_quotes8(const char *p) {
    uint64_t w = bytes8_load(p);
    return json_bits8(bytes8_zeros(w ^ BYTES8_EACH('"')) | bytes8_zeros(w ^ BYTES8_EACH('\\')));
}

/* A bracket and the brace of its side differ in one bit, 0x20. */
static inline unsigned json_brackets8(const char *p) {
    uint64_t w = bytes8_load(p), braces = w | BYTES8_EACH(0x20);
    return json_bits8(bytes8_zeros(w ^ BYTES8_EACH('"')) | bytes8_zeros(braces ^ BYTES8_EACH('{')) |
                      bytes8_zeros(braces ^ BYTES8_EACH('}')));
}

static inline unsigned json_stops16_portable(const char *p) { return json_stops8(p) | json_stops8(p + 8) << 8; }
static inline unsigned json_quotes16_portable(const char *p) { return json_quotes8(p) | json_quotes8(p + 8) << 8; }
static inline unsigned json_brackets16_portable(const char *p) {
    return json_brackets8(p) | json_brackets8(p + 8) << 8;
}

#ifdef JSON_BLOCK_SSE2
/* A byte that is neither quote nor backslash is no stop if it is at least 0x20, and at most 0x5e above that. */
static inline unsigned json_stops16_sse2(const char *p) {
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quotes = _mm_cmpeq_epi8(x, _mm_set1_epi8('"')), escapes = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    __m128i more = _mm_sub_epi8(x, _mm_set1_epi8(0x20)), odd = _mm_max_epu8(more, _mm_set1_epi8(0x5f));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, escapes), _mm_cmpeq_epi8(more, odd)));
}

static inline unsigned json_quotes16_sse2(const char *p) {
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quotes = _mm_cmpeq_epi8(x, _mm_set1_epi8('"')), escapes = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(quotes, escapes));
}

static inline unsigned json_brackets16_sse2(const char *p) {
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p), braces = _mm_or_si128(x, _mm_set1_epi8(0x20));
    __m128i quotes = _mm_cmpeq_epi8(x, _mm_set1_epi8('"')), opening = _mm_cmpeq_epi8(braces, _mm_set1_epi8('{'));
    __m128i closing = _mm_cmpeq_epi8(braces, _mm_set1_epi8('}'));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(quotes, _mm_or_si128(opening, closing)));
}
#endif

/* The way that is taken. */
#ifdef JSON_BLOCK_SSE2
#ifdef TOPKD_TESTHOOKS
#define JSON_BLOCK_WAY(kind, p) (json_block_portable ? json_##kind##16_portable(p) : json_##kind##16_sse2(p))
#else
#define JSON_BLOCK_WAY(kind, p) json_##kind##16_sse2(p)
#endif
#else
#define JSON_BLOCK_WAY(kind, p) json_##kind##16_portable(p)
#endif

/* A bit for each of 16 bytes, that of the first is the lowest. */
static inline unsigned json_stops16(const char *p) { return JSON_BLOCK_WAY(stops, p); }
static inline unsigned json_quotes16(const char *p) { return JSON_BLOCK_WAY(quotes, p); }
static inline unsigned json_brackets16(const char *p) { return JSON_BLOCK_WAY(brackets, p); }

/* The first byte that FOUND16 finds at P or behind it; END counts as one. The 16 bytes before END must be the text's,
 * because the last piece is read so that it ends there. The bit above those of a piece stands for "none". */
ALWAYS_INLINE const char *json_first(unsigned found16(const char *), const char *p, const char *end) {
    const char *last = end - JSON_PIECE_BYTES;
    for (; p < last; p += JSON_PIECE_BYTES) {
        unsigned found = found16(p);
        if (found != 0) return p + (unsigned)__builtin_ctz(found);
    }
    return p + (unsigned)__builtin_ctz((found16(last) | 1u << JSON_PIECE_BYTES) >> (p - last));
}

static inline const char *json_stop(const char *p, const char *end) { return json_first(json_stops16, p, end); }
static inline const char *json_quote(const char *p, const char *end) { return json_first(json_quotes16, p, end); }
static inline const char *json_bracket(const char *p, const char *end) { return json_first(json_brackets16, p, end); }

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
