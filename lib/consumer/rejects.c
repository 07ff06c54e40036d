/* consumer/rejects.c - what a consumer hands on of the events that do not count (hub/rejects.h). */
#include "consumer/state.h"

/* Once there is one, a batch is not looked at any more until it was handed on. */
void consumer_note_example(struct consumer *c, const struct assignment *a, const struct source_record *r) {
    for (size_t i = 0; i < c->batch.n && !c->example.set; i++) {
        const struct event *ev = &c->batch.events[i];
        if (event_outcome_rejected(ev->outcome))
            reject_example_take(&c->example, ev, a->tp.topic, a->tp.partition, r->offset);
    }
}

void consumer_tell_rejects(struct consumer *c, const uint64_t outcomes[EVENT_OUTCOMES]) {
    rejects_add(&c->hub->rejects, outcomes, &c->example, clock_mono_ms(c->hub->clock));
    c->example.set = false;
}
