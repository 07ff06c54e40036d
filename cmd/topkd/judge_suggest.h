/* topkd/judge_suggest.h - settings for the events that were seen.   Threads: one owner. */
#ifndef TOPKD_JUDGE_SUGGEST_H
#define TOPKD_JUDGE_SUGGEST_H

#include "judge_corpus.h"
#include "judge_verdict.h"

/* Writes the proposal, ready to be pasted: comments, and lines NAME=value of what differs from the settings in force.
 * C is the configuration of ENVP. COUNTS: of the events, if the proposal is taken. Never are more events unfit than
 * without it; rather nothing is proposed. Late and future ones are not unfit, but it is said how many there are. */
void judge_suggest(const struct judge_corpus *corpus, const struct config *c, const char *const *envp, struct buf *out,
                   struct judge_counts *counts);

#endif
