/* bench/sketch/stream.c - draws items by Zipf's law or reads them from a file, and counts them exactly. */
#include "stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "decode/decoder.h"
#include "list/heaviest.h"
#include "list/packed.h"
#include "loadgen/rng.h"
#include "loadgen/zipf.h"
#include "sketch/sketch.h"

/* -- names: every distinct item once -- */

static void names_init(struct stream *s, size_t events) {
    s->slots_n = 1024;
    while (s->slots_n < events * 2) s->slots_n *= 2;
    s->slots = mem_zalloc(s->slots_n, sizeof *s->slots);
    s->names = mem_zalloc(events, sizeof *s->names);
}

static uint32_t *slot_of(const struct stream *s, uint64_t hash, struct bytes item) {
    uint32_t i = (uint32_t)hash & (s->slots_n - 1);
    for (; s->slots[i] != 0; i = (i + 1) & (s->slots_n - 1)) {
        const struct name *name = &s->names[s->slots[i] - 1];
        if (name->hash == hash && name->text_n == item.n && memcmp(name->text, item.p, item.n) == 0) break;
    }
    return &s->slots[i];
}

uint32_t stream_find(const struct stream *s, struct bytes item) {
    return *slot_of(s, sketch_hash(item), item) - 1; /* a free slot is 0 */
}

static void key_add(struct stream *s, const char *text, uint32_t n, uint16_t counter, uint32_t weight) {
    struct bytes item = {text, n};
    uint64_t hash = sketch_hash(item);
    uint32_t *slot = slot_of(s, hash, item);
    if (*slot == 0) {
        s->names[s->names_n] = (struct name){.hash = hash, .text = text, .text_n = n};
        *slot = ++s->names_n;
    }
    s->names[*slot - 1].count += weight;
    s->keys[s->n++] = (struct key){hash, text, *slot - 1, (uint16_t)n, counter, weight};
}

/* -- the truth -- */

static int name_order(const struct stream *s, uint32_t a, uint32_t b) {
    const struct name *x = &s->names[a], *y = &s->names[b];
    return list_order(x->count, (struct bytes){x->text, x->text_n}, y->count, (struct bytes){y->text, y->text_n});
}

static void top_find(struct stream *s) {
    for (uint32_t i = 0; i < s->names_n; i++) {
        uint32_t at = s->top_n;
        while (at > 0 && name_order(s, i, s->top[at - 1]) < 0) at--;
        if (at == TOP) continue;
        if (s->top_n < TOP) s->top_n++;
        memmove(&s->top[at + 1], &s->top[at], (s->top_n - 1 - at) * sizeof *s->top);
        s->top[at] = i;
    }
}

/* -- popularity: which item has which rank -- */

enum { DRIFTING = 1000 * 1000 };

struct order {
    uint32_t *first; /* of the first DRIFTING ranks; NULL where nothing drifts */
    struct rng rng;
};

static void order_init(struct order *o, bool drifting, uint64_t seed) {
    *o = (struct order){.first = drifting ? mem_alloc(DRIFTING * sizeof *o->first) : NULL};
    rng_init(&o->rng, rng_mix(seed));
    for (uint32_t i = 0; drifting && i < DRIFTING; i++) o->first[i] = i;
}

