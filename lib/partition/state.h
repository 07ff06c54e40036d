/* partition/state.h - the inside of a partition, shared by the files of this folder and by nobody else.
 *
 * The files, in the order in which to read them. Each one calls those above it and none below it.
 *
 *   minutes.c     open minutes and their buckets, a container
 *   dirty.c       which of the buckets Redis is known to have, a container
 *   sightings.c   the ids of the last events, a container
 *   ids.c         marks in the log, from which a successor knows these ids too
 *   resume.c      where and as what a partition begins
 *   partition.c   the story of a crash; how a memory begins and ends
 *   check.c       what is true of a partition between two calls
 *   stage.c       what may be said now, and as which incarnation
 *   apply.c       accepted events go into their buckets
 *   publish.c     copies of buckets go out, their answers come in
 *   settle.c      what is final and durable goes; what the progress row says
 *   probe.c       what only the first record can tell
 *   log.c         a record comes in: its events are judged, log time advances, minutes seal
 *   commit.c      what a commit says, and whose it is
 *   view.c        looking in
 */
#ifndef TOPKD_PARTITION_STATE_H
#define TOPKD_PARTITION_STATE_H

#include "partition/dirty.h"
#include "partition/ids.h"
#include "partition/partition.h"

enum { OWN_COMMITS_MAX = 4 }; /* a commit or two are in flight at a time; two more for safety */

/* Events that were accepted, on their way into their buckets: apply.c. */
enum { PENDING_MAX = 64 };
struct pending_event {
    struct minute *minute;
    uint64_t location_hash, item_hash;
    struct bytes location, item; /* location.p == NULL: of the all-locations list only */
    uint32_t weight;
};

struct partition {
    const struct delivery_rules *rules;
    struct sketch_budget *budget;
    const char *name; /* "topic/partition" */
    uint64_t instance, name_hash;
    struct partition_start start; /* what we began with; the probe needs it */

    /* what may be said: stage.c */
    enum partition_stage stage;
    uint64_t incarnation; /* from STAGE_COMMITTING on */
    char life[LIFE_LEN + 1];

    /* the log */
    int64_t next;                  /* next offset to apply */
    int64_t frontier;              /* highest acknowledged commit, or the one we began with */
    int64_t counted;               /* what lies below is in somebody's counters already */
    int64_t log_time_ms;           /* largest record timestamp so far */
    enum partition_probe probe;    /* what the first record still has to tell */
    bool unsure_at_frontier;       /* rule 4: there, minutes up to the reach of log time are unsure */
    struct anchor last;            /* the last applied record ... */
    struct log_record last_record; /* ... whose hash is made when somebody asks, or it must go; value.p, key.p */
    bool last_unhashed;
    int64_t settled, older_until, unsure_until; /* minutes, as in the row */

    /* open minutes: apply.c fills them, publish.c copies them, settle.c drops them */
    struct minutes minutes;
    uint64_t buckets_n; /* of all minutes */
    struct dirty_queue dirty;
    struct pending_event pending[PENDING_MAX];
    size_t pending_n;
    bool texts_elsewhere; /* of pending events: not in their record, but in the batch */
    struct buf items;     /* scratch of one copy */

    struct ids *ids; /* of the last events; NULL: ids mean nothing */

    /* Redis */
    bool row_out; /* handed over, and not answered */
    struct row_at {
        struct progress_row row;
        int64_t next;
    } row_sent, row_stored;
    int64_t confirmed_mono_ms;      /* when the newest answered row was handed over */
    int64_t rows_kept;              /* rule 22 */
    struct vouch vouch, vouch_next; /* rule 21: what the row says, and what it will say */
    int64_t end_wall_ms;            /* wall clock at which the log was known to end at next */

    /* Kafka */
    struct partition_commit own[OWN_COMMITS_MAX]; /* of this incarnation */
    uint32_t own_n;                               /* ever made; the newest is own[(own_n - 1) % OWN_COMMITS_MAX] */
    int64_t committed;                            /* highest acknowledged commit of this memory; -1: none */

    struct partition_view tally; /* counters */
};

/* partition_let_go came after the last record. */
static inline bool partition_holds_no_record(const struct partition *p) {
    return p->pending_n == 0 && !p->last_unhashed;
}

/* partition.c: everything as S says, but for what this memory counted; minutes, queue and ids are empty. */
void partition_begin(struct partition *p, const struct partition_start *s);
/* Where the next owner reads from, with log time and anchor there (rule 8). */
struct rewind partition_rewind(const struct partition *p);

/* check.c: asserts that the invariants of partition.c hold. The first costs a few comparisons and runs wherever
 * somebody enters. The second looks at every bucket; in test builds it runs at ticks, elsewhere it is the first. */
void partition_check(const struct partition *p);
void partition_check_whole(const struct partition *p);

/* stage.c */
void partition_stage_move(struct partition *p, enum partition_stage to);
bool partition_is_at_frontier(const struct partition *p);
bool partition_is_restored(const struct partition *p); /* at the frontier, and the log is the one we knew */
bool partition_may_publish(const struct partition *p);
bool partition_may_settle(const struct partition *p);
bool partition_may_send_row(const struct partition *p);
bool partition_may_commit(const struct partition *p);

/* apply.c */
/* The minute, which is opened if it is not there. REC must be the record that is being applied. */
struct minute *apply_minute(struct partition *p, int64_t minute, const struct log_record *rec);
/* Where REC is read from, which is being applied. */
struct rewind apply_rewind(const struct partition *p, const struct log_record *rec);
/* False: the minute has all the places that it may have, so the event counts in the all-locations list only. */
bool apply_event(struct partition *p, const struct event *ev, int64_t minute, const struct log_record *rec);
void apply_pending(struct partition *p);
uint64_t record_hash(const struct log_record *rec);

/* settle.c */
/* What was stored of MINUTE may have expired, and is not stored again: its absence proves nothing (rule 21). */
void vouch_not_for(struct partition *p, int64_t minute);

/* probe.c */
/* True if the log turned out to be another one. RECORD_MS: the time that REC gives to log time; TIME_NEVER: none. */
bool probe_record(struct partition *p, const struct log_record *rec, int64_t record_ms, int64_t wall_ms);
void probe_end_of_log(struct partition *p, int64_t wall_ms);

/* log.c */
void log_reach_frontier(struct partition *p); /* rule 4, once */

#endif
