#include "report.h"

const char *report_verdict_word(const struct report *r) {
    if (!r->summary->good) return "different";
    return r->summary->compared.unequal == 0 ? "exact" : "within bounds";
}

void report_each_fault(const struct report *r, void (*show)(void *self, const struct entry *e, const char *what),
                       void *self) {
    const struct plan *p = r->in->plan;
    int64_t oldest = summary_oldest_served(p);
    uint32_t shown = 0;
    for (size_t i = 0; i < p->n && shown < r->in->options->show; i++) {
        const struct entry *e = &p->entries[i];
        enum fate fate = summary_fate(r->in, oldest, e);
        if (!summary_is_fault(r->in, fate, &e->found)) continue;
        shown++;
        if (fate == FATE_MISSING)
            show(self, e, "missing: the log has events, Redis has no list");
        else if (fate == FATE_FOREIGN)
            show(self, e, "foreign: Redis has a list, the log has no event");
        else
            show(self, e, e->found.what ? e->found.what : "");
    }
}
