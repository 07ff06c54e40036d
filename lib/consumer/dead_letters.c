/* Dead letters. A queue that is full pauses the partitions; what it refused waits here, in order, and no commit passes
 * it. */
#include "base/mem.h"
#include "consumer/state.h"

#include <string.h>

enum { DEAD_LETTER_REST_MS = 20 };

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

static struct dead_letter *dead_letter_create(struct assignment *a, const struct source_record *r,
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

void consumer_reject(struct consumer *c, struct assignment *a, const struct source_record *r) {
    for (size_t i = 0; i < c->batch.n; i++) {
        const struct event *ev = &c->batch.events[i];
        if (!event_outcome_rejected(ev->outcome)) continue;
        struct dead_letter *l = dead_letter_create(a, r, ev, (uint32_t)i);
        if (c->dead_letters == NULL && dead_letter_send(c, l)) {
            mem_free(l);
            continue;
        }
        *c->dead_letters_tail = l;
        c->dead_letters_tail = &l->next;
    }
}

/* A full queue is asked again after a rest: the attempt copies the letter. */
void consumer_dead_letters_due(struct consumer *c) {
    int64_t now = clock_mono_ms(c->hub->clock);
    if (c->dead_letters == NULL || now < c->next_dead_letter_mono_ms) return;
    while (c->dead_letters != NULL && dead_letter_send(c, c->dead_letters)) {
        struct dead_letter *l = c->dead_letters;
        c->dead_letters = l->next;
        if (c->dead_letters == NULL) c->dead_letters_tail = &c->dead_letters;
        mem_free(l);
    }
    c->next_dead_letter_mono_ms = now + DEAD_LETTER_REST_MS;
}

void dead_letters_free(struct consumer *c) {
    while (c->dead_letters != NULL) {
        struct dead_letter *l = c->dead_letters;
        c->dead_letters = l->next;
        mem_free(l);
    }
}
