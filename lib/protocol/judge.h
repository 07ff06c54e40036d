/* protocol/judge.h - which parts of a list count and what the list may be called (rules 16, 18 and 21): a pure judgement.
 * Threads: none.   Ownership: borrows names and arrays for the call. */
#ifndef TOPKD_PROTOCOL_JUDGE_H
#define TOPKD_PROTOCOL_JUDGE_H

#include "protocol/commit.h"
#include "protocol/rules.h"

enum { BOARD_SOURCE_BYTES_MAX = 270 };

enum list_state { LIST_OPEN, LIST_ENDED, LIST_FINAL, LIST_LOST, LIST_STATES };
const char *list_state_name(enum list_state s);

/* One partition of the topics, as the board knows it. */
struct board_source {
    const char *name; /* "topic/partition" */
    bool has_row;
    uint64_t incarnation;
    struct part_row row;
    const struct board_part *part; /* while a list is judged: what it says of that list */
};

/* All partitions: those of the topics' metadata and those with a row, sorted by name. */
struct board_sources {
    struct board_source *all; /* owned, with the names; board_sources_deinit */
    size_t n, cap;
    int64_t version; /* of the rows: larger means later */
    int64_t members; /* how often a partition came or went (rule 23) */
    int64_t closed;  /* highest minute of which a list may be closed; PART_NO_MINUTE: none */
};
/* Adds NAME (copied) unless it is there. ROW may be NULL. */
void board_sources_add(struct board_sources *s, const char *name, uint64_t incarnation, const struct part_row *row);
void board_sources_deinit(struct board_sources *s);
/* A topic of which no partition is known: nothing is more than open while there is one. */
void board_sources_add_unknown(struct board_sources *s, const char *topic);
/* The source, or NULL. */
struct board_source *board_sources_find(const struct board_sources *s, const char *name);

/* What is known of one part without reading its items. */
struct board_part {
    const char *source;
    uint64_t incarnation;
    bool final;
    bool counts; /* out: rule 16 */
};

/* The state of the list of MINUTE with these PARTS, whose hash was made at BORN_MS by the clock of Redis; sets counts.
 * In time linear in sources and parts. */
enum list_state board_judge(const struct part_rules *rules, struct board_sources *sources, int64_t minute,
                            int64_t born_ms, struct board_part *parts, size_t n);
/* Has every partition settled MINUTE (or more)? */
bool board_settled_everywhere(const struct board_sources *sources, int64_t minute);
/* A hash of all that the rows say of MINUTE: while it stands still, so does every judgement of unchanged parts. */
uint64_t board_say(const struct part_rules *rules, const struct board_sources *sources, int64_t minute);
/* Largest W of all rows; PART_NEVER if none. */
int64_t board_log_time_ms(const struct board_sources *sources);
/* Smallest W; PART_NEVER if a partition has none. One that was retired has nothing to say. */
int64_t board_least_log_time_ms(const struct board_sources *sources);

#endif
