/* topkd-loadgen/sink.h - where messages go: a Kafka topic, or standard output. */
#ifndef TOPKD_LOADGEN_SINK_H
#define TOPKD_LOADGEN_SINK_H

#include <signal.h>

#include "base/err.h"
#include "options.h"
#include "totals.h"

/* Signals so far: at the first, stop making messages; at the second, stop waiting for answers too. */
extern volatile sig_atomic_t stop_signals;

struct sink {
    struct outlet outlet; /* send: counts into the totals; blocks while the way is full */
    /* Let up to MS pass, taking in answers; may return early. 0 does not block. */
    void (*wait)(void *self, int64_t ms);
    /* Nothing more comes: wait for the answers that are missing. */
    void (*finish)(void *self, int64_t timeout_ms);
    /* Cannot go on, said why already. */
    bool (*failed)(const void *self);
    void (*close)(void *self);
};

/* TOTALS are borrowed until close. Both fill *OUT on 0; ERR_INVALID is the options' fault. */
int sink_kafka_open(const struct options *o, struct totals *totals, struct sink *out, struct err *e) MUST_CHECK;
int sink_print_open(struct totals *totals, struct sink *out) MUST_CHECK;

#endif
