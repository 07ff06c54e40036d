/* topkd-audit/compare.c - answers three questions about a list.
 * Is it the very sequence that the recount gives? Where it is not, how far is it off? Does everything lie within the
 * bounds that the merged list, LIST_SIZE deep, promises beside it? Of each kind of difference the report tells the
 * item that is farthest off. */
#include "compare.h"

#include "base/mem.h"

void comparer_init(struct comparer *c, const struct tally *tally, uint32_t k) {
    *c = (struct comparer){.tally = tally, .k = k};
    c->listed = mem_zalloc(tally->items.n + 1, sizeof *c->listed);
}

void comparer_deinit(struct comparer *c) {
    packed_deinit(&c->packed);
    mem_free(c->listed);
}

/* One list being compared. */
struct comparing {
    struct comparer *comparer;
    struct finding *found;
    const struct served_list *list;
    const struct bucket *bucket;
    const struct ranked *truth; /* the whole bucket, ranked */
    size_t want;                /* so many of them belong on the list */
};

static uint64_t count_true(const struct comparing *x, struct bytes item) {
    return bucket_count(x->bucket, names_find(&x->comparer->tally->items, item));
}

static double count_distance(double a, double b) { return a > b ? a - b : b - a; }

/* A score may be anything that a double can be. */
static uint64_t count_whole(double v) { return v < 9e18 ? (uint64_t)v : UINT64_C(9000000000000000000); }

static void comparer_list(struct comparer *c, const struct served_list *list) {
    c->round++;
    for (size_t i = 0; i < list->n; i++) {
        uint32_t number = names_find(&c->tally->items, list->items[i].item);
        if (number != NAME_NONE) c->listed[number] = c->round;
    }
}

static bool comparer_lists(const struct comparer *c, uint32_t number) { return c->listed[number] == c->round; }

/* -- the list against the ranked recount -- */

static bool same_item(const struct served_item *s, const struct ranked *r) {
    return bytes_order(s->item, r->item) == 0 && s->score == (double)r->count;
}

/* The first place at which the list is another sequence than the recount's; its end if there is none. */
static size_t sequence_parts_at(const struct comparing *x) {
    size_t i = 0;
    while (i < x->list->n && i < x->want && same_item(&x->list->items[i], &x->truth[i])) i++;
    return i;
}

static struct sides sides_of_served(const struct comparing *x, const struct served_item *s) {
    return (struct sides){SUBJECT_ITEM, s->item, true, s->score, count_true(x, s->item)};
}

static struct sides sides_of_absent(const struct ranked *r) {
    return (struct sides){SUBJECT_ITEM, r->item, false, 0, r->count};
}

/* The item that is farthest off, and all distances added up. */
struct farthest {
    struct sides sides;
    double off;
};

static void farthest_update(const struct comparing *x, struct farthest *far, const struct sides *s) {
    double off = count_distance(s->is_served ? s->served : 0, (double)s->counted);
    if (off == 0) return;
    x->found->off += off;
    x->found->items_off++;
    if (off <= far->off) return;
    far->sides = *s;
    far->off = off;
}

static void farthest_find(const struct comparing *x, struct farthest *far) {
    for (size_t i = 0; i < x->list->n; i++) {
        const struct sides s = sides_of_served(x, &x->list->items[i]);
        farthest_update(x, far, &s);
    }
    comparer_list(x->comparer, x->list);
    for (size_t i = 0; i < x->want; i++) {
        const struct sides s = sides_of_absent(&x->truth[i]);
        if (!comparer_lists(x->comparer, x->truth[i].number)) farthest_update(x, far, &s);
    }
}

static const char *sides_text(const struct sides *s) {
    if (!s->is_served) return "missing";
    return s->counted == 0 ? "no event has it" : "wrong count";
}

