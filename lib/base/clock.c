/* base/clock.c - the two clocks of the system, and a calendar.
 * The calendar (proleptic Gregorian, UTC) is computed here, so that neither a time zone nor a locale can change a
 * key. */
#include "base/clock.h"

#include <string.h>
#include <time.h>

enum { MINUTES_PER_DAY = 1440, DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468 };

static int64_t clock_read_ms(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_wall_ms(void *self) {
    (void)self;
    return clock_read_ms(CLOCK_REALTIME);
}

static int64_t system_mono_ms(void *self) {
    (void)self;
    return clock_read_ms(CLOCK_MONOTONIC);
}

const struct clock clock_system = {system_wall_ms, system_mono_ms, NULL};

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* Days since 1970-01-01 <-> date. Years begin in March here, so that the leap day is the last of its year: the months'
 * lengths then follow (153 * month + 2) / 5, and 400 years (an era) have always the same number of days. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day) {
    if (month <= 2) year--;
    int64_t era = floor_div(year, 400), year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

static void date_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day) {
    days += DAYS_TO_1970;
    int64_t era = floor_div(days, DAYS_PER_ERA), day_of_era = days - era * DAYS_PER_ERA;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * march_month + 2) / 5 + 1;
    *month = march_month + (march_month < 10 ? 3 : -9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static void digits_write(char *out, int n, int64_t v) {
    for (int i = n - 1; i >= 0; i--, v /= 10) out[i] = (char)('0' + v % 10);
}

void minute_format(int64_t minute, char out[MINUTE_TEXT_LEN + 1]) {
    memset(out, '-', MINUTE_TEXT_LEN);
    out[MINUTE_TEXT_LEN] = '\0';
    int64_t days = floor_div(minute, MINUTES_PER_DAY), rest = minute - days * MINUTES_PER_DAY;
    if (days < days_from_date(0, 1, 1) || days > days_from_date(9999, 12, 31)) return;
    int64_t year, month, day;
    date_from_days(days, &year, &month, &day);
    digits_write(out, 4, year);
    digits_write(out + 5, 2, month);
    digits_write(out + 8, 2, day);
    out[10] = 'T';
    digits_write(out + 11, 2, rest / 60);
    out[13] = ':';
    digits_write(out + 14, 2, rest % 60);
}

static bool digits_read(const char *p, int n, int64_t max, int64_t *v) {
    *v = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') return false;
        *v = *v * 10 + (p[i] - '0');
    }
    return *v <= max;
}

bool minute_parse(struct bytes text, int64_t *minute) {
    const char *p = text.p;
    int64_t year, month, day, hour, min;
    if (text.n != MINUTE_TEXT_LEN || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':') return false;
    if (!digits_read(p, 4, 9999, &year) || !digits_read(p + 5, 2, 12, &month) || !digits_read(p + 8, 2, 31, &day) ||
        !digits_read(p + 11, 2, 23, &hour) || !digits_read(p + 14, 2, 59, &min))
        return false;
    if (month < 1 || day < 1) return false;
    int64_t days = days_from_date(year, month, day), y, m, d;
    date_from_days(days, &y, &m, &d);
    if (m != month || d != day) return false; /* February 30th became March */
    *minute = days * MINUTES_PER_DAY + hour * 60 + min;
    return true;
}
