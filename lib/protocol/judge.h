/* protocol/judge.h - which parts of a list count, and what the list may be called (rules 16, 18 and 21).
 * A pure judgement.   Threads: none.   Ownership: borrows names and arrays for the call. */
#ifndef TOPKD_PROTOCOL_JUDGE_H
#define TOPKD_PROTOCOL_JUDGE_H

#include "protocol/progress.h"

enum list_state { LIST_OPEN, LIST_ENDED, LIST_FINAL, LIST_LOST, LIST_STATES };
const char *list_state_name(enum list_state s);

/* What is known of one part without reading its items. */
struct list_part {
    const char *partition_name;
    uint64_t incarnation;
    bool final;
    bool counts; /* out: rule 16 */
};

/* The state of the list of MINUTE with these PARTS, whose hash was made at BORN_MS by the clock of Redis; sets counts.
 * In time linear in partitions and parts. */
enum list_state list_judge(const struct delivery_rules *rules, struct progress *progress, int64_t minute,
                           int64_t born_ms, struct list_part *parts, size_t n);

#endif
