/* protocol/row.h - the value of a progress row: what a partition says of itself to all who write lists (rule 19).
 *
 *   <log time>;<settled>;<older_until>;<unsure_until>;<end>;<vouch: above>;<vouch: until>
 *
 * Numbers are decimal; '-' is minus infinity or none, '+' is plus infinity. The row's fence carries incarnation and
 * frontier. A row of the version before, without the last two, is read too: it vouches for nothing.
 *
 * Pure text, no state.   Threads: any. */
#ifndef TOPKD_PROTOCOL_ROW_H
#define TOPKD_PROTOCOL_ROW_H

#include "base/buf.h"
#include "protocol/words.h"

/* When absence is proof (rule 21): what minutes above ABOVE got was stored where it is kept until UNTIL_MS at least. */
struct vouch {
    int64_t above;    /* minute */
    int64_t until_ms; /* by the clock of Redis; 0: nothing is known of when */
};
#define VOUCH_INIT                                                                                                     \
    { INT64_MIN, 0 }
#define VOUCH_NONE ((struct vouch)VOUCH_INIT)

struct progress_row {
    int64_t log_time_ms;  /* largest record timestamp so far */
    int64_t settled;      /* highest minute that is finished for good */
    int64_t older_until;  /* parts of older incarnations count for minutes up to this one */
    int64_t unsure_until; /* minutes up to this one are not vouched for */
    /* wall clock at which the partition stood at the end of the log with everything stored; TIME_NEVER */
    int64_t end_ms;
    struct vouch vouch;
};

void progress_row_format(const struct progress_row *r, struct buf *out);
/* False if TEXT is no row. */
bool progress_row_parse(struct bytes text, struct progress_row *r) MUST_CHECK;

/* The last row of a partition that is no longer there (rule 24): it has settled everything, and does not vouch for what
 * it may have touched. TOUCHED: the highest minute that its log time reaches. */
struct progress_row progress_row_retired(const struct progress_row *last, int64_t touched);
bool progress_row_is_retired(const struct progress_row *r);

#endif
