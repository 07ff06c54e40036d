#include "protocol/commit.h"

#include "protocol/rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last field has a fixed width: a text that was cut is not taken for one with another hash. */
enum { HASH_DIGITS = 16 };

/* A number, or '-' and '+' for the infinities. */
static const char *number_text(int64_t v, char out[24]) {
    if (v == INT64_MIN) return "-";
    if (v == INT64_MAX) return "+";
    snprintf(out, 24, "%" PRId64, v);
    return out;
}

/* Field up to SEP (or the end of the text when SEP is 0): *P moves behind it. */
static bool number_read(const char **p, char sep, int64_t *v) {
    char *end;
    if ((**p == '-' || **p == '+') && (*p)[1] == sep) {
        *v = **p == '-' ? INT64_MIN : INT64_MAX;
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

/* The settled minute of a row: one that nobody wrote yet has none, and says after '*' up to where lists may have been
 * closed before it came. */
static bool settled_read(const char **p, int64_t *m) {
    bool none = **p == '*';
    *p += none;
    if (!number_read(p, ';', m)) return false;
    if (none) *m = PART_NO_MINUTE;
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
    char b[24], x[24], w[24], wf[24], mm[24], z[24], u[24], q[24], at[24], anchor[80] = "-";
    if (m->anchor.set)
        snprintf(anchor, sizeof anchor, "%" PRId64 ",%s,%016" PRIx64, m->anchor.offset,
                 number_text(m->anchor.time_ms, at), m->anchor.hash);
    snprintf(out, PART_METADATA_BYTES_MAX,
             "v2;%" PRIu64 ";%" PRIx64 ";%s;%s;%s;%" PRId64 ";%s;%s;%s;%" PRId64 ";%s;%s;%s;%s", m->incarnation,
             m->meaning, number_text(m->b, b), number_text(m->x, x), m->life[0] == 0 ? "-" : m->life, m->rewind,
             number_text(m->rewind_w_ms, w), number_text(m->frontier_w_ms, wf), number_text(m->settled, mm),
             m->rows_kept, number_text(m->vouch.above, z), number_text(m->vouch.until_ms, u),
             number_text(m->told_ms, q), anchor);
}

static bool count_read(const char **p, int64_t *v) { return number_read(p, ';', v) && *v >= 0; }

/* What the version before did not say. */
static bool kept_read(const char **p, struct part_meta *m) {
    return count_read(p, &m->rows_kept) && number_read(p, ';', &m->vouch.above) &&
           number_read(p, ';', &m->vouch.until_ms) && number_read(p, ';', &m->told_ms);
}

bool part_meta_parse(const char *text, struct part_meta *m) {
    int64_t i;
    bool before = strncmp(text, "v1;", 3) == 0;
    if (!before && strncmp(text, "v2;", 3) != 0) return false;
    const char *p = text + 3;
    if (!count_read(&p, &i)) return false;
    *m = (struct part_meta){.incarnation = (uint64_t)i, .vouch = PART_VOUCH_NONE, .told_ms = PART_NEVER};
    return hex_read(&p, ';', &m->meaning) && number_read(&p, ';', &m->b) && number_read(&p, ';', &m->x) &&
           life_read(&p, m->life) && count_read(&p, &m->rewind) && number_read(&p, ';', &m->rewind_w_ms) &&
           number_read(&p, ';', &m->frontier_w_ms) && number_read(&p, ';', &m->settled) &&
           (before || kept_read(&p, m)) && anchor_read(p, &m->anchor);
}

void part_row_format(const struct part_row *r, struct buf *out) {
    char w[24], m[24], b[24], x[24], end[24], z[24], u[24];
    buf_addf(out, "%s;%s;%s;%s;%s;%s;%s", number_text(r->w_ms, w), number_text(r->m, m), number_text(r->b, b),
             number_text(r->x, x), number_text(r->end_ms, end), number_text(r->vouch.above, z),
             number_text(r->vouch.until_ms, u));
}

bool part_row_parse(struct bytes text, struct part_row *r) {
    char copy[192];
    if (text.n >= sizeof copy) return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    const char *p = copy;
    bool head = number_read(&p, ';', &r->w_ms) && settled_read(&p, &r->m) && number_read(&p, ';', &r->b) &&
                number_read(&p, ';', &r->x);
    const char *end = p;
    r->vouch = PART_VOUCH_NONE;
    if (head && number_read(&end, 0, &r->end_ms)) return true; /* of the version before */
    return head && number_read(&p, ';', &r->end_ms) && number_read(&p, ';', &r->vouch.above) &&
           number_read(&p, 0, &r->vouch.until_ms);
}

struct part_row part_row_retired(const struct part_row *last, int64_t touched) {
    return (struct part_row){.w_ms = last->w_ms,
                             .m = INT64_MAX,
                             .b = last->b,
                             .x = i64_larger(last->x, touched),
                             .end_ms = PART_NEVER,
                             .vouch = PART_VOUCH_NONE};
}

bool part_row_is_retired(const struct part_row *r) { return r->m == INT64_MAX; }
