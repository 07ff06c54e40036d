/* sketch/look.h - what is looked for in a set, in three ways with the same answers: AVX2, SSE2 and plain C.
 * The including file defines SKETCH_PATH_AVX2 or SKETCH_PATH_SSE2 (and compiles for it), or neither. Counts of the same
 * size are decided by place: the first.   Threads: any; pure. */
#ifndef TOPKD_SKETCH_LOOK_H
#define TOPKD_SKETCH_LOOK_H

#include "sketch/set.h"

/* set_ways: a bit for each way with TAG (0: for each free one).
 * set_smallest_way: the first of those with the smallest count.
 * set_cell: the first light cell with FINGERPRINT, else the first of the smallest. */

#if defined(SKETCH_PATH_AVX2) || defined(SKETCH_PATH_SSE2)
/* A free cell is 0, so it looks like one with fingerprint 0, which one item in 4096 has. */
static inline struct cell set_cell_of_zero(const struct set *s) {
    unsigned least = 0;
    for (unsigned i = 0; i < SET_CELLS; i++) {
        if (s->light[i] != 0 && s->light[i] <= CELL_COUNT_MAX) return (struct cell){i, true};
        if (cell_count(s->light[i]) < cell_count(s->light[least])) least = i;
    }
    return (struct cell){least, false};
}
#endif

#if defined(SKETCH_PATH_AVX2)
#include <immintrin.h>

static inline __m256i set_load(const uint32_t *p) { return _mm256_load_si256((const __m256i *)(const void *)p); }
static inline unsigned set_bits(__m256i words) { return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(words)); }

/* The least of eight words. */
static inline uint32_t set_least(__m256i a) {
    __m128i b = _mm_min_epu32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    b = _mm_min_epu32(b, _mm_shuffle_epi32(b, _MM_SHUFFLE(1, 0, 3, 2)));
    b = _mm_min_epu32(b, _mm_shuffle_epi32(b, _MM_SHUFFLE(2, 3, 0, 1)));
    return (uint32_t)_mm_cvtsi128_si32(b);
}

static inline unsigned set_ways(const struct set *s, uint32_t tag) {
    return set_bits(_mm256_cmpeq_epi32(set_load(s->tag), _mm256_set1_epi32((int)tag)));
}

static inline unsigned set_smallest_way(const struct set *s) {
    __m256i counts = set_load(s->count), least = _mm256_set1_epi32((int)set_least(counts));
    return (unsigned)__builtin_ctz(set_bits(_mm256_cmpeq_epi32(counts, least)));
}

/* The least of (count << 12 | place) is the first of the smallest. */
static inline struct cell set_cell(const struct set *s, uint32_t fingerprint) {
    if (fingerprint == 0) return set_cell_of_zero(s);
    const __m256i places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), wanted = _mm256_set1_epi32((int)fingerprint);
    __m256i a = set_load(s->light), b = set_load(s->light + 8);
    unsigned found = set_bits(_mm256_cmpeq_epi32(_mm256_srli_epi32(a, CELL_COUNT_BITS), wanted)) |
                     set_bits(_mm256_cmpeq_epi32(_mm256_srli_epi32(b, CELL_COUNT_BITS), wanted)) << 8;
    if (found != 0) return (struct cell){(unsigned)__builtin_ctz(found), true};
    a = _mm256_or_si256(_mm256_slli_epi32(a, 32 - CELL_COUNT_BITS), places);
    b = _mm256_or_si256(_mm256_slli_epi32(b, 32 - CELL_COUNT_BITS), _mm256_add_epi32(places, _mm256_set1_epi32(8)));
    return (struct cell){set_least(_mm256_min_epu32(a, b)) & (SET_CELLS - 1), false};
}

#elif defined(SKETCH_PATH_SSE2)
#include <emmintrin.h>

static inline __m128i set_load(const uint32_t *p) { return _mm_load_si128((const __m128i *)(const void *)p); }

/* A bit for each of eight words that are all ones or all zeros. */
static inline unsigned set_bits(__m128i a, __m128i b) {
    __m128i words = _mm_packs_epi32(a, b);
    return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(words, words)) & 0xff;
}

