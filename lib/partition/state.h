/* partition/state.h - the inside of a partition, shared by the files of this folder and by nobody else. */
#ifndef TOPKD_PARTITION_STATE_H
#define TOPKD_PARTITION_STATE_H

#include "partition/minutes.h"
#include "partition/partition.h"

enum { OWN_COMMITS_MAX = 4 }; /* a commit or two are in flight at a time; two more for safety */

/* Events that were accepted, on their way into their buckets: apply.c. */
enum { STAGED_MAX = 64 };
struct staged {
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

    /* the log */
    int64_t next;                  /* next offset to apply */
    int64_t frontier;              /* F: highest acknowledged commit, or the one we began with */
    int64_t counted;               /* what lies below is in somebody's counters already */
    int64_t log_time_ms;           /* W */
    struct anchor last;            /* the last applied record ... */
    struct log_record last_record; /* ... whose hash is made when somebody asks, or it must go; value.p, key.p */
    bool last_unhashed;
    enum partition_probe probe;
    struct partition_start start; /* what we began with; the probe needs it */

    /* what may be said */
    uint64_t incarnation;
    bool needs_row; /* incarnation not chosen yet */
    bool ready;     /* (incarnation, meaning) is committed */
    bool silent;    /* not yet at the frontier */
    bool raise_x;   /* rule 4, at the frontier */
    int64_t settled, older_until, unsure_until;
    char life[LIFE_LEN + 1];

    /* open minutes, and the queue of dirty buckets, longest unsent first */
    struct minutes minutes;
    struct staged staged[STAGED_MAX];
    size_t staged_n;
    bool texts_elsewhere; /* not in their record, but in the batch */
    struct bucket *dirty_head, *dirty_tail;
    uint64_t dirty_n, buckets_n, unclean_n;
    struct buf items; /* scratch of one copy */

    /* Redis */
    bool row_out;
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
    int64_t committed;

    struct partition_view tally; /* counters */
};

/* partition_let_go came after the last record. */
static inline bool partition_holds_no_record(const struct partition *p) {
    return p->staged_n == 0 && !p->last_unhashed;
}

/* apply.c */
/* False: the minute has all the places that it may have, so the event counts in the all-locations list only. */
bool apply_event(struct partition *p, const struct event *ev, int64_t minute, const struct log_record *rec);
void apply_staged(struct partition *p);
uint64_t record_hash(const struct log_record *rec);

/* partition.c */
void partition_raise_x(struct partition *p); /* at F, under another meaning */

/* publish.c */
void bucket_mark(struct partition *p, struct bucket *b); /* changed, as of p->next */
void minutes_seal(struct partition *p);                  /* W moved */
void partition_redirty(struct partition *p);             /* every live bucket, no longer vouched for */

/* R with its W and anchor (rule 8). */
struct rewind {
    int64_t offset, log_time_ms;
    struct anchor anchor;
};
struct rewind partition_rewind(const struct partition *p);

#endif
