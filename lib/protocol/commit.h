/* protocol/commit.h - the texts that outlive a process: the metadata of a commit (rule 8) and the value of a progress
 * row (rule 19).
 *
 *   commit  v2;i;c;b;x;l;r;w;wf;m;k;z;u;q;a
 *   row     w;m;b;x;end;z;u                    (the row's fence carries i and the frontier)
 *
 * Numbers are decimal, c is hex, '-' is minus infinity or none, '+' is plus infinity; a is the anchor as offset,ms,hash
 * (16 digits of hash) or '-'. A commit of the version before (v1, without k to q) and a row without z and u are read
 * too: what they do not say counts as none.
 *
 * Pure text, no state.   Threads: any. */
#ifndef TOPKD_PROTOCOL_COMMIT_H
#define TOPKD_PROTOCOL_COMMIT_H

#include "base/base.h"
#include "base/buf.h"

enum { PART_LIFE_LEN = 16, PART_METADATA_BYTES_MAX = 512 };

/* A record that proves that the log is still the log we knew. */
struct part_anchor {
    bool set;
    int64_t offset, time_ms;
    uint64_t hash; /* of key and value */
};

/* When absence is proof (rule 21): what minutes above ABOVE got was stored where it is kept until UNTIL_MS at least. */
struct part_vouch {
    int64_t above;    /* z, minute */
    int64_t until_ms; /* u, by the clock of Redis; 0: nothing is known of when */
};
#define PART_VOUCH_INIT                                                                                                \
    { INT64_MIN, 0 }
#define PART_VOUCH_NONE ((struct part_vouch)PART_VOUCH_INIT)

struct part_meta {
    uint64_t incarnation;
    uint64_t meaning;             /* c */
    int64_t b, x;                 /* minutes */
    char life[PART_LIFE_LEN + 1]; /* "" = none known */
    int64_t rewind;               /* R, offset */
    int64_t rewind_w_ms;          /* W_R */
    int64_t frontier_w_ms;        /* W_F */
    int64_t settled;              /* M, minute */
    int64_t rows_kept;            /* k: a Redis that stored fewer rows of this partition lacks what settled (rule 22) */
    struct part_vouch vouch;
    int64_t told_ms; /* q: wall clock of the commit if all that was applied by then was stored; PART_NEVER */
    struct part_anchor anchor;
};

void part_meta_format(const struct part_meta *m, char out[PART_METADATA_BYTES_MAX]);
/* False if TEXT is not metadata of ours (an operator's tool commits none). */
bool part_meta_parse(const char *text, struct part_meta *m) MUST_CHECK;

struct part_row {
    int64_t w_ms; /* largest record timestamp so far */
    int64_t m;    /* highest settled minute */
    int64_t b;    /* parts of older incarnations count only for minutes <= b */
    int64_t x;    /* minutes <= x are not vouched for */
    /* wall clock at which the partition stood at the end of the log with everything stored; PART_NEVER */
    int64_t end_ms;
    struct part_vouch vouch;
};

void part_row_format(const struct part_row *r, struct buf *out);
bool part_row_parse(struct bytes text, struct part_row *r) MUST_CHECK;

/* The last row of a partition that is no longer there (rule 24): it has settled everything, and does not vouch for what
 * it may have touched. TOUCHED: the highest minute that its log time reaches. */
struct part_row part_row_retired(const struct part_row *last, int64_t touched);
bool part_row_is_retired(const struct part_row *r);

#endif
