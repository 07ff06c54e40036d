/* loadgen/traffic.h - an endless stream of made-up events, the same for the same seed and the same clock.
 * Items and locations follow Zipf's law. Every location has its own order of the items, so each has its own hot items.
 * Use when: load, demos, tests.   Threads: one owner.   Memory: 16 bytes a location.
 *
 *   {"video_id":"v208711","location":"VE","type":"view","ts":1763750040000,"user_id":"u793275"} */
#ifndef TOPKD_LOADGEN_TRAFFIC_H
#define TOPKD_LOADGEN_TRAFFIC_H

#include "event/event.h"

enum { TRAFFIC_ITEMS_MAX = 1000000000, TRAFFIC_USERS_MAX = 2000000000 };

/* Shares are 0..1. Of the three shares bad, late and future the sum is at most 1. */
struct traffic_config {
    uint64_t seed;
    uint32_t items, locations, users;  /* all >= 1; locations <= PLACES_MAX */
    double zipf_items, zipf_locations; /* exponents */
    double likes;                      /* share of type "like", the rest is "view" */
    double late, future;               /* shares of events whose time is off the clock: */
    int64_t late_ms, future_ms;        /* before it, after it */
    double bad;                        /* share of bad events */
    uint32_t bad_classes;              /* which, in turn: see loadgen/badevent.h */
    double duplicates;                 /* share of the good events that come twice in a row */
    /* In each spike_every_ms of the clock, one new item gets this share of the good events for spike_ms. 0 = none. */
    double spike;
    int64_t spike_every_ms, spike_ms;
};

/* What a producer would send. */
struct traffic_event {
    struct bytes text; /* p == NULL: a tombstone. Texts are valid until the next call. */
    struct bytes location_name, user;
    uint32_t location;          /* 0..locations - 1 */
    enum event_outcome outcome; /* what a worker should make of it */
    bool copy;                  /* the one before once more */
};

struct traffic;

struct traffic *traffic_create(const struct traffic_config *config);
void traffic_destroy(struct traffic *t);
/* Late events come from now on. Until this call they are made on time instead. Nothing is late in a partition without a
 * record, so call it when each partition has one. */
void traffic_begin_late(struct traffic *t);
/* The next event, at the time CLOCK_MS. A copy keeps the time of its original. */
void traffic_next(struct traffic *t, int64_t clock_ms, struct traffic_event *out);

#endif
