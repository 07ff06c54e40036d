/* base/mem.h - memory that is there or the process is not.
 * A worker that cannot get a small block is beyond repair and safe to lose: its successor rewinds. So these
 * never return NULL: they log `event=out_of_memory` with the size and abort. Large, bounded things (sketches)
 * are budgeted before they are asked for (MEMORY_LIMIT). Products are checked for overflow.   Threads: any. */
#ifndef TOPKD_BASE_MEM_H
#define TOPKD_BASE_MEM_H

#include "base/base.h"

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull)) MUST_CHECK;
void *mem_zalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull)) MUST_CHECK;
/* N elements of SIZE bytes; P may be NULL. */
void *mem_realloc(void *p, size_t n, size_t size) __attribute__((returns_nonnull)) MUST_CHECK;
/* Room for N elements of SIZE bytes in the array P, which has room for *CAP (NULL and 0 at first). What has to grow
 * grows to the double at least, so that adding one after the other costs little:
 *     list->rows = mem_grow(list->rows, &list->cap, list->n + 1, sizeof *list->rows); */
void *mem_grow(void *p, size_t *cap, size_t n, size_t size) MUST_CHECK;
void *mem_dup(const void *p, size_t size) __attribute__((returns_nonnull)) MUST_CHECK;
char *mem_strdup(const char *s) __attribute__((returns_nonnull)) MUST_CHECK;
void mem_free(void *p);

#endif
