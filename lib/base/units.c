/* base/units.c - two tables of units, read and written by the same code. */
#include "base/units.h"

#include <inttypes.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first: the order in which a value is written. */
static const struct unit duration_units[] = {
    {"d", DAYS(1)}, {"h", HOURS(1)}, {"m", MINUTES(1)}, {"s", SECONDS(1)}, {"ms", 1}};
static const struct unit size_units[] = {{"GB", MEGABYTES(1024)}, {"MB", MEGABYTES(1)}, {"KB", 1024}};

/* Reads the digits at TEXT; *REST is what follows them. */
static int digits_parse(const char *text, uint64_t *out, const char **rest, struct err *e) {
    uint64_t v = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (v > (UINT64_MAX - digit) / 10) return err_set(e, ERR_INVALID, "lower it");
        v = v * 10 + digit;
    }
    if (p == text) return err_set(e, ERR_INVALID, "start it with digits, without a sign or spaces");
    *out = v;
    *rest = p;
    return 0;
}

int units_parse_number(const char *text, uint64_t *out, struct err *e) {
    uint64_t v;
    const char *rest;
    int status = digits_parse(text, &v, &rest, e);
    if (status != 0) return status;
    if (*rest != '\0') return err_set(e, ERR_INVALID, "use digits only");
    *out = v;
    return 0;
}

static int unit_parse(const char *text, const struct unit *units, size_t units_n, const char *remedy, uint64_t *out,
                      struct err *e) {
    uint64_t v;
    const char *rest;
    int status = digits_parse(text, &v, &rest, e);
    if (status != 0) return status;
    for (size_t i = 0; i < units_n; i++) {
        if (strcmp(units[i].name, rest) != 0) continue;
        if (v > UINT64_MAX / units[i].factor) return err_set(e, ERR_INVALID, "lower it");
        *out = v * units[i].factor;
        return 0;
    }
    return err_set(e, ERR_INVALID, "%s", remedy);
}

int units_parse_duration(const char *text, uint64_t *out_ms, struct err *e) {
    return unit_parse(text, duration_units, ARRAY_LEN(duration_units),
                      "add a unit: ms, s, m, h or d (5m is five minutes)", out_ms, e);
}

int units_parse_size(const char *text, uint64_t *out_bytes, struct err *e) {
    return unit_parse(text, size_units, ARRAY_LEN(size_units), "add a unit: KB, MB or GB (as in 2GB)", out_bytes, e);
}

static void unit_write(uint64_t v, const struct unit *units, size_t units_n, struct buf *out) {
    size_t i = 0;
    while (i + 1 < units_n && v % units[i].factor != 0) i++;
    buf_addf(out, "%" PRIu64 "%s", v / units[i].factor, units[i].name);
}

void units_write_duration(uint64_t ms, struct buf *out) {
    if (ms == 0)
        buf_add_str(out, "0s");
    else if (ms < DAYS(2)) /* people say 24h and 25h, not 1d */
        unit_write(ms, duration_units + 1, ARRAY_LEN(duration_units) - 1, out);
    else
        unit_write(ms, duration_units, ARRAY_LEN(duration_units), out);
}

void units_write_size(uint64_t bytes, struct buf *out) {
    if (bytes == 0)
        buf_add_str(out, "0KB");
    else
        unit_write(bytes, size_units, ARRAY_LEN(size_units), out);
}
