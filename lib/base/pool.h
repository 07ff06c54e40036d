/* base/pool.h - blocks whose sizes are powers of two, joined when they come back: the buddy system (Knowlton, CACM 8,
 * 1965).
 * Use when: one owner needs very many blocks for minutes at a time, and what it holds must not creep.
 * Not for: sharing; odd sizes.   Threads: none, one owner.
 * Memory: regions of 2 MB from the system, of which 3 % is bookkeeping. A region that is empty goes back when others
 * are empty too. Blocks above POOL_JOINED_MAX are the system's own. As in base/mem.h, memory is there or the process is
 * not.
 * Zero-initialised is empty. */
#ifndef TOPKD_BASE_POOL_H
#define TOPKD_BASE_POOL_H

#include "base/base.h"

enum { POOL_BLOCK_MIN = 64, POOL_ORDERS = 15, POOL_JOINED_MAX = POOL_BLOCK_MIN << (POOL_ORDERS - 1) };

struct pool {
    uint64_t used_bytes; /* of blocks that were taken */
    uint64_t held_bytes; /* from the system: taken blocks, free blocks and the bookkeeping */
    /* private */
    struct pool_link {
        struct pool_link *next, *back;
    } * free[POOL_ORDERS];
    struct pool_region *regions;
    uint32_t regions_n, empty_n;
};

/* What a block for BYTES really takes: the next power of two, at least POOL_BLOCK_MIN. */
size_t pool_size(size_t bytes);
/* A block of pool_size(BYTES), aligned to the lesser of that and a page; its contents are anything. */
void *pool_take(struct pool *p, size_t bytes) __attribute__((returns_nonnull)) MUST_CHECK;
void *pool_take_zeroed(struct pool *p, size_t bytes) __attribute__((returns_nonnull)) MUST_CHECK;
/* BLOCK, taken for BYTES, comes back. NULL is allowed. */
void pool_give(struct pool *p, void *block, size_t bytes);
/* Everything goes back to the system. Every block must have come back. */
void pool_deinit(struct pool *p);

#endif
