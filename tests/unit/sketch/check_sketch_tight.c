/* unit/sketch/check_sketch_tight.c - bounds are no wider than the rule says. Goal: bounds are no wider than the rule
 * says. True ones are not enough: 0 and the total are always true. The rule, for a set: `missed` is all weight that no
 * way took as its own, and what every evicted way had for certain. An item that is admitted begins with lower = its
 * weight and upper = that and what was missed before; each further weight of its own raises both by just that. Method:
 * items of one set of four, the whole list before and after each add. Whose counts a new item inherits is chance and is
 * not asked; everything else follows. */
#include <stdio.h>

#include <check.h>

#include "base/mem.h"
#include "sketch_given.h"
#include "stream.h"

enum { WAYS = 8 };

/* A whole list that outlives its buffer. */
struct look {
    struct packed_head head;
    struct packed_item items[WAYS];
    struct buf bytes;
};

static void look_at(struct checked *p, struct look *l) {
    struct packed_reader r;
    buf_clear(&l->bytes);
    sketch_pack(p->sketch, LIST_WHOLE, &l->bytes);
    ck_assert(packed_open(&r, (struct bytes){l->bytes.data, l->bytes.len}, &l->head));
    ck_assert_uint_le(l->head.items_n, WAYS);
    for (uint64_t i = 0; i < l->head.items_n; i++) ck_assert_int_eq(packed_next(&r, &l->items[i]), 1);
}

static const struct packed_item *look_find(const struct look *l, struct bytes item) {
    for (uint64_t i = 0; i < l->head.items_n; i++)
        if (l->items[i].item.n == item.n && memcmp(l->items[i].item.p, item.p, item.n) == 0) return &l->items[i];
    return NULL;
}

static void expect_item(const struct packed_item *it, uint64_t count, uint64_t lower, uint64_t upper) {
    ck_assert_uint_eq(it->count, count);
    ck_assert_uint_eq(it->lower, lower);
    ck_assert_uint_eq(it->upper, upper);
}

/* All that the add left alone is as it was. The lower bound of the one that left, 0 if none did. */
static uint64_t expect_others(const struct look *before, const struct look *after, struct bytes item) {
    uint64_t gone = 0;
    for (uint64_t i = 0; i < before->head.items_n; i++) {
        const struct packed_item *was = &before->items[i], *is = look_find(after, was->item);
        if (is == NULL)
            gone += was->lower;
        else if (was->item.n != item.n || memcmp(was->item.p, item.p, item.n) != 0)
            expect_item(is, was->count, was->lower, was->upper);
    }
    return gone;
}

static void expect_rule(const struct look *before, const struct look *after, struct bytes item, uint32_t w) {
    const struct packed_item *was = look_find(before, item), *is = look_find(after, item);
    uint64_t missed = before->head.absent_upper, gone = expect_others(before, after, item);
    if (was != NULL) { /* its own */
        ck_assert_ptr_nonnull(is);
        expect_item(is, was->count + w, was->lower + w, was->upper + w);
    } else if (is != NULL) { /* admitted */
        ck_assert_uint_ge(is->count, w);
        expect_item(is, is->count, w, w + missed);
        missed += gone;
    } else {
        missed += w;
    }
    ck_assert_uint_eq(after->head.absent_upper, missed);
}

/* -- one set -- */

static void add_by_rule(struct checked *p, struct look *before, struct bytes item, uint32_t w) {
    struct look after = {.bytes = {0}};
    checked_add(p, item, w);
    look_at(p, &after);
    expect_rule(before, &after, item, w);
    buf_free(&before->bytes);
    *before = after;
}

START_TEST(each_add_moves_the_bounds_by_the_rule) {
    static const struct stream_kind kinds[] = {
        {"zipf", .8, 3000, false, 1}, {"weighted", 1.1, 20000, false, 1000}, {"replaced", 1.2, 2000, true, 3}};
    struct checked p;
    struct stream s;
    struct bytes item;
    struct look l = {.bytes = {0}};
    uint32_t weight;
    checked_init(&p, (uint64_t)_i, 4);
    stream_init(&s, &kinds[_i % (int)ARRAY_LEN(kinds)], (uint64_t)_i, 20000);
    look_at(&p, &l);
    while (stream_next(&s, &item, &weight))
        if (sketch_hash(item) >> 62 == 0) add_by_rule(&p, &l, item, weight);
    ck_assert(!l.head.exact);
    expect_true(&p, s.kind.name);
    buf_free(&l.bytes);
    checked_deinit(&p);
}
END_TEST

