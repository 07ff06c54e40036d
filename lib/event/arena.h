/* event/arena.h - the texts of one batch: they do not move, and all are thrown away at once.
 * Use when: a decoder must keep a text longer than the parser that produced it.   Not for: single frees.
 * Threads: one owner.   Memory: blocks for the largest batch so far; they are reused, and freed at the end. */
#ifndef TOPKD_EVENT_ARENA_H
#define TOPKD_EVENT_ARENA_H

#include "base/base.h"

struct event_arena;

struct event_arena *event_arena_create(void);
void event_arena_destroy(struct event_arena *a); /* NULL is allowed */

/* Forgets every text; the memory stays for the next batch. */
void event_arena_clear(struct event_arena *a);
/* N bytes to be filled, valid until the next clear; never NULL. */
char *event_arena_room(struct event_arena *a, size_t n);
/* A copy of TEXT, valid until the next clear; its p is never NULL, whatever the length. */
struct bytes event_arena_copy(struct event_arena *a, struct bytes text);

#endif
