/* partition/partition.h - everything one worker remembers of one partition: log time, open minutes, what was said and
 * what is durable. Rules 3, 7, 8, 10 to 12, 19 and 20 of the delivery protocol live here; partition.c tells the story.
 * Use when: records, answers and ticks arrive, in any order that one thread sees.   Not for: I/O, clocks (times are
 * passed in), threads. Determinism: what is published is a pure function of the log prefix, the start and the rules.
 * Threads: none; one owner, which also owns the sketch budget.   Ownership: borrows rules, budget and source name for
 * its whole life. */
#ifndef TOPKD_PARTITION_PARTITION_H
#define TOPKD_PARTITION_PARTITION_H

#include "event/event.h"
#include "partition/resume.h"
#include "sketch/sketch.h"

struct partition;

/* INSTANCE: a number that no other memory of this process ever had (answers carry it). SOURCE: "topic/partition". */
struct partition *partition_create(const struct delivery_rules *rules, struct sketch_budget *budget, const char *source,
                                   uint64_t instance, const struct partition_start *start);
void partition_destroy(struct partition *p); /* NULL is allowed */

const char *partition_name(const struct partition *p);
uint64_t partition_instance(const struct partition *p);
/* Offset to consume from now: the next to apply, or a little before it while the first record must still be looked at.
 */
int64_t partition_next(const struct partition *p);

/* -- records -- */

struct log_record {
    int64_t offset;
    int64_t time_ms; /* none where it is not believed (base/clock.h) */
    struct bytes key, value;
};

/* Must the record at OFFSET be decoded before partition_record? (A replay need not be.) */
bool partition_wants(const struct partition *p, int64_t offset);

enum record_outcome {
    RECORD_APPLIED,       /* first time: B's outcomes are final, the partition's own filled in */
    RECORD_REBUILT,       /* applied, but counted before: by a predecessor, or by an earlier memory of this owner */
    RECORD_REPLAYED,      /* below next: dropped */
    RECORD_OF_ANOTHER_LOG /* the log is another one: consume again from partition_next */
};
/* Apply one record with its decoded events. B may be NULL only if partition_wants said no. WALL_MS is used only where
 * rule 5 or 6 must stand in for a missing record time. */
enum record_outcome partition_record(struct partition *p, const struct log_record *rec, struct event_batch *b,
                                     int64_t wall_ms);
/* The bytes of REC and the texts of B in it (not B's own: they may be overwritten) are borrowed up to this call: it
 * must come before they go, and before anything else is asked of P but records and the end of the log. */
void partition_let_go(struct partition *p);
/* The consumer stands at OFFSET, the end of the log. */
void partition_eof(struct partition *p, int64_t offset, int64_t wall_ms);

/* What lies at partition_next is damaged. True if it was only to be looked at, and P does without: consume from
 * partition_next, which is the next to apply now. */
bool partition_damaged(struct partition *p) MUST_CHECK;

/* -- incarnation (rules 1, 2) -- */

bool partition_needs_row(const struct partition *p); /* the row's incarnation decides ours */
struct partition_joined {                            /* what the board says to a partition that asks for its row */
    uint64_t incarnation;                            /* of its row, 0: it has none */
    int64_t closed;          /* highest minute of which a list may be closed; NO_MINUTE: none (rule 23) */
    bool is_new;             /* those were closed without it */
    int64_t unsure_until;    /* highest minute that one of its name, retired since, does not vouch for; NO_MINUTE */
    char life[LIFE_LEN + 1]; /* of the Redis that says so */
};
void partition_row_known(struct partition *p, const struct partition_joined *joined, int64_t wall_ms);
/* It may not be consumed before its row is known: what it brings for a closed list is late (rule 23). */
bool partition_waits_for_row(const struct partition *p);

/* -- ticks -- */

struct bucket_copy { /* one bucket by value; pointers valid during the call */
    const struct partition *from;
    struct bytes location;
    int64_t minute;
    uint64_t incarnation;
    int64_t offset; /* o, -1 for a final copy */
    int64_t at;     /* o of any copy: comes back in partition_answered */
    bool final;
    int64_t stored_mono_ms; /* when all of its minute was known to be stored, with no event since; TIME_NEVER */
    struct bytes items;
};
/* Takes the copy and returns true, or returns false: full, the rest waits for the next tick. */
typedef bool partition_emit(void *ctx, const struct bucket_copy *copy);

/* A tick begins: how many buckets there are to copy now; 0 also if nothing may be said yet. */
size_t partition_publish_begin(struct partition *p);
/* Copy dirty buckets, N at most, longest unsent first. False if EMIT was full before that. */
bool partition_publish(struct partition *p, size_t n, partition_emit *emit, void *ctx);
/* Rule 20: drop what is final and durable. MONO_MS is the clock of the answers. */
void partition_settle(struct partition *p, int64_t mono_ms);
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
/* Rule 8: freeze a commit, or false if none may be made now. WALL_MS is now. */
bool partition_freeze(struct partition *p, int64_t wall_ms, struct partition_commit *out);
/* Its outcome; commits of unknown outcome count as not acknowledged. */
void partition_committed(struct partition *p, const struct partition_commit *c, bool ok);
/* Rule 7: is the group's commit one of this memory's own latest? Then the memory may go on: everything live is dirty
 * again. */
bool partition_is_own_commit(const struct partition *p, int64_t offset, const char *metadata);
void partition_keep(struct partition *p);
/* The broker said that the position is outside the log, and it is not: P may go on, but first the last applied record is
 * looked at again, as after a restart. LOG_START: where to begin if the log turns out to be another one. False: there is
 * no record to tell by. */
bool partition_doubt(struct partition *p, int64_t log_start) MUST_CHECK;

/* -- answers -- */

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
    bool silent; /* below the frontier */
    bool ready;  /* its incarnation is committed */
    bool probing;
    bool unproven; /* the anchor record was not there any more: the log may be another one */
    enum partition_origin origin;
    int64_t next, frontier, committed, rewind;  /* committed: -1 before the first acknowledged commit */
    int64_t counted;                            /* what lies below needs no counting by a later memory */
    int64_t log_time_ms, settled, last_time_ms; /* last_time_ms: of the last applied record that has one */
    uint64_t incarnation;
    char life[LIFE_LEN + 1]; /* of the Redis it knows */
    uint32_t live_minutes, sealed_minutes;
    uint32_t locations; /* most of a minute in memory */
    uint64_t live_buckets, dirty_buckets;
    bool all_clean;   /* nothing dirty or unanswered */
    bool all_settled; /* all_clean and no sealed minute waits for settling */
    bool row_current; /* the newest stored row says all this, and that the log ended here */
    uint64_t replayed, rebuilt, messages, holes, hole_records, steps_back, lost_records;
    uint64_t untimed, before_2000; /* records whose time is none that is believed, or before the year 2000 */
    uint64_t outcomes[EVENT_OUTCOMES];
};
void partition_look(const struct partition *p, struct partition_view *v);

#endif
