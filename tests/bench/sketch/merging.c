/* bench/sketch/merging.c - lists of sixteen partitions, or of sixty minutes, become one; how long lists are. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "judge.h"
#include "list/merge.h"
#include "loadgen/rng.h"
#include "modes.h"
#include "ours.h"
#include "sketch/sketch.h"

enum how { HASHED, SPRAYED, MINUTES };

enum { PARTITIONS = 16, WINDOW_MINUTES = 60, PARTS_MAX = WINDOW_MINUTES };

struct parts {
    void *sketch[PARTS_MAX];
    size_t n;
};

static uint16_t part_of(const struct stream *s, enum how how, size_t parts_n, size_t i) {
    switch (how) {
    case HASHED:
        return (uint16_t)(rng_mix(s->keys[i].hash) % parts_n);
    case SPRAYED: /* a made-up stream has no order that dealing in turn could follow */
        return (uint16_t)(i % parts_n);
    case MINUTES:
        return (uint16_t)(i / (s->n / parts_n));
    }
    abort();
}

static void parts_count(struct parts *p, const struct stream *s, enum how how, uint64_t seed) {
    for (size_t i = 0; i < p->n; i++) p->sketch[i] = contestant_ours.create(64 * KB, seed * PARTS_MAX + i);
    for (size_t i = 0; i < s->n; i++) s->keys[i].counter = part_of(s, how, p->n, i);
    add_all(&contestant_ours, p->sketch, s->keys, s->n);
}

/* Lists of DEPTH from each, merged; the CPU of one merge in *NS. */
static void merge(const struct parts *p, const struct stream *s, size_t depth, struct claims *out, double *ns) {
    struct buf text[PARTS_MAX] = {0}, packed = {0};
    struct bytes lists[PARTS_MAX];
    struct merged m;
    for (size_t i = 0; i < p->n; i++) {
        sketch_pack(p->sketch[i], depth, &text[i]);
        lists[i] = (struct bytes){text[i].data, text[i].len};
    }
    double begin = cpu_ns();
    if (!merge_lists(lists, p->n, depth, &m)) abort();
    *ns = cpu_ns() - begin;
    packed_write(&packed, &m.head, m.items);
    if (!claims_read(s, (struct bytes){packed.data, packed.len}, out)) abort();
    merged_deinit(&m);
    buf_free(&packed);
    for (size_t i = 0; i < p->n; i++) buf_free(&text[i]);
}

static void measure_depth(const struct parts *p, const struct stream *s, double zipf, enum how how, size_t depth) {
    static const char *const names[] = {"hashed", "sprayed", "minutes"};
    struct claims claims;
    struct verdict v;
    double ns;
    merge(p, s, depth, &claims, &ns);
    judge(s, &claims, &v);
    printf("zipf=%.2f how=%s parts=%zu events=%zu depth=%zu ", zipf, names[how], p->n, s->n, depth);
    printf("recall100=%.4f mean_error=%.6f max_error=%.6f broken=%" PRIu64 " us=%.1f\n", v.recall_100, v.mean_error,
           v.max_error, v.broken, ns / 1000);
    claims_deinit(&claims);
}

static void measure(const struct shape *shape, enum how how, size_t parts_n, uint64_t seed) {
    static const size_t depths[] = {TOP, 2 * TOP, 4 * TOP, 10 * TOP};
    struct stream s;
    struct parts p = {.n = parts_n};
    stream_make(&s, shape, seed);
    parts_count(&p, &s, how, seed);
    for (size_t i = 0; i < ARRAY_LEN(depths); i++) measure_depth(&p, &s, shape->zipf_items, how, depths[i]);
    for (size_t i = 0; i < p.n; i++) contestant_ours.destroy(p.sketch[i]);
    stream_deinit(&s);
}

void mode_merge(const struct plan *plan) {
    static const double zipfs[] = {.8, .99, 1.2};
    for (uint64_t seed = 1; seed <= (plan->quick ? 1 : 3); seed++)
        for (size_t i = 0; i < ARRAY_LEN(zipfs); i++) {
            struct shape shape = {.zipf_items = zipfs[i], .events = 1600000, .id_bytes = ID_SHORT_BYTES};
            measure(&shape, HASHED, PARTITIONS, seed);
            measure(&shape, SPRAYED, PARTITIONS, seed);
        }
}

/* An hour whose popularity drifts from minute to minute, from lists of its minutes. */
void mode_window(const struct plan *plan) {
    static const double zipfs[] = {.8, .99};
    size_t events_a_minute = plan->quick ? 50000 : 200000;
    for (uint64_t seed = 1; seed <= (plan->quick ? 1 : 2); seed++)
        for (size_t i = 0; i < ARRAY_LEN(zipfs); i++) {
            struct shape shape = {.zipf_items = zipfs[i],
                                  .events = events_a_minute * WINDOW_MINUTES,
                                  .id_bytes = ID_SHORT_BYTES,
                                  .drifts = WINDOW_MINUTES - 1};
            measure(&shape, MINUTES, WINDOW_MINUTES, seed);
        }
}

void mode_packed(const struct plan *plan) {
    static const size_t limits[] = {TOP, 4 * TOP, 10 * TOP};
    struct shape shape = {.zipf_items = .99, .events = 1000000, .id_bytes = ID_SHORT_BYTES};
    struct stream s;
    stream_make(&s, &shape, 1);
    void *sketch = contestant_ours.create(64 * KB, 1);
    add_all(&contestant_ours, &sketch, s.keys, s.n);
    for (int round = 0; round < plan->rounds; round++)
        for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
            struct buf out = {0};
            double begin = cpu_ns();
            sketch_pack(sketch, limits[i], &out);
            printf("items=%zu bytes=%zu us=%.1f\n", limits[i], out.len, (cpu_ns() - begin) / 1000);
            buf_free(&out);
        }
    contestant_ours.destroy(sketch);
    stream_deinit(&s);
}
