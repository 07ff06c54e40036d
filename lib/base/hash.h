/* base/hash.h - the one place that names xxhash. 64-bit XXH3: fast, good, not cryptographic.   Threads: any. */
#ifndef TOPKD_BASE_HASH_H
#define TOPKD_BASE_HASH_H

#include "base/base.h"

uint64_t hash64(const void *p, size_t n, uint64_t seed);
/* As hash64, with a secret seed that each process draws for itself. For tables of names that strangers choose: they
 * cannot choose names that collide. Never for what another process or a replay must repeat. */
uint64_t hash_secret(const void *p, size_t n);
#ifdef TOPKD_TESTHOOKS
void hash_secret_choose(uint64_t secret); /* while there are no such tables */
#endif
/* N random bytes from getrandom(2): lives, tokens. Never for anything that a replay must repeat. */
uint64_t random64(void);

#endif
