/* topkd-audit/report_table.c - the report as a table for people, with the verdict as its last line. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "rejects.h"
#include "report.h"

/* 1204331 as "1 204 331". Valid until the eighth next call. */
static const char *number_grouped(uint64_t v) {
    static char texts[8][32];
    static unsigned turn;
    char *p = &texts[turn++ % 8][31];
    *p = '\0';
    for (int digits = 0; digits == 0 || v; v /= 10) {
        if (digits && digits % 3 == 0) *--p = ' ';
        *--p = (char)('0' + v % 10);
        digits++;
    }
    return p;
}

static void row_write(struct buf *out, const char *name, uint64_t v, const char *comment) {
    buf_addf(out, "  %-14s %12s%s%s\n", name, number_grouped(v), comment[0] ? "  " : "", comment);
}

static void row_write_if(struct buf *out, const char *name, uint64_t v, const char *comment) {
    if (v) row_write(out, name, v, comment);
}

static void table_rejects(const struct recount *r, struct buf *out) {
    if (!rejects_outweigh(r)) return;
    enum outcome o = rejects_largest(r);
    buf_addf(out, "%s events are %s: check %s\n  ", number_grouped(r->outcomes[o]), outcome_name(o),
             rejects_look_at(o));
    example_write(&r->examples[o], out);
    buf_add_str(out, "\n");
}

static void table_events(const struct report *r, struct buf *out) {
    buf_addf(out, "read %s messages of %zu partitions in %.1f s\n", number_grouped(r->recount->messages),
             r->in->reading->n, (double)r->read_ms / 1000.0);
    row_write(out, "events", r->recount->events, "of which:");
    row_write(out, outcome_name(OUTCOME_APPLIED), r->recount->outcomes[OUTCOME_APPLIED], "");
    for (int o = 0; o < OUTCOMES; o++)
        if (o != OUTCOME_APPLIED) row_write_if(out, outcome_name((enum outcome)o), r->recount->outcomes[o], "");
    row_write_if(out, "no location", r->recount->without_location,
                 "of the applied: counted only in the list over all locations");
    table_rejects(r->recount, out);
}

static void table_lists(const struct report *r, struct buf *out) {
    const struct summary *s = r->summary;
    buf_addf(out, "lists, read from Redis in %.1f s\n", (double)r->compare_ms / 1000.0);
    row_write(out, "compared", s->compared.lists, s->compared.lists > 0 ? "of which:" : "the verdict says why");
    for (int i = STATE_NONE; i < LIST_STATES; i++)
        row_write_if(out, served_state_name((enum list_state)i), s->states[i], "");
    row_write_if(out, "open", s->fates[FATE_OPEN], "not compared: they may still change");
    row_write_if(out, "lost", s->fates[FATE_LOST], "not vouched for; their items are counted apart");
    row_write_if(out, "moving", s->fates[FATE_MOVING], "not compared: the log has grown since it was read");
    row_write_if(out, "unknowable", s->fates[FATE_UNKNOWABLE], "not compared: the log does not go back far enough");
    row_write_if(out, "expired", s->fates[FATE_EXPIRED], "not compared: older than RETENTION and gone");
    row_write(out, "missing", s->fates[FATE_MISSING], "the log has events, Redis has no list");
    row_write(out, "foreign", s->fates[FATE_FOREIGN], "Redis has a list, the log has no event");
    if (s->compared.lists == 0) return;
    row_write(out, "unequal", s->compared.unequal, "not the same sequence as the recount");
    row_write(out, "out of bounds", s->compared.out_of_bounds, "a count or total is not what was promised");
    row_write(out, "broken", s->compared.broken, "index, state or merged list are missing or do not fit");
}

static void table_items(const char *title, const struct totals *t, uint32_t k, struct buf *out) {
    if (t->lists == 0) return;
    buf_addf(out, "%s\n", title);
    row_write(out, "compared", t->items, "");
    row_write(out, "wrong counts", t->wrong, "");
    row_write(out, "missing", t->missing, "belong on a list but are not there");
    row_write(out, "foreign", t->foreign, "on a list although no event has them");
    buf_addf(out, "  %-14s %12s  %.3f %%\n", "worst error", number_grouped(t->error_abs), t->error_rel * 100.0);
    buf_addf(out, "  recall@%-7u %12.4f  mean; %.4f min\n", k, t->recall_sum / (double)t->lists, t->recall_min);
}

/* -- one line a list -- */

enum { COLUMNS = 7, WIDTH_MAX = 40 };

struct line {
    char *cells[COLUMNS]; /* owned */
};

static char *number_plain(double v) {
    char text[40];
    snprintf(text, sizeof text, "%.17g", v);
    return mem_strdup(text);
}

static char *difference_item(const struct difference *d) {
    if (d->subject == SUBJECT_ITEM) return mem_strdup(log_quote_bytes((struct bytes){d->item, d->item_n}));
    return mem_strdup(d->subject == SUBJECT_TOTAL ? "(all)" : "-");
}

