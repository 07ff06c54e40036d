/* protocol/progress.h - all partitions of the topics, with what their rows say of them.
 * Threads: none, one owner.   Ownership: names are copied; the rest are values. */
#ifndef TOPKD_PROTOCOL_PROGRESS_H
#define TOPKD_PROTOCOL_PROGRESS_H

#include "protocol/row.h"
#include "protocol/rules.h"

/* One partition of the topics, as the board knows it. */
struct progress_partition {
    const char *name; /* "topic/partition" */
    bool has_row;
    uint64_t incarnation;
    struct progress_row row;
    const struct list_part *part; /* while a list is judged: what it says of that list */
};

/* All partitions: those of the topics' metadata and those with a row, sorted by name. */
struct progress {
    struct progress_partition *all; /* owned, with the names; progress_deinit */
    size_t n, cap;
    int64_t rows_version;   /* larger means later */
    int64_t members;        /* how often a partition came or went (rule 23) */
    int64_t closable_until; /* highest minute of which a list may be closed; NO_MINUTE: none */
};

/* Adds NAME (copied) unless it is there. ROW may be NULL. */
void progress_add(struct progress *p, const char *name, uint64_t incarnation, const struct progress_row *row);
/* A topic of which no partition is known: nothing is more than open while there is one. */
void progress_add_unknown_topic(struct progress *p, const char *topic);
void progress_deinit(struct progress *p);

/* The partition of that name, or NULL. */
struct progress_partition *progress_find(const struct progress *p, const char *name);
/* Has every partition settled MINUTE (or more)? */
bool progress_settled_everywhere(const struct progress *p, int64_t minute);
/* A hash of all that the rows say of MINUTE: while it stands still, so does every judgement of unchanged parts. */
uint64_t progress_digest(const struct delivery_rules *rules, const struct progress *p, int64_t minute);
/* The largest log time of all rows; TIME_NEVER if there is none. */
int64_t progress_log_time_ms(const struct progress *p);
/* The smallest; TIME_NEVER if a partition has none. A partition that was retired has nothing to say. */
int64_t progress_least_log_time_ms(const struct progress *p);

#endif
