/* topkd-audit/packed.c - reads a merged list byte by byte, and refuses what is not exactly one. */
#include "packed.h"

#include "base/mem.h"
#include "tally.h"

void packed_deinit(struct packed *p) {
    mem_free(p->items);
    *p = (struct packed){0};
}

/* What is left to read. */
struct rest {
    const unsigned char *p, *end;
};

static bool rest_read_byte(struct rest *r, unsigned *out) {
    if (r->p == r->end) return false;
    *out = *r->p++;
    return true;
}

/* Unsigned LEB128 of at most 64 bits. */
static bool rest_read_varint(struct rest *r, uint64_t *out) {
    unsigned byte = 0x80;
    *out = 0;
    for (unsigned shift = 0; byte & 0x80; shift += 7) {
        if (shift > 63 || !rest_read_byte(r, &byte) || (shift == 63 && byte > 1)) return false;
        *out |= (uint64_t)(byte & 0x7f) << shift;
    }
    return true;
}

static bool rest_read_bounds(struct rest *r, bool exact, struct packed_item *it) {
    uint64_t below = 0, above = 0;
    if (!exact && (!rest_read_varint(r, &below) || !rest_read_varint(r, &above))) return false;
    it->lower = it->count - below;
    it->upper = it->count + above;
    return below <= it->count && it->upper >= it->count;
}

static bool rest_read_item(struct rest *r, bool exact, uint64_t previous, struct packed_item *it) {
    uint64_t less, n;
    if (!rest_read_varint(r, &less) || less > previous) return false;
    it->count = previous - less;
    if (!rest_read_bounds(r, exact, it) || !rest_read_varint(r, &n) || n > (uint64_t)(r->end - r->p)) return false;
    it->item = (struct bytes){(const char *)r->p, (size_t)n};
    r->p += n;
    return true;
}

static bool items_in_order(const struct packed_item *a, const struct packed_item *b) {
    return a->count > b->count || bytes_order(a->item, b->item) > 0;
}

static bool packed_read_items(struct packed *p, struct rest *r, uint64_t n, uint64_t first_count) {
    if (n > (uint64_t)(r->end - r->p)) return false; /* an item takes two bytes at least */
    p->items = mem_grow(p->items, &p->cap, (size_t)n, sizeof *p->items);
    for (p->n = 0; p->n < n; p->n++) {
        struct packed_item *it = &p->items[p->n];
        if (!rest_read_item(r, p->exact, p->n ? it[-1].count : first_count, it)) return false;
        if (p->n && !items_in_order(it - 1, it)) return false;
    }
    return true;
}

bool packed_read(struct packed *p, struct bytes bytes, const char **why) {
    struct rest r = {(const unsigned char *)bytes.p, (const unsigned char *)bytes.p + bytes.n};
    unsigned version = 0, flags = 0;
    uint64_t n, first_count;
    *why = "the merged list has another version";
    if (!rest_read_byte(&r, &version) || version != 1) return false;
    *why = "the merged list is malformed";
    if (!rest_read_byte(&r, &flags) || flags > 1) return false;
    p->exact = flags == 1;
    if (!rest_read_varint(&r, &p->total) || !rest_read_varint(&r, &p->absent_upper)) return false;
    if (!rest_read_varint(&r, &n) || !rest_read_varint(&r, &first_count)) return false;
    return packed_read_items(p, &r, n, first_count) && r.p == r.end;
}
