/* topkd/judge_corpus.h - the messages that a proposal is made from, and where in them the events may stand.
 * Threads: one owner.   Memory: copies of JUDGE_CORPUS_MESSAGES_MAX messages, or of JUDGE_CORPUS_BYTES_MAX. */
#ifndef TOPKD_JUDGE_CORPUS_H
#define TOPKD_JUDGE_CORPUS_H

#include "judge_input.h"

enum { JUDGE_CORPUS_MESSAGES_MAX = 2000, JUDGE_CORPUS_BYTES_MAX = 64 << 20, JUDGE_WRAPPERS_MAX = 16 };

/* The messages that a proposal is made from. */
struct judge_corpus {
    struct judge_record *records; /* owned, with their keys and values */
    size_t n, cap, bytes, left_out;
};

struct judge_corpus *judge_corpus_create(void);
void judge_corpus_destroy(struct judge_corpus *c); /* NULL is allowed */
/* Copies key and value; headers are asked for as long as the corpus lives. What is too much is left out. */
void judge_corpus_add(struct judge_corpus *c, const struct judge_record *r);

/* Places for EVENTS_AT: none, the one that is set, and every array of objects. */
struct judge_wrappers {
    char *at[JUDGE_WRAPPERS_MAX];            /* owned; "" is none */
    size_t messages[JUDGE_WRAPPERS_MAX];     /* that hold such an array */
    bool is_one_of_many[JUDGE_WRAPPERS_MAX]; /* in an array of several: the others would be lost */
    size_t n;
};

/* C: of the settings in force; its EVENTS_AT and the corpus are only read. */
void judge_wrappers_init(struct judge_wrappers *w, const struct judge_corpus *corpus, const struct config *c);
void judge_wrappers_deinit(struct judge_wrappers *w);
/* Is number I in half of the messages, and can it be set? */
bool judge_wrapper_is_common(const struct judge_wrappers *w, size_t i, const struct judge_corpus *corpus);

#endif
