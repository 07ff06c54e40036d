/* Numbers, eight digits at a time. Up to 18 digits fit an int64_t, so nothing overflows here that does not in jansson,
 * and the digits are the number's decimal text unless a zero leads.
 *
 * A real number whose digits make an integer up to 2^53 is that integer divided by a power of ten up to 10^18: both are
 * doubles without rounding, so the one rounding of the division gives the double nearest to what was written, which is
 * what strtod gives. 1763751600.123456 is such a number; one with more digits, or an exponent, goes to jansson where it
 * is needed. Where it is not, it must only be sure not to overflow: 18 digits and 99 places are far from 10^308. */
#include <float.h>

#include "decode/json_token.h"

enum { DIGITS_MAX = EVENT_TOKEN_DIGITS_MAX, EXPONENT_DIGITS_MAX = 2 };
#define EXACT_MAX (UINT64_C(1) << 53)

const uint64_t event_powers_of_ten[DIGITS_MAX + 1] = {
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

/* Up to eight digits; adds them to what *SUM has from before, and returns their number. */
static inline unsigned add_digits(const char *p, const char *end, uint64_t *sum) {
    uint64_t digits = event_load8_before(p, end) ^ EVENT_EACH_BYTE('0');
    unsigned n = event_digits_count(digits);
    if (n > 0) *sum = *sum * event_powers_of_ten[n] + event_digits_value(digits << 8 * (8 - n));
    return n;
}

/* One to 18 digits. */
static inline const char *take_digits(const char *p, const char *end, uint64_t *out) {
    uint64_t sum = 0;
    unsigned n = add_digits(p, end, &sum);
    if (n == 8) {
        unsigned more = add_digits(p + 8, end, &sum);
        n += more == 8 ? 8 + add_digits(p + 16, end, &sum) : more;
    }
    *out = sum;
    return n > 0 && n <= DIGITS_MAX ? p + n : NULL;
}

static bool has_exponent(char c) { return c == 'e' || c == 'E'; }

/* P stands on the letter. */
static const char *skip_exponent(const char *p, const char *end) {
    p++;
    if (*p == '+' || *p == '-') p++;
    uint64_t exponent;
    const char *next = take_digits(p, end, &exponent);
    return next != NULL && next - p <= EXPONENT_DIGITS_MAX ? next : NULL;
}

/* The double that strtod makes of WHOLE.FRACTION, if that is sure. */
static bool exact_real(uint64_t whole, uint64_t fraction, size_t places, double *out) {
    uint64_t digits, scaled;
    if (FLT_EVAL_METHOD != 0 || __builtin_mul_overflow(whole, event_powers_of_ten[places], &scaled) ||
        __builtin_add_overflow(scaled, fraction, &digits) || digits > EXACT_MAX)
        return false;
    *out = (double)digits / (double)event_powers_of_ten[places];
    return true;
}

/* Apart from its caller, because registers saved for what is rare would be saved for all.
 * P stands behind the digits of WHOLE. A negative one is not needed so often that its zero would be worth a thought. */
static __attribute__((noinline)) const char *take_real(const char *p, const char *end, bool negative, uint64_t whole,
                                                       struct event_value *value) {
    const char *point = p;
    uint64_t fraction = 0;
    if (*p == '.') p = take_digits(p + 1, end, &fraction);
    if (p == NULL) return NULL;
    bool exponent = has_exponent(*p);
    if (value == NULL) return exponent ? skip_exponent(p, end) : p;
    if (exponent || negative) return NULL;
    value->kind = EVENT_REAL;
    return exact_real(whole, fraction, (size_t)(p - point) - 1, &value->real) ? p : NULL;
}

const char *event_token_number(const char *p, const char *end, struct event_value *value) {
    bool negative = *p == '-';
    const char *first = p + negative;
    uint64_t whole;
    const char *next = take_digits(first, end, &whole);
    if (next == NULL || (*first == '0' && next - first > 1)) return NULL;
    if (*next == '.' || has_exponent(*next)) return take_real(next, end, negative, whole, value);
    if (value == NULL) return next;
    if (negative && whole == 0) return NULL; /* its decimal text is 0 */
    value->kind = EVENT_INTEGER;
    value->integer = negative ? -(int64_t)whole : (int64_t)whole;
    value->text = (struct bytes){.p = p, .n = (size_t)(next - p)};
    return next;
}
