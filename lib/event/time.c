/* event/time.c - reads times as producers write them. Decisions where the formats leave room:
 *  - What is finer than a millisecond is cut off: 19:08:59.9999 belongs to minute 19:08.
 *  - The size of a number tells its unit, also of a real one and of one in a text: 1795320676091.0 is milliseconds.
 *  - A real number of seconds is the double nearest to what was written, and may lie just below it (1080000000.001
 *    does). So its fraction is rounded to microseconds before it is cut, but never past the second it is in: no
 *    rounding moves an event to another minute. Up to six written digits come out exactly until the year 2242; later
 *    the double itself is coarser than that. In the smaller units nothing is rounded.
 *  - Digits: ASCII only, no sign, leading zeros change nothing; beyond 64 bits they are out of range in any unit. With
 *    a fraction or an exponent they are a real number, spelt as JSON spells it.
 *  - A date and a time of day: RFC 3339, and what formatters near to it write. 'T', 't' or one space between the two;
 *    seconds may be missing; a fraction of any length behind a dot or a comma; offsets +hh:mm, +hhmm, +hh (-00:00 is
 *    UTC), 'Z', 'z', UTC, GMT, and one space before them. The date must exist. Nothing may stand before or behind it,
 *    but for the name of a zone in brackets behind an offset (RFC 9557). The offset has said all, so the name is not
 *    looked at.
 *  - What says no zone is local time in the zone of the setting TIME_ZONE (event/zone.h). Arrays never say one.
 *  - A leap second (:60) is accepted at 23:59:60 UTC only and is, as POSIX counts, the first second of the next day.
 *    Arrays have none.
 *  - Before 1970 is out of range, also by a fraction of a millisecond; whether a time is in range is asked in UTC. */
#include "event/time.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    SECOND_MS = 1000,
    DAY_S = 86400,
    NUMBER_BYTES = 64, /* a number in a text is hardly ever longer; one that is costs an allocation */
    PARTS_MIN = 5,     /* of an array: year, month, day, hour, minute */
    PARTS_MAX = 7,     /* and second, nanosecond */
    PART_DIGITS_MAX = 9
};

/* What is left of a text. */
struct cursor {
    const char *p, *end;
};

struct civil {
    int year, month, day;
    int hour, minute, second;
    int ms;
    bool says_zone; /* else it is local time */
    int offset_min; /* local time minus UTC */
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool cursor_take_byte(struct cursor *c, char wanted) {
    if (c->p == c->end || *c->p != wanted) return false;
    c->p++;
    return true;
}

/* Exactly N digits, with a value of LO..HI. */
static bool cursor_take_number(struct cursor *c, int n, int lo, int hi, int *out) {
    int v = 0;
    assert(c->p <= c->end && n > 0 && n < 10);
    for (; n > 0; n--) {
        if (c->p == c->end || !is_digit(*c->p)) return false;
        v = v * 10 + (*c->p++ - '0');
    }
    *out = v;
    return v >= lo && v <= hi;
}

static bool cursor_take_date(struct cursor *c, struct civil *t) {
    return cursor_take_number(c, 4, 0, 9999, &t->year) && cursor_take_byte(c, '-') &&
           cursor_take_number(c, 2, 1, 12, &t->month) && cursor_take_byte(c, '-') &&
           cursor_take_number(c, 2, 1, 31, &t->day);
}

/* Optional; of the digits behind the dot the first three count. */
static bool cursor_take_fraction(struct cursor *c, struct civil *t) {
    if (!cursor_take_byte(c, '.') && !cursor_take_byte(c, ',')) return true;
    if (c->p == c->end || !is_digit(*c->p)) return false;
    for (int unit = 100; c->p < c->end && is_digit(*c->p); c->p++, unit /= 10) t->ms += unit * (*c->p - '0');
    return true;
}

static bool cursor_take_clock(struct cursor *c, struct civil *t) {
    t->second = t->ms = 0;
    if (!cursor_take_number(c, 2, 0, 23, &t->hour) || !cursor_take_byte(c, ':') ||
        !cursor_take_number(c, 2, 0, 59, &t->minute))
        return false;
    return !cursor_take_byte(c, ':') || (cursor_take_number(c, 2, 0, 60, &t->second) && cursor_take_fraction(c, t));
}

static bool cursor_take_word(struct cursor *c, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0) return false;
    c->p += n;
    return true;
}

