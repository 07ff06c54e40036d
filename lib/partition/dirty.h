/* partition/dirty.h - which buckets Redis is known to have, and the queue of those to copy: a container, no rules.
 *
 *                 changed                 copied                   answered
 *   BUCKET_CLEAN --------> BUCKET_DIRTY ---------> BUCKET_COPIED -----------> BUCKET_CLEAN
 *                                 ^                      |     the copy was made after the last change
 *                                 +----------------------+
 *                                    changed or doubted
 *
 * A clean bucket may be doubted, too. What is dirty stands in the queue, longest unsent first.
 * Threads: none, one owner.   Ownership: buckets are the minutes'; one that goes is forgotten first. */
#ifndef TOPKD_PARTITION_DIRTY_H
#define TOPKD_PARTITION_DIRTY_H

#include "partition/minutes.h"

struct dirty_queue {
    struct bucket *first, *last;
    uint64_t n;         /* buckets in it */
    uint64_t unclean_n; /* buckets of all minutes that are not BUCKET_CLEAN */
};

/* B changed, and the next offset is NEXT. */
void dirty_change(struct dirty_queue *q, struct bucket *b, int64_t next);
/* As if every bucket of M had changed. */
void dirty_change_minute(struct dirty_queue *q, struct minute *m, int64_t next);
/* No answer that came for any bucket is believed any more. */
void dirty_doubt_all(struct dirty_queue *q, const struct minutes *ms);
/* The first was copied. */
void dirty_copied_first(struct dirty_queue *q);
/* The copy of B that was made at AT was answered. */
void dirty_answered(struct dirty_queue *q, struct bucket *b, int64_t at);
/* M is about to go. What settles has nothing here; what is unclean all the same is taken out. */
void dirty_forget(struct dirty_queue *q, struct minute *m);

/* Asserts what is true of it between two calls; MS are the minutes of its buckets. */
void dirty_check(const struct dirty_queue *q, const struct minutes *ms);

#endif
