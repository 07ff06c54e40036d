/* partition/state.h - the inside of a partition, shared by the files of this folder and by nobody else. */
#ifndef TOPKD_PARTITION_STATE_H
#define TOPKD_PARTITION_STATE_H

#include "partition/minutes.h"
#include "partition/partition.h"

enum { PART_OWN_COMMITS = 4 }; /* a commit or two are in flight at a time; two more for safety */

struct partition {
    const struct part_rules *rules;
    struct sketch_budget *budget;
    const char *source;
    uint64_t instance, source_hash;

    /* the log */
    int64_t next;            /* next offset to apply */
    int64_t frontier;        /* F: highest acknowledged commit, or the one we began with */
    int64_t w_ms;            /* W */
    struct part_anchor last; /* the last applied record */
    enum part_probe probe;
    struct part_start start; /* what we began with; the probe needs it */

    /* what may be said */
    uint64_t incarnation;
    bool needs_row; /* incarnation not chosen yet */
    bool ready;     /* (incarnation, meaning) is committed */
    bool silent;    /* not yet at the frontier */
    bool raise_x;   /* rule 4, at the frontier */
    int64_t settled, b, x;
    char life[PART_LIFE_LEN + 1];

    /* open minutes, and the queue of dirty buckets, longest unsent first */
    struct minutes minutes;
    struct bucket *dirty_head, *dirty_tail;
    uint64_t dirty_n, buckets_n, unclean_n;

    /* Redis */
    bool row_out;
    struct said_row {
        struct part_row row;
        int64_t next;
    } row_sent, row_stored;
    int64_t confirmed_mono_ms; /* when the newest answered row was handed over */
    int64_t end_wall_ms;       /* wall clock at which the log was known to end at next */

    /* Kafka */
    struct own_commit {
        struct part_commit commit;
        uint64_t incarnation;
    } own[PART_OWN_COMMITS];
    uint32_t own_n; /* ever made; the newest is own[(own_n - 1) % PART_OWN_COMMITS] */
    int64_t committed;

    struct part_view seen; /* counters */
};

/* partition.c */
void partition_raise_x(struct partition *p); /* at F, under another meaning */

/* publish.c */
void bucket_mark(struct partition *p, struct bucket *b); /* changed, as of p->next */
void minutes_seal(struct partition *p);                  /* W moved */
void partition_redirty(struct partition *p);             /* every live bucket, no longer vouched for */

/* R with its W and anchor (rule 8). */
struct rewind {
    int64_t offset, w_ms;
    struct part_anchor anchor;
};
struct rewind partition_rewind(const struct partition *p);

#endif
