/* topkd-audit/summary.c - the fate of each list, the sums, and the reasons for the verdict. */
#include "summary.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "rejects.h"

int64_t summary_oldest_served(const struct plan *p) {
    int64_t oldest = INT64_MAX;
    for (size_t i = 0; i < p->n; i++)
        if (p->entries[i].found.served && p->entries[i].minute < oldest) oldest = p->entries[i].minute;
    return oldest;
}

static bool entry_has_expired(const struct summary_input *in, int64_t oldest_served, int64_t minute) {
    return plan_may_have_expired(in->plan, minute, oldest_served, in->config->retention_ms, in->wall_ms);
}

enum fate summary_fate(const struct summary_input *in, int64_t oldest_served, const struct entry *e) {
    if (e->minute <= in->reading->unknowable_until) return FATE_UNKNOWABLE;
    if (e->minute > in->settled_until) return FATE_MOVING;
    if (!e->found.served && e->bucket == NULL) return FATE_GONE;
    if (!e->found.served) return entry_has_expired(in, oldest_served, e->minute) ? FATE_EXPIRED : FATE_MISSING;
    if (e->bucket == NULL) return FATE_FOREIGN;
    if (e->state == STATE_OPEN && !in->options->allow_open) return FATE_OPEN;
    return e->state == STATE_LOST ? FATE_LOST : FATE_COMPARED;
}

bool summary_is_fault(const struct summary_input *in, enum fate fate, const struct finding *f) {
    if (fate == FATE_MISSING || fate == FATE_FOREIGN) return true;
    if (fate == FATE_OPEN) return in->options->exact;
    if (fate == FATE_LOST) return in->options->exact && !in->options->allow_lost;
    if (fate != FATE_COMPARED) return false;
    return f->broken || f->out_of_bounds || (in->options->exact && !f->equal);
}

static void totals_add(struct totals *t, const struct finding *f) {
    t->lists++;
    t->unequal += !f->equal;
    t->out_of_bounds += f->out_of_bounds;
    t->broken += f->broken;
    t->items += f->items;
    t->wrong += f->wrong;
    t->missing += f->missing;
    t->foreign += f->foreign;
    if (f->error_abs > t->error_abs) t->error_abs = f->error_abs;
    if (f->error_rel > t->error_rel) t->error_rel = f->error_rel;
    if (f->recall < t->recall_min) t->recall_min = f->recall;
    t->recall_sum += f->recall;
}

static void summary_add_up(struct summary *s, const struct summary_input *in) {
    int64_t oldest = summary_oldest_served(in->plan);
    uint32_t last_location = NAME_NONE;
    for (size_t i = 0; i < in->plan->n; i++) {
        const struct entry *e = &in->plan->entries[i];
        enum fate fate = summary_fate(in, oldest, e);
        s->fates[fate]++;
        s->served += e->found.served;
        if (fate == FATE_LOST) totals_add(&s->lost, &e->found);
        if (fate != FATE_COMPARED) continue;
        totals_add(&s->compared, &e->found);
        s->states[e->state]++;
        s->locations += e->location != last_location;
        last_location = e->location;
    }
}

