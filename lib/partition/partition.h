/* partition/partition.h - everything one worker remembers of one partition.
 * Log time, open minutes, what was said of them and what is durable. Rules 3, 7, 8, 10 to 12, 19 and 20 of the delivery
 * protocol live here; partition.c tells the story.
 *
 * Use when: records, answers and ticks arrive, in any order that one thread sees.
 * Not for: I/O, clocks (times are passed in), threads.
 * Determinism: what is published is a pure function of the log prefix, the start and the rules.
 * Threads: none; one owner, which also owns the sketch budget.
 * Ownership: borrows rules, budget and name for its whole life. */
#ifndef TOPKD_PARTITION_PARTITION_H
#define TOPKD_PARTITION_PARTITION_H

#include "event/event.h"
#include "partition/resume.h"
#include "sketch/sketch.h"

struct partition;

/* NAME: "topic/partition". INSTANCE: a number that no other memory of this process ever had (answers carry it). */
struct partition *partition_create(const struct delivery_rules *rules, struct sketch_budget *budget, const char *name,
                                   uint64_t instance, const struct partition_start *start);
void partition_destroy(struct partition *p); /* NULL is allowed */

const char *partition_name(const struct partition *p);
uint64_t partition_instance(const struct partition *p);
/* Offset to consume from now. It is the next one to apply, or a little before it while a record there must still be
 * looked at. */
int64_t partition_next(const struct partition *p);

/* -- what may be said: stages --
 *
 *   begins, as a new incarnation       begins, as the incarnation of its commit
 *              |                                        |
 *              v                                        |
 *      STAGE_ASKING_ROW <--- the log is another one     |
 *              |             (from every stage)         |
 *              | its row is known                       |
 *              v                                        v
 *      STAGE_COMMITTING --- a commit is known -----> STAGE_SILENT --- it publishes ---> STAGE_SPEAKING
 *                                                                    at its frontier
 *
 * The stage says nothing of the log: a partition that must look at a record first (enum partition_probe) may be in any
 * stage. One that speaks and whose position was doubted goes on publishing while it looks, but commits nothing and
 * sends no row. So these are two states and not one. */
enum partition_stage {
    STAGE_ASKING_ROW, /* its incarnation is not chosen: it depends on its row (rule 1) */
    STAGE_COMMITTING, /* chosen, and not committed: it may commit, and says nothing to Redis before (rule 2) */
    STAGE_SILENT,     /* committed; it rewinds, or waits for its first tick at the frontier (rule 3) */
    STAGE_SPEAKING    /* it publishes, settles and sends rows */
};

/* -- records -- */

struct log_record {
    int64_t offset;
    int64_t time_ms; /* none where it is not believed (base/clock.h) */
    struct bytes key, value;
};

/* Must the record at OFFSET be decoded before partition_record? (A replay need not be.) */
bool partition_wants(const struct partition *p, int64_t offset);

enum record_outcome {
    RECORD_APPLIED,       /* first time: the outcomes in the batch are final, the partition's own filled in */
    RECORD_REBUILT,       /* applied, but counted before: by a predecessor, or by an earlier memory of this owner */
    RECORD_REPLAYED,      /* below next: dropped */
    RECORD_OF_ANOTHER_LOG /* the log is another one: consume again from partition_next */
};
/* Apply one record with its decoded events. BATCH may be NULL only if partition_wants said no. WALL_MS is used only
 * where rule 5 or 6 must stand in for a missing record time. */
enum record_outcome partition_record(struct partition *p, const struct log_record *rec, struct event_batch *batch,
                                     int64_t wall_ms);
/* The bytes of a record are borrowed up to this call, and with them those texts of its batch that lie in the record.
 * (Texts that lie elsewhere may be overwritten earlier.) It must come before the bytes go, and before anything else is
 * asked of the partition but records and the end of the log. */
void partition_let_go(struct partition *p);
/* The consumer stands at OFFSET, the end of the log. */
void partition_eof(struct partition *p, int64_t offset, int64_t wall_ms);

/* What lies at partition_next is damaged. True if it was only to be looked at, and the partition does without: consume
 * from partition_next, which is the next to apply now. */
bool partition_damaged(struct partition *p) MUST_CHECK;

/* -- incarnation (rules 1, 2) -- */

bool partition_needs_row(const struct partition *p); /* STAGE_ASKING_ROW */
/* It may not be consumed before its row is known: what it brings for a closed list is late (rule 23). */
bool partition_waits_for_row(const struct partition *p);

/* What the board says to a partition that asks for its row. */
struct partition_joined {
    uint64_t incarnation;   /* of its row; 0: it has none */
    int64_t closable_until; /* highest minute of which a list may be closed (rule 23); NO_MINUTE: none */
    bool is_new;            /* those were closed without it */
    /* A partition of its name was retired, and for minutes up to this one nobody can tell what it had said: they are
     * not vouched for (rule 24). NO_MINUTE: there was none. */
    int64_t unsure_until;
    char life[LIFE_LEN + 1]; /* of the Redis that says so */
};
void partition_row_known(struct partition *p, const struct partition_joined *joined, int64_t wall_ms);

/* -- ticks -- */