static void compare_sequence(const struct comparing *x) {
    struct farthest far = {0};
    size_t other = sequence_parts_at(x);
    x->found->equal = other == x->list->n && other == x->want;
    farthest_find(x, &far);
    if (x->found->equal) return;
    if (far.off == 0 && other < x->list->n) {
        const struct sides s = sides_of_served(x, &x->list->items[other]);
        difference_add(&x->found->difference, &s, "does not belong at rank %zu", other + 1);
    } else
        difference_add(&x->found->difference, &far.sides, "%s", sides_text(&far.sides));
}

static void compare_counts(const struct comparing *x) {
    struct finding *f = x->found;
    f->items = (uint32_t)x->list->n;
    for (size_t i = 0; i < x->list->n; i++) {
        uint64_t truth = count_true(x, x->list->items[i].item);
        double off = count_distance(x->list->items[i].score, (double)truth);
        double rel = off / (truth ? (double)truth : 1.0);
        if (off != 0) f->wrong++;
        if (truth == 0) f->foreign++;
        if (rel > f->error_rel) f->error_rel = rel;
        if (count_whole(off) > f->error_abs) f->error_abs = count_whole(off);
    }
}

/* Items with the same count as the last one stand in for each other here. Which of them belongs on the list is asked by
 * the sequence. */
static void compare_recall(const struct comparing *x) {
    size_t hits = 0;
    x->found->recall = 1.0;
    if (x->want == 0) return;
    for (size_t i = 0; i < x->list->n; i++)
        if (count_true(x, x->list->items[i].item) >= x->truth[x->want - 1].count) hits++;
    if (hits > x->want) hits = x->want;
    x->found->missing = (uint32_t)(x->want - hits);
    x->found->recall = (double)hits / (double)x->want;
}

/* -- the promised bounds -- */

/* Some item whose true count is not what was promised. */
struct breach {
    struct sides sides;
    uint64_t lower, upper, off; /* off 0: none */
};

static void breach_update(struct breach *b, const struct sides *s, uint64_t lower, uint64_t upper) {
    uint64_t off = s->counted < lower ? lower - s->counted : s->counted - upper;
    if (off > b->off) *b = (struct breach){*s, lower, upper, off};
}

static void compare_listed(const struct comparing *x, struct breach *b) {
    struct comparer *c = x->comparer;
    c->round++;
    for (size_t i = 0; i < c->packed.n; i++) {
        const struct packed_item *it = &c->packed.items[i];
        uint32_t number = names_find(&c->tally->items, it->item);
        uint64_t truth = bucket_count(x->bucket, number);
        if (number != NAME_NONE) c->listed[number] = c->round;
        if (truth >= it->lower && truth <= it->upper) continue;
        const struct sides s = {SUBJECT_ITEM, it->item, true, (double)it->count, truth};
        breach_update(b, &s, it->lower, it->upper);
    }
}

static void compare_unlisted(const struct comparing *x, struct breach *b) {
    size_t n = x->bucket != NULL ? x->bucket->n : 0;
    for (size_t i = 0; i < n && x->truth[i].count > x->comparer->packed.absent_upper; i++) {
        const struct sides s = sides_of_absent(&x->truth[i]);
        if (!comparer_lists(x->comparer, x->truth[i].number)) breach_update(b, &s, 0, x->comparer->packed.absent_upper);
    }
}

static void compare_total(const struct comparing *x) {
    const struct sides s = {
        SUBJECT_TOTAL, {NULL, 0}, true, (double)x->comparer->packed.total, x->bucket != NULL ? x->bucket->total : 0};
    if (x->comparer->packed.total == s.counted) return;
    x->found->out_of_bounds = true;
    difference_add(&x->found->difference, &s, "the total of the minute is wrong");
}

static void compare_promises(const struct comparing *x) {
    struct breach worst = {0};
    compare_listed(x, &worst);
    compare_unlisted(x, &worst);
    if (worst.off > 0) {
        x->found->out_of_bounds = true;
        difference_add(&x->found->difference, &worst.sides, "promised %llu to %llu", (unsigned long long)worst.lower,
                       (unsigned long long)worst.upper);
    }
    compare_total(x);
}

