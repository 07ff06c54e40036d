/* source/kafka_events.c - a list: what librdkafka tells goes in behind, what poll hands out leaves in front. */
#include "source/kafka_events.h"

#include <assert.h>

#include "base/mem.h"

struct kafka_event *kafka_event_create(enum source_event_type type, void *owned, size_t n) {
    assert(owned != NULL || n == 0);
    struct kafka_event *k = mem_zalloc(1, sizeof *k);
    k->ev.type = type;
    k->ev.n = n;
    k->owned = owned;
    return k;
}

void kafka_event_destroy(struct kafka_event *k) {
    if (k == NULL) return;
    mem_free(k->owned);
    mem_free(k);
}

static void events_check(const struct kafka_events *q) {
    assert(q->tail != NULL && *q->tail == NULL);
    assert((q->first == NULL) == (q->tail == &q->first));
}

void kafka_events_init(struct kafka_events *q) {
    q->first = NULL;
    q->tail = &q->first;
}

void kafka_events_deinit(struct kafka_events *q) {
    for (struct kafka_event *k = q->first, *next; k != NULL; k = next) {
        next = k->next;
        kafka_event_destroy(k);
    }
    kafka_events_init(q);
}

void kafka_events_push(struct kafka_events *q, struct kafka_event *k) {
    events_check(q);
    k->next = NULL;
    *q->tail = k;
    q->tail = &k->next;
}

struct kafka_event *kafka_events_take(struct kafka_events *q) {
    struct kafka_event *k = q->first;
    events_check(q);
    if (k == NULL) return NULL;
    q->first = k->next;
    if (q->first == NULL) q->tail = &q->first;
    return k;
}

static bool event_is_of_a_position(const struct kafka_event *k) {
    return k->ev.type == SOURCE_EOF || k->ev.type == SOURCE_RESET;
}

void kafka_events_drop_positions(struct kafka_events *q) {
    struct kafka_event **at = &q->first;
    while (*at != NULL) {
        struct kafka_event *k = *at;
        if (event_is_of_a_position(k)) {
            *at = k->next;
            kafka_event_destroy(k);
        } else {
            at = &k->next;
        }
    }
    q->tail = at;
    events_check(q);
}