/* A normal deviate (Box and Muller). */
static double normal_draw(struct rng *rng) {
    double u = 1 - rng_unit(rng), v = rng_unit(rng);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

/* A tenth of the ranks change: pairs swap whose quotient is lognormal. */
static void order_drift(struct order *o) {
    for (int i = 0; i < DRIFTING / 20; i++) {
        uint32_t a = rng_below(&o->rng, DRIFTING);
        double far = (a + 1) * exp(normal_draw(&o->rng)) - 1;
        if (far >= DRIFTING) continue;
        uint32_t b = (uint32_t)far, item = o->first[a];
        o->first[a] = o->first[b];
        o->first[b] = item;
    }
}

/* The item with RANK, counted from 0; ROTATION: the top of one is deep in another's tail. */
static uint32_t item_of(const struct order *o, uint32_t rank, uint64_t rotation) {
    if (o->first != NULL && rank < DRIFTING) rank = o->first[rank];
    return (uint32_t)((rank + rotation * (ITEMS / 1000 * 7 + 13)) % ITEMS);
}

/* -- made-up streams -- */

/* "v0001234567", or the same number in the form of a UUID. */
static void text_write(char *text, uint32_t id_bytes, uint64_t number) {
    char word[ID_LONG_BYTES + 1];
    uint64_t a = rng_mix(number), b = rng_mix(a);
    if (id_bytes == ID_LONG_BYTES)
        snprintf(word, sizeof word, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
                 (unsigned)(a & 0xffff), (unsigned)(b >> 48), (unsigned long long)(b & 0xffffffffffff));
    else
        snprintf(word, sizeof word, "v%010u", (unsigned)number);
    memcpy(text, word, id_bytes);
}

/* What draws the events of one stream. */
struct maker {
    const struct shape *shape;
    uint64_t seed;
    struct rng rng;
    struct zipf items, counters;
    struct order order;
    size_t replaced_at, drift_each; /* events */
};

static void maker_init(struct maker *m, const struct shape *shape, uint64_t seed) {
    *m = (struct maker){.shape = shape, .seed = seed, .replaced_at = SIZE_MAX};
    rng_init(&m->rng, seed);
    order_init(&m->order, shape->drifts > 0, seed);
    zipf_init(&m->items, ITEMS, shape->zipf_items < 0 ? 0 : shape->zipf_items);
    zipf_init(&m->counters, shape->counters == 0 ? 1 : shape->counters, shape->zipf_counters);
    if (shape->replaced_after > 0) m->replaced_at = (size_t)(shape->replaced_after * (double)shape->events);
    m->drift_each = shape->events / (shape->drifts + 1);
}

static void event_make(struct maker *m, struct stream *s, size_t i) {
    const struct shape *shape = m->shape;
    uint32_t counter = shape->counters > 1 ? zipf_draw(&m->counters, &m->rng) - 1 : 0;
    uint32_t rank = shape->zipf_items < 0 ? (uint32_t)i : zipf_draw(&m->items, &m->rng) - 1;
    char *text = s->text + i * shape->id_bytes;
    if (shape->drifts > 0 && i > 0 && i % m->drift_each == 0) order_drift(&m->order);
    text_write(text, shape->id_bytes, item_of(&m->order, rank, counter + (i >= m->replaced_at) + m->seed % 1000));
    key_add(s, text, shape->id_bytes, (uint16_t)counter, shape->weighted && i % 2 == 1 ? 3 : 1);
}

void stream_make(struct stream *s, const struct shape *shape, uint64_t seed) {
    struct maker m;
    *s = (struct stream){.keys = mem_alloc(shape->events * sizeof *s->keys),
                         .text = mem_alloc(shape->events * shape->id_bytes)};
    maker_init(&m, shape, seed);
    names_init(s, shape->events);
    for (size_t i = 0; i < shape->events; i++) event_make(&m, s, i);
    mem_free(m.order.first);
    top_find(s);
}

/* -- a file -- */

static bool file_load(const char *path, struct buf *out) {
    gzFile in = gzopen(path, "rb");
    if (in == NULL) return false;
    enum { CHUNK = 1 << 20 };
    int got;
    while ((got = gzread(in, buf_reserve(out, CHUNK), CHUNK)) > 0) out->len += (size_t)got;
    return gzclose(in) == Z_OK && got == 0;
}

bool stream_read(struct stream *s, const char *path) {
    static struct weights weights;
    static const struct time_zone utc = {.kind = TIME_ZONE_OFFSET};
    struct event_rules rules = {.fields = {"video_id", "location", "ts", "type", "value"},
                                .weights = &weights,
                                .zone = &utc,
                                .has_global = true};
    struct event_batch b;
    struct buf file = {0};
    if (weights_parse("*=1", &weights, NULL) != 0 || !file_load(path, &file)) return false;
    struct decoder *decoder = decoder_create(&rules);
    event_batch_init(&b);
    decoder_decode(decoder, &(struct message){.value = {file.data, file.len}}, &b);
    decoder_destroy(decoder);
    *s = (struct stream){.keys = mem_alloc(b.n * sizeof *s->keys), .text = mem_alloc(file.len)};
    names_init(s, b.n);
    char *text = s->text;
    for (size_t i = 0; i < b.n; i++) {
        if (b.events[i].outcome != EVENT_APPLIED) continue;
        struct bytes item = b.events[i].item;
        key_add(s, memcpy(text, item.p, item.n), (uint32_t)item.n, 0, 1);
        text += item.n;
    }
    event_batch_deinit(&b);
    buf_free(&file);
    top_find(s);
    return s->n > 0;
}

void stream_deinit(struct stream *s) {
    mem_free(s->keys);
    mem_free(s->text);
    mem_free(s->names);
    mem_free(s->slots);
    *s = (struct stream){0};
}
