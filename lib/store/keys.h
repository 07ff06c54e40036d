/* store/keys.h - the contract of Redis: keys, types, lives and versions, and how keys are spelled.
 * The README and every reader rely on it. It changes only together with STORE_CONTRACT_VERSION.
 * Threads: any; pure text.
 *
 * A board is a prefix (here topk). What belongs to one location carries it as hash tag, so it lies in one cluster slot
 * and changes in one script. '%', '{' and '}' of the location are written %25, %7B and %7D. Minutes are UTC text.
 * A key with a TTL lives for RETENTION from the last write; "stays" means that it has none. A contribution that comes
 * for a closed list is no write, but lets its hash (part:<minute>) live as if it were.
 *
 * Public: any client may read these.
 *
 *   topk:{US}:2026-11-21T19:08   zset   TTL     item -> count, the K best: ZREVRANGE key 0 9 WITHSCORES is the answer
 *   topk:{US}:minutes            zset   TTL     minute -> its start in unix seconds: slice it for a window's minutes
 *   topk:{US}:states             hash   TTL     minute -> open | ended | final | lost
 *   topk:{US}:meta               hash   TTL     see below
 *   topk:locations               zset   stays   location, spelled as in keys -> ms of its last write, by the clock of
 *                                               Redis; older than RETENTION: removed
 *
 *   fields of meta
 *     updated_at_ms    wall clock of the last write of a list
 *     log_time_ms      largest record time that went into a list
 *     seq              one up with every list written
 *     final_until_ms   every list that starts before it is final or lost; absent: the oldest is not
 *
 * A list, its minute, state and meta change together. A minute whose list has expired leaves minutes and states when
 * eight more minutes have come to the location.
 *
 * Internal: for workers of this version only.
 *
 *   topk:progress                hash   stays   what partitions say of themselves, see below
 *   topk:{US}:part:<minute>      hash   TTL     what partitions contributed to a list, see below
 *   topk:{US}:losses             hash   TTL     minute -> 1: a contribution found another type at its key, or what lay
 *                                               there could not be read; a part hash made after that is lost
 *   topk:{s17}:changed           hash   stays   note -> token: lists of shard 17 that are to be merged
 *   topk:{s17}:waiting           hash   stays   the same, for lists that are written and only wait to become final
 *
 *   A note is location '|' minute, the location spelled as in keys. A token is 16 hex digits, never used twice.
 *
 *   fields of topk:progress
 *     life          16 hex digits, random, made by whoever finds none
 *     group         the one consumer group that writes this board
 *     version       STORE_CONTRACT_VERSION
 *     rows          version of the rows: one up with every row that was stored
 *     members       one up with every partition that comes or is retired
 *     closed        highest minute of which a list may be closed; absent: none
 *     <partition>   "topic/partition" -> its row: fence ';' text '#' count
 *                     fence   32 hex digits (protocol/fence.h); all 0 if its partition has only joined
 *                     text    protocol/row.h; there the settled minute is a number, or
 *                             '-'          none
 *                             '*' minute   none, and lists up to that minute may have been closed before it joined
 *                             '+'          all: the partition was retired
 *                     count   how many of its rows were stored, ever; absent if version 1 wrote it
 *
 *   fields of topk:{US}:part:<minute>
 *     token               random token of this hash, made with it
 *     born                when it was made, by the clock of Redis, in ms; absent if version 1 made it
 *     writes              count of accepted contributions
 *     fence:<partition>   fence of its part, then 1 if that is final, else 0
 *     items:<partition>   packed items of its part (list/packed.h)
 *     merged_writes       the writes that the list was made from; absent: no list yet
 *     merged_rows         the version of the rows that it was judged by
 *     merged              the list, LIST_SIZE deep (list/packed.h)
 *     lost                1: the list is lost, whatever the parts say
 *     closed              1: the list is final, the parts are gone, nothing changes
 *
 * Example: two partitions counted US at 19:08, then the minute became final.
 *
 *   HGETALL topk:{US}:part:2026-11-21T19:08
 *     token 9f0c.. born 17.. writes 4 merged_writes 4 merged_rows 81 merged <bytes> closed 1
 *   ZREVRANGE topk:{US}:2026-11-21T19:08 0 1 WITHSCORES
 *     cat 40 dog 38
 *
 * Versions.
 *
 *   1   rows without a count, part hashes without born
 *   2   the same keys, but other names in part hashes:
 *         e      token            f:<partition>   fence:<partition>
 *         n      writes           i:<partition>   items:<partition>
 *         ln     merged_writes
 *         lr     merged_rows
 *   3   this one
 *
 * A worker of version 3 takes a board of version 2 over. Stop the workers of version 2 before.
 *
 *   - The first that connects writes version 3. From then on a worker of version 2 is refused: when it connects, and
 *     with its next row. So it settles nothing any more, and what it had not settled is read from the log again.
 *   - A part hash of version 2 gets the new names when a worker next reads it, or contributes to it
 *     (lua/include/version_2.lua). Every value stays: a part that was settled is counted once, and one that is said
 *     again finds its fence to be compared with.
 *   - Public keys did not change, and so did not what an audit reads.
 *
 * There is no way back: version 2 refuses a board of version 3, and needs another TOPKD_BOARD. */
#ifndef TOPKD_STORE_KEYS_H
#define TOPKD_STORE_KEYS_H

#include "base/base.h"
#include "base/buf.h"

enum {
    STORE_CONTRACT_VERSION = 3,
    STORE_CONTRACT_BEFORE = 2, /* the one that is taken over */
    STORE_SHARDS = 256
};

/* The location as keys have it: as it is, but '%', '{' and '}' percent-encoded (upper-case hex). */
void keys_encode_location(struct buf *out, struct bytes location);
/* The reverse; false if TEXT is not what encode makes. */
bool keys_decode_location(struct buf *out, struct bytes text) MUST_CHECK;

/* Each adds a key to OUT. */

/* topk:{US}:2026-11-21T19:08 */
void keys_minute(struct buf *out, const char *board, struct bytes location, int64_t minute);
/* topk:{US}:part:2026-11-21T19:08 */
void keys_part(struct buf *out, const char *board, struct bytes location, int64_t minute);
/* topk:{US}:NAME, one of minutes, states, meta, losses */
void keys_of_location(struct buf *out, const char *board, struct bytes location, const char *name);
/* topk:{s17}:NAME, one of changed, waiting */
void keys_notes(struct buf *out, const char *board, uint32_t shard, const char *name);
/* topk:progress */
void keys_progress(struct buf *out, const char *board);
/* topk:locations */
void keys_locations(struct buf *out, const char *board);

/* The shard of a location's notes: xxh3 of its bytes, mod STORE_SHARDS. */
uint32_t keys_shard(struct bytes location);

/* Field of a note: location, '|', minute. */
void keys_note_field(struct buf *out, struct bytes location, int64_t minute);
bool keys_note_parse(struct bytes field, struct buf *location, int64_t *minute) MUST_CHECK;

#endif
