/* topkd-audit/moment.c - reads numbers, texts and arrays as times, with a calendar of its own. */
#include "moment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "grammar.h"

static const int64_t LAST_MS = 253402300799999; /* 9999-12-31T23:59:59.999Z */
static const int64_t DAY_S = 86400;

bool moment_in_range(int64_t ms) { return ms >= 0 && ms <= LAST_MS; }

/* -- numbers ------------------------------------------------------------------------------------------------------- */

static bool moment_of_integer(int64_t v, int64_t *ms) {
    static const int64_t ns_from = 100000000000000000, us_from = 100000000000000, ms_from = 100000000000;
    if (v >= ns_from)
        *ms = v / 1000000;
    else if (v >= us_from)
        *ms = v / 1000;
    else
        *ms = v >= ms_from ? v : v * 1000;
    return moment_in_range(*ms);
}

static bool char_is_digit(char c) { return c >= '0' && c <= '9'; }

static bool moment_of_digits(struct bytes digits, int64_t *ms) {
    int64_t v = 0;
    for (size_t i = 0; i < digits.n; i++) {
        int64_t digit = digits.p[i] - '0';
        if (!char_is_digit(digits.p[i]) || v > (INT64_MAX - digit) / 10) return false;
        v = v * 10 + digit;
    }
    return digits.n > 0 && moment_of_integer(v, ms);
}

static bool moment_of_real(double x, int64_t *ms) {
    static const double integer_from = 1e11, integer_below = 9223372036854775808.0; /* 2^63 */
    if (!(x >= 0.0 && x < integer_below)) return false;
    double whole = floor(x);
    if (x >= integer_from) return moment_of_integer((int64_t)whole, ms);
    /* A double is the number nearest to the digits that were written, and may lie just below them: microseconds are
     * rounded, milliseconds cut, and the second stays the second. */
    int64_t us = (int64_t)floor((x - whole) * 1e6 + 0.5);
    *ms = (int64_t)whole * 1000 + (us > 999999 ? 999999 : us) / 1000;
    return moment_in_range(*ms);
}

/* -- a text that is eaten from the left ---------------------------------------------------------------------------- */

struct text {
    const char *p, *end;
};

static bool text_is_at_digit(const struct text *t) { return t->p < t->end && char_is_digit(*t->p); }

static bool text_eat(struct text *t, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0) return false;
    t->p += n;
    return true;
}

/* One of the characters of SET, which is kept in *WHICH. */
static bool text_eat_one_of(struct text *t, const char *set, char *which) {
    if (t->p == t->end || *t->p == '\0' || strchr(set, *t->p) == NULL) return false;
    *which = *t->p++;
    return true;
}

/* Exactly WIDTH digits with a value in [LO, HI]. */
static bool text_eat_number(struct text *t, int width, int lo, int hi, int *out) {
    int v = 0;
    for (int i = 0; i < width; i++, t->p++) {
        if (!text_is_at_digit(t)) return false;
        v = v * 10 + (*t->p - '0');
    }
    *out = v;
    return v >= lo && v <= hi;
}

static bool text_eat_digits(struct text *t) {
    if (!text_is_at_digit(t)) return false;
    while (text_is_at_digit(t)) t->p++;
    return true;
}

/* Digits, then a fraction, an exponent, or both. */
static bool text_is_real(struct text t) {
    char c;
    if (!text_eat_digits(&t)) return false;
    bool has_fraction = text_eat(&t, ".");
    if (has_fraction && !text_eat_digits(&t)) return false;
    bool has_exponent = text_eat_one_of(&t, "eE", &c);
    if (has_exponent) (void)text_eat_one_of(&t, "+-", &c);
    if (has_exponent && !text_eat_digits(&t)) return false;
    return (has_fraction || has_exponent) && t.p == t.end;
}

static bool moment_of_real_text(struct bytes text, int64_t *ms) {
    char *copy = mem_zalloc(text.n + 1, 1); /* strtod wants an end */
    memcpy(copy, text.p, text.n);
    double x = strtod(copy, NULL);
    mem_free(copy);
    return moment_of_real(x, ms);
}

/* -- dates --------------------------------------------------------------------------------------------------------- */

struct date {
    int year, month, day, hour, minute, second; /* second 60: a leap second */
    int ms;
};

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

static int64_t date_seconds(const struct date *d) {
    return days_since_1970(d->year, d->month, d->day) * DAY_S + d->hour * 3600 + d->minute * 60 + d->second;
}

/* A leap second is the last of a day in UTC; counted as POSIX does, it is the first of the next. */
static bool moment_of_seconds(const struct date *d, int64_t unix_s, int64_t *ms) {
    if (d->second == 60 && unix_s % DAY_S != 0) return false;
    *ms = unix_s * 1000 + d->ms;
    return moment_in_range(*ms);
}

static bool moment_of_local(const struct date *d, const struct zone *zone, int64_t *ms) {
    int64_t unix_s;
    return zone_to_utc(zone, date_seconds(d), &unix_s) && moment_of_seconds(d, unix_s, ms);
}

static bool text_eat_date(struct text *t, struct date *d) {
    if (!text_eat_number(t, 4, 0, 9999, &d->year) || !text_eat(t, "-")) return false;
    if (!text_eat_number(t, 2, 1, 12, &d->month) || !text_eat(t, "-")) return false;
    return text_eat_number(t, 2, 1, days_in_month(d->year, d->month), &d->day);
}