static void summary_blame(struct summary *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void summary_blame(struct summary *s, const char *fmt, ...) {
    char text[512];
    va_list ap;
    if (s->reasons_n == REASONS_MAX) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    s->reasons[s->reasons_n++] = mem_strdup(text);
}

static void summary_blame_count(struct summary *s, uint64_t n, const char *one, const char *many) {
    if (n) summary_blame(s, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

static void summary_judge_exact(struct summary *s, const struct options *o) {
    summary_blame_count(s, s->compared.unequal, "list differs from the recount", "lists differ from the recount");
    summary_blame_count(s, s->fates[FATE_OPEN], "list is open", "lists are open");
    if (!o->allow_lost) summary_blame_count(s, s->fates[FATE_LOST], "list is lost", "lists are lost");
}

/* The fates of lists that are not compared, and what lets them be. */
static const struct {
    enum fate fate;
    const char *name, *advice;
} UNCOMPARED[] = {
    {FATE_OPEN, "open", "use --wait to let their minutes end, or --allow-open to compare them"},
    {FATE_LOST, "lost", "lost lists are not vouched for, choose later minutes"},
    {FATE_MOVING, "moving",
     "the log is growing, use --to to choose older minutes, or run the audit when there is no traffic"},
    {FATE_UNKNOWABLE, "unknowable", "the log does not go back far enough, run the audit when it has later minutes"},
    {FATE_EXPIRED, "expired", "they are older than TOPKD_RETENTION, choose later minutes"},
};

void summary_write_uncompared(const struct summary *s, struct buf *out) {
    size_t before = out->len;
    for (size_t i = 0; i < ARRAY_LEN(UNCOMPARED); i++)
        if (s->fates[UNCOMPARED[i].fate])
            buf_addf(out, "%s%llu %s", out->len > before ? ", " : "", (unsigned long long)s->fates[UNCOMPARED[i].fate],
                     UNCOMPARED[i].name);
}

static void summary_blame_fates(struct summary *s) {
    struct buf fates = {0};
    const char *advice = "";
    uint64_t most = 0;
    for (size_t i = 0; i < ARRAY_LEN(UNCOMPARED); i++)
        if (s->fates[UNCOMPARED[i].fate] > most) {
            most = s->fates[UNCOMPARED[i].fate];
            advice = UNCOMPARED[i].advice;
        }
    summary_write_uncompared(s, &fates);
    if (most > 0) summary_blame(s, "no list could be compared (%s): %s", buf_text(&fates), advice);
    buf_free(&fates);
}

static void summary_blame_rejects(struct summary *s, const struct recount *r) {
    enum outcome o = rejects_largest(r);
    summary_blame(s, "none of %llu events counts, %llu are %s: check %s", (unsigned long long)r->events,
                  (unsigned long long)r->outcomes[o], outcome_name(o), rejects_look_at(o));
}

static void summary_blame_range(struct summary *s, const struct recount *r) {
    char first[MINUTE_TEXT_LEN + 1], last[MINUTE_TEXT_LEN + 1];
    minute_format(r->first_minute, first);
    minute_format(r->last_minute, last);
    summary_blame(s, "--from and --to leave out every event: the log has minutes from %s to %s", first, last);
}

/* There is no list, and that is not because lists expired: some are missing, or no worker ever said how far it is. */
static bool summary_redis_is_empty(const struct summary *s, const struct summary_input *in) {
    return s->served == 0 && (s->fates[FATE_MISSING] > 0 || in->plan->since_ms == INT64_MIN);
}

/* Why there was nothing to compare: the first cause on the way from the log to Redis. */
static void summary_judge_nothing(struct summary *s, const struct summary_input *in) {
    const struct recount *r = in->reading->recount;
    if (r->messages == 0)
        summary_blame(s, "there is no message to count in %zu partitions: check TOPKD_TOPICS and --from-offsets",
                      in->reading->n);
    else if (r->events == 0)
        summary_blame(s, "%llu messages hold only empty arrays: check what their producer sends",
                      (unsigned long long)r->messages);
    else if (r->tally.n == 0 && r->outcomes[OUTCOME_APPLIED] == 0)
        summary_blame_rejects(s, r);
    else if (r->tally.n == 0)
        summary_blame_range(s, r);
    else if (summary_redis_is_empty(s, in))
        summary_blame(
            s,
            "Redis has no list of the board \"%s\": check TOPKD_BOARD, TOPKD_REDIS and its database, and that a worker "
            "is running",
            in->config->board);
    else
        summary_blame_fates(s);
}

static void summary_judge_arrival(struct summary *s, const struct summary_input *in) {
    const struct arrived *a = in->arrived;
    if (in->options->wait_ms > 0 && a->behind > 0)
        summary_blame(s, "the workers did not catch up, %llu records are not committed: %s",
                      (unsigned long long)a->behind,
                      a->any_commit ? "use a longer --wait, or check the workers' logs"
                                    : "the group has never committed, check TOPKD_GROUP and that a worker is running");
}

static void summary_judge_lists(struct summary *s, const struct options *o) {
    summary_blame_count(s, s->fates[FATE_MISSING], "list is missing", "lists are missing");
    summary_blame_count(s, s->fates[FATE_FOREIGN], "list is foreign", "lists are foreign");
    summary_blame_count(s, s->compared.broken, "list is broken", "lists are broken");
    summary_blame_count(s, s->compared.out_of_bounds, "list is out of its bounds", "lists are out of their bounds");
    if (o->exact) summary_judge_exact(s, o);
}

/* What helps, where there is something to blame. */
static void summary_advise(struct summary *s, const struct summary_input *in) {
    const struct arrived *a = in->arrived;
    if (in->reading->recount->tally.n == 0) return; /* no worker can bring a list */
    if (in->options->wait_ms == 0 && a->behind > 0)
        summary_blame(s, "the group is %llu records behind: use --wait to let it catch up",
                      (unsigned long long)a->behind);
    if (in->options->wait_ms > 0 && a->behind == 0 && !a->settled)
        summary_blame(s, "the wait ended while waiting for %s", a->awaited);
}

static enum verdict summary_verdict(const struct summary *s) {
    if (s->compared.lists == 0) return VERDICT_NOTHING;
    if (s->reasons_n > 0) return VERDICT_DIFFERENT;
    return s->compared.unequal == 0 ? VERDICT_EXACT : VERDICT_WITHIN_BOUNDS;
}

bool summary_is_good(const struct summary *s) {
    return s->verdict == VERDICT_EXACT || s->verdict == VERDICT_WITHIN_BOUNDS;
}

static void summary_judge(struct summary *s, const struct summary_input *in) {
    if (s->compared.lists == 0) summary_judge_nothing(s, in);
    summary_judge_arrival(s, in);
    summary_judge_lists(s, in->options);
    s->verdict = summary_verdict(s);
    if (!summary_is_good(s)) summary_advise(s, in);
}

void summary_make(struct summary *s, const struct summary_input *in) {
    *s = (struct summary){.compared.recall_min = 1.0, .lost.recall_min = 1.0};
    summary_add_up(s, in);
    summary_judge(s, in);
}

void summary_deinit(struct summary *s) {
    for (size_t i = 0; i < s->reasons_n; i++) mem_free(s->reasons[i]);
    s->reasons_n = 0;
}
