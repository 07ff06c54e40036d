/* topkd/judge_verdict.h - what becomes of the events of a record: the decoder's word, then what the log's times say.
 * Threads: one owner. */
#ifndef TOPKD_JUDGE_VERDICT_H
#define TOPKD_JUDGE_VERDICT_H

#include "judge_input.h"

enum { JUDGE_AWAY_MAX = 29 }; /* half hours; no zone is so far from UTC, and what is further counts there, too */

struct judge_counts {
    uint64_t messages, events;
    uint64_t of[EVENT_OUTCOMES];
    uint64_t located; /* applied, and not in GLOBAL only */
    uint64_t far;     /* applied, but in a log late or future if they came now */
    /* Late and future: [JUDGE_AWAY_MAX + n] are n half hours ahead of the time by which they are, or behind it. */
    uint64_t away[2 * JUDGE_AWAY_MAX + 1];
};

/* All that reads events by one configuration. */
struct judge_verdict {
    const struct config *config; /* borrowed */
    struct event_rules rules;
    struct decoder *decoder;  /* owned */
    struct event_batch batch; /* of the last record */
    struct judge_counts counts;
};

void judge_verdict_init(struct judge_verdict *v, const struct config *c);
void judge_verdict_deinit(struct judge_verdict *v);

/* Decodes R into the batch, and counts it. */
void judge_verdict_take(struct judge_verdict *v, const struct judge_record *r);

uint64_t judge_counts_rejected(const struct judge_counts *n);
/* Late or future. */
uint64_t judge_counts_away(const struct judge_counts *n);
/* By how many half hours most of these are ahead; negative: behind. */
int judge_counts_half_hours(const struct judge_counts *n);
/* "38 of 40 events would be future, by about 2 hours" */
void judge_counts_away_write(const struct judge_counts *n, struct buf *out);
/* "messages=3 events=4 applied=1 no_item=3" */
void judge_counts_write(const struct judge_counts *n, struct buf *out);

#endif
