/* partition/meta.h - the texts that outlive a process: the metadata of a commit (rule 8) and the value of a progress
 * row (rule 19).
 *
 *   commit  v1;i;c;b;x;l;r;w;wf;m;a   numbers in decimal, c in hex, '-' for minus infinity or none; a = offset,ms,hash
 * of the anchor (16 digits of hash) or '-'   row     w;m;b;x;end   (the row's fence carries i and the frontier)
 *
 * Pure text, no state.   Threads: any. */
#ifndef TOPKD_PARTITION_META_H
#define TOPKD_PARTITION_META_H

#include "base/base.h"
#include "base/buf.h"

enum { PART_LIFE_LEN = 16, PART_METADATA_BYTES_MAX = 512 };

/* A record that proves that the log is still the log we knew. */
struct part_anchor {
    bool set;
    int64_t offset, time_ms;
    uint64_t hash; /* of key and value */
};

struct part_meta {
    uint64_t incarnation;
    uint64_t meaning;             /* c */
    int64_t b, x;                 /* minutes */
    char life[PART_LIFE_LEN + 1]; /* "" = none known */
    int64_t rewind;               /* R, offset */
    int64_t rewind_w_ms;          /* W_R */
    int64_t frontier_w_ms;        /* W_F */
    int64_t settled;              /* M, minute */
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
    int64_t
        end_ms; /* wall clock at which the partition stood at the end of the log with everything stored; PART_NEVER */
};

void part_row_format(const struct part_row *r, struct buf *out);
bool part_row_parse(struct bytes text, struct part_row *r) MUST_CHECK;

#endif
