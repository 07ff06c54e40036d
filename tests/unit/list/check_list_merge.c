/* unit/list/check_list_merge.c - lists of one (location, minute) from several partitions, added up. */
#include <stdio.h>

#include <check.h>

#include "list/merge.h"
#include "loadgen/rng.h"
#include "unit/sketch/colliding.h"
#include "unit/sketch/sketch_given.h"
#include "unit/sketch/stream.h"

enum { PARTS_MAX = 8, WHOLE = LIST_WHOLE };

/* -- words: lists in, a list out -- */

struct merging {
    struct buf packed[PARTS_MAX]; /* the parts */
    struct bytes lists[PARTS_MAX];
    size_t n;
    struct buf result; /* packed, of the last merge_to */
};

static void add_list(struct merging *m, bool exact, uint64_t total, uint64_t absent_upper, uint64_t n,
                     const struct packed_item *items) {
    struct buf *b = &m->packed[m->n];
    packed_write(b, &(struct packed_head){exact, total, absent_upper, n}, items);
    m->lists[m->n++] = (struct bytes){b->data, b->len};
}

/* The merged list in its packed form, which also asserts that it can be written: in order, counts within bounds. */
static struct bytes merge_to(struct merging *m, size_t depth) {
    struct merged out;
    ck_assert(merge_lists(m->lists, m->n, depth, &out));
    buf_clear(&m->result);
    packed_write(&m->result, &out.head, out.items);
    merged_deinit(&out);
    return (struct bytes){m->result.data, m->result.len};
}

static void merging_deinit(struct merging *m) {
    for (size_t i = 0; i < PARTS_MAX; i++) buf_free(&m->packed[i]);
    buf_free(&m->result);
    *m = (struct merging){0};
}

static void expect_head(struct bytes list, bool exact, uint64_t total, uint64_t absent_upper, uint64_t n) {
    struct packed_reader r;
    struct packed_head head;
    ck_assert(packed_open(&r, list, &head));
    ck_assert_int_eq(head.exact, exact);
    ck_assert_uint_eq(head.total, total);
    ck_assert_uint_eq(head.absent_upper, absent_upper);
    ck_assert_uint_eq(head.items_n, n);
}

static void expect_item(const struct packed_item *it, const char *name, uint64_t count, uint64_t lower,
                        uint64_t upper) {
    ck_assert_uint_eq(it->item.n, strlen(name));
    ck_assert_mem_eq(it->item.p, name, it->item.n);
    ck_assert_uint_eq(it->count, count);
    ck_assert_uint_eq(it->lower, lower);
    ck_assert_uint_eq(it->upper, upper);
}

/* -- by hand -- */

/* The example that merge.c tells. */
START_TEST(counts_and_bounds_add_up) {
    struct merging m = {0};
    struct merged out;
    add_list(&m, true, 40, 0, 1, (struct packed_item[]){{text("cat"), 40, 40, 40}});
    add_list(&m, false, 25, 3, 2, (struct packed_item[]){{text("cat"), 10, 8, 13}, {text("dog"), 9, 9, 9}});
    ck_assert(merge_lists(m.lists, m.n, WHOLE, &out));
    ck_assert(!out.head.exact);
    ck_assert_uint_eq(out.head.total, 65);
    ck_assert_uint_eq(out.head.absent_upper, 3);
    ck_assert_uint_eq(out.head.items_n, 2);
    expect_item(&out.items[0], "cat", 50, 48, 53);
    expect_item(&out.items[1], "dog", 9, 9, 9);
    merged_deinit(&out);
    merging_deinit(&m);
}
END_TEST

START_TEST(an_item_may_hide_in_every_list_that_does_not_name_it) {
    struct merging m = {0};
    struct merged out;
    add_list(&m, false, 100, 7, 1, (struct packed_item[]){{text("cat"), 40, 35, 41}});
    add_list(&m, false, 100, 5, 1, (struct packed_item[]){{text("dog"), 40, 38, 44}});
    add_list(&m, true, 9, 2, 1, (struct packed_item[]){{text("ant"), 3, 3, 3}});
    ck_assert(merge_lists(m.lists, m.n, WHOLE, &out));
    ck_assert_uint_eq(out.head.absent_upper, 14);
    ck_assert_uint_eq(out.head.items_n, 3);
    expect_item(&out.items[0], "dog", 40, 38, 44 + 7 + 2);
    expect_item(&out.items[1], "cat", 40, 35, 41 + 5 + 2);
    expect_item(&out.items[2], "ant", 3, 3, 3 + 7 + 5);
    merged_deinit(&out);
    merging_deinit(&m);
}
END_TEST

START_TEST(a_cut_leaves_the_largest_upper_that_it_took_away) {
    static const struct {
        size_t depth;
        uint64_t absent_upper;
    } cuts[] = {{4, 6}, {3, 12}, {2, 30}, {1, 30}, {0, 50}};
    struct merging m = {0};
    add_list(
        &m, false, 200, 6, 4,
        (struct packed_item[]){
            {text("cat"), 40, 40, 50}, {text("dog"), 20, 18, 21}, {text("ant"), 10, 1, 30}, {text("bee"), 9, 9, 12}});
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
        expect_head(merge_to(&m, cuts[i].depth), false, 200, cuts[i].absent_upper, cuts[i].depth);
    expect_list(merge_to(&m, 2), "cat 40, dog 20");
    merging_deinit(&m);
}
END_TEST

