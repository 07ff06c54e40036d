/* unit/list/check_list_merge_random.c - merged lists against an exact counter.
 * Goal: whatever the partitions are and however little of them their lists tell, the merged list is right in every
 * word. Method: random streams sprayed over partitions, one sketch for each, one exact counter for all; the merged list
 * is held against the counter like a sketch's own. */
#include <stdio.h>

#include <check.h>

#include "list/heaviest.h"
#include "list/merge.h"
#include "unit/sketch/sketch_given.h"
#include "unit/sketch/stream.h"

enum { PARTS_MAX = 16, SEEDS = 30 };

struct sprayed {
    struct sketch_budget budget;
    struct sketch *sketches[PARTS_MAX];
    struct buf packed[PARTS_MAX];
    struct bytes lists[PARTS_MAX];
    size_t parts;
    struct truth truth;
    struct buf result;
};

static void sprayed_pack(struct sprayed *x, size_t limit) {
    for (size_t i = 0; i < x->parts; i++) {
        sketch_pack(x->sketches[i], limit, &x->packed[i]);
        x->lists[i] = (struct bytes){x->packed[i].data, x->packed[i].len};
    }
}

/* Events of KIND over PARTS partitions; each sends its LIMIT heaviest items. */
static void spray(struct sprayed *x, const struct stream_kind *kind, uint64_t seed, uint32_t events, size_t parts,
                  uint32_t sets, size_t limit) {
    struct stream s;
    struct rng choice;
    struct bytes item;
    uint32_t weight;
    *x = (struct sprayed){.budget = {.limit_bytes = UINT64_MAX}, .parts = parts};
    rng_init(&choice, ~seed);
    for (size_t i = 0; i < parts; i++) x->sketches[i] = sketch_create(&x->budget, rng_mix(seed + i), sets);
    stream_init(&s, kind, seed, events);
    while (stream_next(&s, &item, &weight)) {
        sketch_add(x->sketches[rng_below(&choice, (uint32_t)parts)], sketch_hash(item), item, weight);
        truth_add(&x->truth, item, weight);
    }
    sprayed_pack(x, limit);
}

static void sprayed_deinit(struct sprayed *x) {
    for (size_t i = 0; i < x->parts; i++) {
        sketch_destroy(x->sketches[i]);
        buf_free(&x->packed[i]);
    }
    sketch_budget_deinit(&x->budget);
    truth_deinit(&x->truth);
    buf_free(&x->result);
}

/* Merges N of LISTS and appends the packed result to OUT. */
static struct bytes merge_into(const struct bytes *lists, size_t n, size_t depth, struct buf *out) {
    struct merged m;
    ck_assert(merge_lists(lists, n, depth, &m));
    buf_clear(out);
    packed_write(out, &m.head, m.items);
    merged_deinit(&m);
    return (struct bytes){out->data, out->len};
}

static struct bytes merge_all(struct sprayed *x, size_t depth) {
    return merge_into(x->lists, x->parts, depth, &x->result);
}

static struct packed_head head_of(struct bytes list) {
    struct packed_reader r;
    struct packed_head head;
    ck_assert(packed_open(&r, list, &head));
    return head;
}

static const struct stream_kind small = {"small", .9, 300, false, 5};
static const struct stream_kind large = {"large", .9, 100000, false, 3};

START_TEST(exact_parts_merge_to_exact_sums) {
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sprayed x;
        size_t parts = 1 + seed % PARTS_MAX;
        spray(&x, &small, seed, 3000, parts, SETS_64KB, LIST_WHOLE);
        struct bytes list = merge_all(&x, LIST_WHOLE);
        const char *wrong = list_contradiction(&x.truth, list);
        ck_assert_msg(wrong == NULL, "seed %llu, %zu parts: %s", (unsigned long long)seed, parts, wrong);
        struct packed_head head = head_of(list);
        ck_assert(head.exact);
        ck_assert_uint_eq(head.items_n, x.truth.n);
        ck_assert_uint_eq(head.absent_upper, 0);
        sprayed_deinit(&x);
    }
}
END_TEST

/* Sketches far too small, lists cut short, the merged list cut again. */
static const struct {
    uint32_t sets;
    size_t limit;
} poor[] = {{4, LIST_WHOLE}, {16, 20}, {64, 100}, {512, 400}, {512, 5}, {512, 0}};

START_TEST(bounds_of_cut_and_overflowed_parts_hold) {
    static const size_t depths[] = {LIST_WHOLE, 400, 20, 1, 0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sprayed x;
        size_t parts = 1 + seed % PARTS_MAX;
        spray(&x, &large, seed, 10000, parts, poor[_i].sets, poor[_i].limit);
        for (size_t d = 0; d < ARRAY_LEN(depths); d++) {
            const char *wrong = list_contradiction(&x.truth, merge_all(&x, depths[d]));
            ck_assert_msg(wrong == NULL, "seed %llu, %zu parts of %u sets, lists of %zu, depth %zu: %s",
                          (unsigned long long)seed, parts, poor[_i].sets, poor[_i].limit, depths[d], wrong);
        }
        sprayed_deinit(&x);
    }
}
END_TEST

