/* loadgen/rng.h - the generator's random numbers: xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom
 * number generators", ACM TOMS 2021), seeded through splitmix64 as its authors advise.
 * Use when: a stream must repeat from its seed.   Not for: anything secret.   Threads: one owner. */
#ifndef TOPKD_LOADGEN_RNG_H
#define TOPKD_LOADGEN_RNG_H

#include "base/base.h"

struct rng {
    uint64_t state[4];
};

/* One step of splitmix64: also a good mixer of a single value. */
static inline uint64_t rng_mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

static inline void rng_init(struct rng *r, uint64_t seed) {
    for (unsigned i = 0; i < 4; i++) r->state[i] = rng_mix(seed + i * 0x9e3779b97f4a7c15U);
}

static inline uint64_t rng_rotl(uint64_t x, unsigned k) { return (x << k) | (x >> (64 - k)); }

static inline uint64_t rng_next(struct rng *r) {
    uint64_t *s = r->state, result = rng_rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rng_rotl(s[3], 45);
    return result;
}

/* Uniform in [0, 1), 53 bits. */
static inline double rng_unit(struct rng *r) { return (double)(rng_next(r) >> 11) * 0x1p-53; }

/* Uniform in [0, N), N > 0, by multiply and shift: no value is favoured by more than N / 2^32. */
static inline uint32_t rng_below(struct rng *r, uint32_t n) { return (uint32_t)(((rng_next(r) >> 32) * n) >> 32); }

#endif