/* One bucket by value. Pointers are valid during the call. */
struct bucket_copy {
    const struct partition *from;
    struct bytes location;
    int64_t minute;
    bool final; /* the last word: no event can change the bucket any more */
    /* What its fence is made of. The offset is that of the next record, or -1 for a final copy, which every other copy
     * of the same incarnation must give way to. */
    uint64_t incarnation;
    int64_t offset;
    /* Offset of the next record, of any copy. It comes back in partition_answered and says which state of the bucket
     * was answered. */
    int64_t at;
    int64_t stored_mono_ms; /* when all of its minute was known to be stored, with no event since; TIME_NEVER */
    struct bytes items;
};
/* Takes the copy and returns true, or returns false: full, the rest waits for the next tick. */
typedef bool partition_emit(void *ctx, const struct bucket_copy *copy);

/* A tick begins: how many buckets there are to copy now; 0 also if nothing may be said yet. */
size_t partition_publish_begin(struct partition *p);
/* Copy dirty buckets, N at most, longest unsent first. False if EMIT was full before that. */
bool partition_publish(struct partition *p, size_t n, partition_emit *emit, void *ctx);
/* Rule 20: drop what is final and durable. */
void partition_settle(struct partition *p);
struct partition_row_out {
    struct progress_row row;
    uint64_t incarnation;
    int64_t frontier;
    int64_t rows_kept; /* a Redis that stored fewer rows went back (rule 22) */
    char life[LIFE_LEN + 1];
};
/* Rule 19: the row to send now, or false (one is out, or nothing may be said yet). */
bool partition_row(struct partition *p, struct partition_row_out *out);

struct partition_commit {
    int64_t offset;
    char metadata[COMMIT_META_BYTES_MAX];
};
/* It says nothing before its incarnation is committed, and that may be committed now: the sooner the better. */
bool partition_waits_for_commit(const struct partition *p);
/* Rule 8: freeze a commit, or false if none may be made now. WALL_MS is now. */
bool partition_freeze(struct partition *p, int64_t wall_ms, struct partition_commit *out);
/* Its outcome; commits of unknown outcome count as not acknowledged. */
void partition_committed(struct partition *p, const struct partition_commit *c, bool ok);
/* Rule 7: is the group's commit one of this memory's own latest? Then the memory may go on: everything live is dirty
 * again. */
bool partition_is_own_commit(const struct partition *p, int64_t offset, const char *metadata);
void partition_keep(struct partition *p);
/* The broker said that the position is outside the log, and it is not. The partition may go on, but first the last
 * applied record is looked at again, as after a restart. LOG_START: where to begin if the log turns out to be another
 * one. False: there is no record to tell by. */
bool partition_doubt(struct partition *p, int64_t log_start) MUST_CHECK;

/* -- answers -- */

/* To the copy of (LOCATION, MINUTE) that was made AT. */
void partition_answered(struct partition *p, struct bytes location, int64_t minute, int64_t at, int64_t mono_ms);
struct partition_row_answer {
    int64_t handed_mono_ms, mono_ms; /* when it was handed over, and now */
    int64_t count;                   /* rows of this partition that Redis stored, this one included */
    int64_t redis_ms;                /* its clock */
};
/* Stored, or a higher fence is there. NULL: it was not sent after all. */
void partition_row_answered(struct partition *p, const struct partition_row_answer *a);
void partition_other_life(struct partition *p, const char *life); /* refused: Redis is another one */
void partition_broken(struct partition *p);                       /* rule 12 */
/* A query sent at WALL_MS said that the log ended at END (rule 19). */
void partition_end_seen(struct partition *p, int64_t end, int64_t wall_ms);

/* -- looking in: metrics, readiness, tests -- */

struct partition_view {
    enum partition_stage stage;
    enum partition_probe probe;
    bool at_frontier; /* all that was ever said is in memory again */
    bool restored;    /* at its frontier, and nothing of the log must be looked at any more */
    bool unproven;    /* the anchor record was not there any more: the log may be another one */
    enum partition_origin origin;
    int64_t next, frontier, rewind;
    int64_t committed;    /* -1: no commit of this memory was acknowledged */
    int64_t counted;      /* what lies below needs no counting by a later memory */
    int64_t log_time_ms;  /* largest record timestamp so far */
    int64_t settled;      /* highest minute that is finished for good */
    int64_t last_time_ms; /* of the last applied record that has one */
    uint64_t incarnation;
    char life[LIFE_LEN + 1]; /* of the Redis it knows */
    uint32_t live_minutes, sealed_minutes;
    uint32_t locations; /* most of a minute in memory */
    uint64_t live_buckets, dirty_buckets;
    bool all_clean;   /* nothing dirty or unanswered */
    bool all_settled; /* all_clean and no sealed minute waits for settling */
    bool row_current; /* the newest stored row says all this, and that the log ended here */
    uint64_t replayed, rebuilt, messages, holes, hole_records, steps_back, lost_records;
    uint64_t ids_remembered, ids_bytes; /* sightings of ids, and their memory */
    int64_t ids_age_s;                  /* how long ago the oldest of them was, by log time */
    uint64_t ids_seen;                  /* sightings ever, those of a replay too */
    uint64_t ids_forgotten_early;       /* because of DEDUP_IDS_MAX */
    uint64_t without_id;                /* events that could not be looked for, where ids mean something */
    uint64_t untimed, before_2000;      /* records whose time is none that is believed, or before the year 2000 */
    uint64_t outcomes[EVENT_OUTCOMES];
};
void partition_look(const struct partition *p, struct partition_view *v);

#endif
