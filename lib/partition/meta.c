#include "partition/meta.h"

#include "partition/rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last field has a fixed width: a text that was cut is not taken for one with another hash. */
enum { HASH_DIGITS = 16 };

/* A number, or '-' for minus infinity. */
static const char *number_text(int64_t v, char out[24]) {
    if (v == INT64_MIN) return "-";
    snprintf(out, 24, "%" PRId64, v);
    return out;
}

/* Field up to SEP (or the end of the text when SEP is 0): *P moves behind it. */
static bool number_read(const char **p, char sep, int64_t *v) {
    char *end;
    if (**p == '-' && (*p)[1] == sep) {
        *v = INT64_MIN;
        *p += sep == 0 ? 1 : 2;
        return true;
    }
    errno = 0;
    long long n = strtoll(*p, &end, 10);
    if (errno != 0 || end == *p || *end != sep) return false;
    *v = n;
    *p = sep == 0 ? end : end + 1;
    return true;
}

static bool hex_read(const char **p, char sep, uint64_t *v) {
    char *end;
    errno = 0;
    *v = strtoull(*p, &end, 16);
    if (errno != 0 || end == *p || *end != sep) return false;
    *p = sep == 0 ? end : end + 1;
    return true;
}

static bool life_read(const char **p, char life[PART_LIFE_LEN + 1]) {
    size_t n = strcspn(*p, ";");
    if ((*p)[n] != ';' || (n != PART_LIFE_LEN && !(n == 1 && **p == '-'))) return false;
    snprintf(life, PART_LIFE_LEN + 1, "%.*s", n == 1 ? 0 : (int)n, *p);
    *p += n + 1;
    return true;
}

static bool anchor_read(const char *p, struct part_anchor *a) {
    *a = (struct part_anchor){0};
    if (strcmp(p, "-") == 0) return true;
    a->set = true;
    return number_read(&p, ',', &a->offset) && number_read(&p, ',', &a->time_ms) && strlen(p) == HASH_DIGITS &&
           hex_read(&p, 0, &a->hash);
}

void part_meta_format(const struct part_meta *m, char out[PART_METADATA_BYTES_MAX]) {
    char b[24], x[24], w[24], wf[24], mm[24], at[24], anchor[80] = "-";
    if (m->anchor.set)
        snprintf(anchor, sizeof anchor, "%" PRId64 ",%s,%016" PRIx64, m->anchor.offset,
                 number_text(m->anchor.time_ms, at), m->anchor.hash);
    snprintf(out, PART_METADATA_BYTES_MAX, "v1;%" PRIu64 ";%" PRIx64 ";%s;%s;%s;%" PRId64 ";%s;%s;%s;%s",
             m->incarnation, m->meaning, number_text(m->b, b), number_text(m->x, x), m->life[0] == 0 ? "-" : m->life,
             m->rewind, number_text(m->rewind_w_ms, w), number_text(m->frontier_w_ms, wf), number_text(m->settled, mm),
             anchor);
}

bool part_meta_parse(const char *text, struct part_meta *m) {
    int64_t i;
    if (strncmp(text, "v1;", 3) != 0) return false;
    const char *p = text + 3;
    if (!number_read(&p, ';', &i) || i < 0) return false;
    m->incarnation = (uint64_t)i;
    return hex_read(&p, ';', &m->meaning) && number_read(&p, ';', &m->b) && number_read(&p, ';', &m->x) &&
           life_read(&p, m->life) && number_read(&p, ';', &m->rewind) && m->rewind >= 0 &&
           number_read(&p, ';', &m->rewind_w_ms) && number_read(&p, ';', &m->frontier_w_ms) &&
           number_read(&p, ';', &m->settled) && anchor_read(p, &m->anchor);
}

void part_row_format(const struct part_row *r, struct buf *out) {
    char w[24], m[24], b[24], x[24], end[24];
    buf_addf(out, "%s;%s;%s;%s;%s", number_text(r->w_ms, w), number_text(r->m, m), number_text(r->b, b),
             number_text(r->x, x), number_text(r->end_ms, end));
}

bool part_row_parse(struct bytes text, struct part_row *r) {
    char copy[128];
    if (text.n >= sizeof copy) return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    const char *p = copy;
    return number_read(&p, ';', &r->w_ms) && number_read(&p, ';', &r->m) && number_read(&p, ';', &r->b) &&
           number_read(&p, ';', &r->x) && number_read(&p, 0, &r->end_ms);
}
