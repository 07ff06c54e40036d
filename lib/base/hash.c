/* base/hash.c - xxhash compiled in, and random numbers of the kernel. */
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL /* short keys: the call would cost as much as the hash */
#include <xxhash.h>

#include "base/log.h"

uint64_t hash64(const void *p, size_t n, uint64_t seed) { return XXH3_64bits_withSeed(p, n, seed); }

static uint64_t secret;
uint64_t hash_secret(const void *p, size_t n) { return hash64(p, n, secret); }

#ifdef TOPKD_TESTHOOKS
void hash_secret_choose(uint64_t chosen) { secret = chosen; }
#endif

/* Before main, so that no thread is there yet. */
__attribute__((constructor)) static void secret_draw(void) { secret = random64(); }

uint64_t random64(void) {
    uint64_t v;
    ssize_t n;
    do n = getrandom(&v, sizeof v, 0);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof v) { /* not on any Linux we run on: up to 256 bytes come whole or not at all */
        log_event(LOG_ERROR, "random_failed", "error=%s", log_quote(strerror(errno)));
        abort();
    }
    return v;
}
