/* base/pool.c - regions of 2 MB, cut into halves and joined again.
 *
 * A region, and what one byte for each unit of 64 bytes says of it:
 *
 *     | header |  64 KB  |   128 KB    | ...                          |          1 MB         |
 *       state[]: 0 = no free block begins here, n = a free one of order n - 1 (64 << (n - 1) bytes)
 *
 * A block of order n lies at a multiple of its size. Its buddy is the other half of the block that both were split
 * from; turning one bit of the address finds it. A block that comes back is joined with its buddy if that is free, the
 * block of both with its own buddy, and so on. So no mixture of sizes, however it changes from minute to minute, leaves
 * the memory in crumbs. In crumbs malloc's arenas grew without end.
 *
 * Rejected: a free list for each size on top of malloc, because today's sizes cannot have what yesterday's hold. Slabs
 * of one size each have the same fault, only smaller. */
#include "base/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"

#if defined(__SANITIZE_ADDRESS__)
#define POOL_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_POISONS 1
#endif
#endif
#ifdef POOL_POISONS
#include <sanitizer/asan_interface.h>
#define BLOCK_IS_FREE(p, n)                                                                                            \
    __asan_poison_memory_region((char *)(p) + sizeof(struct pool_link), (n) - sizeof(struct pool_link))
#define BLOCK_IS_USED(p, n) __asan_unpoison_memory_region(p, n)
#else
#define BLOCK_IS_FREE(p, n) (void)(p), (void)(n)
#define BLOCK_IS_USED(p, n) (void)(p), (void)(n)
#endif

enum { REGION_BYTES = 2 << 20, HEADER_BYTES = 64 << 10, UNITS = REGION_BYTES / POOL_BLOCK_MIN };

struct pool_region {
    struct pool_region *next, *back;
    uint64_t used_bytes;
    uint8_t state[UNITS];
};
_Static_assert(sizeof(struct pool_region) <= HEADER_BYTES, "the header has room for its states");

/* -- the system -- */

static void *system_take(size_t bytes) {
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p != MAP_FAILED) return p;
    log_event(LOG_ERROR, "out_of_memory", "mapped_bytes=%zu", bytes);
    abort();
}

/* At a multiple of REGION_BYTES: twice as much is asked for, and what lies around it goes back at once. */
static char *region_memory(void) {
    char *p = system_take(2 * (size_t)REGION_BYTES);
    size_t before = (size_t)(-(uintptr_t)p & (REGION_BYTES - 1));
    if (before > 0) munmap(p, before);
    munmap(p + before + REGION_BYTES, REGION_BYTES - before);
    return p + before;
}

/* -- free blocks -- */

static size_t order_bytes(unsigned order) { return (size_t)POOL_BLOCK_MIN << order; }

/* BYTES is a power of two. */
static unsigned order_of(size_t bytes) { return (unsigned)__builtin_ctzll(bytes / POOL_BLOCK_MIN); }

static struct pool_region *region_of(const void *block) {
    return (struct pool_region *)((uintptr_t)block & ~(uintptr_t)(REGION_BYTES - 1));
}

static size_t unit_of(const struct pool_region *r, const void *block) {
    return (size_t)((const char *)block - (const char *)r) / POOL_BLOCK_MIN;
}

static void free_add(struct pool *p, struct pool_region *r, void *block, unsigned order) {
    struct pool_link *link = block, *head = p->free[order];
    *link = (struct pool_link){head, NULL};
    if (head != NULL) head->back = link;
    p->free[order] = link;
    r->state[unit_of(r, block)] = (uint8_t)(order + 1);
    BLOCK_IS_FREE(block, order_bytes(order));
}

static void free_remove(struct pool *p, struct pool_region *r, void *block, unsigned order) {
    struct pool_link *link = block;
    if (link->next != NULL) link->next->back = link->back;
    if (link->back != NULL)
        link->back->next = link->next;
    else
        p->free[order] = link->next;
    r->state[unit_of(r, block)] = 0;
    BLOCK_IS_USED(block, order_bytes(order));
}

/* -- regions -- */

