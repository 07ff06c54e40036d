/* source/kafka_nudge.h - wakes librdkafka's fetchers below 2.2.0, which sleep too long; nothing with newer ones. */
#ifndef TOPKD_SOURCE_KAFKA_NUDGE_H
#define TOPKD_SOURCE_KAFKA_NUDGE_H

#include <pthread.h>
#include <stdatomic.h>

#include <librdkafka/rdkafka.h>

#include "base/base.h"

struct kafka_nudge {
    rd_kafka_t *rk; /* NULL: there is no thread, it is not needed with this library */
    pthread_t thread;
    pthread_mutex_t lock; /* guards stop */
    pthread_cond_t wake;
    bool stop;
    atomic_bool resumed; /* a partition was */
};

int kafka_nudge_start(struct kafka_nudge *n, rd_kafka_t *rk) MUST_CHECK;
void kafka_nudge_stop(struct kafka_nudge *n);

#endif
