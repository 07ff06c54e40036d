/* model/chance.h - chance that repeats: one seed, one sequence of choices. */
#ifndef TOPKD_TESTS_MODEL_CHANCE_H
#define TOPKD_TESTS_MODEL_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};
uint64_t chance_next(struct chance *r);
uint64_t chance_below(struct chance *r, uint64_t n);
double chance_real(struct chance *r); /* [0, 1) */
bool chance_of(struct chance *r, double probability);
double chance_exp(struct chance *r, double mean);
int chance_pick(struct chance *r, const double *weights, int n); /* an index, each as likely as it weighs */

#endif
