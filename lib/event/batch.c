/* event/batch.c - the storage of a batch, and the names of what becomes of its events. */
#include "event/batch.h"

#include <assert.h>

#include "base/mem.h"
#include "event/arena.h"

const char *event_outcome_name(enum event_outcome o) {
    static const char *const names[EVENT_OUTCOMES] = {
        [EVENT_APPLIED] = "applied",
        [EVENT_TOMBSTONE] = "tombstone",
        [EVENT_MALFORMED] = "malformed",
        [EVENT_FRAMED] = "framed",
        [EVENT_NO_EVENTS] = "no_events",
        [EVENT_NO_ITEM] = "no_item",
        [EVENT_BAD_ITEM] = "bad_item",
        [EVENT_NO_LOCATION] = "no_location",
        [EVENT_BAD_LOCATION] = "bad_location",
        [EVENT_BAD_TIME] = "bad_time",
        [EVENT_BAD_TYPE] = "bad_type",
        [EVENT_BAD_VALUE] = "bad_value",
        [EVENT_WEIGHTLESS] = "weightless",
        [EVENT_FUTURE] = "future",
        [EVENT_LATE] = "late",
        [EVENT_DUPLICATE] = "duplicate",
        [EVENT_MANY_LOCATIONS] = "many_locations",
    };
    assert((unsigned)o < EVENT_OUTCOMES);
    return names[o];
}

bool event_outcome_rejected(enum event_outcome o) {
    assert((unsigned)o < EVENT_OUTCOMES);
    return o != EVENT_APPLIED && o != EVENT_TOMBSTONE && o != EVENT_WEIGHTLESS && o != EVENT_DUPLICATE;
}

void event_batch_init(struct event_batch *b) { *b = (struct event_batch){.arena = event_arena_create()}; }

void event_batch_deinit(struct event_batch *b) {
    event_arena_destroy(b->arena);
    mem_free(b->events);
    *b = (struct event_batch){0};
}

void event_batch_clear(struct event_batch *b) {
    event_batch_check(b);
    event_arena_clear(b->arena);
    b->n = 0;
}

void event_batch_grow(struct event_batch *b) {
    event_batch_check(b);
    b->events = mem_grow(b->events, &b->cap, b->n + 1, sizeof *b->events);
}