/* Contenders that a light cell cannot count any more take a way at once, with what it had: not more than was missed. */
START_TEST(a_way_taken_by_force_hands_over_no_more_than_was_missed) {
    enum { HEAVY = 1 << 30, CONTENDER = 1 << 24 };
    int taken = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct checked p;
        struct look l = {.bytes = {0}};
        uint32_t number = 0, found = 0;
        char name[12];
        checked_init(&p, seed, 4);
        look_at(&p, &l);
        for (; found < WAYS + 20; number++) {
            struct bytes item = stream_item(seed, number, name);
            if (sketch_hash(item) >> 62 != 0) continue;
            found++;
            uint64_t missed = l.head.absent_upper, least = l.head.items_n == WAYS ? l.items[WAYS - 1].count : 0;
            add_by_rule(&p, &l, item, found <= WAYS ? HEAVY : CONTENDER);
            const struct packed_item *is = look_find(&l, item);
            if (least < HEAVY || missed >= HEAVY || is == NULL) continue;
            ck_assert_uint_eq(is->count, CONTENDER + missed);
            taken++;
        }
        expect_true(&p, "by force");
        buf_free(&l.bytes);
        checked_deinit(&p);
    }
    ck_assert_int_ge(taken, 5);
}
END_TEST

/* -- cut lists -- */

static uint64_t largest_upper(const struct packed_item *items, uint64_t from, uint64_t n, uint64_t least) {
    for (uint64_t i = from; i < n; i++)
        if (items[i].upper > least) least = items[i].upper;
    return least;
}

static uint64_t read_list(struct bytes list, struct packed_head *head, struct packed_item *items) {
    struct packed_reader r;
    ck_assert(packed_open(&r, list, head));
    for (uint64_t i = 0; i < head->items_n; i++) ck_assert_int_eq(packed_next(&r, &items[i]), 1);
    return head->items_n;
}

/* What a cut list says of those it leaves out is the largest that the whole list says of one of them, or of none. */
static void expect_cut(struct checked *p, size_t limit) {
    static struct packed_item items[SETS_16KB * WAYS * 2], cut_items[SETS_16KB * WAYS * 2];
    struct packed_head whole, cut;
    struct buf kept = {0};
    sketch_pack(p->sketch, LIST_WHOLE, &kept);
    uint64_t n = read_list((struct bytes){kept.data, kept.len}, &whole, items);
    uint64_t m = read_list(checked_pack(p, limit), &cut, cut_items);
    ck_assert_uint_eq(m, limit < n ? limit : n);
    for (uint64_t i = 0; i < m; i++) expect_item(&cut_items[i], items[i].count, items[i].lower, items[i].upper);
    ck_assert_uint_eq(cut.absent_upper, largest_upper(items, m, n, whole.absent_upper));
    buf_free(&kept);
}

START_TEST(a_cut_list_widens_nothing) {
    static const struct stream_kind kinds[] = {
        {"zipf", .8, 20000, false, 1}, {"uniform", 0, 400, false, 3}, {"replaced", 1.1, 20000, true, 3}};
    static const uint32_t sizes[] = {4, 16, SETS_16KB};
    struct checked p;
    struct stream s;
    struct bytes item;
    uint32_t weight;
    checked_init(&p, (uint64_t)_i, sizes[_i % 3]);
    stream_init(&s, &kinds[_i / 3], (uint64_t)_i, 6000);
    while (stream_next(&s, &item, &weight)) {
        checked_add(&p, item, weight);
        if (s.drawn % 500 == 0)
            for (size_t limit = 0; limit < 2000; limit = limit * 2 + 1) expect_cut(&p, limit);
    }
    checked_deinit(&p);
}
END_TEST

/* Of several sets, the one that missed most speaks for all that is not listed. */
START_TEST(what_is_not_listed_weighs_at_most_what_one_set_missed) {
    struct checked p;
    struct packed_reader r;
    struct packed_head head;
    uint64_t missed[4] = {0};
    checked_init(&p, 1, 4);
    for (uint32_t i = 0; i < 4000; i++) {
        char name[12];
        struct bytes item = stream_item(1, i < 400 ? i % 40 : i, name);
        checked_add(&p, item, 1 + i % 3);
    }
    for (size_t i = 0; i < p.truth.n; i++) {
        struct bytes item = {p.truth.names.data + p.truth.items[i].at, p.truth.items[i].len};
        missed[sketch_hash(item) >> 62] += p.truth.items[i].count;
    }
    struct packed_item it;
    ck_assert(packed_open(&r, checked_pack(&p, LIST_WHOLE), &head));
    while (packed_next(&r, &it) == 1) missed[sketch_hash(it.item) >> 62] -= it.lower;
    uint64_t most = 0;
    for (size_t i = 0; i < 4; i++) most = missed[i] > most ? missed[i] : most;
    ck_assert_uint_eq(head.absent_upper, most);
    checked_deinit(&p);
}
END_TEST

Suite *sketch_tight_suite(void);
Suite *sketch_tight_suite(void) {
    Suite *s = suite_create("sketch_tight");
    TCase *c = tcase_create("sketch_tight");
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    tcase_add_loop_test(c, each_add_moves_the_bounds_by_the_rule, 0, 12);
    tcase_add_test(c, a_way_taken_by_force_hands_over_no_more_than_was_missed);
    tcase_add_loop_test(c, a_cut_list_widens_nothing, 0, 9);
    tcase_add_test(c, what_is_not_listed_weighs_at_most_what_one_set_missed);
    return s;
}
