/* hub/health.h - does the worker go on, and does its work get done?
 * Threads: any. Fields are atomic, or behind the lock where it is said.   Ownership: texts are copied. */
#ifndef TOPKD_HUB_HEALTH_H
#define TOPKD_HUB_HEALTH_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/err.h"

/*   GOING_ON ---> STOPPING ---> FAILED
 *       `-----------------------^        A worker that failed stays failed; the first reason is kept. */
enum health_run {
    HEALTH_GOING_ON,
    HEALTH_STOPPING, /* asked to: consumers say and commit what they have, then end */
    HEALTH_FAILED    /* something cannot go on */
};

/* What the publisher makes of Redis. */
enum health_store {
    HEALTH_STORE_AWAY, /* no call was answered yet, or since the connection broke */
    HEALTH_STORE_UP,
    HEALTH_STORE_FULL /* it answers, with out of memory */
};

/* Those who talk to Redis, and whether it does what they ask. */
enum health_edge { HEALTH_PUBLISHER, HEALTH_MERGER, HEALTH_EDGES };

struct health_edge_state {
    _Atomic bool failing;             /* the last call was refused or not answered */
    _Atomic int64_t answered_mono_ms; /* the last one that was */
    struct err why;                   /* of failing; behind the lock */
};

/* Of one consumer. */
struct health_still {
    _Atomic uint32_t partitions; /* that neither moved nor stood at their end for READY_AGE */
    char why[ERR_TEXT_MAX];      /* names the worst of them; behind the lock */
};

struct health {
    const struct clock *clock;  /* const, borrowed */
    uint32_t consumers_n;       /* const */
    struct health_still *still; /* owned; by the number of the consumer */
    _Atomic(enum health_run) run;
    _Atomic(enum health_store) store;
    struct health_edge_state edges[HEALTH_EDGES];
    pthread_mutex_t lock; /* of the texts */
    struct err failure;   /* why it is FAILED; behind the lock */
};

void health_init(struct health *h, const struct clock *clock, uint32_t consumers);
void health_deinit(struct health *h);

/* Remembers the first reason why this process cannot go on, and stops it. ERR_INVALID is a matter of configuration. */
void health_fail(struct health *h, const struct err *e);
/* Asks it to stop, unless it does already. */
void health_stop(struct health *h);
bool health_goes_on(const struct health *h);
/* Has it failed? WHY says why then; NULL is allowed. */
bool health_failed(struct health *h, struct err *why);

/* Redis refused a call of EDGE, or did not answer; it did what was asked, or there was nothing to ask for. */
void health_edge_failed(struct health *h, enum health_edge edge, const struct err *why);
void health_edge_works(struct health *h, enum health_edge edge);
/* It lets EDGE in again; whether it does what is asked will be seen. */
void health_edge_is_open(struct health *h, enum health_edge edge);
/* Is it failing? WHY then says what Redis said. */
bool health_edge_is_failing(struct health *h, enum health_edge edge, char why[ERR_TEXT_MAX]);

/* Consumer NUMBER has N partitions that stand still; WHY names one of them. */
void health_tell_still(struct health *h, uint32_t number, uint32_t n, const char *why);
/* Does any consumer have one? */
bool health_stands_still(struct health *h, char why[ERR_TEXT_MAX]);

#endif
