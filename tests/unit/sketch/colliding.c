/* unit/sketch/colliding.c - hashes of eight bytes, inverted.
 * XXH3 of eight bytes is rrmxmx(input ^ a constant): x ^= rotl(x, 49) ^ rotl(x, 24), x *= K, x ^= (x >> 35) + 8,
 * x *= K, x ^= x >> 28. Each step is undone. */
#include "colliding.h"

#include <string.h>

#include "base/hash.h"

static uint64_t rotl(uint64_t x, unsigned r) { return x << r | x >> (64 - r); }

static uint64_t undo_multiply(uint64_t x) {
    const uint64_t k = UINT64_C(0x9FB21C651E98DF25);
    uint64_t inverse = k; /* right in 3 bits; each round doubles them (Newton) */
    for (int i = 0; i < 5; i++) inverse *= 2 - k * inverse;
    return x * inverse;
}

/* The map f(x) = x ^ rotl(x, 49) ^ rotl(x, 24) is multiplication by a polynomial modulo z^64 - 1, and squaring such
 * polynomials doubles the exponents: f applied 2^6 times rotates by 64, 64 * 49 and 64 * 24, which is f64(x) = x. So
 * f's inverse is f applied 63 times. */
static uint64_t undo_rotations(uint64_t x) {
    for (int i = 0; i < 63; i++) x ^= rotl(x, 49) ^ rotl(x, 24);
    return x;
}

static uint64_t undo_mix(uint64_t hash) {
    hash ^= hash >> 28;
    hash ^= hash >> 56;
    hash = undo_multiply(hash);
    hash ^= (hash >> 35) + COLLIDING_BYTES;
    return undo_rotations(undo_multiply(hash));
}

struct bytes item_of_hash(uint64_t hash, char name[COLLIDING_BYTES]) {
    const char zeros[COLLIDING_BYTES] = {0};
    uint64_t constant = undo_mix(hash64(zeros, sizeof zeros, 0));
    uint64_t input = rotl(undo_mix(hash) ^ constant, 32); /* its first half is the last four bytes */
    memcpy(name, &input, sizeof input);
    return (struct bytes){name, COLLIDING_BYTES};
}

struct bytes colliding_item(uint64_t hash, uint32_t number, char name[COLLIDING_BYTES]) {
    return item_of_hash((hash & ~(UINT64_C(0xffff) << 32)) | (uint64_t)number << 32, name);
}
