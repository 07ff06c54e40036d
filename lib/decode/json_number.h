/* decode/json_number.h - numbers of a JSON text, eight digits at a time.
 * Use when: a word begins with a digit or a minus.   Not for: verdicts; jansson must be asked about what is not
 * recognised (json_value.h).   Threads: any; pure.   NULL says "not recognised". */
#ifndef TOPKD_DECODE_JSON_NUMBER_H
#define TOPKD_DECODE_JSON_NUMBER_H

#include "base/bytes8.h"
#include "event/judge.h"

/* Numbers of so many digits fit an int64_t, whatever the digits are. */
enum { JSON_NUMBER_DIGITS_MAX = 18 };

extern const uint64_t json_number_powers_of_ten[JSON_NUMBER_DIGITS_MAX + 1];

/* The number that a word begins with. It does not go up to END, and the eight bytes before END are the text's. */
const char *json_number_take(const char *p, const char *end, struct event_value *value);

/* How many of eight bytes are digits before the first that is none. DIGITS: the bytes, each less '0'. */
static inline unsigned json_digits_count(uint64_t digits) {
    uint64_t others = ((digits & BYTES8_EACH(0x7f)) + BYTES8_EACH(0x76)) | digits;
    others &= BYTES8_EACH(0x80);
    return others != 0 ? (unsigned)__builtin_ctzll(others) / 8 : 8;
}

/* The number that eight digits are, the first in the lowest byte. Neighbours are joined to pairs; then all four pairs
 * are summed in the upper half of two products. */
static inline uint64_t json_digits_value(uint64_t digits) {
    const uint64_t pair = UINT64_C(0x000000ff000000ff);
    uint64_t pairs = digits * 10 + (digits >> 8);
    return ((pairs & pair) * UINT64_C(0x000f424000000064) + (pairs >> 16 & pair) * UINT64_C(0x0000271000000001)) >> 32;
}

/* The same for what times and ids mostly are: a word of up to 15 digits, with a comma or a brace behind it. A VALUE of
 * NULL: the number is not needed. */
ALWAYS_INLINE const char *json_number_take_short(const char *p, const char *end, struct event_value *value) {
    if (end - p < 16) return NULL;
    uint64_t first = bytes8_load(p) ^ BYTES8_EACH('0'), second = bytes8_load(p + 8) ^ BYTES8_EACH('0');
    unsigned n = json_digits_count(first), more = n == 8 ? json_digits_count(second) : 0;
    const char *next = p + n + more;
    if (n == 0 || more == 8 || *p == '0' || (*next != ',' && *next != '}')) return NULL;
    if (value == NULL) return next;
    uint64_t whole = json_digits_value(first << 8 * (8 - n));
    if (n == 8) whole = whole * json_number_powers_of_ten[more] + json_digits_value(second << 8 * (7 - more) << 8);
    value->kind = EVENT_INTEGER;
    value->integer = (int64_t)whole;
    value->text = (struct bytes){.p = p, .n = n + more};
    return next;
}

#endif
