/* topkd-audit/moment.c - reads numbers, digits and RFC 3339 as times, with a calendar of its own. */
#include "moment.h"

#include <math.h>

static const int64_t LAST_MS = 253402300799999; /* 9999-12-31T23:59:59.999Z */

bool moment_in_range(int64_t ms) { return ms >= 0 && ms <= LAST_MS; }

static bool moment_from_integer(int64_t v, int64_t *ms) {
    if (v < 0) return false;
    if (v >= INT64_C(100000000000000)) /* microseconds */
        *ms = v / 1000;
    else if (v >= INT64_C(100000000000)) /* milliseconds */
        *ms = v;
    else
        *ms = v * 1000;
    return moment_in_range(*ms);
}

static bool moment_from_seconds(double s, int64_t *ms) {
    double whole = floor(s);
    if (!(whole >= 0.0 && whole <= (double)(LAST_MS / 1000))) return false;
    /* A double is the number nearest to the digits that were written, and may lie just below them: microseconds are
     * rounded, milliseconds cut, and the second stays the second. */
    int64_t us = (int64_t)floor((s - whole) * 1e6 + 0.5);
    *ms = (int64_t)whole * 1000 + (us > 999999 ? 999999 : us) / 1000;
    return true;
}

static bool char_is_digit(char c) { return c >= '0' && c <= '9'; }

static bool moment_from_digits(const char *s, size_t n, int64_t *ms) {
    int64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t d = s[i] - '0';
        if (v > (INT64_MAX - d) / 10) return false;
        v = v * 10 + d;
    }
    return moment_from_integer(v, ms);
}

static bool text_is_digits(const char *s, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!char_is_digit(s[i])) return false;
    return n > 0;
}

/* A text that is eaten from the left. */
struct text {
    const char *p, *end;
};

/* Exactly WIDTH digits with a value in [LO, HI]. */
static bool text_eat_number(struct text *t, int width, int lo, int hi, int *out) {
    int v = 0;
    if (t->end - t->p < width) return false;
    for (int i = 0; i < width; i++, t->p++) {
        if (!char_is_digit(*t->p)) return false;
        v = v * 10 + (*t->p - '0');
    }
    *out = v;
    return v >= lo && v <= hi;
}

static bool text_eat_one_of(struct text *t, const char *set, char *which) {
    if (t->p == t->end) return false;
    for (; *set; set++)
        if (*t->p == *set) {
            *which = *t->p++;
            return true;
        }
    return false;
}

static bool leap_year(int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }

static int days_in_month(int y, int m) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[m - 1] + (m == 2 && leap_year(y));
}

/* Days from 1970-01-01, counted the plain way: whole years, whole months, days. */
static int64_t days_since_1970(int y, int m, int d) {
    int64_t before = y - 1; /* leap days before January 1st of year y, less those before 1970 */
    int64_t days = (y - 1970) * INT64_C(365) + (before / 4 - before / 100 + before / 400) - 477;
    for (int i = 1; i < m; i++) days += days_in_month(y, i);
    return days + d - 1;
}

static bool text_eat_date(struct text *t, int64_t *days) {
    int y, m, d;
    char dash;
    /* 1969: its last hours are 1970 in UTC where the offset is negative. */
    if (!text_eat_number(t, 4, 1969, 9999, &y) || !text_eat_one_of(t, "-", &dash)) return false;
    if (!text_eat_number(t, 2, 1, 12, &m) || !text_eat_one_of(t, "-", &dash)) return false;
    if (!text_eat_number(t, 2, 1, days_in_month(y, m), &d)) return false;
    *days = days_since_1970(y, m, d);
    return true;
}

/* `.` and at least one digit; what is finer than a millisecond is cut off. */
static bool text_eat_fraction(struct text *t, int *ms) {
    char dot;
    int scale = 100;
    *ms = 0;
    if (!text_eat_one_of(t, ".", &dot)) return true;
    if (t->p == t->end || !char_is_digit(*t->p)) return false;
    for (; t->p < t->end && char_is_digit(*t->p); t->p++, scale /= 10) *ms += (*t->p - '0') * scale;
    return true;
}

static bool text_eat_clock(struct text *t, int64_t *ms, bool *leap) {
    int h, m, s, fraction;
    char colon;
    if (!text_eat_number(t, 2, 0, 23, &h) || !text_eat_one_of(t, ":", &colon)) return false;
    if (!text_eat_number(t, 2, 0, 59, &m) || !text_eat_one_of(t, ":", &colon)) return false;
    if (!text_eat_number(t, 2, 0, 60, &s) || !text_eat_fraction(t, &fraction)) return false;
    *leap = s == 60;
    *ms = ((h * INT64_C(60) + m) * 60 + s) * 1000 + fraction;
    return true;
}

static bool text_eat_offset(struct text *t, int64_t *ms) {
    int h, m;
    char sign, colon;
    *ms = 0;
    if (!text_eat_one_of(t, "Zz+-", &sign)) return false;
    if (sign == 'Z' || sign == 'z') return true;
    if (!text_eat_number(t, 2, 0, 23, &h) || !text_eat_one_of(t, ":", &colon) || !text_eat_number(t, 2, 0, 59, &m))
        return false;
    *ms = (h * INT64_C(60) + m) * 60000 * (sign == '-' ? -1 : 1);
    return true;
}

static bool moment_from_rfc3339(const char *s, size_t n, int64_t *ms) {
    struct text t = {s, s + n};
    int64_t days, clock_ms, offset_ms;
    char between;
    bool leap;
    if (!text_eat_date(&t, &days) || !text_eat_one_of(&t, "Tt ", &between)) return false;
    if (!text_eat_clock(&t, &clock_ms, &leap) || !text_eat_offset(&t, &offset_ms) || t.p != t.end) return false;
    *ms = days * INT64_C(86400000) + clock_ms - offset_ms;
    /* A leap second is the last of a day in UTC; counted as POSIX does, it is the first of the next. */
    if (leap && *ms % INT64_C(86400000) >= 1000) return false;
    return moment_in_range(*ms);
}

bool moment_from_json(const json_t *v, int64_t *ms) {
    switch (json_typeof(v)) {
    case JSON_INTEGER:
        return moment_from_integer(json_integer_value(v), ms);
    case JSON_REAL:
        return moment_from_seconds(json_real_value(v), ms);
    case JSON_STRING: {
        const char *s = json_string_value(v);
        size_t n = json_string_length(v);
        return text_is_digits(s, n) ? moment_from_digits(s, n, ms) : moment_from_rfc3339(s, n, ms);
    }
    default:
        return false;
    }
}
