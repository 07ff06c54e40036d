/* protocol/fence.c - fences are made and taken apart here, and nowhere else. */
#include "protocol/fence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void fence_format(char out[FENCE_LEN + 1], uint64_t incarnation, int64_t offset) {
    snprintf(out, FENCE_LEN + 1, "%016" PRIx64 "%016" PRIx64, incarnation, (uint64_t)offset);
}

uint64_t fence_incarnation(const char *fence) {
    char text[FENCE_LEN / 2 + 1];
    snprintf(text, sizeof text, "%.16s", fence);
    return strtoull(text, NULL, 16);
}
