/* topkd-audit/compare.h - one served list against the recount.   Threads: one owner. */
#ifndef TOPKD_AUDIT_COMPARE_H
#define TOPKD_AUDIT_COMPARE_H

#include "packed.h"
#include "plan.h"

struct comparer {
    const struct tally *tally;
    uint32_t k;           /* length of a list */
    struct packed packed; /* scratch */
    uint32_t *listed;     /* scratch: by item number, the round in which a list had it */
    uint32_t round;
};

void comparer_init(struct comparer *c, const struct tally *tally, uint32_t k);
void comparer_deinit(struct comparer *c);
/* Fills ENTRY->found. */
void compare_list(struct comparer *c, struct entry *entry, const struct served_list *list);

#endif
