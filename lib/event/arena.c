/* A list of blocks that is walked again from its start after each clear. Blocks never move, so neither do the texts. */
#include "event/arena.h"

#include <string.h>

#include "base/mem.h"

/* Room for some 200 events with ids of a usual size; a batch of one never needs a second block. */
enum { BLOCK_BYTES = 8192 };

struct block {
    struct block *next; /* owned */
    size_t size;
    char data[];
};

struct event_arena {
    struct block *first; /* owned, with all that follow */
    struct block *now;   /* the block being filled; those behind it are free */
    size_t used;         /* bytes of NOW */
};

static struct block *block_create(size_t size) {
    struct block *k = mem_alloc(sizeof *k + size);
    k->next = NULL;
    k->size = size;
    return k;
}

/* Make NOW a block with N free bytes. A following block that is too small stays in the list, for later texts. */
static void next_block(struct event_arena *a, size_t n) {
    if (a->now->next == NULL || a->now->next->size < n) {
        struct block *k = block_create(n > BLOCK_BYTES ? n : BLOCK_BYTES);
        k->next = a->now->next;
        a->now->next = k;
    }
    a->now = a->now->next;
    a->used = 0;
}

struct event_arena *event_arena_create(void) {
    struct event_arena *a = mem_alloc(sizeof *a);
    a->first = block_create(BLOCK_BYTES);
    event_arena_clear(a);
    return a;
}

void event_arena_destroy(struct event_arena *a) {
    if (a == NULL) return;
    for (struct block *k = a->first, *next; k != NULL; k = next) {
        next = k->next;
        mem_free(k);
    }
    mem_free(a);
}

void event_arena_clear(struct event_arena *a) {
    a->now = a->first;
    a->used = 0;
}

struct bytes event_arena_copy(struct event_arena *a, struct bytes text) {
    if (a->now->size - a->used < text.n) next_block(a, text.n);
    char *to = a->now->data + a->used;
    if (text.n > 0) memcpy(to, text.p, text.n);
    a->used += text.n;
    return (struct bytes){.p = to, .n = text.n};
}
