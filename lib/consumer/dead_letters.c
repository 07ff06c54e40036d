/* consumer/dead_letters.c - rejected events go to the dead letter topic. Of those that the full queue of the source
 * refuses the order is kept here, all partitions are paused, and no commit passes them. */
#include <string.h>

#include "base/mem.h"
#include "consumer/state.h"

enum { REFUSED_REST_MS = 20 }; /* before a full queue is asked again: each attempt copies the dead letter */

void dead_letters_init(struct dead_letters *d) { *d = (struct dead_letters){.tail = &d->head}; }

static struct dead_letter *dead_letter_create(const struct assignment *a, const struct source_record *r,
                                              const struct event *ev, uint32_t index) {
    struct dead_letter *l = mem_alloc(sizeof *l + r->key.n + ev->raw.n);
    *l = (struct dead_letter){.assignment = a,
                              .offset = r->offset,
                              .index = index,
                              .reason = event_outcome_name(ev->outcome),
                              .key_len = r->key.n,
                              .value_len = ev->raw.n,
                              .has_key = r->key.p != NULL};
    if (r->key.n > 0) memcpy(l->bytes, r->key.p, r->key.n);
    if (ev->raw.n > 0) memcpy(l->bytes + r->key.n, ev->raw.p, ev->raw.n);
    return l;
}

static bool dead_letter_send(struct consumer *c, const struct dead_letter *l) {
    struct err e = {0};
    struct source_dead_letter d = {.tp = l->assignment->tp,
                                   .offset = l->offset,
                                   .index = l->index,
                                   .reason = l->reason,
                                   .key = {l->has_key ? l->bytes : NULL, l->key_len},
                                   .value = {l->bytes + l->key_len, l->value_len}};
    return c->source.ops->dead_letter(c->source.self, &d, &e) == 0;
}

static void refused_add(struct dead_letters *d, struct dead_letter *l) {
    *d->tail = l;
    d->tail = &l->next;
}

static void refused_drop_head(struct dead_letters *d) {
    struct dead_letter *l = d->head;
    d->head = l->next;
    if (d->head == NULL) d->tail = &d->head;
    mem_free(l);
}

void dead_letters_deinit(struct dead_letters *d) {
    while (d->head != NULL) refused_drop_head(d);
}

void consumer_reject(struct consumer *c, const struct assignment *a, const struct source_record *r) {
    for (size_t i = 0; i < c->batch.n; i++) {
        const struct event *ev = &c->batch.events[i];
        if (!event_outcome_rejected(ev->outcome)) continue;
        struct dead_letter *l = dead_letter_create(a, r, ev, (uint32_t)i);
        if (c->refused.head == NULL && dead_letter_send(c, l))
            mem_free(l);
        else
            refused_add(&c->refused, l);
    }
}

void consumer_dead_letters_due(struct consumer *c) {
    struct dead_letters *d = &c->refused;
    int64_t now = clock_mono_ms(c->hub->clock);
    if (d->head == NULL || now < d->next_mono_ms) return;
    while (d->head != NULL && dead_letter_send(c, d->head)) refused_drop_head(d);
    d->next_mono_ms = now + REFUSED_REST_MS;
}
