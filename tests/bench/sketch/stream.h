/* bench/sketch/stream.h - streams of items and what is true of them.
 * Texts lie one after the other in the order of the events, as they do in messages: a contestant that reads the text of
 * an event does not profit from a neighbour's.   Ownership: a stream owns everything that its keys point to. */
#ifndef TOPKD_BENCH_SKETCH_STREAM_H
#define TOPKD_BENCH_SKETCH_STREAM_H

#include "base/base.h"

enum { TOP = 100, ID_SHORT_BYTES = 11, ID_LONG_BYTES = 36 };

/* One event. */
struct key {
    uint64_t hash;
    const char *text;
    uint32_t number; /* of the item in its stream: what rivals keep where we keep a copy of the text */
    uint16_t text_n;
    uint16_t counter; /* which of several counters it goes to */
    uint32_t weight;
};

static inline struct bytes key_text(const struct key *k) { return (struct bytes){k->text, k->text_n}; }

struct name {
    uint64_t hash;
    const char *text;
    uint32_t text_n;
    uint32_t count; /* the truth: the sum of the weights */
};

struct stream {
    struct key *keys;
    size_t n;
    char *text;         /* of all keys; NULL where they point into something borrowed */
    struct name *names; /* by number */
    uint32_t names_n;
    uint32_t *slots; /* number + 1 by hash */
    uint32_t slots_n;
    uint32_t top[TOP]; /* numbers of the true top: higher count first, ties by larger text */
    uint32_t top_n;
};

/* What made-up events are like. */
struct shape {
    double zipf_items; /* below 0: every event another item */
    size_t events;
    double replaced_after; /* share of the events after which another popularity order holds; 0: never */
    uint32_t id_bytes;     /* of ID_SHORT_BYTES, ID_LONG_BYTES */
    double zipf_counters;
    uint32_t counters; /* each has a popularity order of its own; 0 or 1: one counter */
    uint32_t drifts;   /* this often, evenly spread, popularity drifts */
    bool weighted;     /* every other event weighs 3, the others 1 */
};

enum { ITEMS = 10 * 1000 * 1000 }; /* the universe that items are drawn from */

void stream_make(struct stream *s, const struct shape *shape, uint64_t seed);
/* The items of a file of JSON lines (gzipped or not), in its order. False if it cannot be read. */
bool stream_read(struct stream *s, const char *path);
void stream_deinit(struct stream *s);

/* The number of an item, or UINT32_MAX. */
uint32_t stream_find(const struct stream *s, struct bytes item);

#endif