static bool cursor_take_utc(struct cursor *c) {
    return cursor_take_byte(c, 'Z') || cursor_take_byte(c, 'z') || cursor_take_word(c, "UTC") ||
           cursor_take_word(c, "GMT");
}

/* `[Europe/Berlin]` */
static bool cursor_take_bracket(struct cursor *c) {
    if (!cursor_take_byte(c, '[')) return false;
    const char *close = memchr(c->p, ']', (size_t)(c->end - c->p));
    if (close == NULL || close == c->p) return false;
    c->p = close + 1;
    return true;
}

/* C and T themselves are not given away: so they stay in registers, which is a tenth of the time for a text. */
static bool cursor_take_offset(struct cursor *c, struct civil *t) {
    const char *p = c->p;
    int offset_min = 0;
    bool ok = time_zone_offset_read(&p, c->end, &offset_min);
    c->p = p;
    t->offset_min = offset_min;
    return ok;
}

/* All that is left of a text. Nothing: it says no zone. */
static bool cursor_take_zone(struct cursor *c, struct civil *t) {
    t->offset_min = 0;
    t->says_zone = c->p < c->end;
    if (!t->says_zone) return true;
    cursor_take_byte(c, ' ');
    if (!cursor_take_utc(c) && !cursor_take_offset(c, t)) return false;
    return c->p == c->end || (cursor_take_bracket(c) && c->p == c->end);
}

static bool cursor_take_civil(struct cursor *c, struct civil *t) {
    return cursor_take_date(c, t) &&
           (cursor_take_byte(c, 'T') || cursor_take_byte(c, 't') || cursor_take_byte(c, ' ')) &&
           cursor_take_clock(c, t) && cursor_take_zone(c, t);
}

static bool date_exists(const struct civil *t) {
    assert(t->month >= 1 && t->month <= 12);
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = t->year % 4 == 0 && (t->year % 100 != 0 || t->year % 400 == 0);
    return t->day <= days[t->month - 1] + (leap && t->month == 2 ? 1 : 0);
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar. The year starts in March here, so that the leap day is its
 * last one and (153 * m + 2) / 5 counts the days of the months before m. */
static int64_t days_of(const struct civil *t) {
    assert(date_exists(t));
    int64_t year = t->year - (t->month <= 2 ? 1 : 0);
    int64_t month = (t->month + 9) % 12;
    int64_t leap_days = year / 4 - year / 100 + year / 400;
    return year * 365 + leap_days + (153 * month + 2) / 5 + t->day - 1 - 719468;
}

static bool civil_to_unix(const struct civil *t, const struct time_zone *zone, int64_t local_s, int64_t *unix_s) {
    if (!t->says_zone) return time_zone_to_utc(zone, local_s, unix_s);
    *unix_s = local_s - (int64_t)t->offset_min * 60;
    return true;
}

/* A leap second is the one behind :59, whatever the zone is; it must be the last of a UTC day. */
ALWAYS_INLINE bool civil_to_ms(const struct civil *t, const struct time_zone *zone, int64_t *ms) {
    if (!date_exists(t)) return false;
    int leap = t->second == 60 ? 1 : 0;
    int64_t local_s = days_of(t) * DAY_S + (t->hour * 60 + t->minute) * 60 + t->second - leap, unix_s;
    if (!civil_to_unix(t, zone, local_s, &unix_s)) return false;
    unix_s += leap;
    if (leap != 0 && unix_s % DAY_S != 0) return false;
    return event_time_from_ms(unix_s * SECOND_MS + t->ms, ms);
}

/* JSON knows no leading zeros. */
static bool cursor_take_integer(struct cursor *c, int lo, int hi, int *out) {
    const char *from = c->p;
    int v = 0;
    while (c->p < c->end && is_digit(*c->p) && c->p - from < PART_DIGITS_MAX) v = v * 10 + (*c->p++ - '0');
    if (c->p == from || (*from == '0' && c->p - from > 1)) return false;
    *out = v;
    return v >= lo && v <= hi;
}

static void cursor_skip_space(struct cursor *c) {
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r')) c->p++;
}

static bool cursor_take_spaced_byte(struct cursor *c, char wanted) {
    cursor_skip_space(c);
    return cursor_take_byte(c, wanted);
}

/* How many parts there are; 0: it is no such array. */
static int cursor_take_parts(struct cursor *c, int parts[PARTS_MAX]) {
    static const struct {
        int lo, hi;
    } ranges[PARTS_MAX] = {{0, 9999}, {1, 12}, {1, 31}, {0, 23}, {0, 59}, {0, 59}, {0, 999999999}};
    int n = 0;
    if (!cursor_take_byte(c, '[')) return 0;
    do {
        if (n == PARTS_MAX) return 0;
        cursor_skip_space(c);
        if (!cursor_take_integer(c, ranges[n].lo, ranges[n].hi, &parts[n])) return 0;
        n++;
    } while (cursor_take_spaced_byte(c, ','));
    return cursor_take_spaced_byte(c, ']') && c->p == c->end ? n : 0;
}

/* False if TEXT is not digits alone, or more than 64 bits hold. */
static bool digits_to_integer(struct bytes text, int64_t *v) {
    int64_t sum = 0;
    for (size_t i = 0; i < text.n; i++)
        if (!is_digit(text.p[i]) || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, text.p[i] - '0', &sum))
            return false;
    *v = sum;
    return text.n > 0;
}

