/* model/chance.c - splitmix64, and what is thrown with it. */
#include "model/chance.h"

#include <math.h>

uint64_t chance_next(struct chance *r) {
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
uint64_t chance_below(struct chance *r, uint64_t n) { return chance_next(r) % n; }
double chance_real(struct chance *r) { return (double)(chance_next(r) >> 11) / 9007199254740992.0; }
bool chance_of(struct chance *r, double probability) { return chance_real(r) < probability; }
double chance_exp(struct chance *r, double mean) { return -log(1 - chance_real(r)) * mean; }

int chance_pick(struct chance *r, const double *weights, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += weights[i];
    double at = chance_real(r) * sum;
    for (int i = 0; i < n - 1; i++)
        if ((at -= weights[i]) < 0) return i;
    return n - 1;
}
