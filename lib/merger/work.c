/* merger/work.c - one list is judged and merged. */
#include "merger/work.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/testhook.h"

static void parts_judge(const struct delivery_rules *rules, struct progress *progress, const struct store_hash *h,
                        struct work *w) {
    assert(w->parts == NULL);
    w->parts = mem_zalloc(h->parts_n + 1, sizeof *w->parts);
    w->parts_n = h->parts_n;
    for (size_t i = 0; i < h->parts_n; i++) {
        const struct store_hash_part *p = &h->parts[i];
        w->parts[i] = (struct list_part){p->partition_name, fence_incarnation(p->fence), p->final, false};
    }
    w->state = list_judge(rules, progress, h->minute, h->born_ms, w->parts, w->parts_n);
    if (h->lost) w->state = LIST_LOST;
}

static bool parts_merge(uint32_t list_size, const struct store_hash *h, struct work *w) {
    assert(w->parts_n == h->parts_n);
    struct bytes *lists = mem_zalloc(h->parts_n + 1, sizeof *lists);
    size_t n = 0;
    for (size_t i = 0; i < h->parts_n; i++)
        if (w->parts[i].counts) lists[n++] = (struct bytes){h->parts[i].items, h->parts[i].items_len};
    bool merged = merge_lists(lists, n, list_size, &w->merged);
    mem_free(lists);
    return merged;
}

static void items_take(struct work *w) {
    packed_write(&w->packed, &w->merged.head, w->merged.items);
    w->top = mem_zalloc(w->merged.head.items_n + 1, sizeof *w->top);
    for (size_t i = 0; i < w->merged.head.items_n; i++)
        w->top[i] = (struct store_list_item){w->merged.items[i].item, w->merged.items[i].count};
}

bool work_make(const struct delivery_rules *rules, struct progress *progress, const struct store_hash *h,
               struct work *out) {
    *out = (struct work){.parts = NULL};
    parts_judge(rules, progress, h, out);
    if (!parts_merge(rules->list_size, h, out)) return false;
    items_take(out);
    return true;
}

void work_deinit(struct work *w) {
    mem_free(w->parts);
    merged_deinit(&w->merged);
    buf_free(&w->packed);
    mem_free(w->top);
}

struct store_list work_list(size_t k, const struct store_hash *h, const struct work *w) {
    assert(w->top != NULL && (unsigned)w->state < LIST_STATES);
    struct store_list l = {.location = h->location,
                           .minute = h->minute,
                           .writes = h->writes,
                           .state = list_state_name(w->state),
                           .final = w->state == LIST_FINAL && RULE(17, closed),
                           .merged = {w->packed.data, w->packed.len},
                           .top = w->top,
                           .top_n = w->merged.head.items_n < k ? w->merged.head.items_n : k};
    memcpy(l.hash_token, h->hash_token, sizeof l.hash_token);
    return l;
}
