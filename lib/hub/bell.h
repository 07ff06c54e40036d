/* hub/bell.h - ends the rest of a thread that waits for work.
 * Threads: any rings, one rests. */
#ifndef TOPKD_HUB_BELL_H
#define TOPKD_HUB_BELL_H

#include <pthread.h>
#include <stdbool.h>

struct bell {
    pthread_mutex_t lock; /* of rung */
    pthread_cond_t ringing;
    bool rung; /* and nobody has heard it yet */
};

void bell_init(struct bell *b);
void bell_deinit(struct bell *b);
/* A ring while nobody rests ends the next rest at once; two such rings are one. */
void bell_ring(struct bell *b);
/* Rests MS, but no longer than until somebody rings. */
void bell_rest(struct bell *b, int ms);

#endif