static bool cursor_take_digits(struct cursor *c) {
    const char *from = c->p;
    while (c->p < c->end && is_digit(*c->p)) c->p++;
    return c->p > from;
}

/* With an exponent or without. */
static bool cursor_take_exponent(struct cursor *c) {
    if (!cursor_take_byte(c, 'e') && !cursor_take_byte(c, 'E')) return true;
    if (!cursor_take_byte(c, '+')) cursor_take_byte(c, '-');
    return cursor_take_digits(c);
}

/* Digits alone fit as well. They come here only if 64 bits do not hold them, and then the real one is out of range. */
static bool text_is_number(struct bytes text) {
    struct cursor c = {.p = text.p, .end = text.p + text.n};
    return cursor_take_digits(&c) && (!cursor_take_byte(&c, '.') || cursor_take_digits(&c)) &&
           cursor_take_exponent(&c) && c.p == c.end;
}

/* The nearest double, or infinity. No program of ours sets a locale: strtod takes a dot. */
static __attribute__((noinline)) double text_to_real(struct bytes text) {
    char small[NUMBER_BYTES], *copy = text.n < sizeof small ? small : mem_alloc(text.n + 1);
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    double v = strtod(copy, NULL);
    if (copy != small) mem_free(copy);
    return v;
}

/* A number can have a minus there too, but behind an `e`. */
static bool text_is_date(struct bytes text) { return text.n > 4 && text.p[4] == '-' && is_digit(text.p[3]); }

bool event_time_from_real(double v, int64_t *ms) {
    if (v >= (double)TIME_MS_FROM) return v < 0x1p63 && event_time_from_integer((int64_t)v, ms);
    if (!(v >= 0)) return false; /* nor is NaN */
    double whole;
    long long us = llround(modf(v, &whole) * 1e6);
    *ms = (int64_t)whole * SECOND_MS + (us < 1000000 ? us : 999999) / 1000;
    assert(time_is_believed(*ms));
    return true;
}

bool event_time_from_text(struct bytes text, const struct time_zone *zone, int64_t *ms) {
    struct cursor c = {.p = text.p, .end = text.p + text.n};
    struct civil t;
    int64_t v;
    if (text_is_date(text)) return cursor_take_civil(&c, &t) && civil_to_ms(&t, zone, ms);
    if (digits_to_integer(text, &v)) return event_time_from_integer(v, ms);
    return text_is_number(text) && event_time_from_real(text_to_real(text), ms);
}

bool event_time_from_array(struct bytes json, const struct time_zone *zone, int64_t *ms) {
    struct cursor c = {.p = json.p, .end = json.p + json.n};
    int parts[PARTS_MAX] = {0};
    if (cursor_take_parts(&c, parts) < PARTS_MIN) return false;
    struct civil t = {.year = parts[0],
                      .month = parts[1],
                      .day = parts[2],
                      .hour = parts[3],
                      .minute = parts[4],
                      .second = parts[5],
                      .ms = parts[6] / 1000000};
    return civil_to_ms(&t, zone, ms);
}
