/* loadgen/values.c - small readers that each take their part off the front of a text. */
#include "loadgen/values.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t TIME_US_FROM = 100000000000000, TIME_MS_FROM = 100000000000; /* 10^14, 10^11 */
static const int64_t TIME_MS_MAX = 253402300799999;                               /* 9999-12-31T23:59:59.999Z */
static const int64_t DURATION_MS_MAX = 366LL * 86400 * 1000;

static bool char_is_digit(char c) { return c >= '0' && c <= '9'; }

/* The digits at *P as a number; false if there are none or it exceeds MAX. */
static bool digits_take(const char **p, const char *end, uint64_t max, uint64_t *out) {
    const char *s = *p;
    uint64_t v = 0;
    for (; s < end && char_is_digit(*s); s++) {
        uint64_t d = (uint64_t)(*s - '0');
        if (d > max || v > (max - d) / 10) return false;
        v = v * 10 + d;
    }
    if (s == *p) return false;
    *p = s;
    *out = v;
    return true;
}

bool value_parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *out) {
    const char *p = text, *end = text + strlen(text);
    uint64_t v;
    if (!digits_take(&p, end, max, &v) || p != end || v < min) return false;
    *out = v;
    return true;
}

bool value_parse_decimal(const char *text, double min, double max, double *out) {
    if (!char_is_digit(text[0]) || text[strspn(text, "0123456789.")] != '\0') return false;
    char *end;
    double v = strtod(text, &end);
    if (*end != '\0' || v < min || v > max) return false;
    *out = v;
    return true;
}

bool value_parse_duration(const char *text, int64_t *ms) {
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    const char *p = text, *end = text + strlen(text);
    uint64_t v;
    if (!digits_take(&p, end, (uint64_t)DURATION_MS_MAX, &v)) return false;
    if (v == 0 && p == end) {
        *ms = 0;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strcmp(p, units[i].unit) == 0 && v <= (uint64_t)DURATION_MS_MAX / units[i].ms) {
            *ms = (int64_t)(v * units[i].ms);
            return true;
        }
    return false;
}

int64_t value_time_units_per_s(int64_t v) { return v >= TIME_US_FROM ? 1000000 : v >= TIME_MS_FROM ? 1000 : 1; }

static int64_t integer_ms(uint64_t v) {
    int64_t units = value_time_units_per_s((int64_t)v);
    return units == 1 ? (int64_t)v * 1000 : (int64_t)v / (units / 1000);
}

/* Exactly N digits at *P. */
static bool digits_take_fixed(const char **p, const char *end, int n, int max, int *out) {
    if (end - *p < n) return false;
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (!char_is_digit((*p)[i])) return false;
        v = v * 10 + (*p)[i] - '0';
    }
    *p += n;
    *out = v;
    return v <= max;
}

static bool char_take(const char **p, const char *end, const char *allowed) {
    if (*p == end || **p == '\0' || strchr(allowed, **p) == NULL) return false;
    (*p)++;
    return true;
}

/* "Z", "z", "+hh:mm" or "-hh:mm", as seconds to subtract. */
static bool offset_take(const char **p, const char *end, int *offset_s) {
    *offset_s = 0;
    if (char_take(p, end, "Zz")) return true;
    int sign = *p < end && **p == '-' ? -1 : 1, hours, minutes;
    if (!char_take(p, end, "+-") || !digits_take_fixed(p, end, 2, 23, &hours) || !char_take(p, end, ":") ||
        !digits_take_fixed(p, end, 2, 59, &minutes))
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* ":ss" and ".fff...", both optional; digits after the third are dropped. */
static bool seconds_take(const char **p, const char *end, int *seconds, int *ms) {
    *seconds = *ms = 0;
    if (!char_take(p, end, ":")) return true;
    if (!digits_take_fixed(p, end, 2, 59, seconds)) return false;
    if (!char_take(p, end, ".")) return true;
    const char *first = *p;
    int scale = 100;
    for (; *p < end && char_is_digit(**p); (*p)++, scale /= 10) *ms += (**p - '0') * scale;
    return *p > first;
}

static bool rfc3339_parse(const char *p, const char *end, int64_t *out) {
    struct tm tm = {0};
    int ms, offset_s;
    if (!digits_take_fixed(&p, end, 4, 9999, &tm.tm_year) || !char_take(&p, end, "-") ||
        !digits_take_fixed(&p, end, 2, 12, &tm.tm_mon) || !char_take(&p, end, "-") ||
        !digits_take_fixed(&p, end, 2, 31, &tm.tm_mday) || !char_take(&p, end, "Tt ") ||
        !digits_take_fixed(&p, end, 2, 23, &tm.tm_hour) || !char_take(&p, end, ":") ||
        !digits_take_fixed(&p, end, 2, 59, &tm.tm_min) || !seconds_take(&p, end, &tm.tm_sec, &ms) ||
        !offset_take(&p, end, &offset_s) || p != end)
        return false;
    int day = tm.tm_mday, month = tm.tm_mon - 1;
    tm.tm_year -= 1900;
    tm.tm_mon = month;
    int64_t s = (int64_t)timegm(&tm);
    if (tm.tm_mday != day || tm.tm_mon != month) return false; /* timegm has moved it: there is no such day */
    *out = (s - offset_s) * 1000 + ms;
    return true;
}

bool value_parse_time(struct bytes text, int64_t *ms) {
    const char *p = text.p, *end = text.p + text.n;
    uint64_t v;
    int64_t t;
    if (digits_take(&p, end, INT64_MAX, &v) && p == end)
        t = integer_ms(v);
    else if (!rfc3339_parse(text.p, end, &t))
        return false;
    if (t < 0 || t > TIME_MS_MAX) return false;
    *ms = t;
    return true;
}
