/* bench/sketch/modes.h - what the program measures. Each mode prints one line of name=value words a measurement.
 */
#ifndef TOPKD_BENCH_SKETCH_MODES_H
#define TOPKD_BENCH_SKETCH_MODES_H

#include <time.h>

#include "contestant.h"

/* Fewer seeds and shorter streams if QUICK. FILE: real events, or NULL. */
struct plan {
    int rounds;
    bool quick;
    const char *file;
};

typedef void mode_fn(const struct plan *);
mode_fn mode_accuracy, mode_exact, mode_hot, mode_cold, mode_fleet, mode_merge, mode_window, mode_packed;

/* CPU of this thread: what the neighbours take does not count. */
static inline double cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

enum { KB = 1024 };

/* All of S to COUNTERS, as the worker would. */
static inline void add_all(const struct contestant *c, void *const *counters, const struct key *keys, size_t n) {
    for (size_t i = 0; i < n; i += BATCH) c->add(counters, keys + i, n - i < BATCH ? n - i : BATCH);
}

#endif
