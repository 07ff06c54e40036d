/* bench/sketch/ours.h - a packed list as claims. */
#ifndef TOPKD_BENCH_SKETCH_OURS_H
#define TOPKD_BENCH_SKETCH_OURS_H

#include "contestant.h"

/* The items of a PACKED list of S. False if it is broken or names what S has not. */
bool claims_read(const struct stream *s, struct bytes packed, struct claims *out) MUST_CHECK;

#endif
