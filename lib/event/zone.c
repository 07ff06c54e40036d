/* event/zone.c - zones: none, an offset, or a name.
 * The C library reads the tz database, goes on by a zone's rule where its file ends (2037), and says which offset holds
 * at a moment. The way back, from a local time to its moment, is found here, as PEP 495 has it with fold=0:
 *  - An offset is less than a day, and since 1970 no zone has changed its own twice within a week. So only two offsets
 *    come into question: that of a day before and that of a day after. Nearly always they are one.
 *  - The one before holds if it still does so at the moment that it gives. Of a local time that comes twice this is the
 *    first. Else the one after holds, if it already does so at the moment that it gives.
 *  - Else the local time was skipped. Then it is read with the one before.
 * Example: Europe/Berlin went from +01:00 to +02:00 at 2026-03-29T01:00Z. So 02:30 was skipped there. It is read with
 * +01:00, as 01:30Z, when clocks in Berlin showed 03:30.
 *
 * The C library takes a lock for each question. So each thread remembers the offsets of some local minutes: events come
 * in the same ones. A minute in which the offset changes is not remembered (Africa/Monrovia was at -00:44:30 until
 * 1972; since then no zone had one). */
#include "event/zone.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ZONE_MINUTE_S = 60,
    ZONE_DAY_S = 86400,
    ZONE_MINUTES_REMEMBERED = 64, /* 1 KB a thread; partitions that catch up are in different minutes */
    ZONE_PATH_BYTES = 512
};

struct zone_minute {
    int64_t first_s; /* local */
    int offset_s;
    bool known;
};

static _Thread_local struct zone_minute zone_minutes[ZONE_MINUTES_REMEMBERED];
static char zone_entered[TIME_ZONE_NAME_BYTES_MAX + 1];

/* -- what is set --------------------------------------------------------------------------------------------------- */

static bool zone_is_digit(char c) { return c >= '0' && c <= '9'; }

/* Two digits, up to MOST. */
static bool zone_read_two(const char **p, const char *end, int most, int *out) {
    if (end - *p < 2 || !zone_is_digit((*p)[0]) || !zone_is_digit((*p)[1])) return false;
    *out = ((*p)[0] - '0') * 10 + ((*p)[1] - '0');
    *p += 2;
    return *out <= most;
}

bool time_zone_offset_read(const char **p, const char *end, int *offset_min) {
    if (*p == end || (**p != '+' && **p != '-')) return false;
    int sign = *(*p)++ == '-' ? -1 : 1, hours, minutes = 0;
    if (!zone_read_two(p, end, 23, &hours)) return false;
    bool colon = *p < end && **p == ':';
    if (colon) (*p)++;
    if ((colon || (*p < end && zone_is_digit(**p))) && !zone_read_two(p, end, 59, &minutes)) return false;
    *offset_min = sign * (hours * 60 + minutes);
    return true;
}

/* Letters, digits, `_`, `+`, `-`, and slashes between: so it is a path below the database, and no rule that TZ could
 * hold instead. */
static bool zone_name_is_plain(const char *name) {
    for (const char *p = name; *p != '\0'; p++) {
        bool slash_between = *p == '/' && p > name && p[-1] != '/' && p[1] != '\0';
        if (!slash_between && !isalnum((unsigned char)*p) && strchr("_+-", *p) == NULL) return false;
    }
    return true;
}

/* These files lie beside the database: the zone of one machine, and zones in which time goes on during leap seconds. */
static bool zone_name_is_of_database(const char *name) {
    return strcmp(name, "localtime") != 0 && strncmp(name, "right/", strlen("right/")) != 0;
}

/* Where the C library looks too. */
static const char *zone_directory(void) {
    const char *set = getenv("TZDIR");
    return set != NULL && *set != '\0' ? set : "/usr/share/zoneinfo";
}

static bool zone_file_is_good(const char *name) {
    static const char magic[] = {'T', 'Z', 'i', 'f'};
    char path[ZONE_PATH_BYTES], got[sizeof magic];
    int n = snprintf(path, sizeof path, "%s/%s", zone_directory(), name);
    FILE *file = n < (int)sizeof path ? fopen(path, "rbe") : NULL;
    if (file == NULL) return false;
    bool good = fread(got, sizeof got, 1, file) == 1 && memcmp(got, magic, sizeof got) == 0;
    (void)fclose(file);
    return good;
}

