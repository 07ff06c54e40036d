/* Three questions: is the list the very sequence that the recount gives; how far is it off where it is not; and does
 * everything lie within the bounds that the merged list, LIST_SIZE deep, promises beside it. */
#include "compare.h"

#include "base/log.h"
#include "base/mem.h"
#include <stdarg.h>
#include <stdio.h>

void comparer_init(struct comparer *c, const struct tally *tally, uint32_t k) {
    *c = (struct comparer){.tally = tally, .k = k};
    c->listed = mem_zalloc(tally->items.n + 1, sizeof *c->listed);
}

void comparer_deinit(struct comparer *c) {
    packed_deinit(&c->packed);
    mem_free(c->listed);
}

/* The first difference is kept as text. */
static void note(struct finding *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void note(struct finding *f, const char *fmt, ...) {
    if (f->what) return;
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    f->what = mem_strdup(text);
}

static uint64_t true_count(const struct comparer *c, const struct group *g, struct bytes item) {
    return group_count(g, names_find(&c->tally->items, item));
}

/* -- the list against the ranked recount -- */

static bool same_item(const struct served_item *s, const struct ranked *r) {
    return bytes_order(s->item, r->item) == 0 && s->score == (double)r->count;
}

static void check_sequence(struct finding *f, const struct served_list *list, const struct ranked *truth, size_t want) {
    f->equal = list->n == want;
    for (size_t i = 0; i < list->n && i < want; i++) {
        if (same_item(&list->items[i], &truth[i])) continue;
        note(f, "rank %zu: served %s with %.17g, counted %s with %llu", i + 1, log_quote_bytes(list->items[i].item),
             list->items[i].score, log_quote_bytes(truth[i].item), (unsigned long long)truth[i].count);
        f->equal = false;
    }
    if (list->n != want) note(f, "served %zu items, counted %zu", list->n, want);
}

static void check_counts(const struct comparer *c, struct finding *f, const struct served_list *list,
                         const struct group *g) {
    f->items = (uint32_t)list->n;
    for (size_t i = 0; i < list->n; i++) {
        uint64_t truth = true_count(c, g, list->items[i].item);
        double off = list->items[i].score - (double)truth;
        double rel = (off < 0 ? -off : off) / (truth ? (double)truth : 1.0);
        if (off != 0) f->wrong++;
        if (truth == 0) f->foreign++;
        if (rel > f->error_rel) f->error_rel = rel;
        if ((uint64_t)(off < 0 ? -off : off) > f->error_abs) f->error_abs = (uint64_t)(off < 0 ? -off : off);
    }
}

/* Items of the true count at the cut stand in for each other here; which of them must be served is the sequence's. */
static void check_recall(const struct comparer *c, struct finding *f, const struct served_list *list,
                         const struct ranked *truth, size_t want, const struct group *g) {
    size_t hits = 0;
    f->recall = 1.0;
    if (want == 0) return;
    for (size_t i = 0; i < list->n; i++)
        if (true_count(c, g, list->items[i].item) >= truth[want - 1].count) hits++;
    if (hits > want) hits = want;
    f->missing = (uint32_t)(want - hits);
    f->recall = (double)hits / (double)want;
}

/* -- the promised bounds -- */

static void break_bounds(struct finding *f, struct bytes item, uint64_t truth, uint64_t lower, uint64_t upper) {
    f->out_of_bounds = true;
    note(f, "%s: promised %llu to %llu, counted %llu", log_quote_bytes(item), (unsigned long long)lower,
         (unsigned long long)upper, (unsigned long long)truth);
}

static void check_listed(struct comparer *c, struct finding *f, const struct group *g) {
    c->round++;
    for (size_t i = 0; i < c->packed.n; i++) {
        const struct packed_item *it = &c->packed.items[i];
        uint32_t number = names_find(&c->tally->items, it->item);
        uint64_t truth = group_count(g, number);
        if (number != NAME_NONE) c->listed[number] = c->round;
        if (truth < it->lower || truth > it->upper) break_bounds(f, it->item, truth, it->lower, it->upper);
    }
}

static void check_unlisted(const struct comparer *c, struct finding *f, const struct ranked *truth, size_t n) {
    for (size_t i = 0; i < n && truth[i].count > c->packed.absent_upper; i++)
        if (c->listed[truth[i].number] != c->round)
            break_bounds(f, truth[i].item, truth[i].count, 0, c->packed.absent_upper);
}

static void check_total(const struct comparer *c, struct finding *f, const struct group *g) {
    uint64_t truth = g ? g->total : 0;
    if (c->packed.total == truth) return;
    f->out_of_bounds = true;
    note(f, "total %llu, counted %llu", (unsigned long long)c->packed.total, (unsigned long long)truth);
}

/* The zset is the merged list's first K. */
static void check_same_list(const struct comparer *c, struct finding *f, const struct served_list *list) {
    size_t want = c->packed.n < c->k ? c->packed.n : c->k;
    bool same = list->n == want;
    for (size_t i = 0; same && i < want; i++)
        same = bytes_order(list->items[i].item, c->packed.items[i].item) == 0 &&
               list->items[i].score == (double)c->packed.items[i].count;
    if (same) return;
    f->broken = true;
    note(f, "the list and the merged list beside it differ");
}

static void check_bounds(struct comparer *c, struct finding *f, const struct served_list *list, const struct group *g,
                         const struct ranked *truth) {
    const char *why = "there is no merged list beside it";
    if (list->merged.p == NULL || !packed_read(&c->packed, list->merged, &why)) {
        f->broken = true;
        note(f, "%s", why);
        return;
    }
    check_same_list(c, f, list);
    check_total(c, f, g);
    check_listed(c, f, g);
    check_unlisted(c, f, truth, g ? g->n : 0);
}

static void check_index(struct entry *e) {
    bool stated = e->state != STATE_NONE && e->state != STATE_UNKNOWN;
    if (stated && e->indexed) return;
    e->found.broken = true;
    note(&e->found, stated ? "it is not in `minutes`" : "it has no state");
}

void compare_list(struct comparer *c, struct entry *entry, const struct served_list *list) {
    struct finding *f = &entry->found;
    const struct group *g = entry->group;
    size_t want = g ? (g->n < c->k ? g->n : c->k) : 0;
    struct ranked *truth = group_rank(c->tally, g);
    f->served = list->n > 0;
    if (f->served) {
        check_bounds(c, f, list, g, truth);
        check_index(entry);
    }
    check_sequence(f, list, truth, want);
    check_counts(c, f, list, g);
    check_recall(c, f, list, truth, want, g);
    mem_free(truth);
}
