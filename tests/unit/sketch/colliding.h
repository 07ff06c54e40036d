/* unit/sketch/colliding.h - names chosen on purpose. Hashes of names are public (XXH3 without a seed), and of eight
 * bytes they are a bijection: for each hash there is one such name, and it takes a microsecond to find. */
#ifndef TOPKD_UNIT_SKETCH_COLLIDING_H
#define TOPKD_UNIT_SKETCH_COLLIDING_H

#include "base/base.h"

enum { COLLIDING_BYTES = 8, COLLIDING_MAX = 1 << 16 };

/* The item of eight bytes, written to NAME, of which sketch_hash is HASH. */
struct bytes item_of_hash(uint64_t hash, char name[COLLIDING_BYTES]);

/* Item NUMBER (below COLLIDING_MAX) of a family whose every member falls into the set that HASH does, of any table of
 * up to 2^16 sets, and has its tag too. */
struct bytes colliding_item(uint64_t hash, uint32_t number, char name[COLLIDING_BYTES]);

#endif