static int zone_parse_offset(const char *text, struct time_zone *out, struct err *e) {
    const char *p = text, *end = text + strlen(text);
    if (!time_zone_offset_read(&p, end, &out->offset_min) || p != end)
        return err_set(e, ERR_INVALID, "write an offset as +05:30, +0530 or +05, up to 23:59");
    return 0;
}

/* The C library takes an unknown name for UTC, without a word. */
static int zone_parse_name(const char *text, struct time_zone *out, struct err *e) {
    out->kind = TIME_ZONE_NAMED;
    if (zone_name_is_plain(text) && zone_name_is_of_database(text) && zone_file_is_good(text)) return 0;
    return err_set(e, ERR_INVALID, "correct the name, or install tzdata (tzdata-legacy for old names): it is not in %s",
                   zone_directory());
}

int time_zone_parse(const char *text, struct time_zone *out, struct err *e) {
    size_t n = strlen(text);
    struct time_zone z = {.kind = TIME_ZONE_OFFSET};
    int status = 0;
    if (n == 0) return err_set(e, ERR_INVALID, "give it a value, or leave it out for UTC");
    if (n > TIME_ZONE_NAME_BYTES_MAX)
        return err_set(e, ERR_INVALID, "shorten it to %d bytes", (int)TIME_ZONE_NAME_BYTES_MAX);
    memcpy(z.name, text, n + 1);
    if (strcmp(text, "none") == 0)
        z.kind = TIME_ZONE_REFUSED;
    else if (*text == '+' || *text == '-')
        status = zone_parse_offset(text, &z, e);
    else if (strcmp(text, "UTC") != 0 && strcmp(text, "Z") != 0)
        status = zone_parse_name(text, &z, e);
    if (status == 0) *out = z;
    return status;
}

/* -- what it means ------------------------------------------------------------------------------------------------- */

/* What this thread remembers is of the zone before. */
void time_zone_enter(const struct time_zone *z) {
    if (z->kind != TIME_ZONE_NAMED) return;
    int status = setenv("TZ", z->name, 1);
    assert(status == 0);
    tzset();
    memcpy(zone_entered, z->name, sizeof zone_entered);
    memset(zone_minutes, 0, sizeof zone_minutes);
}

/* Local time minus UTC, at a moment. It has seconds where clocks were not yet set by a zone. */
static int zone_offset_at(int64_t unix_s) {
    time_t t = (time_t)unix_s;
    struct tm tm;
    return localtime_r(&t, &tm) != NULL ? (int)tm.tm_gmtoff : 0; /* no year that an int holds fails */
}

static int zone_offset_of(int64_t local_s) {
    int before = zone_offset_at(local_s - ZONE_DAY_S), after = zone_offset_at(local_s + ZONE_DAY_S);
    if (before == after || zone_offset_at(local_s - before) == before) return before;
    return zone_offset_at(local_s - after) == after ? after : before;
}

/* An offset changes once in a minute at most. So the minute has one offset if its ends have. */
static int zone_offset_learn(struct zone_minute *m, int64_t first_s, int64_t local_s) {
    int offset_s = zone_offset_of(first_s);
    if (zone_offset_of(first_s + ZONE_MINUTE_S - 1) != offset_s) return zone_offset_of(local_s);
    *m = (struct zone_minute){.first_s = first_s, .offset_s = offset_s, .known = true};
    return offset_s;
}

static int zone_offset_get(int64_t local_s) {
    int64_t second = local_s % ZONE_MINUTE_S, first_s = local_s - second - (second < 0 ? ZONE_MINUTE_S : 0);
    struct zone_minute *m = &zone_minutes[(uint64_t)(first_s / ZONE_MINUTE_S) % ZONE_MINUTES_REMEMBERED];
    return m->known && m->first_s == first_s ? m->offset_s : zone_offset_learn(m, first_s, local_s);
}

bool time_zone_to_utc(const struct time_zone *z, int64_t local_s, int64_t *unix_s) {
    if (z->kind == TIME_ZONE_REFUSED) return false;
    assert(z->kind == TIME_ZONE_OFFSET || strcmp(z->name, zone_entered) == 0);
    *unix_s = local_s - (z->kind == TIME_ZONE_OFFSET ? z->offset_min * 60 : zone_offset_get(local_s));
    return true;
}
