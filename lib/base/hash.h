/* base/hash.h - the one place that names xxhash. 64-bit XXH3: fast, good, not cryptographic.   Threads: any. */
#ifndef TOPKD_BASE_HASH_H
#define TOPKD_BASE_HASH_H

#include "base/base.h"

uint64_t hash64(const void *p, size_t n, uint64_t seed);
/* N random bytes from getrandom(2): lives, tokens. Never for anything that a replay must repeat. */
uint64_t random64(void);

#endif
