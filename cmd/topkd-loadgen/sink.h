/* topkd-loadgen/sink.h - where messages go: a Kafka topic, or standard output. */
#ifndef TOPKD_LOADGEN_SINK_H
#define TOPKD_LOADGEN_SINK_H

#include <signal.h>

#include "base/err.h"
#include "options.h"
#include "totals.h"

/* Signals so far. At the first, stop making messages. At the second, stop waiting for answers too. */
extern volatile sig_atomic_t stop_signals;

struct sink {
    struct outlet outlet; /* send: counts into the totals; blocks while the way is full */
    /* Lets up to MS pass and takes in answers. May return early; 0 does not block. */
    void (*wait)(void *self, int64_t ms);
    /* No message comes any more: waits for the missing answers. */
    void (*finish)(void *self, int64_t timeout_ms);
    /* True: it cannot go on, and has logged why. */
    bool (*failed)(const void *self);
    void (*close)(void *self);
    /* So many messages open the run: where there are late events, each of them goes to a partition of its own. */
    uint32_t openers;
};

/* TOTALS is borrowed until close. Both fill *OUT on 0. ERR_INVALID: the options are wrong. */
int sink_kafka_open(const struct options *o, struct totals *totals, struct sink *out, struct err *e) MUST_CHECK;
int sink_print_open(struct totals *totals, struct sink *out) MUST_CHECK;

#endif
