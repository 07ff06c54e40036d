/* hub/rejects.h - events that do not count, told while they outweigh those that do.
 * A producer that changed the name of a field is otherwise seen in a metric only, and every light is green. One warning
 * a minute for the whole process: how many, by outcome, the settings to look at, and one of the events.
 * Use when: outcomes were counted.   Not for: dead letters.   Threads: any; it has a lock. */
#ifndef TOPKD_HUB_REJECTS_H
#define TOPKD_HUB_REJECTS_H

#include <pthread.h>

#include "event/event.h"

enum { REJECTS_EXAMPLE_BYTES = 200, REJECTS_FIRST_MS = 5000, REJECTS_INTERVAL_MS = 60000 };

/* One of them, and where it lies in the log. */
struct reject_example {
    bool set;
    enum event_outcome outcome;
    const char *topic; /* borrowed: lives as long as the process */
    int32_t partition;
    int64_t offset;
    size_t n;                          /* of the whole event */
    char bytes[REJECTS_EXAMPLE_BYTES]; /* its beginning */
};
void reject_example_take(struct reject_example *x, const struct event *ev, const char *topic, int32_t partition,
                         int64_t offset);

struct rejects {
    pthread_mutex_t lock;              /* of the rest */
    uint64_t outcomes[EVENT_OUTCOMES]; /* since the last look */
    struct reject_example example;
    int64_t look_mono_ms; /* 0: nothing was rejected since the last one */
    int64_t rest_mono_ms; /* no look before it */
};

void rejects_init(struct rejects *r);
void rejects_deinit(struct rejects *r);
/* What one consumer counted since it last added, and an example of it. The first look is some seconds after the first
 * event that was rejected, so that it sees more than one message. */
void rejects_add(struct rejects *r, const uint64_t outcomes[EVENT_OUTCOMES], const struct reject_example *example,
                 int64_t mono_ms);

#endif
