/* loadgen/badevent.c - a table of flaws, and a writer for what no table can say. */
#include "loadgen/badevent.h"

#include <assert.h>
#include <string.h>

enum { VARIANTS_MAX = 4 };

#define X8  "xxxxxxxx"
#define X64 X8 X8 X8 X8 X8 X8 X8 X8

/* A field of the good event, and the JSON values that replace it in turn. */
static const struct flaw {
    enum event_outcome outcome;
    enum { ITEM, LOCATION, TYPE, TIME } field;
    const char *values[VARIANTS_MAX]; /* NULL: the end, the first is next */
} flaws[] = {
    {EVENT_BAD_ITEM, ITEM, {"\"\"", "\"" X64 X64 X64 X64 "x\"", "true", "1.5"}},
    {EVENT_BAD_LOCATION, LOCATION, {"\"\\ud83c\"", "\"" X64 "x\"", "\"a\\u0007b\"", "7.5"}},
    {EVENT_BAD_TIME, TIME, {"\"yesterday\"", "-1", "1e999", "\"2026-02-30T00:00:00Z\""}},
    {EVENT_BAD_TYPE, TYPE, {"true", "{\"name\":\"view\"}"}},
    {EVENT_WEIGHTLESS, TYPE, {"\"weightless\""}},
};

static const char *flaw_value(const struct flaw *f, uint64_t variant) {
    uint64_t n = 0;
    while (n < VARIANTS_MAX && f->values[n] != NULL) n++;
    return f->values[variant % n];
}

static const struct flaw *flaw_find(enum event_outcome o) {
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++)
        if (flaws[i].outcome == o) return &flaws[i];
    return NULL;
}

static void flaw_write(const struct flaw *f, uint64_t variant, const struct badevent_parts *parts, struct buf *out) {
    const char *values[] = {parts->item, parts->location, "\"view\"", parts->time};
    values[f->field] = flaw_value(f, variant);
    buf_addf(out, "{\"video_id\":%s,\"location\":%s,\"type\":%s,\"ts\":%s,\"user_id\":%s}", values[ITEM],
             values[LOCATION], values[TYPE], values[TIME], parts->user);
}

static void malformed_write(uint64_t variant, const struct badevent_parts *parts, struct buf *out) {
    switch (variant % 4) {
    case 0: /* cut off in the middle */
        buf_addf(out, "{\"video_id\":%s,\"loca", parts->item);
        break;
    case 1: /* no JSON at all */
        buf_add_str(out, "video_id=v1");
        break;
    case 2: /* a comma too many */
        buf_addf(out, "{\"video_id\":%s,\"ts\":%s,}", parts->item, parts->time);
        break;
    default: /* closed by a bracket */
        buf_addf(out, "{\"video_id\":%s,\"ts\":%s]", parts->item, parts->time);
    }
}

bool badevent_parse(const char *text, uint32_t *set) {
    if (strcmp(text, "all") == 0) {
        *set = BADEVENT_ALL;
        return true;
    }
    uint32_t found = 0;
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ",");
        uint32_t bit = 0;
        for (unsigned o = 0; o < EVENT_OUTCOMES; o++) {
            const char *name = event_outcome_name((enum event_outcome)o);
            if (strlen(name) == n && memcmp(name, p, n) == 0) bit = 1u << o & BADEVENT_ALL;
        }
        if (bit == 0) return false;
        found |= bit;
        p += n;
        if (*p == '\0') break;
    }
    *set = found;
    return true;
}

void badevent_write(enum event_outcome o, uint64_t variant, const struct badevent_parts *parts, struct buf *out) {
    assert(1u << o & BADEVENT_ALL && o != EVENT_TOMBSTONE);
    const struct flaw *f = flaw_find(o);
    if (f != NULL)
        flaw_write(f, variant, parts, out);
    else if (o == EVENT_NO_ITEM)
        buf_addf(out, "{\"location\":%s,\"ts\":%s}", parts->location, parts->time);
    else if (o == EVENT_NO_LOCATION)
        buf_addf(out, "{\"video_id\":%s,\"ts\":%s}", parts->item, parts->time);
    else
        malformed_write(variant, parts, out);
}
