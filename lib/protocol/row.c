/* protocol/row.c - the value of a progress row as text. */
#include "protocol/row.h"

#include <string.h>

#include "protocol/text.h"

/* The settled minute of a row: one that nobody wrote yet has none, and says after '*' up to where lists may have been
 * closed before it came. */
static bool settled_read(const char **p, int64_t *settled) {
    bool none = **p == '*';
    *p += none;
    if (!number_read(p, ';', settled)) return false;
    if (none) *settled = NO_MINUTE;
    return true;
}

void progress_row_format(const struct progress_row *r, struct buf *out) {
    const int64_t fields[] = {r->log_time_ms, r->settled,     r->older_until,   r->unsure_until,
                              r->end_ms,      r->vouch.above, r->vouch.until_ms};
    char text[NUMBER_TEXT_BYTES];
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) buf_addf(out, i == 0 ? "%s" : ";%s", number_text(fields[i], text));
}

bool progress_row_parse(struct bytes text, struct progress_row *r) {
    char copy[PROGRESS_ROW_BYTES_MAX];
    if (text.n >= sizeof copy) return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    const char *p = copy;
    bool head = number_read(&p, ';', &r->log_time_ms) && settled_read(&p, &r->settled) &&
                number_read(&p, ';', &r->older_until) && number_read(&p, ';', &r->unsure_until);
    const char *end = p;
    r->vouch = VOUCH_NONE;
    if (head && number_read(&end, 0, &r->end_ms)) return true; /* of the version before */
    return head && number_read(&p, ';', &r->end_ms) && number_read(&p, ';', &r->vouch.above) &&
           number_read(&p, 0, &r->vouch.until_ms);
}

struct progress_row progress_row_retired(const struct progress_row *last, int64_t touched) {
    return (struct progress_row){.log_time_ms = last->log_time_ms,
                                 .settled = INT64_MAX,
                                 .older_until = last->older_until,
                                 .unsure_until = i64_larger(last->unsure_until, touched),
                                 .end_ms = TIME_NEVER,
                                 .vouch = VOUCH_NONE};
}

bool progress_row_is_retired(const struct progress_row *r) { return r->settled == INT64_MAX; }