/* Nothing, or a point or comma and at least one digit. What is finer than a millisecond is cut off. */
static bool text_eat_fraction(struct text *t, int *ms) {
    char point;
    *ms = 0;
    if (!text_eat_one_of(t, ".,", &point)) return true;
    if (!text_is_at_digit(t)) return false;
    for (int scale = 100; text_is_at_digit(t); t->p++, scale /= 10) *ms += (*t->p - '0') * scale;
    return true;
}

static bool text_eat_clock(struct text *t, struct date *d) {
    if (!text_eat_number(t, 2, 0, 23, &d->hour) || !text_eat(t, ":")) return false;
    if (!text_eat_number(t, 2, 0, 59, &d->minute)) return false;
    if (!text_eat(t, ":")) return true;
    return text_eat_number(t, 2, 0, 60, &d->second) && text_eat_fraction(t, &d->ms);
}

static bool text_eat_offset(struct text *t, int64_t *offset_s) {
    int hours, minutes = 0;
    char sign;
    if (!text_eat_one_of(t, "+-", &sign) || !text_eat_number(t, 2, 0, 23, &hours)) return false;
    bool has_minutes = text_eat(t, ":") || text_is_at_digit(t);
    if (has_minutes && !text_eat_number(t, 2, 0, 59, &minutes)) return false;
    *offset_s = (hours * INT64_C(60) + minutes) * 60 * (sign == '-' ? -1 : 1);
    return true;
}

static bool text_eat_zone(struct text *t, int64_t *offset_s) {
    char z;
    (void)text_eat(t, " ");
    *offset_s = 0;
    if (text_eat_one_of(t, "Zz", &z) || text_eat(t, "UTC") || text_eat(t, "GMT")) return true;
    return text_eat_offset(t, offset_s);
}

/* `[Europe/Berlin]` behind an offset (RFC 9557): it says nothing new. */
static bool text_eat_zone_name(struct text *t) {
    if (!text_eat(t, "[")) return true;
    const char *begin = t->p;
    while (t->p < t->end && *t->p != ']') t->p++;
    return t->p > begin && text_eat(t, "]");
}

static bool moment_of_date(struct bytes text, const struct zone *zone, int64_t *ms) {
    struct text t = {text.p, text.p + text.n};
    struct date d = {0};
    int64_t offset_s;
    char between;
    if (!text_eat_date(&t, &d) || !text_eat_one_of(&t, "Tt ", &between) || !text_eat_clock(&t, &d)) return false;
    if (t.p == t.end) return moment_of_local(&d, zone, ms);
    if (!text_eat_zone(&t, &offset_s) || !text_eat_zone_name(&t) || t.p != t.end) return false;
    return moment_of_seconds(&d, date_seconds(&d) - offset_s, ms);
}

static bool text_is_digits(struct bytes text) {
    struct text t = {text.p, text.p + text.n};
    return text_eat_digits(&t) && t.p == t.end;
}

static bool moment_of_text(struct bytes text, const struct zone *zone, int64_t *ms) {
    if (text_is_digits(text)) return moment_of_digits(text, ms);
    if (text_is_real((struct text){text.p, text.p + text.n})) return moment_of_real_text(text, ms);
    return moment_of_date(text, zone, ms);
}

/* -- arrays: the parts of a date, as Java's serialisers write it --------------------------------------------------- */

enum { PARTS_MIN = 5, PARTS_MAX = 7 };

/* An integer without a sign, from LO to HI. */
static bool part_parse(struct bytes word, int lo, int hi, int *out) {
    int64_t v = 0;
    if (word.n == 0 || (word.n > 1 && *word.p == '0')) return false;
    for (size_t i = 0; i < word.n; i++) {
        if (!char_is_digit(word.p[i]) || v > hi) return false;
        v = v * 10 + (word.p[i] - '0');
    }
    *out = (int)v;
    return v >= lo && v <= hi;
}

static bool date_take_part(struct date *d, size_t i, struct bytes word) {
    int nanoseconds = 0;
    switch (i) {
    case 0:
        return part_parse(word, 0, 9999, &d->year);
    case 1:
        return part_parse(word, 1, 12, &d->month);
    case 2:
        return part_parse(word, 1, days_in_month(d->year, d->month), &d->day);
    case 3:
        return part_parse(word, 0, 23, &d->hour);
    case 4:
        return part_parse(word, 0, 59, &d->minute);
    case 5:
        return part_parse(word, 0, 59, &d->second);
    default:
        if (!part_parse(word, 0, 999999999, &nanoseconds)) return false;
        d->ms = nanoseconds / 1000000;
        return true;
    }
}

static bool moment_of_array(struct bytes json, const struct zone *zone, int64_t *ms) {
    struct walk w = walk_begin(json.p, bytes_end(json));
    struct date d = {0};
    while (walk_next(&w))
        if (w.n > PARTS_MAX || !date_take_part(&d, w.n - 1, w.value)) return false;
    if (w.state != WALK_BEHIND || w.at != bytes_end(json) || w.n < PARTS_MIN) return false;
    return moment_of_local(&d, zone, ms);
}

bool moment_of_value(const struct value *v, const struct zone *zone, int64_t *ms) {
    switch (v->kind) {
    case VALUE_INTEGER:
        return moment_of_digits(v->text, ms); /* a minus is no digit */
    case VALUE_REAL:
        return moment_of_real(v->real, ms);
    case VALUE_STRING:
        return moment_of_text(v->text, zone, ms);
    case VALUE_ARRAY:
        return moment_of_array(v->text, zone, ms);
    default:
        return false;
    }
}
