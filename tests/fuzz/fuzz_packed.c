/* fuzz/fuzz_packed.c - what the reader of packed lists makes of any bytes.
 * Goal: no bytes whatever crash the reader of packed lists or make it look outside, nor a merge of such lists.
 * Method: the input is two lists, the first byte says where the second begins; each is copied to memory of its exact
 * size. What is asserted:
 *  - every item lies inside the bytes, with lower <= count <= upper, and counts never rise;
 *  - lists that can be read are written again and then read as the same;
 *  - a merge that succeeds, at any depth, can be written, and what is written can be read and merged again. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "list/heaviest.h"
#include "list/merge.h"

/* Assertions are what this program is for. */
#ifdef NDEBUG
#error "build without NDEBUG"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct bytes item, struct bytes list) {
    return item.p >= list.p && item.p <= list.p + list.n && item.n <= (size_t)(list.p + list.n - item.p);
}

/* The items of a whole list, or NULL if it is broken. *HEAD is set if its head can be read. */
static struct packed_item *list_items(struct bytes list, struct packed_head *head) {
    struct packed_reader r;
    struct packed_item *items = NULL;
    uint64_t n = 0, last = UINT64_MAX;
    int got;
    if (!packed_open(&r, list, head)) return NULL;
    items = mem_alloc((list.n + 1) * sizeof *items); /* an item takes two bytes at least */
    while ((got = packed_next(&r, &items[n])) == 1) {
        const struct packed_item *it = &items[n++];
        assert(inside(it->item, list));
        assert(it->lower <= it->count && it->count <= it->upper && it->count <= last);
        assert(!head->exact || (it->lower == it->count && it->upper == it->count));
        last = it->count;
    }
    if (got == 0) {
        assert(n == head->items_n);
        return items;
    }
    mem_free(items);
    return NULL;
}

static bool same_item(const struct packed_item *a, const struct packed_item *b) {
    return a->count == b->count && a->lower == b->lower && a->upper == b->upper && a->item.n == b->item.n &&
           memcmp(a->item.p, b->item.p, a->item.n) == 0;
}

/* Writes and reads again. */
static void check_round_trip(const struct packed_head *head, const struct packed_item *items) {
    struct buf b = {0};
    struct packed_head again;
    packed_write(&b, head, items);
    struct packed_item *back = list_items((struct bytes){b.data, b.len}, &again);
    assert(back != NULL);
    assert(again.exact == head->exact && again.total == head->total && again.items_n == head->items_n &&
           again.absent_upper == head->absent_upper);
    for (uint64_t i = 0; i < head->items_n; i++) assert(same_item(&items[i], &back[i]));
    mem_free(back);
    buf_free(&b);
}

static bool check_list(struct bytes list) {
    struct packed_head head;
    struct packed_item *items = list_items(list, &head);
    if (items == NULL) return false;
    check_round_trip(&head, items);
    mem_free(items);
    return true;
}

static void check_merged(const struct merged *m) {
    for (uint64_t i = 1; i < m->head.items_n; i++) {
        const struct packed_item *a = &m->items[i - 1], *b = &m->items[i];
        assert(list_order(a->count, a->item, b->count, b->item) < 0);
    }
    check_round_trip(&m->head, m->items);
}

/* What one merge makes is a list like any other. */
static void check_merge_again(const struct merged *m) {
    struct buf b = {0};
    struct merged again;
    packed_write(&b, &m->head, m->items);
    struct bytes list = {b.data, b.len};
    bool good = merge_lists(&list, 1, m->head.items_n, &again);
    assert(good && again.head.items_n == m->head.items_n);
    for (uint64_t i = 0; i < m->head.items_n; i++) assert(same_item(&m->items[i], &again.items[i]));
    merged_deinit(&again);
    buf_free(&b);
}

static void check_merge(const struct bytes *lists, size_t n, size_t depth, bool readable) {
    struct merged m;
    if (merge_lists(lists, n, depth, &m)) {
        assert(readable && m.head.items_n <= depth);
        check_merged(&m);
        check_merge_again(&m);
    } else {
        assert(m.items == NULL && m.head.items_n == 0);
    }
    merged_deinit(&m);
}

static struct bytes copied(const char *p, size_t n) {
    char *copy = mem_alloc(n == 0 ? 1 : n);
    if (n > 0) memcpy(copy, p, n);
    return (struct bytes){copy, n};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    const char *at = (const char *)data + 1;
    size_t first = data[0] < size ? data[0] : size - 1, second = size - 1 - first;
    struct bytes lists[2] = {copied(at, first), copied(at + first, second)};
    bool good_a = check_list(lists[0]), good_b = check_list(lists[1]);
    check_merge(lists, 1, SIZE_MAX, good_a);
    check_merge(lists + 1, 1, 1, good_b);
    check_merge(lists, 2, SIZE_MAX, good_a && good_b);
    check_merge(lists, 2, 2, good_a && good_b);
    mem_free((char *)(uintptr_t)lists[0].p);
    mem_free((char *)(uintptr_t)lists[1].p);
    return 0;
}
