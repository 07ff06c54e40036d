/* source/kafka_notes.h - the last error of each kind that is not over.
 * librdkafka tells one fact many times: each handle by itself, each broker, and again after every attempt. So its
 * callbacks only count and note; kafka_why.c puts the notes into words.   Threads: any. */
#ifndef TOPKD_SOURCE_KAFKA_NOTES_H
#define TOPKD_SOURCE_KAFKA_NOTES_H

#include <pthread.h>

#include <librdkafka/rdkafka.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "source/kafka_remedies.h"

enum { KAFKA_TEXT_MAX = 200 };

struct kafka_note {
    rd_kafka_resp_err_t code; /* 0: there is no error, or it is over */
    char text[KAFKA_TEXT_MAX];
    int64_t mono_ms;
    bool fresh; /* written since the last look */
};

struct kafka_notes {
    const struct clock *clock;
    struct metrics *metrics;
    pthread_mutex_t lock; /* guards what follows */
    struct kafka_note of[KAFKA_SCOPES];
};

void kafka_notes_init(struct kafka_notes *notes, const struct clock *clock, struct metrics *m);
void kafka_notes_deinit(struct kafka_notes *notes);

/* Counts CODE in topkd_kafka_errors_total and notes TEXT (NULL: the code's own). */
void kafka_notes_add(struct kafka_notes *notes, rd_kafka_resp_err_t code, const char *text);
void kafka_notes_over(struct kafka_notes *notes, enum kafka_scope scope);
struct kafka_note kafka_notes_get(struct kafka_notes *notes, enum kafka_scope scope);
/* The same, and it is not fresh for the next one who gets or takes it. */
struct kafka_note kafka_notes_take(struct kafka_notes *notes, enum kafka_scope scope);

#endif
