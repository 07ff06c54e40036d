/* decode/json_number.c - reads numbers whose value is certain, and leaves the others to jansson.
 * Up to 18 digits fit an int64_t, so nothing overflows here. The digits are also the number's decimal text.
 *
 * A real number is read where its digits make an integer up to 2^53. Then it is that integer, divided by a power of ten
 * up to 10^18. Both are doubles without rounding. So the division rounds once, and gives the double nearest to what was
 * written, which is what strtod gives. 1763751600.123456 is such a number. A negative one is not worth a thought. */
#include "decode/json_number.h"

#include <assert.h>
#include <float.h>

enum { DIGITS_MAX = JSON_NUMBER_DIGITS_MAX };
#define EXACT_MAX (UINT64_C(1) << 53)

const uint64_t json_number_powers_of_ten[DIGITS_MAX + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
};

/* Up to eight digits, which are appended to those that *SUM has from before; returns how many they are. */
static inline unsigned digits_add(const char *p, const char *end, uint64_t *sum) {
    uint64_t digits = bytes8_load_before(p, end) ^ BYTES8_EACH('0');
    unsigned n = json_digits_count(digits);
    if (n > 0) *sum = *sum * json_number_powers_of_ten[n] + json_digits_value(digits << 8 * (8 - n));
    return n;
}

/* One to 18 digits. */
static inline const char *digits_take(const char *p, const char *end, uint64_t *out) {
    uint64_t sum = 0;
    unsigned n = digits_add(p, end, &sum);
    if (n == 8) {
        unsigned more = digits_add(p + 8, end, &sum);
        n += more == 8 ? 8 + digits_add(p + 16, end, &sum) : more;
    }
    *out = sum;
    return n > 0 && n <= DIGITS_MAX ? p + n : NULL;
}

/* *OUT: the double that strtod makes of WHOLE.FRACTION. False: it is not certain. */
static bool real_exact(uint64_t whole, uint64_t fraction, size_t places, double *out) {
    uint64_t digits, scaled;
    assert(places <= DIGITS_MAX);
    if (FLT_EVAL_METHOD != 0 || __builtin_mul_overflow(whole, json_number_powers_of_ten[places], &scaled) ||
        __builtin_add_overflow(scaled, fraction, &digits) || digits > EXACT_MAX)
        return false;
    *out = (double)digits / (double)json_number_powers_of_ten[places];
    return true;
}

/* P stands on the point behind the digits of WHOLE. */
static __attribute__((noinline)) const char *real_take(const char *point, const char *end, uint64_t whole,
                                                       struct event_value *value) {
    uint64_t fraction = 0;
    const char *p = digits_take(point + 1, end, &fraction);
    if (p == NULL) return NULL;
    value->kind = EVENT_REAL;
    return real_exact(whole, fraction, (size_t)(p - point) - 1, &value->real) ? p : NULL;
}

const char *json_number_take(const char *p, const char *end, struct event_value *value) {
    bool negative = *p == '-';
    const char *first = p + negative;
    uint64_t whole;
    const char *next = digits_take(first, end, &whole);
    if (next == NULL || (*first == '0' && next - first > 1)) return NULL;
    if (*next == '.') return negative ? NULL : real_take(next, end, whole, value);
    if (negative && whole == 0) return NULL; /* its decimal text is 0 */
    value->kind = EVENT_INTEGER;
    value->integer = negative ? -(int64_t)whole : (int64_t)whole;
    value->text = (struct bytes){.p = p, .n = (size_t)(next - p)};
    return next;
}
