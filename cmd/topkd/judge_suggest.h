/* topkd/judge_suggest.h - settings for the events that were seen.
 * Threads: one owner.   Memory: copies of JUDGE_CORPUS_MESSAGES_MAX messages, or of JUDGE_CORPUS_BYTES_MAX. */
#ifndef TOPKD_JUDGE_SUGGEST_H
#define TOPKD_JUDGE_SUGGEST_H

#include "judge_verdict.h"

enum { JUDGE_CORPUS_MESSAGES_MAX = 2000, JUDGE_CORPUS_BYTES_MAX = 64 << 20 };

/* The messages that a proposal is made from. */
struct judge_corpus;

struct judge_corpus *judge_corpus_create(void);
void judge_corpus_destroy(struct judge_corpus *c); /* NULL is allowed */
/* Copies key and value; headers are asked for as long as the corpus lives. What is too much is left out. */
void judge_corpus_add(struct judge_corpus *c, const struct judge_record *r);

/* Writes the proposal, ready to be pasted: comments, and lines NAME=value of what differs from the settings in force.
 * C is the configuration of ENVP. COUNTS: of the events, if the proposal is taken. Never are more events unfit than
 * without it; rather nothing is proposed. Late and future ones are not unfit, but it is said how many there are. */
void judge_suggest(const struct judge_corpus *corpus, const struct config *c, const char *const *envp, struct buf *out,
                   struct judge_counts *counts);

#endif
