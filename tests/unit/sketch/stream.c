/* unit/sketch/stream.c - Zipf, uniform and shifting streams of items. */
#include "stream.h"

#include <string.h>

void stream_init(struct stream *s, const struct stream_kind *kind, uint64_t seed, uint32_t events) {
    *s = (struct stream){.kind = *kind, .seed = seed, .events = events};
    rng_init(&s->rng, seed);
    if (kind->universe > 0) zipf_init(&s->zipf, kind->universe, kind->exponent);
}

struct bytes stream_item(uint64_t seed, uint32_t number, char name[12]) {
    for (int i = 0; i < 4; i++) name[i] = (char)(number >> (24 - 8 * i));
    for (int i = 0; i < 8; i++) name[4 + i] = (char)(seed >> (56 - 8 * i));
    return (struct bytes){name, 12};
}

bool stream_next(struct stream *s, struct bytes *item, uint32_t *weight) {
    if (s->drawn == s->events) return false;
    uint32_t number = s->kind.universe == 0 ? s->drawn : zipf_draw(&s->zipf, &s->rng);
    if (s->kind.shifts && s->drawn >= s->events / 2) number += s->kind.universe;
    s->drawn++;
    *item = stream_item(s->seed, number, s->name);
    *weight = s->kind.weight_max <= 1 ? 1 : 1 + rng_below(&s->rng, s->kind.weight_max);
    return true;
}
