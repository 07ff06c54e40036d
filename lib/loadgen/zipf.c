/* loadgen/zipf.c - draws ranks by rejection-inversion.
 * W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", ACM
 * TOMACS 6(3), 1996.
 *
 * The idea: h(x) = x^-s is a continuous cover of the probabilities, and its integral H can be inverted in closed form.
 * Draw a point uniformly under h from .5 to n + .5, take its x, round it to a rank k. The area of h over
 * [k - .5, k + .5] is a little larger than h(k), because h is convex: the surplus is rejected, a few percent at worst.
 * Rejected: a table of cumulative probabilities needs n doubles, and 20 cache misses a draw at a million items. The
 * alias method needs 8 n bytes and one miss. This way needs no memory, and begins at once with 10 million items too.
 *
 * H(x) = (x^(1-s) - 1) / (1 - s), which is log x at s = 1. Written with expm1 and log1p it stays exact around s = 1. */
#include "loadgen/zipf.h"

#include <assert.h>
#include <math.h>

/* expm1(x) / x and log1p(x) / x, continuous at 0. */
static double expm1_ratio(double x) { return fabs(x) > 1e-8 ? expm1(x) / x : 1 + x / 2; }
static double log1p_ratio(double x) { return fabs(x) > 1e-8 ? log1p(x) / x : 1 - x / 2; }

static double height(double s, double x) { return exp(-s * log(x)); }

static double area(double s, double x) {
    double log_x = log(x);
    return expm1_ratio((1 - s) * log_x) * log_x;
}

static double area_inverse(double s, double a) {
    double t = a * (1 - s);
    if (t < -1) t = -1; /* rounding may step over the pole */
    return exp(log1p_ratio(t) * a);
}

void zipf_init(struct zipf *z, uint32_t n, double s) {
    assert(n >= 1 && s >= 0 && s <= (double)ZIPF_EXPONENT_MAX);
    z->ranks = n;
    z->exponent = s;
    z->area_first = area(s, 1.5) - 1;
    z->area_last = area(s, n + .5);
    z->accept = 2 - area_inverse(s, area(s, 2.5) - height(s, 2));
}

uint32_t zipf_draw(const struct zipf *z, struct rng *r) {
    for (;;) {
        double a = z->area_last + rng_unit(r) * (z->area_first - z->area_last);
        double x = area_inverse(z->exponent, a);
        double k = floor(x + .5);
        if (k < 1) k = 1;
        if (k > z->ranks) k = z->ranks;
        if (k - x <= z->accept || a >= area(z->exponent, k + .5) - height(z->exponent, k)) return (uint32_t)k;
    }
}
