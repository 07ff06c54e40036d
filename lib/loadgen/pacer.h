/* loadgen/pacer.h - a token bucket: how many events may be sent by now.
 * It fills with RATE tokens a second, up to one second's worth and one more. So a short stall is made good, and a long
 * one is not.
 * Threads: one owner; the time is the caller's (monotonic). */
#ifndef TOPKD_LOADGEN_PACER_H
#define TOPKD_LOADGEN_PACER_H

#include "base/base.h"

struct pacer {
    double rate;   /* events a second; > 0 */
    double tokens; /* whole ones may be spent */
    int64_t last_ms;
};

void pacer_init(struct pacer *p, double rate, int64_t mono_ms);
/* Takes up to MAX tokens, returns how many. */
uint64_t pacer_take(struct pacer *p, int64_t mono_ms, uint64_t max);
/* Milliseconds (>= 1) until the next whole token, when pacer_take returned 0. */
int64_t pacer_wait_ms(const struct pacer *p);

#endif
