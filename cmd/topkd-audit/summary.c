#include "summary.h"

#include "base/mem.h"
#include <stdarg.h>
#include <stdio.h>

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
    char text[256];
    va_list ap;
    if (s->reasons_n == REASONS_MAX) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    s->reasons[s->reasons_n++] = mem_strdup(text);
    s->good = false;
}

static void blame_count(struct summary *s, uint64_t n, const char *one, const char *many) {
    if (n) blame(s, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

static void judge_exact(struct summary *s, const struct options *o) {
    blame_count(s, s->compared.unequal, "list is not the recount's", "lists are not the recount's");
    blame_count(s, s->fates[FATE_OPEN], "list is open", "lists are open");
    if (!o->allow_lost) blame_count(s, s->fates[FATE_LOST], "list is lost", "lists are lost");
}

static void judge(struct summary *s, const struct summary_input *in) {
    const struct arrived *a = in->arrived;
    uint64_t in_log = in->reading->recount->tally.n;
    s->good = true;
    if (in->options->wait_ms > 0 && a->behind > 0)
        blame(s, "the workers did not arrive: %llu records are not committed", (unsigned long long)a->behind);
    blame_count(s, s->fates[FATE_MISSING], "list is missing", "lists are missing");
    blame_count(s, s->fates[FATE_FOREIGN], "list is foreign", "lists are foreign");
    blame_count(s, s->compared.broken, "list is broken", "lists are broken");
    blame_count(s, s->compared.out_of_bounds, "list is out of its bounds", "lists are out of their bounds");
    if (in->options->exact) judge_exact(s, in->options);
    if (s->compared.lists == 0 && in_log > 0) blame(s, "there was no list to compare");
    if (!s->good && in->options->wait_ms == 0 && a->behind > 0)
        blame(s, "the group stands %llu records before the end: --wait lets it arrive", (unsigned long long)a->behind);
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