/* Exact: every count on the merged list is the truth. One list that misses items may miss those of another. */
static const struct {
    const char *why;
    struct {
        bool exact;
        uint64_t absent_upper;
    } parts[3];
    size_t n;
    bool want;
} exactness[] = {
    {"no list", {{0}}, 0, true},
    {"one whole list", {{true, 0}}, 1, true},
    {"one cut list: the counts it names are right", {{true, 3}}, 1, true},
    {"one estimate", {{false, 0}}, 1, false},
    {"whole lists", {{true, 0}, {true, 0}, {true, 0}}, 3, true},
    {"a cut list among others", {{true, 0}, {true, 1}, {true, 0}}, 3, false},
    {"an estimate among others", {{true, 0}, {true, 0}, {false, 0}}, 3, false},
};

START_TEST(a_merged_list_is_exact_only_if_nothing_can_be_missing) {
    struct merging m = {0};
    uint64_t absent = 0;
    for (size_t i = 0; i < exactness[_i].n; i++) {
        absent += exactness[_i].parts[i].absent_upper;
        add_list(&m, exactness[_i].parts[i].exact, 8, exactness[_i].parts[i].absent_upper, 1,
                 (struct packed_item[]){{text("cat"), 5, 5, 5}});
    }
    expect_head(merge_to(&m, WHOLE), exactness[_i].want, 8 * m.n, absent, m.n > 0);
    merging_deinit(&m);
}
END_TEST

START_TEST(an_exact_list_stays_exact_when_the_merge_cuts_it) {
    struct merging m = {0};
    add_list(&m, true, 8, 0, 2, (struct packed_item[]){{text("cat"), 5, 5, 5}, {text("ant"), 3, 3, 3}});
    add_list(&m, true, 4, 0, 1, (struct packed_item[]){{text("dog"), 4, 4, 4}});
    expect_head(merge_to(&m, 1), true, 12, 4, 1);
    expect_list(merge_to(&m, 2), "cat 5, dog 4");
    merging_deinit(&m);
}
END_TEST

START_TEST(nothing_merges_to_an_empty_exact_list) {
    struct merging m = {0};
    expect_head(merge_to(&m, WHOLE), true, 0, 0, 0);
    add_list(&m, true, 0, 0, 0, NULL);
    add_list(&m, true, 0, 0, 0, NULL);
    expect_head(merge_to(&m, WHOLE), true, 0, 0, 0);
    add_list(&m, true, 2, 0, 1, (struct packed_item[]){{text("cat"), 2, 2, 2}});
    expect_list(merge_to(&m, WHOLE), "cat 2");
    merging_deinit(&m);
}
END_TEST

START_TEST(items_that_add_up_to_the_same_are_ordered_by_bytes) {
    struct merging m = {0};
    add_list(&m, true, 9, 0, 3,
             (struct packed_item[]){{text("ant"), 5, 5, 5}, {text("dog"), 2, 2, 2}, {text("cat"), 2, 2, 2}});
    add_list(&m, true, 6, 0, 2, (struct packed_item[]){{text("dog"), 3, 3, 3}, {text("cat"), 3, 3, 3}});
    expect_list(merge_to(&m, WHOLE), "dog 5, cat 5, ant 5");
    merging_deinit(&m);
}
END_TEST

/* -- broken parts -- */

START_TEST(one_broken_part_refuses_the_merge) {
    static const struct bytes broken[] = {
        {NULL, 0},
        {"\x02\x01\x00\x00\x00\x00", 6}, /* of another version */
        {"\x01\x01\x00\x00", 4},
        {"a list?", 7},
        {"\x01\x01\x05\x00\x02\x05\x00\x01g", 9},                                      /* one item, not two */
        {"\x01\x01\x05\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x05\x00\x01g", 18}, /* nor 2^64 - 1 */
    };
    for (size_t i = 0; i < ARRAY_LEN(broken) * 3; i++) {
        struct merging m = {0};
        struct merged out;
        for (int k = 0; k < 3; k++) add_list(&m, true, 5, 0, 1, (struct packed_item[]){{text("cat"), 5, 5, 5}});
        m.lists[i % 3] = broken[i / 3];
        ck_assert_msg(!merge_lists(m.lists, m.n, WHOLE, &out), "broken part %zu at place %zu", i / 3, i % 3);
        ck_assert_ptr_null(out.items);
        ck_assert_uint_eq(out.head.items_n, 0);
        merging_deinit(&m);
    }
}
END_TEST

