/* support/fake_topics.h - topics whose sizes are what a test says.   Threads: none. */
#ifndef TOPKD_TESTS_SUPPORT_FAKE_TOPICS_H
#define TOPKD_TESTS_SUPPORT_FAKE_TOPICS_H

#include "hub/topics.h"

struct fake_topics {
    char *const *names; /* by strcmp; borrowed */
    uint32_t n;
    uint32_t (*partitions)(void *self, uint32_t topic); /* by its number among the names */
    bool (*is_away)(void *self, uint32_t topic);        /* NULL: none is */
    bool (*may_go)(void *self, uint32_t topic);         /* NULL: none may */
    void *self;                                         /* of all three */
    bool incomplete;
};

/* F is borrowed, and may change at any time. */
struct topics fake_topics(struct fake_topics *f);

#endif
