/* store/keys.h - the Redis contract: how keys, hash tags, shards and fences are spelled.
 * Pure text; the README and every reader rely on it; changed only together with STORE_CONTRACT_VERSION.   Threads: any.
 *
 * A board is a prefix (here topk). What belongs to one location carries it as hash tag, so it lies in one cluster slot
 * and changes in one script; '%', '{' and '}' of the location are written %25, %7B and %7D. Minutes are UTC text. TTL
 * is RETENTION from the last write; "stays" means no TTL.
 *
 * Public: any client may read these.
 *   topk:{US}:2026-11-21T19:08  zset    TTL    item -> count, the K best: ZREVRANGE key 0 9 WITHSCORES is the answer
 *   topk:{US}:minutes           zset    TTL    minute -> its start in unix seconds: slice it to find a window's minutes
 *   topk:{US}:states            hash    TTL    minute -> open | ended | final | lost
 *   topk:{US}:meta              hash    TTL    updated_at_ms   wall clock of the last write of a list
 *                                              log_time_ms     largest record time that went into a list
 *                                              seq             one up with every list written
 *                                              final_until_ms  every list that starts before it is final or lost;
 *                                                              absent: the oldest is not
 *   topk:locations              zset    stays  location, spelled as in keys -> ms of its last write by the clock of
 *                                              Redis; older than RETENTION: removed
 * A list, its minute, state and meta change together. A minute whose list has expired leaves minutes and states when
 * eight more minutes have come to the location.
 *
 * Internal: for workers of this version only.
 *   topk:progress               hash    stays  life     16 hex, random, made by whoever finds none
 *                                              group    the one consumer group that writes this board
 *                                              version  STORE_CONTRACT_VERSION
 *                                              rows     one up with every row that was stored
 *                                              members  one up with every partition that comes or is retired
 *                                              closed   highest minute of which a list may be closed
 *                                              <source> "topic/partition": fence ';' the row (protocol/commit.h) '#'
 *                                                       how many rows of it were stored
 *   topk:{US}:part:<minute>     hash    TTL    e        random token of this hash, made with it
 *                                              born     when, by the clock of Redis, in ms
 *                                              n        count of accepted contributions
 *                                              ln       the n that the list was made from; absent: no list yet
 *                                              lr       the rows of the progress that it was judged by
 *                                              merged   the list, LIST_SIZE deep (list/packed.h)
 *                                              closed   1: the list is final, the parts are gone, nothing changes
 *                                              f:<source>  fence, then 1 for a final copy, else 0
 *                                              i:<source>  packed items of that copy
 *                                              lost     1: the list is lost, whatever the parts say
 *   topk:{US}:losses            hash    TTL    minute -> 1: a contribution found another type at its key, or what lay
 *                                              there could not be read; a part hash made after that is lost
 *   topk:{s17}:changed          hash    stays  location '|' minute -> token: lists of shard 17 to be merged
 *   topk:{s17}:waiting          hash    stays  the same, for lists that are written and only wait to become final
 *
 * Example: two partitions counted US at 19:08, then the minute became final.
 *   HGETALL topk:{US}:part:2026-11-21T19:08  ->  e 9f0c.. born 17.. n 4 ln 4 lr 81 merged <bytes> closed 1
 *   ZREVRANGE topk:{US}:2026-11-21T19:08 0 1 WITHSCORES  ->  cat 40 dog 38 */
#ifndef TOPKD_STORE_KEYS_H
#define TOPKD_STORE_KEYS_H

#include "base/base.h"
#include "base/buf.h"

enum { STORE_CONTRACT_VERSION = 2, STORE_SHARDS = 256 };

/* The location as keys have it: as it is, but '%', '{' and '}' percent-encoded (upper-case hex). */
void keys_encode_location(struct buf *out, struct bytes location);
/* The reverse; false if TEXT is not what encode makes. */
bool keys_decode_location(struct buf *out, struct bytes text) MUST_CHECK;

void keys_minute(struct buf *out, const char *board, struct bytes location,
                 int64_t minute); /* topk:{US}:2026-11-21T19:08 */
void keys_part(struct buf *out, const char *board, struct bytes location,
               int64_t minute); /* topk:{US}:part:2026-11-21T19:08 */
void keys_of_location(struct buf *out, const char *board, struct bytes location,
                      const char *name); /* topk:{US}:meta, states, minutes */
void keys_notes(struct buf *out, const char *board, uint32_t shard, const char *name); /* topk:{s17}:changed, waiting */
void keys_progress(struct buf *out, const char *board);                                /* topk:progress */
void keys_locations(struct buf *out, const char *board);                               /* topk:locations */

uint32_t keys_shard(struct bytes location); /* xxh3(L) mod 256 */

/* Field of a note: encoded location, '|', minute text. */
void keys_note_field(struct buf *out, struct bytes location, int64_t minute);
bool keys_note_parse(struct bytes field, struct buf *location, int64_t *minute) MUST_CHECK;

#endif
