/* topkd-audit/served.h - what Redis serves, read through the public contract with plain commands, pipelined.
 * The keys are spelled here once more, on purpose: topk:locations, topk:progress, topk:{L}:meta, :states, :minutes,
 * topk:{L}:<minute>, and the field `merged` of topk:{L}:part:<minute>, where the bounds are.   Threads: one owner. */
#ifndef TOPKD_AUDIT_SERVED_H
#define TOPKD_AUDIT_SERVED_H

#include "names.h"
#include "redis_link.h"

enum list_state { STATE_NONE, STATE_OPEN, STATE_ENDED, STATE_FINAL, STATE_LOST, STATE_UNKNOWN, LIST_STATES };
const char *served_state_name(enum list_state s);

struct shelf_minute { /* one minute of a location, from `states` and `minutes` */
    int64_t minute;
    enum list_state state;
    bool indexed;
};

struct shelf { /* all that a location says it has */
    uint64_t seq;
    struct shelf_minute *minutes; /* a minute may be there twice: once with its state, once indexed */
    size_t n, cap;
};

struct served_item {
    struct bytes item;
    double score;
};

struct served_list {           /* valid during the visit */
    struct served_item *items; /* as ZREVRANGE answers */
    size_t n;
    struct bytes merged; /* p == NULL: none */
};

struct list_name {
    struct bytes location;
    int64_t minute;
};

struct served {
    redisContext *link; /* borrowed */
    const char *board;
};

/* Adds the locations that Redis knows to OUT. */
int served_locations(const struct served *s, struct names *out, struct err *e) MUST_CHECK;
/* When the oldest incarnation of the board's partitions began (unix ms). No list of theirs is older. INT64_MIN: that is
 * unknown. */
int served_since(const struct served *s, int64_t *since_ms, struct err *e) MUST_CHECK;
/* One shelf for every location of NAMES, in its order; *OUT is freed with shelves_free. */
int served_shelves(const struct served *s, const struct names *names, struct shelf **out, struct err *e) MUST_CHECK;
void shelves_free(struct shelf *shelves, size_t n);
/* Reads N lists and calls VISIT with the index of each, in order. */
int served_lists(const struct served *s, const struct list_name *lists, size_t n,
                 void (*visit)(void *self, size_t i, const struct served_list *list), void *self,
                 struct err *e) MUST_CHECK;

#endif
