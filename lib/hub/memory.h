/* hub/memory.h - how MEMORY_LIMIT is shared out.
 *
 *   who                   share                what it holds
 *   librdkafka's queues   30 %, by consumer    messages that were fetched and not polled
 *   merger                1/32                 the lists that wait, so that a tick costs what changed
 *   publisher             16 MB                waiting copies
 *                         16 MB                copies on their way home, and in pipelines
 *   the process itself    32 MB
 *   sketches and ids      the rest, by consumer
 *
 * A consumer whose sketches have taken their share lets none grow any more. Places and minutes that are new are still
 * made, as long as the process as a whole is below what memory_is_full says: shares that nobody uses are lent. There
 * reading stops, whatever the input, and says so.
 *
 * Not counted anywhere: what a bucket costs beside its sketch (its name, its place in the minute, malloc's edges), and
 * what arenas keep. It fits because a consumer pauses at three quarters of its sketches' share. Peak RSS, one run each,
 * with 20 000 locations in cgroups of the limit (tests/integration/test_memory.py):
 *
 *   limit    large messages   single events
 *   128 MB   78 MB            95 MB
 *   256 MB   175 MB           196 MB
 *
 * Threads: any. */
#ifndef TOPKD_HUB_MEMORY_H
#define TOPKD_HUB_MEMORY_H

#include "base/base.h"

struct memory_shares {
    uint64_t source_bytes; /* of one consumer's librdkafka */
    uint64_t sketch_bytes; /* of one consumer's buckets, and the ids that it remembers */
    uint64_t merger_bytes; /* of what the merger remembers of lists */
};

struct memory_shares memory_share(uint64_t limit_bytes, uint32_t consumers);

/* What a (partition, minute) takes for a location with one item and a name of up to 12 bytes, about. */
enum { MEMORY_LOCATION_BYTES = 900 };
/* What an id takes that a partition remembers, at most. */
enum { MEMORY_ID_BYTES = 32 };

/* Of this process, as the kernel counts it; 0 if it does not say. */
uint64_t memory_resident_bytes(void);
/* Must reading stop at so much RESIDENT memory? STOPPED: it stands still already, and goes on only well below. */
bool memory_is_full(uint64_t resident_bytes, uint64_t limit_bytes, bool stopped);

#endif
