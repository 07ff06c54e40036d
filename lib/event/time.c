/* event/time.c - reads times as producers write them. Decisions where the formats leave room:
 *  - What is finer than a millisecond is cut off: 19:08:59.9999 belongs to minute 19:08.
 *  - A real number is the double nearest to what was written, and may lie just below it (1080000000.001 does). So its
 *    fraction is rounded to microseconds before it is cut, but never past the second it is in: no rounding moves an
 *    event to another minute. Up to six written digits come out exactly until the year 2242; later the double itself is
 *    coarser than that.
 *  - RFC 3339: 'T', 't' or one space between date and time, 'Z' or 'z' or a numeric offset (-00:00 is read as UTC), a
 *    fraction of any length after a dot. The date must exist. Nothing may stand before or behind it.
 *  - A leap second (:60) is accepted at 23:59:60 UTC only and is, as POSIX counts, the first second of the next day.
 *  - Before 1970 is out of range, also by a fraction of a millisecond; whether a time is in range is asked in UTC.
 *  - Digits: ASCII only, no sign, leading zeros change nothing; beyond 64 bits they are out of range in any unit. */
#include "event/time.h"

#include <assert.h>
#include <math.h>

enum { SECOND_MS = 1000, DAY_S = 86400 };

/* What is left of a text. */
struct cursor {
    const char *p, *end;
};

struct civil {
    int year, month, day;
    int hour, minute, second;
    int ms;
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

static bool cursor_take_clock(struct cursor *c, struct civil *t) {
    return cursor_take_number(c, 2, 0, 23, &t->hour) && cursor_take_byte(c, ':') &&
           cursor_take_number(c, 2, 0, 59, &t->minute) && cursor_take_byte(c, ':') &&
           cursor_take_number(c, 2, 0, 60, &t->second);
}

/* Optional; of the digits behind the dot the first three count. */
static bool cursor_take_fraction(struct cursor *c, struct civil *t) {
    t->ms = 0;
    if (!cursor_take_byte(c, '.')) return true;
    if (c->p == c->end || !is_digit(*c->p)) return false;
    for (int unit = 100; c->p < c->end && is_digit(*c->p); c->p++, unit /= 10) t->ms += unit * (*c->p - '0');
    return true;
}

static bool cursor_take_offset(struct cursor *c, struct civil *t) {
    t->offset_min = 0;
    if (cursor_take_byte(c, 'Z') || cursor_take_byte(c, 'z')) return true;
    bool west = cursor_take_byte(c, '-');
    int hours, minutes;
    if (!west && !cursor_take_byte(c, '+')) return false;
    if (!cursor_take_number(c, 2, 0, 23, &hours) || !cursor_take_byte(c, ':') ||
        !cursor_take_number(c, 2, 0, 59, &minutes))
        return false;
    t->offset_min = (hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

static bool cursor_take_rfc3339(struct cursor *c, struct civil *t) {
    return cursor_take_date(c, t) &&
           (cursor_take_byte(c, 'T') || cursor_take_byte(c, 't') || cursor_take_byte(c, ' ')) &&
           cursor_take_clock(c, t) && cursor_take_fraction(c, t) && cursor_take_offset(c, t) && c->p == c->end;
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

/* Minutes are reckoned first, because the offset does not change the seconds; :60 must be the last of a UTC day. */
static bool civil_to_ms(const struct civil *t, int64_t *ms) {
    int64_t minutes = days_of(t) * (DAY_S / 60) + t->hour * 60 + t->minute - t->offset_min;
    int64_t seconds = minutes * 60 + t->second;
    if (t->second == 60 && seconds % DAY_S != 0) return false;
    return event_time_from_ms(seconds * SECOND_MS + t->ms, ms);
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

bool event_time_from_real(double seconds, int64_t *ms) {
    const double end_s = (double)(TIME_END_MS / SECOND_MS);
    if (!(seconds >= 0 && seconds < end_s)) return false;
    double whole;
    long long us = llround(modf(seconds, &whole) * 1e6);
    *ms = (int64_t)whole * SECOND_MS + (us < 1000000 ? us : 999999) / 1000;
    assert(time_is_believed(*ms));
    return true;
}

bool event_time_from_array(struct bytes json, const struct time_zone *zone, int64_t *ms) {
    (void)json, (void)zone, (void)ms;
    return false;
}

bool event_time_from_text(struct bytes text, const struct time_zone *zone, int64_t *ms) {
    (void)zone;
    int64_t v;
    if (digits_to_integer(text, &v)) return event_time_from_integer(v, ms);
    struct cursor c = {.p = text.p, .end = text.p + text.n};
    struct civil t;
    return cursor_take_rfc3339(&c, &t) && date_exists(&t) && civil_to_ms(&t, ms);
}
