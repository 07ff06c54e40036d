/* partition/resume.h - where and as what a partition begins (rules 3 to 6): a pure decision from what Kafka says.
 * Use when: a partition was assigned and its look-up was answered.
 * Not for: memory that is kept (rule 7): partition_is_own_commit.
 * Threads: any; no state. */
#ifndef TOPKD_PARTITION_RESUME_H
#define TOPKD_PARTITION_RESUME_H

#include "protocol/commit.h"
#include "protocol/rules.h"

struct partition_facts {
    bool has_commit;
    int64_t commit_offset;
    const char *commit_metadata;
    /* Has any partition of the topic one, when this one has none? Or was the topic made after the group began? */
    bool topic_has_commits;
    int64_t log_start, log_end;
    bool left_out;            /* lists went on without it: it joins again, as another incarnation */
    int64_t wall_ms, mono_ms; /* now */
};

/* What the first record still has to tell.
 *
 *   begins                     a record was seen, or the end of the log, or what lies there is damaged
 *   PROBE_ANCHOR, _RESET, _CUT ----------------------------------------------------------------------> PROBE_NOTHING
 *        ^                                                                                                 |
 *        +-- PROBE_ANCHOR -- the broker denies a position that is inside the log (partition_doubt) --------+
 */
enum partition_probe {
    PROBE_NOTHING,
    PROBE_ANCHOR, /* is it still the same log? */
    PROBE_RESET,  /* the record before the reset offset gives log time */
    PROBE_CUT     /* the first record after a lost range says which minutes the range may have touched */
};

enum partition_origin {
    ORIGIN_MEMORY,
    ORIGIN_COMMIT,
    ORIGIN_CONFIG,
    ORIGIN_BEGINNING,
    ORIGIN_RESET,
    ORIGIN_TRUNCATED,
    ORIGIN_NEW_LOG
};
const char *partition_origin_name(enum partition_origin o);

struct partition_start {
    enum partition_origin origin;
    enum partition_probe probe;
    int64_t consume_from; /* offset to hand to the consumer; below next when a probe needs the record before it */
    int64_t next;         /* the rewind: first offset to apply */
    int64_t frontier;     /* nothing is said before next reaches it */
    int64_t log_start;    /* where to go if the log turns out to be another one */
    int64_t log_time_ms, frontier_log_time_ms, settled, older_until, unsure_until;
    uint64_t incarnation;    /* of the commit; 0 if none */
    bool new_incarnation;    /* rule 1 */
    bool joins;              /* rule 23: not consumed before the board has said what is closed */
    bool unsure_at_frontier; /* rule 4: there, minutes up to the reach of log time are not vouched for */
    bool unproven;           /* the anchor is gone: nothing shows that the log is still the same */
    int64_t lost_records;    /* never read, taken by retention */
    int64_t counted;         /* what lies below was counted by an earlier memory of this owner; the owner sets it */
    char life[LIFE_LEN + 1];
    int64_t rows_kept; /* rule 22 */
    struct vouch vouch;
    int64_t stored_mono_ms; /* when all below the frontier was known to be stored; TIME_NEVER: it may not be */
    struct anchor anchor;
};

void partition_resume(const struct delivery_rules *rules, const struct partition_facts *facts,
                      struct partition_start *out);

/* Rule 6, another log: turn S into a start at its log_start that vouches for nothing the old log may have touched. */
void partition_resume_other_log(const struct delivery_rules *rules, struct partition_start *s);

#endif
