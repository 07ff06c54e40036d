/* topkd-audit/summary.h - all findings added up, and the verdict.   Pure, but for the memory of the reasons. */
#ifndef TOPKD_AUDIT_SUMMARY_H
#define TOPKD_AUDIT_SUMMARY_H

#include "arrive.h"
#include "options.h"
#include "plan.h"
#include "recount.h"

enum fate {
    FATE_COMPARED,
    FATE_LOST,       /* compared, added up apart */
    FATE_OPEN,       /* not compared: it may still change */
    FATE_MOVING,     /* not compared: the log has grown since, and the minute was not sealed */
    FATE_UNKNOWABLE, /* not compared: the log does not go back far enough */
    FATE_EXPIRED,    /* gone, older than RETENTION, and so is everything older */
    FATE_MISSING,    /* the log has events, Redis has no list */
    FATE_FOREIGN,    /* Redis has a list, the log has no event */
    FATE_GONE,       /* only an index entry is left of a list that the log does not know either */
    FATES
};

struct totals {
    uint64_t lists, unequal, out_of_bounds, broken;
    uint64_t items, wrong, missing, foreign;
    uint64_t error_abs;
    double error_rel, recall_sum, recall_min;
};

enum verdict {
    VERDICT_EXACT,         /* every list that was compared is the recount's */
    VERDICT_WITHIN_BOUNDS, /* ... or within the bounds that are promised with it */
    VERDICT_DIFFERENT,
    VERDICT_NOTHING /* no list could be compared, so that nothing can be said: not good */
};

enum { REASONS_MAX = 12 };

struct summary {
    uint64_t fates[FATES], states[LIST_STATES]; /* states: of the compared lists */
    uint64_t locations;                         /* with a compared list */
    uint64_t served;                            /* lists that are in Redis, compared or not */
    struct totals compared, lost;
    enum verdict verdict;
    char *reasons[REASONS_MAX]; /* why not good; owned */
    size_t reasons_n;
};

struct summary_input {
    const struct options *options;
    const struct config *config;
    const struct reading *reading;
    const struct arrived *arrived;
    const struct plan *plan; /* with findings */
    int64_t settled_until, wall_ms;
};

bool summary_is_good(const struct summary *s);
/* The lists that were not compared, by why: `20 open, 8 moving`; nothing if there is none. */
void summary_write_uncompared(const struct summary *s, struct buf *out);
void summary_make(struct summary *s, const struct summary_input *in);
void summary_deinit(struct summary *s);
enum fate summary_fate(const struct summary_input *in, int64_t oldest_served, const struct entry *e);
int64_t summary_oldest_served(const struct plan *p);
/* Does this list count against the verdict? */
bool summary_is_fault(const struct summary_input *in, enum fate fate, const struct finding *f);

#endif
