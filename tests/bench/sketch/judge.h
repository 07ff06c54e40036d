/* bench/sketch/judge.h - how true a list is. */
#ifndef TOPKD_BENCH_SKETCH_JUDGE_H
#define TOPKD_BENCH_SKETCH_JUDGE_H

#include "contestant.h"

struct verdict {
    double recall_100, recall_10; /* an item counts if the truth is no less than that of the last of the true top */
    double mean_error, max_error; /* relative, of the true top 100; an item that is not claimed: 1 */
    uint64_t largest;             /* claim */
    uint64_t broken;              /* bounds that do not hold, those of absent items included */
};

void judge(const struct stream *s, const struct claims *c, struct verdict *out);

#endif
