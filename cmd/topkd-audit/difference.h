/* topkd-audit/difference.h - how one list is not what it should be, as its line of the report says it.   Threads:
 * one owner. */
#ifndef TOPKD_AUDIT_DIFFERENCE_H
#define TOPKD_AUDIT_DIFFERENCE_H

#include "base/base.h"

enum subject {
    SUBJECT_LIST, /* the list as such: there are no numbers */
    SUBJECT_ITEM,
    SUBJECT_TOTAL /* the weight of all items */
};

struct difference { /* zero-initialised: none */
    enum subject subject;
    char *item; /* owned, item_n bytes; NULL unless it is about an item */
    size_t item_n;
    bool is_served; /* else the item is not on the list, and SERVED means nothing */
    double served;
    uint64_t counted;
    char *what; /* owned, one line; NULL: there is no difference */
};

/* The two sides of an item, or of a total. */
struct sides {
    enum subject subject;
    struct bytes item; /* p == NULL where SUBJECT is no item */
    bool is_served;
    double served;
    uint64_t counted;
};

/* Adds a remark of one line to what was said before. A remark with SIDES is about one item; only the first of these is
 * kept. SIDES may be NULL. */
void difference_add(struct difference *d, const struct sides *sides, const char *fmt, ...) PRINTF_LIKE(3, 4);
void difference_deinit(struct difference *d);

#endif
