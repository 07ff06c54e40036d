/* loadgen/pacer.c - the arithmetic of the token bucket. */
#include "loadgen/pacer.h"

#include <math.h>

void pacer_init(struct pacer *p, double rate, int64_t mono_ms) {
    *p = (struct pacer){.rate = rate, .last_ms = mono_ms};
}

uint64_t pacer_take(struct pacer *p, int64_t mono_ms, uint64_t max) {
    double full = p->rate + 1; /* one more: else a slow rate loses its fractions when full */
    p->tokens = fmin(p->tokens + (double)(mono_ms - p->last_ms) * p->rate / 1000, full);
    p->last_ms = mono_ms;
    uint64_t whole = (uint64_t)p->tokens, taken = whole < max ? whole : max;
    p->tokens -= (double)taken;
    return taken;
}

int64_t pacer_wait_ms(const struct pacer *p) {
    double ms = ceil((1 - p->tokens) * 1000 / p->rate);
    return ms < 1 ? 1 : ms > 1000000 ? 1000000 : (int64_t)ms;
}
