/* base/mem.c - see mem.h. */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { GROW_MIN = 8 };

static _Noreturn void die_out_of_memory(size_t n, size_t size) {
    log_event(LOG_ERROR, "out_of_memory", "elements=%zu element_bytes=%zu", n, size);
    abort();
}

/* Never 0: malloc(0) may be NULL. */
static size_t bytes_of(size_t n, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) die_out_of_memory(n, size);
    return bytes > 0 ? bytes : 1;
}

void *mem_alloc(size_t size) {
    void *p = malloc(bytes_of(1, size));
    if (!p) die_out_of_memory(1, size);
    return p;
}

void *mem_zalloc(size_t n, size_t size) {
    void *p = calloc(1, bytes_of(n, size));
    if (!p) die_out_of_memory(n, size);
    return p;
}

void *mem_realloc(void *p, size_t n, size_t size) {
    void *q = realloc(p, bytes_of(n, size));
    if (!q) die_out_of_memory(n, size);
    return q;
}

void *mem_grow(void *p, size_t *cap, size_t n, size_t size) {
    if (n <= *cap) return p;
    size_t more = *cap <= SIZE_MAX / 2 ? *cap * 2 : SIZE_MAX;
    if (more < GROW_MIN) more = GROW_MIN;
    *cap = n > more ? n : more;
    return mem_realloc(p, *cap, size);
}

void *mem_dup(const void *p, size_t size) {
    void *q = mem_alloc(size);
    if (size > 0) memcpy(q, p, size);
    return q;
}

char *mem_strdup(const char *s) { return mem_dup(s, strlen(s) + 1); }

void mem_free(void *p) { free(p); }