/* The lesser of signed words. */
static inline __m128i set_lesser(__m128i a, __m128i b) {
    __m128i less = _mm_cmplt_epi32(a, b);
    return _mm_or_si128(_mm_and_si128(less, a), _mm_andnot_si128(less, b));
}

/* The least of four signed words, in all four. */
static inline __m128i set_least(__m128i a) {
    a = set_lesser(a, _mm_shuffle_epi32(a, _MM_SHUFFLE(1, 0, 3, 2)));
    return set_lesser(a, _mm_shuffle_epi32(a, _MM_SHUFFLE(2, 3, 0, 1)));
}

static inline unsigned set_ways(const struct set *s, uint32_t tag) {
    __m128i t = _mm_set1_epi32((int)tag);
    return set_bits(_mm_cmpeq_epi32(set_load(s->tag), t), _mm_cmpeq_epi32(set_load(s->tag + 4), t));
}

/* Words are compared as signed numbers, so their upper half is moved below the lower. */
static inline unsigned set_smallest_way(const struct set *s) {
    __m128i sign = _mm_set1_epi32(INT32_MIN);
    __m128i a = _mm_xor_si128(set_load(s->count), sign), b = _mm_xor_si128(set_load(s->count + 4), sign);
    __m128i least = set_least(set_lesser(a, b));
    return (unsigned)__builtin_ctz(set_bits(_mm_cmpeq_epi32(a, least), _mm_cmpeq_epi32(b, least)));
}

static inline __m128i set_match(const struct set *s, int quarter, __m128i wanted) {
    return _mm_cmpeq_epi32(_mm_srli_epi32(set_load(s->light + 4 * quarter), CELL_COUNT_BITS), wanted);
}

/* count << 4 | place. */
static inline __m128i set_rank(const struct set *s, int quarter) {
    const __m128i counts = _mm_set1_epi32(CELL_COUNT_MAX), first = _mm_set1_epi32(4 * quarter);
    __m128i place = _mm_add_epi32(_mm_setr_epi32(0, 1, 2, 3), first);
    return _mm_or_si128(_mm_slli_epi32(_mm_and_si128(set_load(s->light + 4 * quarter), counts), 4), place);
}

static inline struct cell set_cell(const struct set *s, uint32_t fingerprint) {
    if (fingerprint == 0) return set_cell_of_zero(s);
    const __m128i wanted = _mm_set1_epi32((int)fingerprint);
    unsigned found = set_bits(set_match(s, 0, wanted), set_match(s, 1, wanted)) |
                     set_bits(set_match(s, 2, wanted), set_match(s, 3, wanted)) << 8;
    if (found != 0) return (struct cell){(unsigned)__builtin_ctz(found), true};
    __m128i a = set_lesser(set_rank(s, 0), set_rank(s, 1)), b = set_lesser(set_rank(s, 2), set_rank(s, 3));
    return (struct cell){(unsigned)_mm_cvtsi128_si32(set_least(set_lesser(a, b))) & (SET_CELLS - 1), false};
}

#else
static inline unsigned set_ways(const struct set *s, uint32_t tag) {
    unsigned ways = 0;
    for (unsigned way = 0; way < SET_WAYS; way++) ways |= (unsigned)(s->tag[way] == tag) << way;
    return ways;
}

static inline unsigned set_smallest_way(const struct set *s) {
    unsigned least = 0;
    for (unsigned way = 1; way < SET_WAYS; way++)
        if (s->count[way] < s->count[least]) least = way;
    return least;
}

static inline struct cell set_cell(const struct set *s, uint32_t fingerprint) {
    unsigned least = 0;
    for (unsigned i = 0; i < SET_CELLS; i++) {
        uint32_t count = cell_count(s->light[i]);
        if (count != 0 && s->light[i] >> CELL_COUNT_BITS == fingerprint) return (struct cell){i, true};
        if (count < cell_count(s->light[least])) least = i;
    }
    return (struct cell){least, false};
}
#endif

#endif
