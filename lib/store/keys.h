/* store/keys.h - the Redis contract: how keys, hash tags, shards and fences are spelled.
 * Pure text; the README and every reader rely on it; changed only together with STORE_CONTRACT_VERSION.   Threads: any.
 */
#ifndef TOPKD_STORE_KEYS_H
#define TOPKD_STORE_KEYS_H

#include "base/base.h"
#include "base/buf.h"

enum { STORE_CONTRACT_VERSION = 1, STORE_SHARDS = 256, STORE_FENCE_LEN = 32 };

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

/* (incarnation, offset) as 32 lower-case hex digits: text order is number order. Offset -1 is written ffff...: a final
 * copy. */
void keys_fence(char out[STORE_FENCE_LEN + 1], uint64_t incarnation, int64_t offset);

#endif