/* -- the list against the merged list beside it: it is that one's first K -- */

static const struct packed_item *merged_item(const struct comparing *x, struct bytes item) {
    size_t n = x->comparer->packed.n < x->comparer->k ? x->comparer->packed.n : x->comparer->k;
    for (size_t i = 0; i < n; i++)
        if (bytes_order(x->comparer->packed.items[i].item, item) == 0) return &x->comparer->packed.items[i];
    return NULL;
}

static const struct served_item *served_item(const struct comparing *x, struct bytes item) {
    for (size_t i = 0; i < x->list->n; i++)
        if (bytes_order(x->list->items[i].item, item) == 0) return &x->list->items[i];
    return NULL;
}

static bool merged_is_same(const struct comparing *x, size_t want) {
    bool same = x->list->n == want;
    for (size_t i = 0; same && i < want; i++)
        same = bytes_order(x->list->items[i].item, x->comparer->packed.items[i].item) == 0 &&
               x->list->items[i].score == (double)x->comparer->packed.items[i].count;
    return same;
}

/* An item of either side. */
struct split {
    struct sides sides;
    const struct packed_item *merged; /* NULL: not there */
    double off;                       /* 0: none was found */
};

static void split_update(const struct comparing *x, struct split *far, struct bytes item) {
    const struct served_item *s = served_item(x, item);
    const struct packed_item *m = merged_item(x, item);
    double off = count_distance(s != NULL ? s->score : 0, m != NULL ? (double)m->count : 0);
    if (off <= far->off) return;
    *far = (struct split){{SUBJECT_ITEM, item, s != NULL, s != NULL ? s->score : 0, count_true(x, item)}, m, off};
}

static void compare_same_list(const struct comparing *x) {
    size_t want = x->comparer->packed.n < x->comparer->k ? x->comparer->packed.n : x->comparer->k;
    struct split far = {0};
    if (merged_is_same(x, want)) return;
    x->found->broken = true;
    for (size_t i = 0; i < x->list->n; i++) split_update(x, &far, x->list->items[i].item);
    for (size_t i = 0; i < want; i++) split_update(x, &far, x->comparer->packed.items[i].item);
    if (far.off == 0)
        difference_add(&x->found->difference, NULL, "the merged list beside it has another order");
    else if (far.merged != NULL)
        difference_add(&x->found->difference, &far.sides, "the merged list beside it has %llu",
                       (unsigned long long)far.merged->count);
    else
        difference_add(&x->found->difference, &far.sides, "the merged list beside it does not have it");
}

static void compare_merged(const struct comparing *x) {
    const char *why = "there is no merged list beside it";
    if (x->list->merged.p == NULL || !packed_read(&x->comparer->packed, x->list->merged, &why)) {
        x->found->broken = true;
        difference_add(&x->found->difference, NULL, "%s", why);
        return;
    }
    compare_same_list(x);
    compare_promises(x);
}

static void compare_index(struct entry *e) {
    struct finding *f = &e->found;
    bool stated = e->state != STATE_NONE && e->state != STATE_UNKNOWN;
    f->broken = f->broken || !stated || !e->indexed;
    if (!stated) difference_add(&f->difference, NULL, "its state is missing or unknown");
    if (!e->indexed) difference_add(&f->difference, NULL, "`minutes` does not have it");
}

void compare_list(struct comparer *c, struct entry *entry, const struct served_list *list) {
    const struct bucket *b = entry->bucket;
    struct ranked *truth = bucket_rank(c->tally, b);
    const struct comparing x = {.comparer = c,
                                .found = &entry->found,
                                .list = list,
                                .bucket = b,
                                .truth = truth,
                                .want = b != NULL ? (b->n < c->k ? b->n : c->k) : 0};
    entry->found.served = list->n > 0;
    if (entry->found.served) {
        compare_merged(&x);
        compare_index(entry);
    }
    compare_sequence(&x);
    compare_counts(&x);
    compare_recall(&x);
    mem_free(truth);
}
