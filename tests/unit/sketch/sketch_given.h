/* unit/sketch/sketch_given.h - a sketch with the exact counter beside it: every add goes to both. */
#ifndef TOPKD_UNIT_SKETCH_SKETCH_GIVEN_H
#define TOPKD_UNIT_SKETCH_SKETCH_GIVEN_H

#include <string.h>

#include "list/packed.h"
#include "sketch/sketch.h"
#include "truth.h"

enum { SETS_16KB = 128, SETS_64KB = 512, LIST_WHOLE = 1 << 30, LIST_SIZE = 400 /* the default */ };

struct checked {
    struct sketch_budget budget;
    struct sketch *sketch;
    struct truth truth;
    struct buf packed; /* of the last checked_pack */
};

/* SEED is mixed as the hash of a bucket's key would be: xorshift begins badly with a number of few bits. */
void checked_init(struct checked *p, uint64_t seed, uint32_t sets_max);
/* With LIMIT_BYTES of memory. */
void checked_init_limited(struct checked *p, uint64_t seed, uint32_t sets_max, uint64_t limit_bytes);
void checked_deinit(struct checked *p);
void checked_add(struct checked *p, struct bytes item, uint32_t weight);
/* The list of at most LIMIT items; valid until the next call. */
struct bytes checked_pack(struct checked *p, size_t limit);

static inline struct bytes text(const char *s) { return (struct bytes){s, strlen(s)}; }

/* The list is right in every word, at full length and cut. CONTEXT is for the message. */
void expect_true(struct checked *p, const char *context);
/* ... and exact, with every item that was ever added. */
void expect_exact(struct checked *p, const char *context);
/* The list says WANT, as "dog 3, cat 2". */
void expect_list(struct bytes list, const char *want);

#endif
