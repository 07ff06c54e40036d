/* protocol/fence.h - which of two copies of the same thing is the later one: (incarnation, offset) as text.
 * 32 lower-case hex digits: 16 of the incarnation, 16 of the offset, so the order of texts is the order of numbers. A
 * copy that is final has offset -1, which is written ffff... and is larger than any other of its incarnation.
 * Threads: any; no state. */
#ifndef TOPKD_PROTOCOL_FENCE_H
#define TOPKD_PROTOCOL_FENCE_H

#include "protocol/words.h"

void fence_format(char out[FENCE_LEN + 1], uint64_t incarnation, int64_t offset);
/* FENCE is one that was made by fence_format. */
uint64_t fence_incarnation(const char *fence);

#endif
