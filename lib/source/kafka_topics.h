/* source/kafka_topics.h - what is known of the topics: their partitions, leaders, and why one is not there.
 * What was known of a topic stays while it is missing: its partitions may come back.
 * Threads: one adds and refreshes; any asks. */
#ifndef TOPKD_SOURCE_KAFKA_TOPICS_H
#define TOPKD_SOURCE_KAFKA_TOPICS_H

#include <pthread.h>

#include <librdkafka/rdkafka.h>

#include "base/clock.h"
#include "base/err.h"
#include "source/kafka_options.h"

struct kafka_told { /* the last line about something */
    rd_kafka_resp_err_t code;
    int64_t next_ms; /* not again before */
};

struct kafka_topic {
    const char *name;        /* borrowed from the options: this very pointer is in every source_tp */
    bool dead_letters;       /* it is the dead letter topic, not one that is read */
    rd_kafka_t *rk;          /* the handle that asks for it; borrowed */
    rd_kafka_topic_t *rkt;   /* keeps the topic known to the handle; borrowed */
    uint32_t partitions;     /* as last heard; 0: not yet */
    int32_t *leaders;        /* one per partition, -1: none */
    rd_kafka_resp_err_t err; /* why it is not there, as last heard */
    struct kafka_told told;  /* the refreshing thread's own */
};

struct kafka_topics {
    const struct clock *clock;
    pthread_mutex_t lock;                        /* guards of each topic what was heard */
    struct kafka_topic of[KAFKA_TOPICS_MAX + 1]; /* those that are read, then the dead letter topic if there is one */
    uint32_t read_n, all_n;
};

void kafka_topics_init(struct kafka_topics *t, const struct clock *clock);
void kafka_topics_deinit(struct kafka_topics *t);
/* One that is read; all of these before the dead letter topic. */
void kafka_topics_add(struct kafka_topics *t, const char *name, rd_kafka_t *rk, rd_kafka_topic_t *rkt);
void kafka_topics_add_dead_letters(struct kafka_topics *t, const char *name, rd_kafka_t *rk, rd_kafka_topic_t *rkt);

/* Asks a broker for topic I. Returns the library's verdict on the request; *WHOLE: the topic is there with all
 * leaders. A change is logged. */
rd_kafka_resp_err_t kafka_topics_refresh(struct kafka_topics *t, uint32_t i, bool *whole);

/* 0: not known (yet). */
uint32_t kafka_topics_partitions(struct kafka_topics *t, uint32_t i);
/* The same by NAME, a pointer from of[].name. */
uint32_t kafka_topics_partitions_of(struct kafka_topics *t, const char *name);
/* Does topic I not exist, as last heard? */
bool kafka_topics_is_away(struct kafka_topics *t, uint32_t i);
/* Has PARTITION of NAME (a pointer from of[].name) a leader, as last heard? True when nothing is known. */
bool kafka_topics_has_leader(struct kafka_topics *t, const char *name, int32_t partition);
/* Our own pointer for NAME; NULL: it is none that is read. */
const char *kafka_topics_intern(const struct kafka_topics *t, const char *name);
/* The name of the dead letter topic; there is one. */
const char *kafka_topics_dead_letters(const struct kafka_topics *t);

/* True: a topic is in the way, and WHY says which, and what to do. */
bool kafka_topics_why(struct kafka_topics *t, bool dead_letters_stalled, char why[WHY_MAX]);

#endif
