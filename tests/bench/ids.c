/* bench/ids.c - what it costs to know the ids of the last events: time and memory, by how many are remembered.
 *
 *   ids [ROUNDS]
 *
 * So many are remembered all the time: one comes, the oldest one goes. One event in ten has the id of one that is
 * remembered, any of them. Prints one line of name=value words a round: ns of CPU an event while they come and go and
 * while memory still grows, and bytes an id. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "partition/sightings.h"

enum { EVENTS = 4000000, DUPLICATE_IN = 10, LIFE_S = 600 };

static int64_t cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The finalizer of splitmix64: each number has a hash of its own, as each id has. */
static uint64_t hash_of(uint64_t number) {
    uint64_t z = number * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

struct stream {
    uint64_t next; /* number of the next new id */
    uint64_t remembered, duplicates;
};

/* The hash of the next event's id. */
static uint64_t stream_next(struct stream *st) {
    uint64_t draw = hash_of(~st->next - st->duplicates);
    if (draw % DUPLICATE_IN != 0) return hash_of(st->next++);
    st->duplicates++;
    return hash_of(st->next - 1 - draw / DUPLICATE_IN % (st->remembered / 2)); /* young enough to be there for sure */
}

/* COMPLETE: what the stream repeats was there. */
static double measure(struct sightings *s, struct stream *st, uint64_t events, uint64_t a_second, bool complete) {
    uint64_t found = 0, duplicates = st->duplicates;
    int64_t start = cpu_ns();
    for (uint64_t i = 0; i < events; i++) {
        if (i % a_second == 0) sightings_advance(s, s->now_s + 1);
        found += sightings_add(s, stream_next(st));
    }
    double spent = (double)(cpu_ns() - start);
    if (complete && found != st->duplicates - duplicates) abort();
    return spent / (double)events;
}

/* What the stream itself costs. */
static double measure_nothing(void) {
    struct stream st = {.next = 1 << 20, .remembered = 1 << 20};
    uint64_t sum = 0;
    int64_t start = cpu_ns();
    for (uint64_t i = 0; i < EVENTS; i++) sum += stream_next(&st);
    double spent = (double)(cpu_ns() - start);
    if (sum == 0) abort();
    return spent / EVENTS;
}

static void bench(uint32_t ids, int rounds) {
    for (int i = 0; i < rounds; i++) {
        struct pool pool = {0};
        struct sightings s;
        struct stream st = {.next = ids, .remembered = ids};
        sightings_init(&s, &pool, LIFE_S, ids);
        sightings_advance(&s, 1795287600);
        double nothing = measure_nothing();
        double growing = measure(&s, &st, ids, ids, false);
        double steady = measure(&s, &st, EVENTS, EVENTS / 100, true);
        printf("ids=%" PRIu32 " steady_ns=%.2f growing_ns=%.2f bytes=%.2f\n", ids, steady - nothing, growing - nothing,
               (double)sightings_bytes(&s) / (double)sightings_remembered(&s));
        sightings_deinit(&s);
        pool_deinit(&pool);
    }
}

int main(int argc, char **argv) {
    static const uint32_t sizes[] = {1000, 100000, 1000000};
    int rounds = argc > 1 ? atoi(argv[1]) : 5;
    if (rounds < 1) return 2;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) bench(sizes[i], rounds);
    return 0;
}
