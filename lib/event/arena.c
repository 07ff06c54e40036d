/* event/arena.c - a list of blocks, walked again from its start after each clear.
 * Blocks never move, so the texts in them do not move either. */
#include "event/arena.h"

#include <assert.h>
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
    struct block *first;   /* owned, with all that follow */
    struct block *current; /* the block being filled; those behind it are free */
    size_t used;           /* bytes of CURRENT */
};

static struct block *block_create(size_t size) {
    struct block *block = mem_alloc(sizeof *block + size);
    block->next = NULL;
    block->size = size;
    return block;
}

/* Sizes are doubled, so that texts that become larger bit by bit leave few blocks behind. */
static size_t block_size(size_t n) {
    size_t size = BLOCK_BYTES;
    while (size < n) size *= 2;
    return size;
}

/* Makes CURRENT a block with N free bytes. A following block that is too small stays in the list, for later texts. */
static void arena_next_block(struct event_arena *a, size_t n) {
    if (a->current->next == NULL || a->current->next->size < n) {
        struct block *block = block_create(block_size(n));
        block->next = a->current->next;
        a->current->next = block;
    }
    a->current = a->current->next;
    a->used = 0;
    assert(a->current->size >= n);
}

struct event_arena *event_arena_create(void) {
    struct event_arena *a = mem_alloc(sizeof *a);
    a->first = block_create(BLOCK_BYTES);
    event_arena_clear(a);
    return a;
}

void event_arena_destroy(struct event_arena *a) {
    if (a == NULL) return;
    for (struct block *block = a->first, *next; block != NULL; block = next) {
        next = block->next;
        mem_free(block);
    }
    mem_free(a);
}

void event_arena_clear(struct event_arena *a) {
    a->current = a->first;
    a->used = 0;
}

char *event_arena_room(struct event_arena *a, size_t n) {
    assert(a->used <= a->current->size);
    if (a->current->size - a->used < n) arena_next_block(a, n);
    char *room = a->current->data + a->used;
    a->used += n;
    return room;
}

struct bytes event_arena_copy(struct event_arena *a, struct bytes text) {
    char *to = event_arena_room(a, text.n);
    if (text.n > 0) memcpy(to, text.p, text.n);
    return (struct bytes){.p = to, .n = text.n};
}
