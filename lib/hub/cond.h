/* hub/cond.h - a condition that threads wait for until a time of the monotonic clock.
 * Threads: as pthread_cond_t. */
#ifndef TOPKD_HUB_COND_H
#define TOPKD_HUB_COND_H

#include <pthread.h>
#include <time.h>

void cond_init(pthread_cond_t *c);
/* When TIMEOUT_MS from now will be over. */
struct timespec cond_deadline(int timeout_ms);

#endif
