/* protocol/commit.h - the metadata of a commit: what the next owner of a partition has to know (rule 8).
 *
 *   v2;<incarnation>;<meaning>;<older_until>;<unsure_until>;<life>;<rewind>;<rewind log time>;<frontier log time>;
 *   <settled>;<rows kept>;<vouch: above>;<vouch: until>;<stored>;<anchor>
 *
 * Numbers are decimal, the meaning is hex. '-' is minus infinity or none, '+' is plus infinity.
 * The anchor is <offset>,<ms>,<hash> with 16 digits of hash, or '-'.
 * A commit of the version before (v1, without the fields from <rows kept> to <stored>) is read too: what it does not
 * say counts as none.
 *
 * Pure text, no state.   Threads: any. */
#ifndef TOPKD_PROTOCOL_COMMIT_H
#define TOPKD_PROTOCOL_COMMIT_H

#include "protocol/row.h"

enum { COMMIT_META_BYTES_MAX = 512 };

/* A record that proves that the log is still the log we knew. */
struct anchor {
    bool set;
    int64_t offset, time_ms;
    uint64_t hash; /* of key and value */
};

/* A place in the log to read from. */
struct rewind {
    int64_t offset;
    int64_t log_time_ms; /* before the record there */
    struct anchor anchor;
};

struct commit_meta {
    uint64_t incarnation;
    uint64_t meaning;                           /* hash of the settings that decide what the log means */
    int64_t older_until, unsure_until, settled; /* minutes; as in the row */
    char life[LIFE_LEN + 1];                    /* "": none known */
    int64_t rewind;                             /* offset: the next owner reads from here */
    int64_t rewind_log_time_ms;                 /* log time before that record */
    int64_t frontier_log_time_ms;               /* log time at the commit's offset, the frontier */
    int64_t rows_kept; /* a Redis that stored fewer rows of this partition lacks what settled (rule 22) */
    struct vouch vouch;
    int64_t stored_ms; /* wall clock of the commit if all that was applied by then was stored; TIME_NEVER */
    struct anchor anchor;
};

void commit_meta_format(const struct commit_meta *m, char out[COMMIT_META_BYTES_MAX]);
/* False if TEXT is not metadata of ours (an operator's tool commits none). */
bool commit_meta_parse(const char *text, struct commit_meta *m) MUST_CHECK;

#endif
