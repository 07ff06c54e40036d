/* bench/sketch/times.c - what an update costs: one hot counter, many that do not fit the caches, and a minute's
 * worth of new ones. Contestants take turns, round after round; each round is printed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "modes.h"
#include "sketch/sketch.h"

static const struct contestant *const all[] = {&contestant_ours, &contestant_ours_singly, &contestant_count_min,
                                               &contestant_space_saving, &contestant_exact};

/* -- one counter, from its first event to its last -- */

static void add_hashing(const struct contestant *c, void *counter, const struct key *keys, size_t n) {
    struct key batch[BATCH];
    for (size_t i = 0; i < n; i += BATCH) {
        size_t m = n - i < BATCH ? n - i : BATCH;
        for (size_t k = 0; k < m; k++) {
            batch[k] = keys[i + k];
            batch[k].hash = sketch_hash(key_text(&batch[k]));
        }
        c->add(&counter, batch, m);
    }
}

static double hot_ns(const struct contestant *c, const struct stream *s, bool hashing, int times) {
    double spent = 0;
    for (int i = 0; i < times; i++) {
        void *counter = c->create(64 * KB, (uint64_t)i + 1);
        double begin = cpu_ns();
        if (hashing)
            add_hashing(c, counter, s->keys, s->n);
        else
            add_all(c, &counter, s->keys, s->n);
        spent += cpu_ns() - begin;
        c->destroy(counter);
    }
    return spent / ((double)s->n * times);
}

static void hot(const char *name, const struct shape *shape, bool hashing, int rounds) {
    struct stream s;
    int times = (int)(1000000 / shape->events);
    stream_make(&s, shape, 1);
    for (int round = 0; round < rounds; round++)
        for (size_t k = 0; k < ARRAY_LEN(all); k++)
            printf("stream=\"%s\" hashing=%d contestant=\"%s\" ns=%.3f\n", name, hashing ? (int)shape->id_bytes : 0,
                   all[k]->name, hot_ns(all[k], &s, hashing, times < 1 ? 1 : times));
    stream_deinit(&s);
}

void mode_hot(const struct plan *plan) {
    static const struct {
        const char *name;
        double zipf;
        size_t events;
        uint32_t id_bytes;
        bool hashing;
    } rows[] = {
        {"zipf .8, 1 M", .8, 1000000, ID_SHORT_BYTES, false},
        {"zipf .99, 1 M", .99, 1000000, ID_SHORT_BYTES, false},
        {"zipf 1.2, 100 k", 1.2, 100000, ID_SHORT_BYTES, false},
        {"all distinct, 1 M", -1, 1000000, ID_SHORT_BYTES, false},
        {"zipf .99, 1 M", .99, 1000000, ID_SHORT_BYTES, true},
        {"zipf .99, 1 M", .99, 1000000, ID_LONG_BYTES, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shape shape = {.zipf_items = rows[i].zipf, .events = rows[i].events, .id_bytes = rows[i].id_bytes};
        hot(rows[i].name, &shape, rows[i].hashing, plan->rounds);
    }
}

/* -- many counters -- */

static void **create_all(const struct contestant *c, size_t n, size_t kb) {
    void **counters = mem_alloc(n * sizeof *counters);
    for (size_t i = 0; i < n; i++) counters[i] = c->create(kb * KB, i + 1);
    return counters;
}

static void destroy_all(const struct contestant *c, void **counters, size_t n) {
    for (size_t i = 0; i < n; i++) c->destroy(counters[i]);
    mem_free(counters);
}

/* 200 counters that have seen half of the stream; the other half is timed. */
static double cold_ns(const struct contestant *c, const struct stream *s, size_t counters_n, size_t kb) {
    void **counters = create_all(c, counters_n, kb);
    size_t half = s->n / 2;
    add_all(c, counters, s->keys, half);
    double begin = cpu_ns();
    add_all(c, counters, s->keys + half, s->n - half);
    double ns = (cpu_ns() - begin) / (double)(s->n - half);
    destroy_all(c, counters, counters_n);
    return ns;
}

void mode_cold(const struct plan *plan) {
    static const size_t sizes_kb[] = {64, 256};
    enum { COUNTERS = 200, EVENTS_EACH = 10000 };
    struct shape shape = {.zipf_items = .99,
                          .events = 2 * COUNTERS * EVENTS_EACH,
                          .id_bytes = ID_SHORT_BYTES,
                          .zipf_counters = .8,
                          .counters = COUNTERS};
    struct stream s;
    stream_make(&s, &shape, 1);
    for (int round = 0; round < plan->rounds; round++)
        for (size_t b = 0; b < ARRAY_LEN(sizes_kb); b++)
            for (size_t k = 0; k < ARRAY_LEN(all); k++)
                printf("counters=%d kb=%zu contestant=\"%s\" ns=%.3f\n", COUNTERS, sizes_kb[b], all[k]->name,
                       cold_ns(all[k], &s, COUNTERS, sizes_kb[b]));
    stream_deinit(&s);
}

/* -- a minute: every counter new, and gone at its end. Only those that grow: the others would take 1.6 GB. -- */

static void minute(const struct contestant *c, const struct stream *s, size_t counters_n) {
    double begin = cpu_ns();
    void **counters = create_all(c, counters_n, 64);
    add_all(c, counters, s->keys, s->n);
    double bytes = 0, spent = cpu_ns() - begin;
    for (size_t i = 0; i < counters_n; i++) bytes += (double)c->bytes(counters[i]);
    begin = cpu_ns();
    destroy_all(c, counters, counters_n);
    spent += cpu_ns() - begin;
    printf("counters=%zu contestant=\"%s\" ns=%.3f mb=%.2f\n", counters_n, c->name, spent / (double)s->n, bytes / 1e6);
}

void mode_fleet(const struct plan *plan) {
    static const uint32_t fleets[] = {200, 2000, 20000};
    for (size_t i = 0; i < ARRAY_LEN(fleets); i++) {
        struct shape shape = {.zipf_items = .99,
                              .events = 2000000,
                              .id_bytes = ID_SHORT_BYTES,
                              .zipf_counters = 1,
                              .counters = fleets[i]};
        struct stream s;
        stream_make(&s, &shape, 1);
        for (int round = 0; round < plan->rounds; round++)
            for (size_t k = 0; k < ARRAY_LEN(all); k++)
                if (!all[k]->fixed) minute(all[k], &s, fleets[i]);
        stream_deinit(&s);
    }
}
