/* unit/worker/worker_given.h - what every test has that needs a hub: a hub, and clocks that the test moves. */
#ifndef TOPKD_TESTS_UNIT_WORKER_WORKER_GIVEN_H
#define TOPKD_TESTS_UNIT_WORKER_WORKER_GIVEN_H

#include "hub/hub.h"
#include "support/fake_topics.h"

struct given_worker {
    struct config *config;
    struct metrics *metrics;
    struct clock clock;
    int64_t mono_ms, wall_ms;
    int64_t look_ms;           /* what each look at the monotonic clock costs */
    uint32_t partitions;       /* of the topic, as last heard; 0: unknown */
    struct fake_topics topics; /* those of TOPICS; `partitions` is the size of the first one, the others are unknown */
    uint64_t resident_bytes;   /* of the process, as the hub hears */
    struct hub hub;
};
extern struct given_worker worker;

/* A hub with these settings (names without TOPKD_, NULL-terminated); topic "t", lists of "global". */
void given_hub(const char *const *entries);
void worker_gone(void);

#endif
