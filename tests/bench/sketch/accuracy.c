/* bench/sketch/accuracy.c - lists against the truth. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "judge.h"
#include "modes.h"
#include "sketch/sketch.h"

static const struct contestant *const contestants[] = {&contestant_ours, &contestant_count_min,
                                                       &contestant_space_saving};
static const size_t budgets_kb[] = {16, 32, 64, 128, 256};

struct case_ {
    const char *name;
    struct shape shape;
    int seeds;
    bool slow; /* not for quick runs */
};

#define STREAM(zipf, n, replaced)                                                                                      \
    { .zipf_items = zipf, .events = n, .replaced_after = replaced, .id_bytes = ID_SHORT_BYTES }
#define WEIGHTED(zipf, n)                                                                                              \
    { .zipf_items = zipf, .events = n, .weighted = true, .id_bytes = ID_SHORT_BYTES }
static const struct case_ cases[] = {
    {"zipf .8, 100 k", STREAM(.8, 100000, 0), 10, false},
    {"zipf .8, 1 M", STREAM(.8, 1000000, 0), 10, false},
    {"zipf .8, 10 M", STREAM(.8, 10000000, 0), 1, true},
    {"zipf .99, 100 k", STREAM(.99, 100000, 0), 5, false},
    {"zipf .99, 1 M", STREAM(.99, 1000000, 0), 3, false},
    {"zipf .99, 10 M", STREAM(.99, 10000000, 0), 1, true},
    {"zipf 1.2, 100 k", STREAM(1.2, 100000, 0), 5, false},
    {"zipf 1.2, 1 M", STREAM(1.2, 1000000, 0), 3, false},
    {"hot set replaced, zipf .99, 1 M", STREAM(.99, 1000000, .5), 3, false},
    {"weights 1 and 3, zipf .99, 1 M", WEIGHTED(.99, 1000000), 3, true},
    {"all distinct, 1 M", STREAM(-1, 1000000, 0), 1, false},
};

static void measure(const char *name, const struct stream *s, const struct contestant *c, size_t kb, int seed) {
    struct claims claims;
    struct verdict v;
    void *counter = c->create(kb * KB, (uint64_t)seed);
    add_all(c, &counter, s->keys, s->n);
    c->list(counter, s, &claims);
    judge(s, &claims, &v);
    printf("stream=\"%s\" contestant=\"%s\" kb=%zu seed=%d recall100=%.4f recall10=%.4f mean_error=%.6f max_error=%.6f "
           "largest=%" PRIu64 " true_largest=%" PRIu32 " broken=%" PRIu64 " bytes=%zu distinct=%" PRIu32 "\n",
           name, c->name, kb, seed, v.recall_100, v.recall_10, v.mean_error, v.max_error, v.largest,
           s->names[s->top[0]].count, c->bounded ? v.broken : 0, c->bytes(counter), s->names_n);
    claims_deinit(&claims);
    c->destroy(counter);
}

static void measure_all(const char *name, const struct stream *s, int seed) {
    for (size_t k = 0; k < ARRAY_LEN(contestants); k++)
        for (size_t b = 0; b < ARRAY_LEN(budgets_kb); b++) measure(name, s, contestants[k], budgets_kb[b], seed);
}

void mode_accuracy(const struct plan *plan) {
    struct stream s;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (plan->quick && cases[i].slow) continue;
        for (int seed = 1; seed <= (plan->quick ? 1 : cases[i].seeds); seed++) {
            stream_make(&s, &cases[i].shape, (uint64_t)seed);
            measure_all(cases[i].name, &s, seed);
            stream_deinit(&s);
        }
    }
    if (plan->file == NULL) return;
    if (!stream_read(&s, plan->file)) {
        fprintf(stderr, "sketch: cannot read %s\n", plan->file);
        exit(1);
    }
    measure_all("real sales", &s, 1);
    stream_deinit(&s);
}

/* How many distinct items a sketch holds before its counts become estimates. */
void mode_exact(const struct plan *plan) {
    static const struct shape shape = STREAM(-1, 10000, 0);
    struct sketch_budget budget = {.limit_bytes = UINT64_MAX};
    for (size_t b = 0; b < ARRAY_LEN(budgets_kb); b++)
        for (int seed = 1; seed <= (plan->quick ? 5 : 50); seed++) {
            struct stream s;
            size_t n = 0;
            stream_make(&s, &shape, (uint64_t)seed);
            struct sketch *sketch = sketch_create(&budget, (uint64_t)seed, (uint32_t)(budgets_kb[b] * KB / 128));
            for (; n < s.n && sketch_exact(sketch); n++) sketch_add(sketch, s.keys[n].hash, key_text(&s.keys[n]), 1);
            printf("kb=%zu exact_items=%zu\n", budgets_kb[b], sketch_exact(sketch) ? n : n - 1);
            sketch_destroy(sketch);
            stream_deinit(&s);
        }
}
