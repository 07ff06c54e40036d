/* hub/bell.c - one flag and who waits for it. */
#include "hub/bell.h"

#include "hub/cond.h"

void bell_init(struct bell *b) {
    *b = (struct bell){.rung = false};
    pthread_mutex_init(&b->lock, NULL);
    cond_init(&b->ringing);
}

void bell_deinit(struct bell *b) {
    pthread_cond_destroy(&b->ringing);
    pthread_mutex_destroy(&b->lock);
}

void bell_ring(struct bell *b) {
    pthread_mutex_lock(&b->lock);
    b->rung = true;
    pthread_cond_signal(&b->ringing);
    pthread_mutex_unlock(&b->lock);
}

void bell_rest(struct bell *b, int ms) {
    struct timespec until = cond_deadline(ms);
    pthread_mutex_lock(&b->lock);
    while (!b->rung)
        if (pthread_cond_timedwait(&b->ringing, &b->lock, &until) != 0) break;
    b->rung = false;
    pthread_mutex_unlock(&b->lock);
}
