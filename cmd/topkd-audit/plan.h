/* topkd-audit/plan.h - which lists there are to look at: every (location, minute) that the log or Redis knows.
 * Threads: one owner. */
#ifndef TOPKD_AUDIT_PLAN_H
#define TOPKD_AUDIT_PLAN_H

#include "difference.h"
#include "served.h"
#include "tally.h"

/* What comparing one list gave. */
struct finding {
    bool served;        /* the list has items in Redis */
    bool equal;         /* the very sequence that the recount gives */
    bool broken;        /* not in index or states, no readable merged list, or list and merged list differ */
    bool out_of_bounds; /* some count or total is outside of what the merged list promises */
    uint32_t items, wrong, missing, foreign;
    uint64_t error_abs;
    double error_rel, recall;
    uint32_t items_off; /* items of the list or of the recount that are not on the other with the same count */
    double off;         /* by how much they all are off together */
    struct difference difference;
};

struct entry {
    uint32_t location; /* number in plan.locations */
    int64_t minute;
    const struct bucket *bucket; /* NULL: no event of the log */
    enum list_state state;
    bool indexed;
    struct finding found;
};

struct plan {
    struct names locations; /* the tally's first, under the same numbers */
    struct entry *entries;  /* by location, then minute */
    size_t n;
    int64_t since_ms;   /* no list of today's incarnations was written before; INT64_MIN: unknown */
    uint64_t signature; /* of all that the shelves say: equal twice = nothing moved */
};

/* Reads what Redis has and lays it beside TALLY; minutes outside [FROM, TO) are left out. */
int plan_make(struct plan *p, const struct tally *tally, const struct served *s, int64_t from, int64_t to,
              struct err *e) MUST_CHECK;
void plan_deinit(struct plan *p); /* zero-initialised is empty */
/* May the list of MINUTE be gone because RETENTION is over? RETENTION runs from the last write of a list, and nobody
 * knows that time any more once the list is gone. So three things must hold. The minute is older than RETENTION. The
 * incarnations that wrote the list are older, too. And no list that is clearly older is still there, since lists expire
 * about in their order. */
bool plan_may_have_expired(const struct plan *p, int64_t minute, int64_t oldest_served, int64_t retention_ms,
                           int64_t wall_ms);
/* The oldest minute that Redis says it has, INT64_MAX if none. */
int64_t plan_oldest_served(const struct plan *p);

#endif
