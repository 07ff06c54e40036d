/* unit/sketch/truth.c - exact counting, and lists held against it. */
#include "truth.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "list/heaviest.h"
#include "list/packed.h"

/* -- counting -- */

static uint64_t fnv1a(struct bytes b) { /* not the hash under test */
    uint64_t h = 0xcbf29ce484222325U;
    for (size_t i = 0; i < b.n; i++) h = (h ^ (unsigned char)b.p[i]) * 0x100000001b3U;
    return h ^ h >> 32;
}

static struct bytes name_of(const struct truth *r, const struct truth_item *it) {
    return (struct bytes){r->names.data + it->at, it->len};
}

/* The slot that holds ITEM, or the free one where it belongs. */
static uint32_t *slot_of(const struct truth *r, struct bytes item) {
    size_t i = fnv1a(item) & (r->slots_n - 1);
    for (; r->slots[i] != 0; i = (i + 1) & (r->slots_n - 1)) {
        struct bytes name = name_of(r, &r->items[r->slots[i] - 1]);
        if (name.n == item.n && memcmp(name.p, item.p, item.n) == 0) break;
    }
    return &r->slots[i];
}

static struct truth_item *item_find(const struct truth *r, struct bytes item) {
    uint32_t slot = r->slots_n == 0 ? 0 : *slot_of(r, item);
    return slot == 0 ? NULL : &r->items[slot - 1];
}

static void truth_grow(struct truth *r) {
    r->cap = r->cap == 0 ? 512 : r->cap * 2;
    r->slots_n = r->cap * 2;
    r->items = mem_realloc(r->items, r->cap, sizeof *r->items);
    mem_free(r->slots);
    r->slots = mem_zalloc(r->slots_n, sizeof *r->slots);
    for (size_t i = 0; i < r->n; i++) *slot_of(r, name_of(r, &r->items[i])) = (uint32_t)i + 1;
}

void truth_add(struct truth *r, struct bytes item, uint64_t weight) {
    if (r->n == r->cap) truth_grow(r);
    uint32_t *slot = slot_of(r, item);
    if (*slot == 0) {
        r->items[r->n] = (struct truth_item){.at = r->names.len, .len = item.n};
        buf_add(&r->names, item.p, item.n);
        *slot = (uint32_t)++r->n;
    }
    r->items[*slot - 1].count += weight;
    r->total += weight;
}

uint64_t truth_of(const struct truth *r, struct bytes item) {
    const struct truth_item *it = item_find(r, item);
    return it == NULL ? 0 : it->count;
}

void truth_deinit(struct truth *r) {
    mem_free(r->items);
    mem_free(r->slots);
    buf_free(&r->names);
    *r = (struct truth){0};
}

/* -- holding a list against it -- */

static char said[320];

static const char *say_item(struct bytes item, const char *what, uint64_t claimed, uint64_t truth) {
    snprintf(said, sizeof said, "item %s: %s %" PRIu64 ", true %" PRIu64, log_quote_bytes(item), what, claimed, truth);
    return said;
}

static const char *item_contradiction(struct truth *r, const struct packed_head *head, const struct packed_item *it) {
    struct truth_item *truth = item_find(r, it->item);
    if (truth == NULL) return say_item(it->item, "never added, count", it->count, 0);
    if (truth->listed) return say_item(it->item, "listed twice, count", it->count, truth->count);
    truth->listed = true;
    if (it->lower > truth->count) return say_item(it->item, "lower", it->lower, truth->count);
    if (it->upper < truth->count) return say_item(it->item, "upper", it->upper, truth->count);
    if (it->count < it->lower || it->count > it->upper) return "a count outside its bounds";
    if (head->exact && it->count != truth->count) return say_item(it->item, "exact count", it->count, truth->count);
    return NULL;
}

static const char *items_contradiction(struct truth *r, struct packed_reader *reader, const struct packed_head *head) {
    struct packed_item it, last = {{NULL, 0}, 0, 0, 0};
    const char *wrong = NULL;
    uint64_t n = 0;
    int got;
    while ((got = packed_next(reader, &it)) == 1 && wrong == NULL) {
        if (n > 0 && list_order(last.count, last.item, it.count, it.item) >= 0) wrong = "out of order";
        if (wrong == NULL) wrong = item_contradiction(r, head, &it);
        last = it;
        n++;
    }
    if (wrong != NULL) return wrong;
    return got != 0 ? "broken bytes" : n != head->items_n ? "another number of items than the head says" : NULL;
}

static const char *absent_contradiction(const struct truth *r, uint64_t absent_upper) {
    for (size_t i = 0; i < r->n; i++)
        if (!r->items[i].listed && r->items[i].count > absent_upper)
            return say_item(name_of(r, &r->items[i]), "not listed, absent_upper", absent_upper, r->items[i].count);
    return NULL;
}

const char *list_contradiction(struct truth *r, struct bytes list) {
    struct packed_reader reader;
    struct packed_head head;
    for (size_t i = 0; i < r->n; i++) r->items[i].listed = false;
    if (!packed_open(&reader, list, &head)) return "not a packed list";
    if (head.total != r->total) return "another total";
    const char *wrong = items_contradiction(r, &reader, &head);
    return wrong != NULL ? wrong : absent_contradiction(r, head.absent_upper);
}

/* -- accuracy -- */

static int larger_first(const void *a, const void *b) {
    uint64_t x = ((const struct truth_item *)a)->count, y = ((const struct truth_item *)b)->count;
    return (x < y) - (x > y);
}

/* What the list says of each item: estimates in the order of the truth's items, 0 where it is silent. The number of
 * its first K whose true count is at least KTH. */
static size_t list_read(const struct truth *r, struct bytes list, size_t k, uint64_t kth, uint64_t *estimates) {
    struct packed_reader reader;
    struct packed_head head;
    struct packed_item it;
    size_t n = 0, hits = 0;
    if (!packed_open(&reader, list, &head)) return 0;
    while (packed_next(&reader, &it) == 1) {
        const struct truth_item *truth = item_find(r, it.item);
        if (truth == NULL) continue;
        estimates[truth - r->items] = it.count;
        hits += n++ < k && truth->count >= kth;
    }
    return hits;
}

struct accuracy list_accuracy(const struct truth *r, struct bytes list, size_t k) {
    struct accuracy a = {0};
    if (k > r->n) k = r->n;
    struct truth_item *top = mem_alloc(r->n * sizeof *top);
    uint64_t *estimates = mem_zalloc(r->n, sizeof *estimates);
    memcpy(top, r->items, r->n * sizeof *top);
    qsort(top, r->n, sizeof *top, larger_first);
    a.recall = (double)list_read(r, list, k, top[k - 1].count, estimates) / (double)k;
    for (size_t i = 0; i < k; i++) {
        double truth = (double)top[i].count;
        double error = fabs((double)estimates[item_find(r, name_of(r, &top[i])) - r->items] - truth) / truth;
        a.mean_error += error / (double)k;
        a.max_error = fmax(a.max_error, error);
    }
    mem_free(top);
    mem_free(estimates);
    return a;
}