static void line_init(struct line *l, const struct plan *plan, const struct fault *f) {
    const struct entry *e = f->entry;
    const struct difference *d = &e->found.difference;
    char minute[MINUTE_TEXT_LEN + 1];
    struct buf what = {0};
    minute_format(e->minute, minute);
    fault_write(f, &what);
    *l = (struct line){{mem_strdup(log_quote_bytes(names_get(&plan->locations, e->location))), mem_strdup(minute),
                        mem_strdup(served_state_name(e->state)), difference_item(d),
                        d->is_served ? number_plain(d->served) : mem_strdup("-"),
                        d->subject == SUBJECT_LIST ? mem_strdup("-") : number_plain((double)d->counted),
                        mem_strdup(buf_text(&what))}};
    buf_free(&what);
}

static void line_deinit(struct line *l) {
    for (int i = 0; i < COLUMNS; i++) mem_free(l->cells[i]);
}

/* As wide as the widest cell that is not out of proportion. */
static int lines_width(const struct line *lines, size_t n, int column) {
    size_t width = 0;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(lines[i].cells[column]);
        if (len > width && len <= WIDTH_MAX) width = len;
    }
    return (int)width;
}

/* Numbers, which are compared with each other, to the right. */
static void lines_write(const struct line *lines, size_t n, struct buf *out) {
    static const bool to_the_right[COLUMNS] = {[4] = true, [5] = true};
    int widths[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) widths[c] = lines_width(lines, n, c);
    for (size_t i = 0; i < n; i++) {
        for (int c = 0; c < COLUMNS - 1; c++)
            buf_addf(out, "  %*s", to_the_right[c] ? widths[c] : -widths[c], lines[i].cells[c]);
        buf_addf(out, "  %s\n", lines[i].cells[COLUMNS - 1]);
    }
}

static void table_faults(const struct report *r, struct buf *out) {
    static const char *const titles[COLUMNS] = {"location", "minute", "state", "item", "served", "counted", "what"};
    size_t shown = report_shown(r);
    if (shown == 0) return;
    struct line *lines = mem_zalloc(shown + 1, sizeof *lines);
    for (int c = 0; c < COLUMNS; c++) lines[0].cells[c] = mem_strdup(titles[c]);
    for (size_t i = 0; i < shown; i++) line_init(&lines[i + 1], r->in->plan, &r->faults->list[i]);
    buf_addf(out, "differences, the worst first: %zu of %zu lists%s\n", shown, r->faults->n,
             shown < r->faults->n ? " (--show N shows more)" : "");
    lines_write(lines, shown + 1, out);
    for (size_t i = 0; i <= shown; i++) line_deinit(&lines[i]);
    mem_free(lines);
}

void report_table(const struct report *r, struct buf *out) {
    uint32_t k = r->in->config->k;
    table_events(r, out);
    table_lists(r, out);
    table_items("items of the compared lists", &r->summary->compared, k, out);
    table_items("items of the lost lists", &r->summary->lost, k, out);
    table_faults(r, out);
    report_verdict(r, out);
}

/* "1 list", "2 lists". */
static void number_of(struct buf *out, uint64_t n, const char *noun) {
    buf_addf(out, "%s %s%s", number_grouped(n), noun, n == 1 ? "" : "s");
}

/* Equal lists of a few events are no good news of the many others. */
static void verdict_rejects(const struct recount *r, struct buf *out) {
    enum outcome o = rejects_largest(r);
    uint64_t n = r->events - r->outcomes[OUTCOME_APPLIED], of_it = r->outcomes[o];
    if (o == OUTCOME_APPLIED || of_it == 0) return;
    buf_addf(out, "; %s of ", number_grouped(n));
    number_of(out, r->events, "event");
    buf_addf(out, " %s not applied: %s %s", n == 1 ? "was" : "were", number_grouped(of_it), outcome_name(o));
    if (of_it < n) buf_addf(out, ", %s others", number_grouped(n - of_it));
}

static void verdict_good(const struct report *r, struct buf *out) {
    const struct summary *s = r->summary;
    struct buf uncompared = {0};
    number_of(out, s->compared.lists, "list");
    buf_add_str(out, " of ");
    number_of(out, s->locations, "location");
    buf_add_str(out, ", ");
    number_of(out, r->recount->events, "event");
    buf_add_str(out, s->verdict == VERDICT_EXACT ? ", every count equal" : ", every count within its bounds");
    verdict_rejects(r->recount, out);
    summary_write_uncompared(s, &uncompared);
    if (uncompared.len) buf_addf(out, "; not compared: %s", buf_text(&uncompared));
    buf_free(&uncompared);
}

void report_verdict(const struct report *r, struct buf *out) {
    const struct summary *s = r->summary;
    buf_addf(out, "verdict: %s - ", report_verdict_word(r));
    if (summary_is_good(s)) verdict_good(r, out);
    for (size_t i = 0; i < s->reasons_n; i++) buf_addf(out, "%s%s", i ? "; " : "", s->reasons[i]);
    buf_add_str(out, "\n");
}
