/* protocol/commit.c - the metadata of a commit as text. */
#include "protocol/commit.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/text.h"

/* The last field has a fixed width: a text that was cut is not taken for one with another hash. */
enum { HASH_DIGITS = 16, ANCHOR_TEXT_BYTES = 80 };

static bool hex_read(const char **p, char sep, uint64_t *v) {
    char *end;
    errno = 0;
    *v = strtoull(*p, &end, 16);
    if (errno != 0 || end == *p || *end != sep) return false;
    *p = sep == 0 ? end : end + 1;
    return true;
}

static bool life_read(const char **p, char life[LIFE_LEN + 1]) {
    size_t n = strcspn(*p, ";");
    if ((*p)[n] != ';' || (n != LIFE_LEN && !(n == 1 && **p == '-'))) return false;
    snprintf(life, LIFE_LEN + 1, "%.*s", n == 1 ? 0 : (int)n, *p);
    *p += n + 1;
    return true;
}

static bool anchor_read(const char *p, struct anchor *a) {
    *a = (struct anchor){0};
    if (strcmp(p, "-") == 0) return true;
    a->set = true;
    return number_read(&p, ',', &a->offset) && number_read(&p, ',', &a->time_ms) && strlen(p) == HASH_DIGITS &&
           hex_read(&p, 0, &a->hash);
}

static void anchor_format(const struct anchor *a, char out[ANCHOR_TEXT_BYTES]) {
    char time[NUMBER_TEXT_BYTES];
    snprintf(out, ANCHOR_TEXT_BYTES, "-");
    if (a->set)
        snprintf(out, ANCHOR_TEXT_BYTES, "%" PRId64 ",%s,%016" PRIx64, a->offset, number_text(a->time_ms, time),
                 a->hash);
}

void commit_meta_format(const struct commit_meta *m, char out[COMMIT_META_BYTES_MAX]) {
    char older_until[NUMBER_TEXT_BYTES], unsure_until[NUMBER_TEXT_BYTES], rewind_time[NUMBER_TEXT_BYTES],
        frontier_time[NUMBER_TEXT_BYTES], settled[NUMBER_TEXT_BYTES], above[NUMBER_TEXT_BYTES],
        until[NUMBER_TEXT_BYTES], stored[NUMBER_TEXT_BYTES], anchor[ANCHOR_TEXT_BYTES];
    anchor_format(&m->anchor, anchor);
    int n = snprintf(out, COMMIT_META_BYTES_MAX,
                     "v2;%" PRIu64 ";%" PRIx64 ";%s;%s;%s;%" PRId64 ";%s;%s;%s;%" PRId64 ";%s;%s;%s;%s", m->incarnation,
                     m->meaning, number_text(m->older_until, older_until), number_text(m->unsure_until, unsure_until),
                     m->life[0] == 0 ? "-" : m->life, m->rewind, number_text(m->rewind_log_time_ms, rewind_time),
                     number_text(m->frontier_log_time_ms, frontier_time), number_text(m->settled, settled),
                     m->rows_kept, number_text(m->vouch.above, above), number_text(m->vouch.until_ms, until),
                     number_text(m->stored_ms, stored), anchor);
    assert(n > 0 && n < COMMIT_META_BYTES_MAX);
}

static bool count_read(const char **p, int64_t *v) { return number_read(p, ';', v) && *v >= 0; }

/* What the version before did not say. */
static bool kept_read(const char **p, struct commit_meta *m) {
    return count_read(p, &m->rows_kept) && number_read(p, ';', &m->vouch.above) &&
           number_read(p, ';', &m->vouch.until_ms) && number_read(p, ';', &m->stored_ms);
}

bool commit_meta_parse(const char *text, struct commit_meta *m) {
    int64_t i;
    bool before = strncmp(text, "v1;", 3) == 0;
    if (!before && strncmp(text, "v2;", 3) != 0) return false;
    const char *p = text + 3;
    if (!count_read(&p, &i)) return false;
    *m = (struct commit_meta){.incarnation = (uint64_t)i, .vouch = VOUCH_NONE, .stored_ms = TIME_NEVER};
    return hex_read(&p, ';', &m->meaning) && number_read(&p, ';', &m->older_until) &&
           number_read(&p, ';', &m->unsure_until) && life_read(&p, m->life) && count_read(&p, &m->rewind) &&
           number_read(&p, ';', &m->rewind_log_time_ms) && number_read(&p, ';', &m->frontier_log_time_ms) &&
           number_read(&p, ';', &m->settled) && (before || kept_read(&p, m)) && anchor_read(p, &m->anchor);
}
