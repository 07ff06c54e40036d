/* loadgen/places.h - names of locations: two-letter country codes, the populous first, then L00250, L00251, ... */
#ifndef TOPKD_LOADGEN_PLACES_H
#define TOPKD_LOADGEN_PLACES_H

#include "base/base.h"

enum { PLACES_MAX = 99999, PLACE_NAME_MAX = 6 };

/* The name of place INDEX (0..PLACES_MAX - 1); returns its length. No NUL is written. */
size_t place_name(uint32_t index, char out[PLACE_NAME_MAX]);

#endif
