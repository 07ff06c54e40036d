/* topkd-audit/report_table.c - the report as a table for people, with the verdict as its last line. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "rejects.h"
#include "report.h"

/* 1204331 as "1 204 331". Valid until the eighth next call. */
static const char *grouped(uint64_t v) {
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

static void row(struct buf *out, const char *name, uint64_t v, const char *comment) {
    buf_addf(out, "  %-14s %12s%s%s\n", name, grouped(v), comment[0] ? "  " : "", comment);
}

static void row_if(struct buf *out, const char *name, uint64_t v, const char *comment) {
    if (v) row(out, name, v, comment);
}

static void write_rejects(const struct recount *r, struct buf *out) {
    if (!rejects_outweigh(r)) return;
    enum outcome o = rejects_largest(r);
    buf_addf(out, "%s events are %s: look at %s\n  ", grouped(r->outcomes[o]), outcome_name(o), rejects_look_at(o));
    example_write(&r->examples[o], out);
    buf_add_str(out, "\n");
}

static void write_events(const struct report *r, struct buf *out) {
    buf_addf(out, "read %s messages of %zu partitions in %.1f s\n", grouped(r->recount->messages), r->in->reading->n,
             (double)r->read_ms / 1000.0);
    row(out, "events", r->recount->events, "the sum of:");
    row(out, outcome_name(OUTCOME_APPLIED), r->recount->outcomes[OUTCOME_APPLIED], "");
    for (int o = 0; o < OUTCOMES; o++)
        if (o != OUTCOME_APPLIED) row_if(out, outcome_name((enum outcome)o), r->recount->outcomes[o], "");
    row_if(out, "no location", r->recount->without_location, "of the applied: they count in the list of all only");
    write_rejects(r->recount, out);
}

static void write_lists(const struct report *r, struct buf *out) {
    const struct summary *s = r->summary;
    buf_addf(out, "lists, read from Redis in %.1f s\n", (double)r->compare_ms / 1000.0);
    row(out, "compared", s->compared.lists, "of these:");
    for (int i = STATE_NONE; i < LIST_STATES; i++) row_if(out, served_state_name((enum list_state)i), s->states[i], "");
    row_if(out, "open", s->fates[FATE_OPEN], "not compared: they may still change");
    row_if(out, "lost", s->fates[FATE_LOST], "marked as not vouched for; below apart");
    row_if(out, "moving", s->fates[FATE_MOVING], "not compared: the log has grown since it was read");
    row_if(out, "unknowable", s->fates[FATE_UNKNOWABLE], "not compared: the log does not go back far enough");
    row_if(out, "expired", s->fates[FATE_EXPIRED], "older than RETENTION and gone");
    row(out, "missing", s->fates[FATE_MISSING], "");
    row(out, "foreign", s->fates[FATE_FOREIGN], "");
    row(out, "unequal", s->compared.unequal, "not the very sequence of the recount");
    row(out, "out of bounds", s->compared.out_of_bounds, "");
    row(out, "broken", s->compared.broken, "");
}

static void write_items(const char *title, const struct totals *t, uint32_t k, struct buf *out) {
    if (t->lists == 0) return;
    buf_addf(out, "%s\n", title);
    row(out, "compared", t->items, "");
    row(out, "wrong counts", t->wrong, "");
    row(out, "missing", t->missing, "belong on a list and are not there");
    row(out, "foreign", t->foreign, "on a list, without any event");
    buf_addf(out, "  %-14s %12s  %.3f %%\n", "worst error", grouped(t->error_abs), t->error_rel * 100.0);
    buf_addf(out, "  recall@%-7u %12.4f  mean; %.4f min\n", k, t->recall_sum / (double)t->lists, t->recall_min);
}

/* -- one line a list -- */

enum { COLUMNS = 7, WIDTH_MAX = 40 };

struct line {
    char *cells[COLUMNS]; /* owned */
};

static char *number(double v) {
    char text[40];
    snprintf(text, sizeof text, "%.17g", v);
    return mem_strdup(text);
}

static char *item_text(const struct difference *d) {
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
    *l = (struct line){
        {mem_strdup(log_quote_bytes(names_get(&plan->locations, e->location))), mem_strdup(minute),
         mem_strdup(served_state_name(e->state)), item_text(d), d->is_served ? number(d->served) : mem_strdup("-"),
         d->subject == SUBJECT_LIST ? mem_strdup("-") : number((double)d->counted), mem_strdup(buf_text(&what))}};
    buf_free(&what);
}

static void line_deinit(struct line *l) {
    for (int i = 0; i < COLUMNS; i++) mem_free(l->cells[i]);
}

/* As wide as the widest cell that is not out of proportion. */
static int width_of(const struct line *lines, size_t n, int column) {
    size_t width = 0;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(lines[i].cells[column]);
        if (len > width && len <= WIDTH_MAX) width = len;
    }
    return (int)width;
}

/* Numbers, which are compared with each other, to the right. */
static void write_lines(const struct line *lines, size_t n, struct buf *out) {
    static const bool to_the_right[COLUMNS] = {[4] = true, [5] = true};
    int widths[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) widths[c] = width_of(lines, n, c);
    for (size_t i = 0; i < n; i++) {
        for (int c = 0; c < COLUMNS - 1; c++)
            buf_addf(out, "  %*s", to_the_right[c] ? widths[c] : -widths[c], lines[i].cells[c]);
        buf_addf(out, "  %s\n", lines[i].cells[COLUMNS - 1]);
    }
}

static void write_faults(const struct report *r, struct buf *out) {
    static const char *const titles[COLUMNS] = {"location", "minute", "state", "item", "served", "counted", "what"};
    size_t shown = report_shown(r);
    if (shown == 0) return;
    struct line *lines = mem_zalloc(shown + 1, sizeof *lines);
    for (int c = 0; c < COLUMNS; c++) lines[0].cells[c] = mem_strdup(titles[c]);
    for (size_t i = 0; i < shown; i++) line_init(&lines[i + 1], r->in->plan, &r->faults->list[i]);
    buf_addf(out, "differences, the worst first: %zu of %zu lists%s\n", shown, r->faults->n,
             shown < r->faults->n ? " (--show N for more)" : "");
    write_lines(lines, shown + 1, out);
    for (size_t i = 0; i <= shown; i++) line_deinit(&lines[i]);
    mem_free(lines);
}

void report_table(const struct report *r, struct buf *out) {
    uint32_t k = r->in->config->k;
    write_events(r, out);
    write_lists(r, out);
    write_items("items of the compared lists", &r->summary->compared, k, out);
    write_items("items of the lost lists", &r->summary->lost, k, out);
    write_faults(r, out);
    report_verdict(r, out);
}

static void write_good(const struct report *r, struct buf *out) {
    const struct summary *s = r->summary;
    struct buf uncompared = {0};
    buf_addf(out, "%s lists of %s locations, %s events, %s", grouped(s->compared.lists), grouped(s->locations),
             grouped(r->recount->events),
             s->verdict == VERDICT_EXACT ? "every count equal" : "everything within its bounds");
    summary_write_uncompared(s, &uncompared);
    if (uncompared.len) buf_addf(out, "; not compared: %s", buf_text(&uncompared));
    buf_free(&uncompared);
}

void report_verdict(const struct report *r, struct buf *out) {
    const struct summary *s = r->summary;
    buf_addf(out, "verdict: %s - ", report_verdict_word(r));
    if (summary_is_good(s)) write_good(r, out);
    for (size_t i = 0; i < s->reasons_n; i++) buf_addf(out, "%s%s", i ? "; " : "", s->reasons[i]);
    buf_add_str(out, "\n");
}
