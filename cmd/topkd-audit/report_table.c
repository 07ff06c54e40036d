#include "report.h"

#include "base/clock.h"
#include "base/log.h"

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

static void write_events(const struct report *r, struct buf *out) {
    buf_addf(out, "read %s messages of %zu partitions in %.1f s\n", grouped(r->recount->messages), r->in->reading->n,
             (double)r->read_ms / 1000.0);
    row(out, "events", r->recount->events, "the sum of:");
    row(out, outcome_name(OUTCOME_APPLIED), r->recount->outcomes[OUTCOME_APPLIED], "");
    for (int o = 0; o < OUTCOMES; o++)
        if (o != OUTCOME_APPLIED) row_if(out, outcome_name((enum outcome)o), r->recount->outcomes[o], "");
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

static void show_fault(void *self, const struct entry *e, const char *what) {
    const void *const *both = self;
    const struct report *r = both[0];
    struct buf *out = (struct buf *)both[1];
    char minute[MINUTE_TEXT_LEN + 1];
    minute_format(e->minute, minute);
    buf_addf(out, "  %s %s (%s): %s\n", log_quote_bytes(names_get(&r->in->plan->locations, e->location)), minute,
             served_state_name(e->state), what);
}

void report_table(const struct report *r, struct buf *out) {
    uint32_t k = r->in->config->k;
    write_events(r, out);
    write_lists(r, out);
    write_items("items of the compared lists", &r->summary->compared, k, out);
    write_items("items of the lost lists", &r->summary->lost, k, out);
    struct buf faults = {0};
    void *both[] = {(void *)r, &faults};
    report_each_fault(r, show_fault, both);
    if (faults.len) buf_addf(out, "differences, the first %u at most\n%s", r->in->options->show, buf_text(&faults));
    buf_free(&faults);
    report_verdict(r, out);
}

void report_verdict(const struct report *r, struct buf *out) {
    const struct summary *s = r->summary;
    buf_addf(out, "verdict: %s - ", report_verdict_word(r));
    if (s->good)
        buf_addf(out, "%s lists of %s locations, %s events, %s", grouped(s->compared.lists), grouped(s->locations),
                 grouped(r->recount->events),
                 s->compared.unequal == 0 ? "every count equal" : "everything within its bounds");
    for (size_t i = 0; i < s->reasons_n; i++) buf_addf(out, "%s%s", i ? "; " : "", s->reasons[i]);
    buf_add_str(out, "\n");
}
