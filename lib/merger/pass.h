/* merger/pass.h - whose waiting notes are read in which round.
 * The notes of lists that wait to become final lie apart in Redis. The merger remembers those that it let wait. What
 * others let wait is found by a pass: a walk over all shards of this process, a part of them in every round.
 * Threads: none, one owner.   Zero-initialised: no pass is under way, and one is due a minute after time 0. */
#ifndef TOPKD_MERGER_PASS_H
#define TOPKD_MERGER_PASS_H

#include "base/base.h"

enum {
    PASS_INTERVAL_MS = 60000,
    PASS_SHARDS_MAX = 64 /* in one round: a quarter of them all in memory */
};

/*               start, repeat                 all shards were read
 *   RESTING  -------------------> RUNNING ------------------------> RESTING
 *                                  |   ^
 *                           repeat |   | all shards were read
 *                                  v   |
 *                                REPEATING
 *
 * A start in RUNNING or REPEATING goes back to the first shard and stays there. */
enum pass_state {
    PASS_RESTING,
    PASS_RUNNING,
    PASS_REPEATING /* another pass follows the one that is under way */
};

struct pass {
    enum pass_state state;
    size_t next;           /* which of our shards is the next; 0 while RESTING */
    int64_t ended_mono_ms; /* when the last pass ended */
};

/* From the first shard on, at once. */
void pass_start(struct pass *p);
/* Once more, but not before the one that is under way is done: its last shards would never be reached. */
void pass_repeat(struct pass *p);
/* Is it time for a pass, because the last one ended PASS_INTERVAL_MS ago? */
bool pass_is_due(const struct pass *p, int64_t now_mono_ms);
/* Turns the N SHARDS so that those whose waiting notes are read now come first. Returns how many those are. */
size_t pass_turn(struct pass *p, uint32_t *shards, size_t n);
/* The waiting notes of the first READ of SHARDS_N shards, as turned, were read. */
void pass_advance(struct pass *p, size_t read, size_t shards_n, int64_t now_mono_ms);
bool pass_check(const struct pass *p);

#endif
