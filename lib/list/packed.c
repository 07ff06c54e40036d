/* list/packed.c - writing and reading the bytes of a ranked list. */
#include "list/packed.h"

#include <assert.h>

enum { PACKED_VERSION = 1, PACKED_EXACT = 1 };

void packed_write(struct buf *out, const struct packed_head *head, const struct packed_item *items) {
    buf_add_byte(out, PACKED_VERSION);
    buf_add_byte(out, head->exact ? PACKED_EXACT : 0);
    buf_add_varint(out, head->total);
    buf_add_varint(out, head->absent_upper);
    buf_add_varint(out, head->items_n);
    uint64_t count = head->items_n == 0 ? 0 : items[0].count;
    buf_add_varint(out, count);
    for (uint64_t i = 0; i < head->items_n; i++) {
        const struct packed_item *it = &items[i];
        assert(it->count <= count && it->lower <= it->count && it->count <= it->upper);
        buf_add_varint(out, count - it->count);
        count = it->count;
        if (!head->exact) {
            buf_add_varint(out, it->count - it->lower);
            buf_add_varint(out, it->upper - it->count);
        }
        buf_add_varint(out, it->item.n);
        buf_add(out, it->item.p, it->item.n);
    }
}

bool packed_open(struct packed_reader *r, struct bytes list, struct packed_head *head) {
    if (list.p == NULL || list.n < 2 || list.p[0] != PACKED_VERSION) return false;
    *r = (struct packed_reader){.p = list.p + 2, .end = list.p + list.n, .exact = list.p[1] & PACKED_EXACT};
    head->exact = r->exact;
    if (!varint_read(&r->p, r->end, &head->total) || !varint_read(&r->p, r->end, &head->absent_upper) ||
        !varint_read(&r->p, r->end, &head->items_n) || !varint_read(&r->p, r->end, &r->count))
        return false;
    r->left = head->items_n;
    return true;
}

int packed_next(struct packed_reader *r, struct packed_item *item) {
    uint64_t drop, below = 0, above = 0, len;
    if (r->left == 0) return r->p == r->end ? 0 : -1;
    if (!varint_read(&r->p, r->end, &drop) || drop > r->count) return -1;
    r->count -= drop;
    if (!r->exact && (!varint_read(&r->p, r->end, &below) || !varint_read(&r->p, r->end, &above))) return -1;
    if (below > r->count || above > UINT64_MAX - r->count) return -1;
    if (!varint_read(&r->p, r->end, &len) || len > (uint64_t)(r->end - r->p)) return -1;
    *item = (struct packed_item){{r->p, (size_t)len}, r->count, r->count - below, r->count + above};
    r->p += len;
    r->left--;
    return 1;
}