static void expect_same(struct bytes a, struct bytes b, uint64_t seed) {
    ck_assert_msg(a.n == b.n && memcmp(a.p, b.p, a.n) == 0, "seed %llu", (unsigned long long)seed);
}

START_TEST(the_order_of_the_parts_changes_nothing) {
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sprayed x;
        struct buf turned = {0};
        struct bytes lists[5];
        spray(&x, &large, seed, 4000, 5, 16, 50);
        for (size_t i = 0; i < 5; i++) lists[i] = x.lists[(i * 2 + seed) % 5];
        expect_same(merge_all(&x, 60), merge_into(lists, 5, 60, &turned), seed);
        buf_free(&turned);
        sprayed_deinit(&x);
    }
}
END_TEST

START_TEST(one_part_comes_back_as_it_is) {
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sprayed x;
        spray(&x, &large, seed, 4000, 1, seed % 2 == 0 ? 16 : 512, 50);
        expect_same(merge_all(&x, 50), x.lists[0], seed);
        sprayed_deinit(&x);
    }
}
END_TEST

/* Windows are merges of merged lists: as long as nothing is cut, the detour changes no byte. */
START_TEST(merging_what_was_merged_gives_the_same) {
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sprayed x;
        struct buf left = {0}, right = {0}, both = {0};
        spray(&x, &large, seed, 4000, 6, 16, 50);
        struct bytes halves[2] = {merge_into(x.lists, 2, LIST_WHOLE, &left),
                                  merge_into(x.lists + 2, 4, LIST_WHOLE, &right)};
        expect_same(merge_all(&x, 60), merge_into(halves, 2, 60, &both), seed);
        buf_free(&left);
        buf_free(&right);
        buf_free(&both);
        sprayed_deinit(&x);
    }
}
END_TEST

static void expect_same_items(struct bytes a, struct bytes b, uint64_t seed) {
    struct packed_reader x, y;
    struct packed_head head;
    struct packed_item it = {0}, other = {0};
    int more;
    ck_assert(packed_open(&x, a, &head) && packed_open(&y, b, &head));
    do {
        more = packed_next(&x, &it);
        ck_assert_int_eq(packed_next(&y, &other), more);
        if (more == 1)
            ck_assert_msg(list_order(it.count, it.item, other.count, other.item) == 0, "seed %llu: %llu and %llu",
                          (unsigned long long)seed, (unsigned long long)it.count, (unsigned long long)other.count);
    } while (more == 1);
    ck_assert_int_eq(more, 0);
}

/* An item belongs to one partition, as when the topic is keyed by item: the merged top is that of one exact counter
 * even if each partition sends no more than its own top. (The bounds cannot know it and stay wide.) */
START_TEST(parts_that_share_no_item_lose_nothing_of_the_top) {
    enum { PARTS = 8, TOP = 20, SETS = 4096 };
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sprayed x = {.budget = {.limit_bytes = UINT64_MAX}, .parts = PARTS};
        struct sketch *whole = sketch_create(&x.budget, seed, SETS);
        struct buf want = {0};
        struct stream s;
        struct bytes item;
        uint32_t weight;
        for (size_t i = 0; i < PARTS; i++) x.sketches[i] = sketch_create(&x.budget, seed, SETS);
        stream_init(&s, &large, seed, 5000);
        while (stream_next(&s, &item, &weight)) {
            sketch_add(whole, sketch_hash(item), item, weight);
            sketch_add(x.sketches[(unsigned char)item.p[3] % PARTS], sketch_hash(item), item, weight);
        }
        sprayed_pack(&x, TOP);
        ck_assert(sketch_exact(whole));
        sketch_pack(whole, TOP, &want);
        expect_same_items(merge_all(&x, TOP), (struct bytes){want.data, want.len}, seed);
        sketch_destroy(whole);
        buf_free(&want);
        sprayed_deinit(&x);
    }
}
END_TEST

Suite *list_merge_random_suite(void);
Suite *list_merge_random_suite(void) {
    Suite *s = suite_create("board_merge_random");
    TCase *c = tcase_create("board_merge_random");
    tcase_set_timeout(c, 120);
    suite_add_tcase(s, c);
    tcase_add_test(c, exact_parts_merge_to_exact_sums);
    tcase_add_loop_test(c, bounds_of_cut_and_overflowed_parts_hold, 0, (int)ARRAY_LEN(poor));
    tcase_add_test(c, the_order_of_the_parts_changes_nothing);
    tcase_add_test(c, one_part_comes_back_as_it_is);
    tcase_add_test(c, merging_what_was_merged_gives_the_same);
    tcase_add_test(c, parts_that_share_no_item_lose_nothing_of_the_top);
    return s;
}
