/* loadgen/zipf.h - ranks by Zipf's law: the probability of rank k of 1..n is proportional to 1 / k^s.
 * Use when: popularity has to look like that of real items.   Threads: const after init; the rng is the caller's.
 * Memory: none, whatever n is; a draw costs one or two calls of exp and log. */
#ifndef TOPKD_LOADGEN_ZIPF_H
#define TOPKD_LOADGEN_ZIPF_H

#include "loadgen/rng.h"

enum { ZIPF_EXPONENT_MAX = 10 }; /* beyond it hardly anything but rank 1 is ever drawn */

struct zipf {
    double ranks, exponent;
    double area_first; /* H(1.5) - 1: where the area of rank 1 begins */
    double area_last;  /* H(n + .5) */
    double accept;     /* a draw this close below its rank is accepted without computing its area */
};

/* N >= 1, 0 <= S <= ZIPF_EXPONENT_MAX; S = 0 is uniform. */
void zipf_init(struct zipf *z, uint32_t n, double s);
/* A rank in 1..n. */
uint32_t zipf_draw(const struct zipf *z, struct rng *r);

#endif
