/* topkd-audit/names.h - every distinct text once, as a small number: what makes tens of millions of counts fit.
 * Memory: the bytes, and for each text 16 bytes and about 8 of index.   Threads: one owner. */
#ifndef TOPKD_AUDIT_NAMES_H
#define TOPKD_AUDIT_NAMES_H

#include "base/base.h"
#include "base/buf.h"

#define NAME_NONE UINT32_MAX /* no number: the text is unknown */

struct names {
    struct name {
        size_t at; /* in bytes.data */
        uint32_t bytes_n, hash;
    } * list;
    uint32_t n;
    size_t cap;
    uint32_t *slots; /* open addressing, number + 1, 0 = free; a power of two, at most 3/4 full */
    uint32_t slots_n;
    struct buf bytes;
};

void names_deinit(struct names *t);                             /* zero-initialised is empty */
uint32_t names_add(struct names *t, struct bytes text);         /* the number, old or new */
uint32_t names_find(const struct names *t, struct bytes text);  /* NAME_NONE if unknown */
struct bytes names_get(const struct names *t, uint32_t number); /* valid until the next add */

#endif