static void region_add(struct pool *p) {
    struct pool_region *r = (struct pool_region *)(void *)region_memory(); /* zeroed by the system */
    r->next = p->regions;
    if (p->regions != NULL) p->regions->back = r;
    p->regions = r;
    p->regions_n++;
    p->empty_n++;
    p->held_bytes += REGION_BYTES;
    for (unsigned order = order_of(HEADER_BYTES); order < POOL_ORDERS; order++)
        free_add(p, r, (char *)r + order_bytes(order), order);
}

static void region_remove(struct pool *p, struct pool_region *r) {
    for (unsigned order = order_of(HEADER_BYTES); order < POOL_ORDERS; order++)
        free_remove(p, r, (char *)r + order_bytes(order), order);
    if (r->next != NULL) r->next->back = r->back;
    if (r->back != NULL)
        r->back->next = r->next;
    else
        p->regions = r->next;
    p->regions_n--;
    p->empty_n--;
    p->held_bytes -= REGION_BYTES;
    munmap(r, REGION_BYTES);
}

static void region_uses(struct pool *p, struct pool_region *r, size_t bytes) {
    if (r->used_bytes == 0) p->empty_n--;
    r->used_bytes += bytes;
}

/* Minutes come and go: one region for every four that are in use may stay empty between them, and one more. */
static void regions_trim(struct pool *p) {
    for (struct pool_region *r = p->regions, *next; r != NULL; r = next) {
        next = r->next;
        if (p->empty_n <= 1 + (p->regions_n - p->empty_n) / 4) return;
        if (r->used_bytes == 0) region_remove(p, r);
    }
}

static void region_unuses(struct pool *p, struct pool_region *r, size_t bytes) {
    r->used_bytes -= bytes;
    if (r->used_bytes > 0) return;
    p->empty_n++;
    regions_trim(p);
}

/* -- public -- */

size_t pool_size(size_t bytes) {
    if (bytes <= POOL_BLOCK_MIN) return POOL_BLOCK_MIN;
    return (size_t)1 << (64 - __builtin_clzll(bytes - 1));
}

static void *large_take(struct pool *p, size_t size) {
    p->held_bytes += size;
    return system_take(size);
}

static void large_give(struct pool *p, void *block, size_t size) {
    p->held_bytes -= size;
    munmap(block, size);
}

/* The smallest order from ORDER up that has a free block, or POOL_ORDERS. */
static unsigned free_find(const struct pool *p, unsigned order) {
    while (order < POOL_ORDERS && p->free[order] == NULL) order++;
    return order;
}

static void *joined_take(struct pool *p, size_t size) {
    unsigned order = order_of(size), found = free_find(p, order);
    if (found == POOL_ORDERS) {
        region_add(p);
        found = free_find(p, order);
    }
    void *block = p->free[found];
    struct pool_region *r = region_of(block);
    free_remove(p, r, block, found);
    while (found > order) { /* the upper half stays */
        found--;
        free_add(p, r, (char *)block + order_bytes(found), found);
    }
    region_uses(p, r, size);
    return block;
}

static void joined_give(struct pool *p, void *block, size_t size) {
    unsigned order = order_of(size);
    struct pool_region *r = region_of(block);
    for (; order + 1 < POOL_ORDERS; order++) {
        size_t unit = unit_of(r, block) ^ ((size_t)1 << order);
        if (r->state[unit] != order + 1) break;
        char *buddy = (char *)r + unit * POOL_BLOCK_MIN;
        free_remove(p, r, buddy, order);
        if (buddy < (char *)block) block = buddy;
    }
    free_add(p, r, block, order);
    region_unuses(p, r, size);
}

void *pool_take(struct pool *p, size_t bytes) {
    size_t size = pool_size(bytes);
    p->used_bytes += size;
    return size <= POOL_JOINED_MAX ? joined_take(p, size) : large_take(p, size);
}

void *pool_take_zeroed(struct pool *p, size_t bytes) { return memset(pool_take(p, bytes), 0, bytes); }

void pool_give(struct pool *p, void *block, size_t bytes) {
    if (block == NULL) return;
    size_t size = pool_size(bytes);
    p->used_bytes -= size;
    if (size <= POOL_JOINED_MAX)
        joined_give(p, block, size);
    else
        large_give(p, block, size);
}

void pool_deinit(struct pool *p) {
    assert(p->used_bytes == 0);
    while (p->regions != NULL) region_remove(p, p->regions);
}
