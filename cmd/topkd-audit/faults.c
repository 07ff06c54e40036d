/* topkd-audit/faults.c - picks the lists that count against the verdict, and puts the worst first. */
#include "faults.h"

#include <stdlib.h>

#include "base/mem.h"

static bool fault_is_its_state(const struct fault *f) { return f->fate == FATE_OPEN || f->fate == FATE_LOST; }

static int fault_order(const void *pa, const void *pb) {
    const struct fault *a = pa, *b = pb;
    double off_a = a->entry->found.off, off_b = b->entry->found.off;
    if (fault_is_its_state(a) != fault_is_its_state(b)) return fault_is_its_state(a) ? 1 : -1;
    if (off_a < off_b || off_a > off_b) return off_a > off_b ? -1 : 1;
    return (a->entry > b->entry) - (a->entry < b->entry); /* as in the plan: by location, then minute */
}

void faults_make(struct faults *f, const struct summary_input *in) {
    const struct plan *p = in->plan;
    int64_t oldest = summary_oldest_served(p);
    *f = (struct faults){.list = mem_zalloc(p->n + 1, sizeof *f->list)};
    for (size_t i = 0; i < p->n; i++) {
        enum fate fate = summary_fate(in, oldest, &p->entries[i]);
        if (summary_is_fault(in, fate, &p->entries[i].found))
            f->list[f->n++] = (struct fault){.entry = &p->entries[i], .fate = fate};
    }
    qsort(f->list, f->n, sizeof *f->list, fault_order);
}

void faults_deinit(struct faults *f) {
    mem_free(f->list);
    *f = (struct faults){0};
}

/* What the state or the place in Redis says; NULL: what was found says it all. */
static const char *fate_text(enum fate fate) {
    switch (fate) {
    case FATE_MISSING:
        return "the log has events, Redis has no list";
    case FATE_FOREIGN:
        return "Redis has a list, the log has no event";
    case FATE_OPEN:
        return "open: it may still change";
    case FATE_LOST:
        return "lost: it is not vouched for";
    default:
        return NULL;
    }
}

void fault_write(const struct fault *f, struct buf *out) {
    const struct finding *found = &f->entry->found;
    const char *fate = fate_text(f->fate), *what = found->difference.what;
    bool whole_list = f->fate == FATE_MISSING || f->fate == FATE_FOREIGN;
    if (fate != NULL) buf_add_str(out, fate);
    if (what != NULL && !whole_list) buf_addf(out, "%s%s", fate != NULL ? "; " : "", what);
    if (found->items_off > 1) buf_addf(out, "; %u items are off, by %.0f in all", found->items_off, found->off);
}