START_TEST(a_part_cut_short_anywhere_refuses_the_merge) {
    struct merging m = {0};
    struct merged out;
    add_list(&m, true, 5, 0, 1, (struct packed_item[]){{text("cat"), 5, 5, 5}});
    add_list(&m, false, 500, 3, 2, (struct packed_item[]){{text("dog"), 300, 5, 600}, {text("ant"), 2, 2, 2}});
    for (size_t n = m.lists[1].n; n > 0; n--) {
        m.lists[1].n = n - 1;
        ck_assert_msg(!merge_lists(m.lists, m.n, WHOLE, &out), "cut to %zu bytes", n - 1);
    }
    merging_deinit(&m);
}
END_TEST

/* Symptom: a worker that read such bytes from Redis died in packed_write, again after every restart. Each of these is
 * well-formed; only no sketch and no merge ever makes it. */
START_TEST(a_part_that_names_an_item_twice_refuses_the_merge) {
    static const struct packed_item twice[] = {{{"dog", 3}, 6, 6, 6}, {{"cat", 3}, 5, 5, 5}, {{"dog", 3}, 4, 4, 4}};
    for (int exact = 0; exact < 2; exact++) {
        struct merging m = {0};
        struct merged out;
        add_list(&m, true, 5, 0, 1, (struct packed_item[]){{text("dog"), 5, 5, 5}});
        add_list(&m, exact, 15, 0, 3, twice);
        ck_assert(!merge_lists(m.lists, 2, WHOLE, &out));
        ck_assert(!merge_lists(m.lists + 1, 1, WHOLE, &out));
        ck_assert_ptr_null(out.items);
        merging_deinit(&m);
    }
}
END_TEST

START_TEST(sums_beyond_64_bits_are_refused_or_can_be_written) {
    static const struct packed_item huge[] = {{{"cat", 3}, UINT64_MAX - 2, UINT64_MAX - 9, UINT64_MAX}};
    static const struct packed_item half[] = {{{"cat", 3}, UINT64_C(1) << 63, 1, UINT64_MAX}};
    struct merging m = {0};
    add_list(&m, false, UINT64_MAX, 0, 1, huge);
    add_list(&m, false, UINT64_MAX, UINT64_MAX, 1, huge);
    add_list(&m, false, UINT64_MAX, 3, 1, half);
    add_list(&m, true, 5, 0, 1, (struct packed_item[]){{text("cat"), 5, 5, 5}});
    for (size_t choice = 0; choice < 64; choice++) {
        struct bytes lists[3] = {m.lists[choice % 4], m.lists[choice / 4 % 4], m.lists[choice / 16]};
        struct merged out;
        if (!merge_lists(lists, 3, WHOLE, &out)) continue;
        ck_assert_uint_eq(out.head.items_n, 1);
        ck_assert_msg(out.items[0].lower <= out.items[0].count && out.items[0].count <= out.items[0].upper,
                      "choice %zu", choice);
        merged_deinit(&out);
    }
    merging_deinit(&m);
}
END_TEST

/* Names whose public hashes differ only in bits that choose no slot. Looking for each among all the others would take
 * longer than a test may. */
START_TEST(chosen_names_are_merged_as_fast_as_others) {
    enum { LISTS = PARTS_MAX, EACH = COLLIDING_MAX / LISTS };
    static char names[LISTS][EACH][COLLIDING_BYTES];
    static struct packed_item items[EACH];
    struct merging m = {0};
    struct merged out;
    for (uint32_t list = 0; list < LISTS; list++) {
        for (uint32_t i = 0; i < EACH; i++)
            items[i] =
                (struct packed_item){colliding_item(7, list * EACH + i, names[list][i]), EACH - i, EACH - i, EACH - i};
        add_list(&m, true, (uint64_t)EACH * (EACH + 1) / 2, 0, EACH, items);
    }
    ck_assert(merge_lists(m.lists, m.n, WHOLE, &out));
    ck_assert_uint_eq(out.head.items_n, LISTS * EACH);
    merged_deinit(&out);
    merging_deinit(&m);
}
END_TEST

Suite *list_merge_suite(void);
Suite *list_merge_suite(void) {
    Suite *s = suite_create("board_merge");
    TCase *c = tcase_create("board_merge");
    suite_add_tcase(s, c);
    tcase_add_test(c, counts_and_bounds_add_up);
    tcase_add_test(c, an_item_may_hide_in_every_list_that_does_not_name_it);
    tcase_add_test(c, a_cut_leaves_the_largest_upper_that_it_took_away);
    tcase_add_loop_test(c, a_merged_list_is_exact_only_if_nothing_can_be_missing, 0, (int)ARRAY_LEN(exactness));
    tcase_add_test(c, an_exact_list_stays_exact_when_the_merge_cuts_it);
    tcase_add_test(c, nothing_merges_to_an_empty_exact_list);
    tcase_add_test(c, items_that_add_up_to_the_same_are_ordered_by_bytes);
    tcase_add_test(c, one_broken_part_refuses_the_merge);
    tcase_add_test(c, a_part_cut_short_anywhere_refuses_the_merge);
    tcase_add_test(c, a_part_that_names_an_item_twice_refuses_the_merge);
    tcase_add_test(c, sums_beyond_64_bits_are_refused_or_can_be_written);
    tcase_add_test(c, chosen_names_are_merged_as_fast_as_others);
    return s;
}
