/* topkd-audit/zone.c - an offset is taken off; of a zone with a name, the one that was valid a day before is tried
 * first. */
#include "zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t DAY_S = 86400;

static bool char_is_digit(char c) { return c >= '0' && c <= '9'; }

/* Two digits; the texts end with a NUL, which is none. */
static bool text_is_pair(const char *p) { return char_is_digit(p[0]) && char_is_digit(p[1]); }
static int pair_value(const char *p) { return (p[0] - '0') * 10 + (p[1] - '0'); }

/* `+05:30`, `-0330`, `+02`. */
static bool offset_parse(const char *text, int64_t *offset_s) {
    const char *minutes = text + 3;
    if ((*text != '+' && *text != '-') || !text_is_pair(text + 1)) return false;
    if (*minutes == ':') minutes++;
    bool has_minutes = text_is_pair(minutes);
    if (strlen(text) != (has_minutes ? (size_t)(minutes - text) + 2 : 3)) return false;
    int64_t s = pair_value(text + 1) * INT64_C(3600) + (has_minutes ? pair_value(minutes) * 60 : 0);
    *offset_s = *text == '-' ? -s : s;
    return true;
}

/* The colon keeps the C library from reading a name as a rule of its own. */
static void zone_set_process(const char *name) {
    char text[256];
    snprintf(text, sizeof text, ":%s", name);
    setenv("TZ", text, 1);
    tzset();
}

struct zone zone_enter(const char *text) {
    struct zone z = {.kind = ZONE_OFFSET};
    if (strcmp(text, "UTC") == 0 || strcmp(text, "Z") == 0 || offset_parse(text, &z.offset_s)) return z;
    z.kind = strcmp(text, "none") == 0 ? ZONE_NONE : ZONE_NAMED;
    if (z.kind == ZONE_NAMED) zone_set_process(text);
    return z;
}

static int64_t offset_at(int64_t unix_s) {
    time_t t = unix_s;
    struct tm tm;
    return localtime_r(&t, &tm) != NULL ? tm.tm_gmtoff : 0;
}

/* No zone is a day from UTC, and none changes twice in two days. So a day before the local time the old offset is
 * valid, a day behind it the new one. */
static int64_t named_to_utc(int64_t local_s) {
    int64_t by_old = local_s - offset_at(local_s - DAY_S), by_new = local_s - offset_at(local_s + DAY_S);
    bool old_fits = by_old + offset_at(by_old) == local_s, new_fits = by_new + offset_at(by_new) == local_s;
    return old_fits || !new_fits ? by_old : by_new;
}

bool zone_to_utc(const struct zone *z, int64_t local_s, int64_t *unix_s) {
    if (z->kind == ZONE_NONE) return false;
    *unix_s = z->kind == ZONE_NAMED ? named_to_utc(local_s) : local_s - z->offset_s;
    return true;
}
