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

static bool has_expired(const struct summary_input *in, int64_t oldest_served, int64_t minute) {
    return plan_may_have_expired(in->plan, minute, oldest_served, in->config->retention_ms, in->wall_ms);
}

enum fate summary_fate(const struct summary_input *in, int64_t oldest_served, const struct entry *e) {
    if (e->minute <= in->reading->unknowable_until) return FATE_UNKNOWABLE;
    if (e->minute > in->settled_until) return FATE_MOVING;
    if (!e->found.served && e->group == NULL) return FATE_GONE;
    if (!e->found.served) return has_expired(in, oldest_served, e->minute) ? FATE_EXPIRED : FATE_MISSING;
    if (e->group == NULL) return FATE_FOREIGN;
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

static void add_finding(struct totals *t, const struct finding *f) {
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

static void add_up(struct summary *s, const struct summary_input *in) {
    int64_t oldest = summary_oldest_served(in->plan);
    uint32_t last_location = NAME_NONE;
    for (size_t i = 0; i < in->plan->n; i++) {
        const struct entry *e = &in->plan->entries[i];
        enum fate fate = summary_fate(in, oldest, e);
        s->fates[fate]++;
        s->served += e->found.served;
        if (fate == FATE_LOST) add_finding(&s->lost, &e->found);
        if (fate != FATE_COMPARED) continue;
        add_finding(&s->compared, &e->found);
        s->states[e->state]++;
        s->locations += e->location != last_location;
        last_location = e->location;
    }
}

static void blame(struct summary *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void blame(struct summary *s, const char *fmt, ...) {
    char text[512];
    va_list ap;
    if (s->reasons_n == REASONS_MAX) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    s->reasons[s->reasons_n++] = mem_strdup(text);
}

static void blame_count(struct summary *s, uint64_t n, const char *one, const char *many) {
    if (n) blame(s, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

static void judge_exact(struct summary *s, const struct options *o) {
    blame_count(s, s->compared.unequal, "list is not the recount's", "lists are not the recount's");
    blame_count(s, s->fates[FATE_OPEN], "list is open", "lists are open");
    if (!o->allow_lost) blame_count(s, s->fates[FATE_LOST], "list is lost", "lists are lost");
}

/* The fates of lists that are not compared, and what lets them be. */
static const struct {
    enum fate fate;
    const char *name, *advice;
} UNCOMPARED[] = {
    {FATE_OPEN, "open", "--wait lets minutes end, --allow-open compares open lists too"},
    {FATE_LOST, "lost", "lost lists are not vouched for"},
    {FATE_MOVING, "moving", "the log grows: choose minutes that are over with --to, or audit when it rests"},
    {FATE_UNKNOWABLE, "unknowable", "the log does not go back far enough: audit when it has later minutes"},
    {FATE_EXPIRED, "expired", "they are older than TOPKD_RETENTION and gone"},
};

void summary_write_uncompared(const struct summary *s, struct buf *out) {
    size_t before = out->len;
    for (size_t i = 0; i < ARRAY_LEN(UNCOMPARED); i++)
        if (s->fates[UNCOMPARED[i].fate])
            buf_addf(out, "%s%llu %s", out->len > before ? ", " : "", (unsigned long long)s->fates[UNCOMPARED[i].fate],
                     UNCOMPARED[i].name);
}

static void blame_fates(struct summary *s) {
    struct buf fates = {0};
    const char *advice = "";
    uint64_t most = 0;
    for (size_t i = 0; i < ARRAY_LEN(UNCOMPARED); i++)
        if (s->fates[UNCOMPARED[i].fate] > most) {
            most = s->fates[UNCOMPARED[i].fate];
            advice = UNCOMPARED[i].advice;
        }
    summary_write_uncompared(s, &fates);
    if (most > 0) blame(s, "no list can be compared, %s: %s", buf_text(&fates), advice);
    buf_free(&fates);
}

static void blame_rejects(struct summary *s, const struct recount *r) {
    enum outcome o = rejects_largest(r);
    blame(s, "none of %llu events counts, %llu are %s: look at %s", (unsigned long long)r->events,
          (unsigned long long)r->outcomes[o], outcome_name(o), rejects_look_at(o));
}

static void blame_range(struct summary *s, const struct recount *r) {
    char first[MINUTE_TEXT_LEN + 1], last[MINUTE_TEXT_LEN + 1];
    minute_format(r->first_minute, first);
    minute_format(r->last_minute, last);
    blame(s, "no event lies in the minutes of --from and --to: those of the log go from %s to %s", first, last);
}

/* No list, and either no worker ever said how far it is, or they said so too lately for the lists to have expired. */
static bool redis_is_empty(const struct summary *s, const struct summary_input *in) {
    return s->served == 0 && (s->fates[FATE_MISSING] > 0 || in->plan->since_ms == INT64_MIN);
}

/* Why there was nothing to compare: the first cause on the way from the log to Redis. */
static void judge_nothing(struct summary *s, const struct summary_input *in) {
    const struct recount *r = in->reading->recount;
    if (r->messages == 0)
        blame(s, "the %zu partitions have no message that counts: are TOPKD_TOPICS and --from-offsets right?",
              in->reading->n);
    else if (r->events == 0)
        blame(s, "%llu messages have no event: they are empty arrays", (unsigned long long)r->messages);
    else if (r->tally.n == 0 && r->outcomes[OUTCOME_APPLIED] == 0)
        blame_rejects(s, r);
    else if (r->tally.n == 0)
        blame_range(s, r);
    else if (redis_is_empty(s, in))
        blame(s,
              "Redis has no list of the board \"%s\": are TOPKD_BOARD and TOPKD_REDIS, with its database, right, and "
              "does a worker run?",
              in->config->board);
    else
        blame_fates(s);
}

static void judge_arrival(struct summary *s, const struct summary_input *in) {
    const struct arrived *a = in->arrived;
    if (in->options->wait_ms > 0 && a->behind > 0)
        blame(s, "the workers did not arrive: %llu records are not committed%s", (unsigned long long)a->behind,
              a->any_commit ? "" : ", nor was anything ever: is TOPKD_GROUP right, does a worker run?");
}

static void judge_lists(struct summary *s, const struct options *o) {
    blame_count(s, s->fates[FATE_MISSING], "list is missing", "lists are missing");
    blame_count(s, s->fates[FATE_FOREIGN], "list is foreign", "lists are foreign");
    blame_count(s, s->compared.broken, "list is broken", "lists are broken");
    blame_count(s, s->compared.out_of_bounds, "list is out of its bounds", "lists are out of their bounds");
    if (o->exact) judge_exact(s, o);
}

/* What helps, where there is something to blame. */
static void advise(struct summary *s, const struct summary_input *in) {
    const struct arrived *a = in->arrived;
    if (in->reading->recount->tally.n == 0) return; /* no worker can bring a list */
    if (in->options->wait_ms == 0 && a->behind > 0)
        blame(s, "the group stands %llu records before the end: --wait lets it arrive", (unsigned long long)a->behind);
    if (in->options->wait_ms > 0 && a->behind == 0 && !a->settled)
        blame(s, "when the wait was over it was still for %s", a->awaited);
}

static enum verdict verdict_of(const struct summary *s) {
    if (s->compared.lists == 0) return VERDICT_NOTHING;
    if (s->reasons_n > 0) return VERDICT_DIFFERENT;
    return s->compared.unequal == 0 ? VERDICT_EXACT : VERDICT_WITHIN_BOUNDS;
}

bool summary_is_good(const struct summary *s) {
    return s->verdict == VERDICT_EXACT || s->verdict == VERDICT_WITHIN_BOUNDS;
}

static void judge(struct summary *s, const struct summary_input *in) {
    if (s->compared.lists == 0) judge_nothing(s, in);
    judge_arrival(s, in);
    judge_lists(s, in->options);
    s->verdict = verdict_of(s);
    if (!summary_is_good(s)) advise(s, in);
}

void summary_make(struct summary *s, const struct summary_input *in) {
    *s = (struct summary){.compared.recall_min = 1.0, .lost.recall_min = 1.0};
    add_up(s, in);
    judge(s, in);
}

void summary_deinit(struct summary *s) {
    for (size_t i = 0; i < s->reasons_n; i++) mem_free(s->reasons[i]);
    s->reasons_n = 0;
}
